"""One picture painted for somebody who watches: previews, a status line, and what is kept.

The picture is painted by :mod:`nst.run`, as for the command line.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..engine.stylize import Frame
from ..geometry import fit_size
from ..people import Box
from ..pictures.cover import WHOLE
from ..pictures.reading import open_photo, open_picture
from ..pictures.writing import safe_name
from ..portrait.find import find_face_mask
from ..run import NamedStyle, Pause, Request, Run
from ..settings import Settings
from .limits import Limits
from .uploads import save_picture, storing

__all__ = ["NO_ROOM_FOR_FILM", "STOPPED_BEFORE", "Job", "Result", "Update", "file_name"]

log = logging.getLogger(__name__)

NO_ROOM_FOR_FILM = "The film could not be stored (the disk may be full); the picture is."
STOPPED_BEFORE = "Stopped before anything was painted."
PREVIEW_SIDE = 512  # px; a preview is looked at for half a second
PREVIEW_SECONDS = 0.5  # between two previews
FACE_SIDE = 256  # px; the edge of a face's mask is soft
CHECK_SIDE = 256  # px; a photo is decoded once to see whether it can be, again when it is painted
# Names that browsers give to pictures without one.
_NAMELESS = {"", "image", "blob", "webcam", "photo", "picture"}


@dataclass(frozen=True)
class Result:
    """What is kept: files in one folder of their own, beside each other.

    Attributes:
        png: the finished picture, with its settings inside.
        before: the photo at the same size, JPEG without metadata; None where nobody wants it.
        film: MP4, or None where nobody wants it or the disk had no room for it (film_error).
        curves: (step, name of the term, its loss) over the steps.
        seconds: that painting it took.
        film_error: why there is no film although one was wanted: one sentence, or empty.
        mask: the mask that was given, as a file; None where none was.
        face: black, opaque where the faces are, for the page; None where there is no face.
        size: (width, height) that was asked for. rate: of this machine, as in the engine's Frame.
    """

    png: Path
    before: Path | None
    film: Path | None
    curves: list[tuple[int, str, float]]
    seconds: float
    film_error: str = ""
    mask: Path | None = None
    size: tuple[int, int] = (1, 1)
    rate: float = 0.0
    face: Path | None = None


@dataclass(frozen=True)
class Update:
    """A look at the work: a small preview (JPEG) while it goes on, the result at the end."""

    frame: Frame
    preview: Path | None = None
    result: Result | None = None


class Job:
    """A picture to be painted once, by whoever calls :meth:`run` first.

    Args:
        photo: file of the photo, not trusted. It is read again when it is painted: a job that
            waits for its turn holds no photo in memory.
        styles: what it is painted after.
        folder: where a folder for previews and results is made.
        extras: whether to write the photo, a film and the mask beside the result.
        frames: in place of nst.stylize (a GPU that has to be asked for).
        marked_faces: where the visitor says that faces are, in fractions of the photo.
        start: a finished result of the same photo, which is enlarged.

    Attributes:
        choice: the StyleChoice that the styles were opened from, set by the caller, so that the
            result can be enlarged later. cover: likewise, how much of the photo its result covers
            when it is shown; the result itself is the whole painting.

    Raises:
        UserError: a photo that cannot be read, or settings beyond ``limits``.
    """

    def __init__(self, photo: str | os.PathLike[str], styles: Sequence[NamedStyle],
                 settings: Settings, folder: str | os.PathLike[str], *,
                 limits: Limits | None = None, mask: Image.Image | None = None,
                 extras: bool = True,
                 frames: Callable[..., Generator[Frame | Pause]] | None = None,
                 marked_faces: Sequence[Box] = (), start: Result | None = None):
        limits = limits or Limits()
        self.settings = limits.check(settings)
        self.styles = tuple(styles)
        self.named = [(style.name, style.weight) for style in styles]
        self.name = file_name(photo, [name for name, _ in self.named])
        self.start = start
        self.choice: Any = None
        self.cover = WHOLE
        if start is not None:
            self.name += f"-{settings.size}"
        open_picture(photo, max_side=CHECK_SIDE)
        self.photo, self._mask, self._extras = Path(photo), mask, extras
        self._folder, self._seconds, self._frames = folder, limits.seconds, frames
        self.marked_faces = tuple(marked_faces)
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

    def run(self) -> Iterator[Update | Pause]:
        """Paint: previews at most every PREVIEW_SECONDS, then the result; and each Pause.

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
            with storing():
                folder = self._made_folder()
                with contextlib.closing(self._paint(folder)) as updates:
                    for update in updates:
                        kept = isinstance(update, Update) and update.result is not None
                        yield update
        finally:
            # A job stays with its visitor's session; megabytes should not.
            self._mask, self.styles = None, ()
            self._over.set()
            if folder and not kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _paint(self, folder: Path) -> Generator[Update | Pause]:
        start = None if self.start is None else open_picture(self.start.png)
        request = Request(open_photo(self.photo), self.styles, self.settings, self._mask,
                          self.marked_faces, start)
        before = film = mask = None
        if self._extras:
            before, film = folder / "photo.jpg", folder / f"{self.name}.mp4"
            save_picture(request.photo.resize(request.size, Image.Resampling.LANCZOS), before)
            if self._mask is not None:
                mask = folder / "mask.png"
                save_picture(self._mask, mask)
        shown = -math.inf
        with Run(request, film=film, max_seconds=self._seconds, engine=self._frames) as run:
            for frame in run.frames():
                if isinstance(frame, Pause):
                    yield frame
                elif (run.last - shown >= PREVIEW_SECONDS and not frame.finished
                      and not self.stopped):
                    shown = run.last
                    yield Update(frame, preview=_preview(frame, folder))
                if self.stopped:
                    run.stop()
            if run.frame is not None:
                png = folder / f"{self.name}.png"
                run.save(png)
                face = _face(request, folder) if self._extras else None
                yield Update(run.frame, result=_result(run, png, before, film, mask, face))

    def _made_folder(self) -> Path:
        Path(self._folder).mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="nst-", dir=self._folder))


