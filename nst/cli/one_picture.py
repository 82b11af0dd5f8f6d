"""Paints one picture in a terminal: progress, Ctrl-C, and where the picture goes."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..pictures.metadata import Record, recall
from ..pictures.writing import safe_name, writing
from ..run import NamedStyle, Request, Run
from ..settings import Settings
from .messages import say
from .progress import Progress
from .signals import END_SIGNALS, on_signals
from .status import OK, PARTLY, STOPPED

__all__ = ["already_painted", "check_output", "exit_status", "paint"]


def paint(request: Request, output: str | os.PathLike[str] | None, *, name: str,
          film: str | os.PathLike[str] | None = None, beside_photo: bool = False,
          keep_stopped: bool = True) -> Run:
    """Paint one picture, show how far it is on stderr, and save it.

    The first Ctrl-C after the first frame ends the work after the step at hand and saves what has
    been painted, the film included; the next one raises KeyboardInterrupt. SIGTERM and SIGHUP
    count as Ctrl-C.

    Args:
        output: the PNG; None: the picture is not saved.
        name: of the picture, for the progress.
        film: where to write the timelapse; ``beside_photo``: beside the photo.
        keep_stopped: False: a picture that Ctrl-C or a lack of memory cut short is not saved.

    Raises:
        UserError: as nst.stylize does, or the picture cannot be written.
        KeyboardInterrupt: before the first frame, or at a second Ctrl-C, or at the first where
            a picture cut short is not to be kept.
    """
    with Run(request, film=film, beside_photo=beside_photo) as run, _stopped_by_ctrl_c(run):
        with Progress(name) as progress:
            for frame in run.frames():
                progress.show(frame)
        if not (run.finished or keep_stopped):
            if run.memory_error:
                raise UserError(f"There is not enough memory for {request.settings.size} pixels; "
                                "choose a smaller size.")
            raise KeyboardInterrupt
        if output is not None:
            run.save(output)
    return run


def check_output(path: str | os.PathLike[str], suffix: str,
                 inputs: Sequence[str | os.PathLike[str]] = ()) -> None:
    """Refuse, before any work, an output that could not be written when the work is done.

    Raises:
        UserError: not this suffix (if any), a folder or a device, one of ``inputs``, or a place
            where nothing can be written.
    """
    path, name = Path(path), safe_name(path)
    if suffix and path.suffix.lower() != suffix:
        raise UserError(f"{name} does not end in {suffix}; give a name that does.")
    try:
        is_other = path.exists() and not path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise UserError(f"{name} cannot be written ({error.strerror}); give another name or "
                        "folder.") from None
    if is_other:  # a rename would put a file in a device's place
        raise UserError(f"{name} is there and is no file; give another name.")
    if any(path.resolve() == Path(other).resolve() for other in inputs):
        raise UserError(f"{name} is used twice, and would be overwritten; give another output.")
    with contextlib.suppress(_TriedError), writing(path):
        raise _TriedError


def exit_status(run: Run, output: str | os.PathLike[str]) -> int:
    """Tell on stderr what differs from the request; returns the command's exit status."""
    if run.film_error:
        say(f"nst: The picture is in {safe_name(output)}, but there is no film: {run.film_error}")
    if run.memory_error:
        say(f"nst: {run.memory_error}")
        return PARTLY
    if run.frame is not None and not run.finished:
        say(f"nst: stopped at step {run.frame.step} of {run.frame.steps}; what was painted until "
            f"then is in {safe_name(output)}.")
        return STOPPED
    return PARTLY if run.film_error else OK


def already_painted(path: Path, settings: Settings, styles: Sequence[NamedStyle],
                    photo_digest: str, keep_alpha: bool = False) -> bool:
    """Whether the PNG exists and was painted from this photo with these styles and settings.

    Files are compared by their digests: a file may have been replaced under the same name.

    Raises:
        UserError: the file was not painted here.
    """
    if not path.exists():
        return False
    weights = safe_name(settings.weights) if settings.weights else ""
    wanted = dataclasses.replace(settings, weights=weights)
    named = [(safe_name(style.name), float(style.weight)) for style in styles]
    digests = tuple(style.digest for style in styles)
    return recall(path) == Record(
        wanted, named, "", photo_digest, digests, keep_alpha=keep_alpha)


class _TriedError(Exception):
    """Ends writing() without leaving a file."""


@contextlib.contextmanager
def _stopped_by_ctrl_c(run: Run):
    """Let the first Ctrl-C stop the run once there is a picture to keep."""
    def stop(*_):
        if run.frame is None or run.stop_requested:
            raise KeyboardInterrupt
        run.stop()

    with on_signals(stop, signal.SIGINT, *END_SIGNALS):
        yield
