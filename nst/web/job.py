"""One picture painted for somebody who watches: previews, a status line, and what is kept.

The command line's counterpart is :mod:`nst.cli.painting`.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..cli.painting import NamedStyle
from ..engine.stylize import Frame
from ..errors import UserError
from ..geometry import fit_size, resized
from ..paint import stylize
from ..pictures.metadata import describe
from ..pictures.reading import open_picture
from ..pictures.timelapse import Timelapse
from ..pictures.writing import safe_name, save_png
from ..settings import Settings

__all__ = ["CANNOT_STORE", "Job", "Limits", "Result", "Update", "file_name", "status_line"]

log = logging.getLogger(__name__)

CANNOT_STORE = "The studio cannot store pictures now (its disk may be full); try again later."
PREVIEW_SIDE = 512  # px; a preview is looked at for half a second
PREVIEW_SECONDS = 0.5  # between two previews
_NAMELESS = {"", "image", "blob", "webcam", "photo", "picture"}  # what browsers call captures


@dataclass(frozen=True)
class Limits:
    """What one request may ask for: pixels on the longer side, seconds of painting."""

    size: int = 1024
    seconds: float = 300.0

    def check(self, settings: Settings) -> Settings:
        """The settings themselves; raises UserError where they ask for more.

        A weights file is a path on the machine that paints, so nobody from outside names one.
        """
        if settings.size > self.size:
            raise UserError(f"size is {settings.size}; this studio paints up to {self.size}.")
        if settings.seconds > self.seconds:
            raise UserError(f"seconds is {settings.seconds:g}; this studio paints for up to "
                            f"{self.seconds:g}.")
        if settings.weights:
            raise UserError("weights names a file on this machine; leave it empty here.")
        return settings


@dataclass(frozen=True)
class Result:
    """What is kept: files in one folder of their own, beside each other.

    Attributes:
        png: the finished picture, lossless, its settings inside.
        before: the photo at the same size, JPEG without metadata; None where nobody wants it.
        film: MP4, or None where nobody wants it.
        curves: (step, name of the loss, its value) over the steps.
        frame: the last one; ``frame.finished`` is False where the work was cut short.
        seconds: from the first to the last step.
    """

    png: Path
    before: Path | None
    film: Path | None
    curves: list[tuple[int, str, float]]
    frame: Frame
    seconds: float


@dataclass(frozen=True)
class Update:
    """A look at the work: a small preview (JPEG) while it goes on, the result at the end."""

    frame: Frame
    preview: Path | None = None
    result: Result | None = None


class Job:
    """A painting to be made once, by whoever calls :meth:`run` first.

    Args:
        photo: file of the photo, not trusted.
        styles: paintings with their weights.
        folder: where a folder for previews and results is made.
        keepsakes: whether to keep the photo beside the painting and a film.
        frames: in place of nst.stylize (a GPU that has to be asked for).

    Raises:
        UserError: a photo that cannot be read, or settings beyond ``limits``.
    """

    def __init__(self, photo: str | os.PathLike[str], styles: Sequence[NamedStyle],
                 settings: Settings, folder: str | os.PathLike[str], *,
                 limits: Limits | None = None, mask: Image.Image | None = None,
                 keepsakes: bool = True, frames: Callable[..., Iterator[Frame]] = stylize):
        self.settings = (limits or Limits()).check(settings)
        self.styles = tuple(styles)
        self.named = [(style.name, style.weight) for style in styles]
        self.name = file_name(photo, [name for name, _ in self.named])
        self._photo = open_picture(photo, max_side=settings.size)
        self._mask, self._keepsakes = mask, keepsakes
        self._seconds = (limits or Limits()).seconds
        self._folder, self._frames = folder, frames
        self._begun = threading.Lock()
        self._stop, self._over = threading.Event(), threading.Event()

    @property
    def begun(self) -> bool:
        """Whether somebody paints it, or has."""
        return self._begun.locked()

    @property
    def over(self) -> bool:
        """Whether it was painted, stopped or failed: nothing more will come."""
        return self._over.is_set()

    @property
    def stopped(self) -> bool:
        """Whether stop() was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End with what has been painted when the step at hand is done; from any thread."""
        self._stop.set()

    def run(self) -> Iterator[Update]:
        """Paint: previews at most every PREVIEW_SECONDS, then the result.

        Nothing comes where the work was stopped before its first frame, or has begun elsewhere.
        Closing the generator stops the engine at once and leaves no file.

        Raises:
            UserError: as nst.stylize does, or the pictures cannot be stored.
        """
        if not self._begun.acquire(blocking=False):
            return
        if self.stopped:
            self._over.set()
            return
        folder, kept = None, False
        try:
            frames = self._frames(
                self._photo, [(style.picture, style.weight) for style in self.styles],
                self.settings, mask=self._mask)
            with contextlib.closing(frames), _stored():
                folder = self._made_folder()
                for update in self._paint(frames, folder):
                    kept = update.result is not None
                    yield update
        finally:
            # A job stays with its visitor's session; megabytes should not.
            self._photo = self._mask = None
            self.styles = ()
            self._over.set()
            if folder and not kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _paint(self, frames: Iterator[Frame], folder: Path) -> Iterator[Update]:
        size = fit_size(self._photo.size, self.settings.size)
        frame, curves, start, shown = None, [], 0.0, 0.0
        with Timelapse(self._film(folder), size) if self._keepsakes else \
                contextlib.nullcontext() as film:
            for frame in frames:
                now = time.monotonic()
                start = start or now - frame.elapsed
                curves += [(frame.step, name, value) for name, value in frame.losses.items()
                           if name != "total"]
                if film:
                    film.add(frame.image, frame.step / frame.steps)
                if self.stopped or now - start > self._seconds:
                    break
                if now - shown >= PREVIEW_SECONDS and not frame.finished:
                    shown = now
                    yield Update(frame, preview=_preview(frame, folder))
        if frame is not None:
            yield Update(frame, result=self._result(frame, size, folder, curves, start))

    def _result(self, frame: Frame, size: tuple[int, int], folder: Path,
                curves: list[tuple[int, str, float]], start: float) -> Result:
        text = describe(self.settings, self.named, self._mask)
        if not frame.finished:
            text["Comment"] = f"Stopped at step {frame.step} of {frame.steps}."
        image = frame.image if frame.image.size == size else resized(
            frame.image, self.settings.size)
        png, before, film = folder / f"{self.name}.png", None, None
        save_png(image, png, text)
        if self._keepsakes:
            before, film = folder / "photo.jpg", self._film(folder)
            _save_jpeg(self._photo.resize(size, Image.Resampling.LANCZOS), before)
        return Result(png, before, film, curves, frame, time.monotonic() - start)

    def _film(self, folder: Path) -> Path:
        return folder / f"{self.name}.mp4"

    def _made_folder(self) -> Path:
        Path(self._folder).mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="nst-", dir=self._folder))


@contextlib.contextmanager
def _stored() -> Iterator[None]:
    """What the disk refuses is told to the visitor, in words that need no file name."""
    try:
        yield
    except (OSError, UserError) as error:
        if isinstance(error, UserError) and not isinstance(error.__cause__, OSError):
            raise
        log.warning("a painting could not be stored: %s", error)
        raise UserError(CANNOT_STORE) from error


def file_name(photo: str | os.PathLike[str], styles: Sequence[str]) -> str:
    """``portrait-van-gogh-starry-night``: what a download is called, without a suffix."""
    stem = Path(safe_name(photo)).stem
    stem = re.sub(r"[^\w-]+", "-", stem).strip("-_")[:40]
    if stem.lower() in _NAMELESS:
        stem = "portrait"
    rest = "-".join(re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-_")[:40] for name in styles)
    return f"{stem}-{rest}"[:120]


def status_line(frame: Frame) -> str:
    """Scale, step, losses and the time left, for people."""
    losses = " · ".join(f"{name} {frame.losses[name]:.3f}" for name in ("content", "style", "tv"))
    if frame.finished:
        end = f"done in {frame.elapsed:.0f} s"
    else:
        end = f"{max(1, round(frame.remaining))} s left"
    return f"{frame.size} px · step {frame.step} of {frame.steps} · {losses} · {end}"


def _preview(frame: Frame, folder: Path) -> Path:
    small = frame.image if max(frame.image.size) <= PREVIEW_SIDE else resized(
        frame.image, PREVIEW_SIDE)
    file = folder / f"step-{frame.step}.jpg"
    _save_jpeg(small, file)
    return file


def _save_jpeg(image: Image.Image, file: Path) -> None:
    # Through memory: on a disk that gets full Pillow's own writing cuts a JPEG short in silence.
    data = io.BytesIO()
    image.save(data, format="JPEG", quality=90)
    file.write_bytes(data.getvalue())