def file_name(photo: str | os.PathLike[str], styles: Sequence[str]) -> str:
    """``portrait-van-gogh-starry-night``: what a download is called, without a suffix."""
    stem = Path(safe_name(photo)).stem
    stem = re.sub(r"[^\w-]+", "-", stem).strip("-_")[:40]
    if stem.lower() in _NAMELESS:
        stem = "portrait"
    rest = "-".join(re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-_")[:40] for name in styles)
    return f"{stem}-{rest}"[:120]


def _result(run: Run, png: Path, before: Path | None, film: Path | None,
            mask: Path | None, face: Path | None) -> Result:
    if run.film_error:
        log.warning("no film: %s", run.film_error)
        film = None
    curves = [(losses.step, name, value) for losses in run.losses
              for name, value in losses.values.items() if name != "total"]
    assert run.frame is not None  # there is a picture from the first frame on
    return Result(png, before, film, curves, run.seconds,
                  NO_ROOM_FOR_FILM if run.film_error else "", mask,
                  run.request.size, run.frame.rate, face)


def _face(request: Request, folder: Path) -> Path | None:
    mask = find_face_mask(request.photo, fit_size(request.size, FACE_SIDE), request.marked_faces)
    if mask is None:
        return None
    picture, file = Image.new("RGBA", mask.shape[::-1]), folder / "face.png"
    picture.putalpha(Image.fromarray(np.rint(255 * mask).astype(np.uint8)))
    save_picture(picture, file)
    return file


def _preview(frame: Frame, folder: Path) -> Path:
    file = folder / f"step-{frame.step}.jpg"
    save_picture(frame.image, file, side=PREVIEW_SIDE)
    return file
