"""Films that play everywhere: H.264 in an MP4, yuv420p, even sides, the index at the front."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from fractions import Fraction
from types import TracebackType

import numpy as np

from ..errors import UserError
from .sound import Sound

__all__ = ["MAX_MACROBLOCKS", "MAX_SIDE", "H264", "check_films", "playable"]

# crf 18 keeps brush strokes sharp: 0.8 MB at 512 pixels. A short lookahead and no B-frames let
# x264 keep few pictures: 0.28 instead of 0.59 GB at 4096 x 1642, and the file is no larger. Two
# threads, because the optimisation needs the cores and each thread keeps pictures in memory.
_X264 = {"preset": "veryfast", "crf": "18", "rc-lookahead": "2", "bf": "0", "threads": "2"}
# Of a film's picture. Level 5.1 of H.264, up to which phones decode, has 36,864 macroblocks of
# 16 x 16 px (ISO/IEC 14496-10, table A-1), as many as 4096 x 2304 px; 25 such pictures a second are
# within its rate. Their decoders take no side above 4096 px.
MAX_SIDE, MAX_MACROBLOCKS = 4096, 36_864
_BT709 = 1  # ISO/IEC 23091-2: primaries and transfer, as browsers assume
_SOUND_BITS = 128_000  # a second, of AAC


def check_films() -> None:
    """Raise UserError where PyAV is not installed, without which no film can be written."""
    try:
        import av  # noqa: F401
    except ImportError:
        raise UserError("A film needs PyAV, which is not installed; run: "
                        "pip install 'neural-style-studio[film]'.") from None


class H264:
    """An MP4 that is being written.

        with H264(path, (640, 360), 25) as film:
            for picture in pictures:
                film.write(picture)
            film.finish()

    Args:
        path: of the file; its name need not end in .mp4.
        size: (width, height) of the pictures; in the film an odd side is made even by repeating
            its last row or column.
        rate: pictures a second.
        texts: the file's metadata by keyword ("comment", "description", "title").
        sound: what is heard, from its beginning on; encoded as AAC.
    """

    def __init__(self, path: str | os.PathLike[str], size: tuple[int, int],
                 rate: Fraction | int, *, texts: Mapping[str, str] | None = None,
                 sound: Sound | None = None):
        import av
        from av.video.reformatter import ColorRange

        self._rate, self._written = Fraction(rate), 0
        width, height = size
        self._canvas = np.zeros((height + height % 2, width + width % 2, 3), np.uint8)
        self._size = size
        self._container = av.open(str(path), "w", format="mp4",
                                  options={"movflags": "+faststart"})
        self._container.metadata.update(texts or {})
        stream = self._container.add_stream("libx264", rate=self._rate, options=_X264)
        stream.height, stream.width = self._canvas.shape[:2]
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG
        self._stream, self._sound = stream, sound
        if sound is not None:
            self._heard = self._container.add_stream("aac", rate=sound.rate, layout=sound.layout)
            self._heard.bit_rate = _SOUND_BITS

    def write(self, picture: np.ndarray) -> None:
        """Add a picture, uint8 (height, width, 3), and the sound up to its end."""
        import av
        from av.video.reformatter import ColorRange, Colorspace

        width, height = self._size
        self._canvas[:height, :width] = picture
        self._canvas[:, width:] = self._canvas[:, width - 1:width]
        self._canvas[height:] = self._canvas[height - 1:height]
        frame = av.VideoFrame.from_ndarray(self._canvas, format="rgb24").reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
        frame.pts, frame.time_base = self._written, 1 / self._rate
        self._container.mux(self._stream.encode(frame))
        self._written += 1
        if self._sound is not None:
            for part in self._sound.until(self._written / self._rate):
                self._container.mux(self._heard.encode(part))

    def finish(self) -> None:
        """Write what is still held back, and the index."""
        self._container.mux(self._stream.encode(None))
        if self._sound is not None:
            self._container.mux(self._heard.encode(None))
        self._container.close()

    def __enter__(self) -> H264:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._container.close()


def playable(size: tuple[int, int], beside: int = 1) -> tuple[int, int]:
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
