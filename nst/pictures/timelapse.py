"""A film of the optimisation, as an MP4 that every browser plays.

The number of frames that an optimisation yields is not known beforehand, and keeping all of them
would take gigabytes. So the film has a fixed number of pictures, each of which belongs to a
progress from 0 to 1. A frame that arrives is blended with the one before it into the pictures
between their two progresses; only these two frames are in memory.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from types import TracebackType

import numpy as np
from PIL import Image

from .h264 import H264, check_films, playable
from .writing import writing

__all__ = ["FPS", "HOLD_SECONDS", "Timelapse"]

FPS = 25
HOLD_SECONDS = 1.0  # how long the last frame is shown, because players start over at once


class Timelapse:
    """Writes frames to an MP4: H.264, yuv420p, 25 pictures a second, the index at the front.

        with Timelapse("film.mp4", result_size, photo=photo) as film:
            for frame in stylize(...):
                film.add(frame.image, frame.step / frame.steps)

    The film lasts ``seconds`` plus HOLD_SECONDS however many frames come: progress 0..1 is spread
    evenly over ``seconds`` and frames are cross-faded. When the work stops early, the last frame
    is shown for the rest of that time. Without any frame, or after an exception in the ``with``
    block, no file is written.

    Args:
        path: of the film. It appears there, complete, on close.
        size: (width, height) of the result. Frames of other sizes are scaled to it; an odd side
            is made even by repeating its last row or column. Where the film's picture, with the
            photo beside it, would exceed 4096 px on a side or 36,864 macroblocks (4096 x 2304 px,
            level 5.1), all of it is shrunk until it does not: phones play no more.
        seconds: length of the film without HOLD_SECONDS.
        photo: shown to the left of the frames, if given.

    Raises:
        UserError: from any method, where the film cannot be written or PyAV is not installed.
            Nothing is left behind.
    """

    def __init__(self, path: str | os.PathLike[str], size: tuple[int, int], *,
                 seconds: float = 6.0, photo: Image.Image | None = None):
        check_films()
        self.complete = False  # whether the film is at its path
        self._size = width, height = playable(size, 1 if photo is None else 2)
        self._steps = max(1, round(seconds * FPS) - 1)  # from the first picture to the last
        self._written = 0
        self._last: tuple[Image.Image, float] | None = None
        left = 0 if photo is None else width
        self._canvas = np.zeros((height, left + width, 3), np.uint8)
        if photo is not None:
            self._canvas[:height, :width] = self._fit(photo)
        self._frame_area = self._canvas[:, left:]
        self._resources = contextlib.ExitStack()
        with self._deleted_on_error():
            part = self._resources.enter_context(writing(path))
            self._film = self._resources.enter_context(H264(part, (left + width, height), FPS))

    def add(self, image: Image.Image, progress: float) -> None:
        """Show ``image`` (any size, aspect as ``size``) at ``progress``, 0..1, never decreasing."""
        before, start = self._last or (image, progress)
        end = min(1.0, max(start, progress))
        due = int(end * self._steps + 1e-9) + 1  # pictures up to this progress
        with self._deleted_on_error():
            if self._written < due:
                before, image = self._fit(before), self._fit(image)
            while self._written < due:
                at = self._written / self._steps
                share = (at - start) / (end - start) if at > start else 0.0
                self._write(Image.blend(before, image, min(1.0, share)))
        self._last = (image, end)

    def close(self) -> None:
        """Show the last frame until the end, and put the finished film at its path."""
        if self._last is None:
            return self.discard()
        with self._deleted_on_error():
            last = self._fit(self._last[0])
            while self._written < self._steps + 1 + round(HOLD_SECONDS * FPS):
                self._write(last)
            self._film.finish()
            self._resources.close()
        self._last, self.complete = None, True

    def discard(self) -> None:
        """Stop without a film; what has been written is deleted."""
        with contextlib.suppress(_DiscardedError), self._resources:
            raise _DiscardedError

    def __enter__(self) -> Timelapse:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            self.discard()

    @contextlib.contextmanager
    def _deleted_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            with self._resources:  # writing() deletes the file and turns OSError into UserError
                raise

    def _fit(self, image: Image.Image) -> Image.Image:
        image = image.convert("RGB") if image.mode != "RGB" else image
        if image.size == self._size:
            return image
        return image.resize(self._size, Image.Resampling.BICUBIC)

    def _write(self, image: Image.Image) -> None:
        self._frame_area[:] = image
        self._film.write(self._canvas)
        self._written += 1


class _DiscardedError(Exception):
    """Raised by discard(), so that the open file is deleted as after any other error."""
