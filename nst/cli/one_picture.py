"""One picture painted from a terminal: progress, Ctrl-C, what is said at the end, the report."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..engine.tensors import pick_device, pick_precision
from ..errors import UserError
from ..pictures.metadata import Record, recall
from ..pictures.writing import safe_name, writing
from ..process import peak_rss_mb
from ..run import NamedStyle, Pause, Request, Run
from ..settings import Settings
from .terminal import END_SIGNALS, OK, PARTLY, STOPPED, Progress, on_signals, say

__all__ = ["already_painted", "check_memory", "exit_status", "paint_picture", "report",
           "write_report"]


def paint_picture(request: Request, output: str | os.PathLike[str] | None, *, name: str,
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
                if not isinstance(frame, Pause):
                    progress.show(frame)
        if not (run.finished or keep_stopped):
            check_memory(run)
            raise KeyboardInterrupt
        if output is not None:
            run.save(output)
    return run


def check_memory(run: Run) -> None:
    """Raise UserError where memory ran out before the picture was complete."""
    if run.memory_error:
        raise UserError(f"There is not enough memory for {run.request.settings.size} pixels; "
                        "choose a smaller size.")


@contextlib.contextmanager
def _stopped_by_ctrl_c(run: Run):
    """Let the first Ctrl-C stop the run once there is a picture to keep."""
    def stop(*_):
        if run.frame is None or run.stop_requested:
            raise KeyboardInterrupt
        run.stop()

    with on_signals(stop, signal.SIGINT, *END_SIGNALS):
        yield


def exit_status(run: Run, output: str | os.PathLike[str]) -> int:
    """Say on stderr what differs from the request; returns the command's exit status."""
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


def report(run: Run, started_at: float) -> dict[str, Any]:
    """What a run cost, as JSON; call it when the picture is saved.

    ``seconds`` and ``first_frame_seconds`` count from ``started_at``, on time.monotonic()'s clock
    (imports, reading the photo and saving included), ``painting_seconds`` and
    ``painting_first_frame_seconds`` from the call of stylize() to the last and the first frame.
    ``losses`` has one entry for each frame: step, size, and every term's loss as in Frame (null:
    not finite). ``faces`` are those that were found or marked, largest first: left, top, width and
    height in fractions of the upright photo. ``peak_rss_mb`` is in MiB; null where the system does
    not tell.
    """
    assert run.frame is not None  # a report is written of a picture
    settings = run.request.settings
    device = pick_device(settings.device)
    return {
        "seconds": round(time.monotonic() - started_at, 3),
        "first_frame_seconds": round(run.first - started_at, 3),
        "painting_seconds": round(run.last - run.called, 3),
        "painting_first_frame_seconds": round(run.first - run.called, 3),
        "steps": run.frame.step,
        "finished": run.finished,
        "size": run.frame.size,
        "losses": [
            {"step": losses.step, "size": losses.size}
            | {name: value if math.isfinite(value) else None
               for name, value in losses.values.items()}
            for losses in run.losses],
        "faces": run.frame.faces,
        "device": device.type,
        "dtype": str(pick_precision(settings.precision, device)).removeprefix("torch."),
        "peak_rss_mb": peak_rss_mb(),
        "styles": [{"name": name, "weight": weight} for name, weight in run.request.named],
        "settings": dataclasses.asdict(settings),
    }


def write_report(report: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """The report as a JSON file; raises UserError where it cannot be written."""
    with writing(path) as part:
        part.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
