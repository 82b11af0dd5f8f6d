"""One picture from a request to its files, for the command line and the web alike.

The front ends decide what to show while it is painted and where the files go; everything else,
from the engine's frames to the saved PNG and the film, is done here.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image

from .engine.stylize import Frame
from .errors import UserError
from .geometry import fit_size
from .paint import stylize
from .people import Box
from .pictures.cover import WHOLE, Cover, covered
from .pictures.metadata import describe
from .pictures.timelapse import Timelapse
from .pictures.writing import safe_name, save_png
from .portrait.find import find_face_mask
from .process import is_out_of_memory
from .settings import Settings

__all__ = ["NamedStyle", "Pause", "Request", "Run", "losses_text", "status_line", "time_text"]


@dataclass(frozen=True)
class NamedStyle:
    """A style's picture, what it is called in the result's record, and its weight in the blend."""

    name: str
    picture: Image.Image
    weight: float = 1.0
    digest: str = ""  # the file's, as from file_digest(); empty where that is not known


@dataclass(frozen=True)
class Request:
    """What is to be painted: a photo (RGB), styles, settings, and a mask (mode L) if given.

    ``marked_faces``: where the user says that faces are. ``alpha``: transparency (mode L) that the
    result gets. ``photo_digest``: of the photo's file.
    ``result_to_enlarge``: a finished result of the same photo, smaller than ``settings.size``.
    ``cover``: how much of the photo the saved painting covers.
    """

    photo: Image.Image
    styles: tuple[NamedStyle, ...]
    settings: Settings
    mask: Image.Image | None = None
    marked_faces: tuple[Box, ...] = ()
    result_to_enlarge: Image.Image | None = None
    alpha: Image.Image | None = None
    photo_digest: str = ""
    cover: Cover = WHOLE

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the result."""
        return fit_size(self.photo.size, self.settings.size)

    @property
    def named(self) -> list[tuple[str, float]]:
        """(name, weight) of every style."""
        return [(style.name, style.weight) for style in self.styles]


@dataclass(frozen=True)
class Pause:
    """In a frame's place: nothing is painted for the moment, and ``why``, in one sentence.

    Where frames came before, the picture starts again with the next one.
    """

    why: str


@dataclass(frozen=True)
class FrameLosses:
    """Every term's loss in one frame, before its weight, and their weighted ``total``."""

    step: int
    size: int
    values: dict[str, float]


