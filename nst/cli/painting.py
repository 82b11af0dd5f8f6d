"""One picture painted for the command line: with film, progress and report, and stoppable."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..engine.stylize import Frame
from ..errors import UserError
from ..geometry import fit_size
from ..paint import stylize
from ..pictures.metadata import describe, recall, recall_mask
from ..pictures.timelapse import Timelapse
from ..pictures.writing import safe_name, save_png, writing
from ..settings import Settings
from .progress import Progress
from .report import Stopwatch

__all__ = ["NamedStyle", "Painting", "check_output", "holds_painting", "paint"]


@dataclass(frozen=True)
class NamedStyle:
    """A painting, what it is called in the picture's record, and its weight in the blend."""

    name: str
    picture: Image.Image
    weight: float = 1.0


@dataclass(frozen=True)
class Painting:
    """What was painted.

    Attributes:
        image: RGB at full size, enlarged where the work was stopped at a smaller scale.
        frame: the last one.
        watch: knows what it cost.
    """

    image: Image.Image
    frame: Frame
    watch: Stopwatch
    settings: Settings
    styles: tuple[tuple[str, float], ...]
    mask: Image.Image | None = None

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C came before it was finished."""
        return not self.frame.finished

    def save(self, path: str | os.PathLike[str]) -> None:
        """As PNG with what was done inside; raises UserError where it cannot be written."""
        text = describe(self.settings, list(self.styles), self.mask)
        if self.stopped:
            text["Comment"] = f"Stopped at step {self.frame.step} of {self.frame.steps}."
        save_png(self.image, path, text)

    def report(self) -> dict:
        """See Stopwatch.report."""
        return self.watch.report(self.settings, list(self.styles))


def paint(
    photo: Image.Image, styles: Sequence[NamedStyle], settings: Settings, *, name: str,
    mask: Image.Image | None = None, film: str | os.PathLike[str] | None = None,
    beside_photo: bool = False, started: float | None = None,
) -> Painting:
    """Paint one picture and show how far it is on stderr.

    The first Ctrl-C behind the first frame ends the work after the step at hand and keeps what
    has been painted, the film included; the next one raises KeyboardInterrupt.

    Args:
        name: of the picture, for the progress.
        film: where to write the timelapse; ``beside_photo``: beside the photo.
        started: see Stopwatch.

    Raises:
        UserError: as stylize() does, or the film cannot be written.
    """
    size = fit_size(photo.size, settings.size)
    with contextlib.ExitStack() as stack:
        movie = None
        if film:
            movie = stack.enter_context(
                Timelapse(film, size, photo=photo if beside_photo else None))
        watch = Stopwatch(started)
        frames = stack.enter_context(contextlib.closing(stylize(
            photo, [(style.picture, style.weight) for style in styles], settings, mask=mask)))
        progress = stack.enter_context(Progress(name))
        ctrl_c = stack.enter_context(_CtrlC())
        for frame in frames:
            ctrl_c.kept = True
            watch.note(frame)
            progress.show(frame)
            if movie:
                movie.add(frame.image, frame.step / frame.steps)
            if ctrl_c.pressed:
                break
    image = frame.image
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS)
    return Painting(image, frame, watch, settings,
                    tuple((style.name, style.weight) for style in styles), mask)


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
    if path.exists() and not path.is_file():  # a rename would put a file in a device's place
        raise UserError(f"{name} is there and is no file; give another name.")
    if any(_same(path, other) for other in inputs):
        raise UserError(f"{name} is used twice, and would be overwritten; give another output.")
    with contextlib.suppress(_TriedError), writing(path):
        raise _TriedError


def holds_painting(path: Path, settings: Settings, styles: Sequence[NamedStyle]) -> bool:
    """Whether a PNG is there that was painted with these settings after these styles.

    Raises:
        UserError: something is there that was not painted here.
    """
    if not path.exists():
        return False
    weights = safe_name(settings.weights) if settings.weights else ""
    wanted = dataclasses.replace(settings, weights=weights)
    named = [(safe_name(style.name), float(style.weight)) for style in styles]
    return recall(path) == (wanted, named) and not recall_mask(path)


class _TriedError(Exception):
    """Leaves writing() without a file."""


def _same(path: Path, other: str | os.PathLike[str]) -> bool:
    return path.resolve() == Path(other).resolve()


class _CtrlC:
    """Turns the first Ctrl-C into a flag once there is a picture to keep."""

    def __init__(self):
        self.kept = self.pressed = False

    def __enter__(self) -> _CtrlC:
        with contextlib.suppress(ValueError):  # not the main thread, where it never arrives
            self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(ValueError, AttributeError):
            signal.signal(signal.SIGINT, self._before)

    def _press(self, *_) -> None:
        if self.pressed or not self.kept:
            raise KeyboardInterrupt
        self.pressed = True
