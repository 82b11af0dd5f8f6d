"""A film of a painting, as an MP4 that every browser and phone plays.

It shows the photo, how it was painted, and the photo once more, wiped over the result and away.

The number of frames that an optimisation yields is not known beforehand, and keeping all of them
would take gigabytes. So this part of the film has a fixed number of pictures, each of which belongs
to a progress from 0 to 1. A frame that arrives is blended with the one before it into the pictures
between their two progresses; only these two frames are in memory. The first, small frames would
show as blocks and are left out.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from types import TracebackType

import numpy as np
from PIL import Image

from .h264 import H264, check_films, playable
from .writing import writing

__all__ = ["FPS", "HOLD_SECONDS", "PHOTO_SECONDS", "SECONDS", "WIPE_SECONDS", "Timelapse"]

FPS = 25
SECONDS = 6.0  # of a film: as long as one looks at it in a chat
PHOTO_SECONDS = 0.8  # for the photo at the beginning
WIPE_SECONDS = 1.6  # for the photo over the result, from the left and back
HOLD_SECONDS = 1.0  # for the result at the end, because players start over at once
FADE = 0.15  # of the painting's part: from the photo to the first frame
WIPED = 0.85  # of the width: how far the photo comes
SHARP = 0.45  # of the film's size: smaller frames are left out; the scales are 1/2, 1/4 ... of it


class Timelapse:
    """Writes frames to an MP4: H.264, yuv420p, 25 pictures a second, the index at the front.

        with Timelapse("film.mp4", result_size, photo) as film:
            for frame in stylize(...):
                film.add(frame.image, frame.step / frame.steps)

    The film lasts ``seconds`` however many frames come: the progress from the first sharp frame to
    1 is spread evenly over what photo, wipe and result leave of it, and frames are cross-faded.
    When the work stops early, the last frame is shown for the rest of that time. Without any
    frame, or after an exception in the ``with`` block, no file is written.

    Args:
        path: of the film. It appears there, complete, on close.
        size: (width, height) of the result. Frames of other sizes are scaled to it; an odd side
            is made even by repeating its last row or column. Where the film's picture, with the
            photo beside it, would exceed 4096 px on a side or 36,864 macroblocks (4096 x 2304 px,
            level 5.1), all of it is shrunk until it does not: phones play no more.
        photo: shown at the beginning and wiped over the result.
        beside: the photo is shown to the left of the frames all the time instead.

    Raises:
        UserError: from any method, where the film cannot be written or PyAV is not installed.
            Nothing is left behind.
    """

    def __init__(self, path: str | os.PathLike[str], size: tuple[int, int], photo: Image.Image, *,
                 seconds: float = SECONDS, beside: bool = False):
        check_films()
        self.complete = False  # whether the film is at its path
        self._size = width, height = playable(size, 2 if beside else 1)
        shown = HOLD_SECONDS + (0 if beside else PHOTO_SECONDS + WIPE_SECONDS)
        self._steps = max(1, round((seconds - shown) * FPS) - 1)  # of the painting's part
        self._painted = 0  # pictures of this part that are written
        self._first: float | None = None  # progress of the first frame that is shown
        self._small: Image.Image | None = None  # the last frame, while none was sharp
        self._photo, self._beside = self._fit(photo), beside
        # The photo fades into the first frame; beside it nothing does.
        self._last: tuple[Image.Image, float] | None = None if beside else (self._photo, 0.0)
        left = width if beside else 0
        self._canvas = np.zeros((height, left + width, 3), np.uint8)
        self._canvas[:height, :width] = self._photo
        self._frame_area = self._canvas[:, left:]
        self._resources = contextlib.ExitStack()
        with self._deleted_on_error():
            part = self._resources.enter_context(writing(path))
            self._film = self._resources.enter_context(H264(part, (left + width, height), FPS))

    def add(self, image: Image.Image, progress: float) -> None:
        """Show ``image`` (any size, aspect as ``size``) at ``progress``, 0..1, never decreasing."""
        with self._deleted_on_error():
            if self._first is None and max(image.size) < SHARP * max(self._size):
                self._small = image
            else:
                self._add(image, progress)

    def _add(self, image: Image.Image, progress: float) -> None:
        fade = 0.0 if self._beside else FADE
        if self._first is None:
            self._first, self._small = min(progress, 1.0), None
            if not self._beside:
                self._show(self._photo, PHOTO_SECONDS)
        left = 1 - self._first
        progress = fade + (1 - fade) * ((progress - self._first) / left if left else 1.0)
        before, start = self._last or (image, progress)
        end = min(1.0, max(start, progress))
        due = int(end * self._steps + 1e-9) + 1  # pictures up to this progress
        if self._painted < due:
            before, image = self._fit(before), self._fit(image)
        while self._painted < due:
            at = self._painted / self._steps
            share = (at - start) / (end - start) if at > start else 0.0
            self._write(Image.blend(before, image, min(1.0, share)))
            self._painted += 1
        self._last = (image, end)

    def close(self) -> None:
        """Show the last frame until the end, and put the finished film at its path."""
        if self._first is None and self._small is None:
            return self.discard()
        with self._deleted_on_error():
            if self._small is not None:  # stopped before a sharp one came
                self._add(self._small, 1.0)
            assert self._last is not None
            last = self._fit(self._last[0])
            self._show(last, (self._steps + 1 - self._painted) / FPS)
            if not self._beside:
                self._wipe(last)
            self._show(last, HOLD_SECONDS)
            self._film.finish()
            self._resources.close()
        self._first, self.complete = None, True

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

    def _show(self, image: Image.Image, seconds: float) -> None:
        for _ in range(round(seconds * FPS)):
            self._write(image)

    def _wipe(self, result: Image.Image) -> None:
        """The photo comes over the result from the left, and goes again."""
        count, (width, height) = round(WIPE_SECONDS * FPS), self._size
        line = max(2, width // 200)
        for number in range(count):
            border = round(WIPED * width * math.sin(math.pi * (number + 0.5) / count))
            picture = result.copy()
            picture.paste(self._photo.crop((0, 0, border, height)), (0, 0))
            picture.paste("white", (border, 0, min(width, border + line), height))
            self._write(picture)

    def _write(self, image: Image.Image) -> None:
        self._frame_area[:] = image
        self._film.write(self._canvas)


class _DiscardedError(Exception):
    """Raised by discard(), so that the open file is deleted as after any other error."""