class Run:
    """Paints a request once.

        with Run(request, film="film.mp4") as run:
            for frame in run.frames():
                ...  # show it; run.stop() ends the work
            run.save("picture.png")

    Leaving the block stops the engine, and deletes a film that has not been saved.

    Args:
        film: where to write the timelapse; None: nowhere.
        beside_photo: whether the photo is shown at the left of the film all the time.
        max_seconds: how long to paint; then the work ends with what has been painted.
        engine: in place of nst.stylize (a GPU that has to be asked for, another machine). Beside
            frames it may yield a Pause, one at least every second while it waits.

    Attributes:
        frame: the last one; None before the first.
        losses: one entry for every frame.
        called, first, last: when frames() was called and the first and the last frame came, on
            time.monotonic()'s clock.
        stop_requested: whether stop() was called.
        memory_error: where memory ran out above the last frame's scale, a sentence that says so;
            otherwise empty.
        film_error: where a film was asked for and there is none, a sentence that says why;
            otherwise empty.
    """

    def __init__(self, request: Request, *, film: str | os.PathLike[str] | None = None,
                 beside_photo: bool = False, max_seconds: float = math.inf,
                 engine: Callable[..., Generator[Frame | Pause]] | None = None):
        self.request = request
        self.frame: Frame | None = None
        self.losses: list[FrameLosses] = []
        self.called = self.first = self.last = time.monotonic()
        self.film_error = self.memory_error = ""
        self.stop_requested = False
        self._film_path, self._beside_photo = film, beside_photo
        self._film: Timelapse | None = None
        self._max_seconds, self._engine = max_seconds, engine or stylize
        self._painting_since = self.called  # until the first frame tells the exact time
        self._begins = True  # with the next frame
        self._resources = contextlib.ExitStack()

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_) -> None:
        self._resources.close()

    def stop(self) -> None:
        """End with what has been painted when the step at hand is done."""
        self.stop_requested = True

    @property
    def seconds(self) -> float:
        """Seconds of painting up to the last frame."""
        return self.last - self._painting_since

    @property
    def finished(self) -> bool:
        """Whether the picture is complete: neither stopped nor out of time."""
        return self.frame is not None and self.frame.finished

    def frames(self) -> Iterator[Frame | Pause]:
        """Paint; yields every frame, and every Pause of an engine that has some.

        Raises:
            UserError: as nst.stylize does, the film's file cannot be created, or memory runs out
                before the first frame. Later it ends the work with what there is.
        """
        try:
            yield from self._frames()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            size = self.request.settings.size
            if self.frame is None:
                raise UserError(f"There is not enough memory to paint at {size} pixels; choose a "
                                "smaller size.") from error
            self.memory_error = (f"There was not enough memory for {size} pixels; the picture has "
                                 f"{max(self.frame.image.size)}.")

    def _frames(self) -> Iterator[Frame | Pause]:
        request = self.request
        self.called = time.monotonic()
        enlarging: dict[str, Any] = {}  # not every engine can
        if request.result_to_enlarge is not None:
            enlarging["start"] = request.result_to_enlarge
        frames = self._engine(
            request.photo, [(style.picture, style.weight) for style in request.styles],
            request.settings, mask=request.mask, marked_faces=request.marked_faces, **enlarging)
        self._resources.enter_context(contextlib.closing(frames))
        if self._film_path is not None:
            self._film = self._new_film(self._film_path)
            self._resources.callback(self._discard_film)
        for frame in frames:
            if isinstance(frame, Pause):
                self._begins = True
            else:
                self._note(frame)
            yield frame
            if self.stop_requested or self.seconds > self._max_seconds:
                break
        frames.close()  # frees the engine's memory before the files are written

    def image(self) -> Image.Image:
        """The last frame in full size, enlarged where the work ended at a smaller scale.

        Where memory ran out it keeps its size.
        """
        assert self.frame is not None  # there is a picture from the first frame on
        image = self.frame.image
        if image.size != self.request.size and not self.memory_error:
            image = image.resize(self.request.size, Image.Resampling.LANCZOS)
        if not self.request.cover.complete:
            photo = self.request.photo
            face = find_face_mask(photo, image.size, self.request.marked_faces)
            image = covered(photo.resize(image.size, Image.Resampling.LANCZOS), image,
                            self.request.cover, face)
        if self.request.alpha is not None:
            image = image.convert("RGBA")
            image.putalpha(self.request.alpha.resize(image.size, Image.Resampling.LANCZOS))
        return image

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the PNG with what was done inside, then the film: a full disk spares the picture.

        A film that cannot be written is no error; film_error says why.

        Raises:
            UserError: the PNG cannot be written; then there is no film either, and both are named.
        """
        request = self.request
        text = describe(request.settings, request.named, request.mask, photo=request.photo_digest,
                        digests=[style.digest for style in request.styles],
                        marked_faces=request.marked_faces, keep_alpha=request.alpha is not None,
                        cover=request.cover)
        if request.result_to_enlarge is not None:
            text["Comment"] = f"Enlarged from {max(request.result_to_enlarge.size)} pixels."
        if self.frame is not None and not self.frame.finished:
            text["Comment"] = f"Stopped at step {self.frame.step} of {self.frame.steps}."
        try:
            save_png(self.image(), path, text)
        except UserError as error:
            if self._film_path is None:
                raise
            self._discard_film()
            raise UserError(f"Neither {safe_name(path)} nor {safe_name(self._film_path)} is saved: "
                            f"{error}") from error
        with self._film_may_fail():
            if self._film is not None:
                self._film.close()

    def _note(self, frame: Frame) -> None:
        self.last = time.monotonic()
        if self.frame is None:
            self.first = self.last
        elif self._begins:  # again, because the engine paused
            self.losses.clear()
            with self._film_may_fail():
                if self._film is not None and self._film_path is not None:
                    self._film.discard()
                    self._film = self._new_film(self._film_path)
        if self._begins:
            self._begins, self._painting_since = False, self.last - frame.elapsed
        self.frame = frame
        self.losses.append(FrameLosses(frame.step, frame.size, dict(frame.losses)))
        with self._film_may_fail():
            if self._film is not None:
                self._film.add(frame.image, frame.step / frame.steps)

    def _new_film(self, path: str | os.PathLike[str]) -> Timelapse:
        return Timelapse(path, self.request.size, self.request.photo, beside=self._beside_photo)

    @contextlib.contextmanager
    def _film_may_fail(self) -> Iterator[None]:
        try:
            yield
        except UserError as error:  # the film has deleted its file
            self._film, self.film_error = None, str(error)

    def _discard_film(self) -> None:
        """Delete a film that is not complete; one that is saved stays."""
        # On a full disk closing the file fails too, and that error would hide the first one.
        with contextlib.suppress(UserError):
            if self._film is not None:
                self._film.discard()


def losses_text(frame: Frame, separator: str = ", ") -> str:
    """Every term's loss, for people."""
    return separator.join(f"{name} {value:.3f}" for name, value in frame.losses.items()
                          if name != "total")


def time_text(frame: Frame) -> str:
    """The time left, or taken, for people."""
    if frame.finished:
        return f"done in {frame.elapsed:.0f} s"
    return f"{max(1, round(frame.remaining))} s left"


def status_line(frame: Frame, separator: str = " · ") -> str:
    """Scale, step, losses and the time left, for people."""
    return separator.join([f"{frame.size} px", f"step {frame.step} of {frame.steps}",
                           losses_text(frame, separator), time_text(frame)])
