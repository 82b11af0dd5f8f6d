"""A film of the optimisation, as an MP4 that every browser plays.

The number of frames that an optimisation yields is not known beforehand, and keeping all of them
would take gigabytes. So the film has a fixed number of pictures, each of which belongs to a
progress from 0 to 1. A frame that arrives is blended with the one before it into the pictures
between their two progresses; only these two frames are in memory.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterator
from fractions import Fraction
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..errors import UserError
from .writing import writing

if TYPE_CHECKING:  # an extra of the package: pictures are painted without it, see check_films()
    import av

__all__ = ["FPS", "HOLD_SECONDS", "MAX_MACROBLOCKS", "MAX_SIDE", "Timelapse", "check_films"]

FPS = 25
HOLD_SECONDS = 1.0  # how long the last frame is shown, because players start over at once
# crf 18 keeps brush strokes sharp: 0.8 MB at 512 pixels. A short lookahead and no B-frames let
# x264 keep few pictures: 0.28 instead of 0.59 GB at 4096 x 1642, and the file is no larger. Two
# threads, because the optimisation needs the cores and each thread keeps pictures in memory.
_X264 = {"preset": "veryfast", "crf": "18", "rc-lookahead": "2", "bf": "0", "threads": "2"}
# Of a film's picture. Level 5.1 of H.264, up to which phones decode, has 36,864 macroblocks of
# 16 x 16 px (ISO/IEC 14496-10, table A-1), as many as 4096 x 2304 px; 25 such pictures a second are
# within its rate. Their decoders take no side above 4096 px.
MAX_SIDE, MAX_MACROBLOCKS = 4096, 36_864
_BT709 = 1  # ISO/IEC 23091-2: primaries and transfer, as browsers assume


def check_films() -> None:
    """Raise UserError where PyAV is not installed, without which no film can be written."""
    try:
        import av  # noqa: F401
    except ImportError:
        raise UserError("A film needs PyAV, which is not installed; run: "
                        "pip install 'neural-style-studio[film]'.") from None


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
        import av

        self.complete = False  # whether the film is at its path
        self._size = width, height = _playable(size, 1 if photo is None else 2)
        self._steps = max(1, round(seconds * FPS) - 1)  # from the first picture to the last
        self._written = 0
        self._last: tuple[Image.Image, float] | None = None
        left = 0 if photo is None else width
        self._canvas = np.zeros((height + height % 2, left + width + (left + width) % 2, 3),
                                np.uint8)
        if photo is not None:
            self._canvas[:height, :width] = self._fit(photo)
        self._frame_area = self._canvas[:, left:]
        self._resources = contextlib.ExitStack()
        with self._deleted_on_error():
            part = self._resources.enter_context(writing(path))
            self._container = self._resources.enter_context(
                av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}))
            self._stream = self._open_stream()

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
            self._container.mux(self._stream.encode(None))
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

    def _open_stream(self) -> av.VideoStream:
        from av.video.reformatter import ColorRange

        stream = self._container.add_stream("libx264", rate=FPS, options=_X264)
        stream.height, stream.width = self._canvas.shape[:2]
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG
        return stream

    def _fit(self, image: Image.Image) -> Image.Image:
        image = image.convert("RGB") if image.mode != "RGB" else image
        if image.size == self._size:
            return image
        return image.resize(self._size, Image.Resampling.BICUBIC)

    def _write(self, image: Image.Image) -> None:
        import av
        from av.video.reformatter import ColorRange, Colorspace

        width, height = self._size
        self._frame_area[:height, :width] = image
        self._frame_area[:, width:] = self._frame_area[:, width - 1:width]
        self._canvas[height:] = self._canvas[height - 1:height]
        frame = av.VideoFrame.from_ndarray(self._canvas, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
        frame.pts, frame.time_base = self._written, Fraction(1, FPS)
        self._container.mux(self._stream.encode(frame))
        self._written += 1


def _playable(size: tuple[int, int], beside: int) -> tuple[int, int]:
    """The largest size of that aspect, at most itself, of which so many fit beside each other."""
    width, height = size
    # A little less at a time, as sides are rounded to whole macroblocks.
    scale = min(1.0, MAX_SIDE / (beside * width), MAX_SIDE / height,
                math.sqrt(MAX_MACROBLOCKS * 256 / (beside * width * height)))
    while True:
        width, height = (max(1, math.floor(side * scale)) for side in size)
        across, down = -(-beside * width // 16), -(-height // 16)
        if across * down <= MAX_MACROBLOCKS:
            return width, height
        scale *= 0.998


class _DiscardedError(Exception):
    """Raised by discard(), so that the open file is deleted as after any other error."""
