"""What is heard in a part of a film, as it is written beside painted pictures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

__all__ = ["Sound"]

log = logging.getLogger(__name__)


class Sound:
    """What is heard in a part of a film, a few hundredths of a second at a time.

    Attributes:
        rate: samples a second. layout: of its channels, "mono" or "stereo".
    """

    def __init__(self, container: Any, start: float, seconds: float | None):
        from av import AudioResampler

        self._container = container
        stream = container.streams.audio[0]
        self.rate = min(48_000, stream.rate or 48_000)
        self.layout = "mono" if stream.channels == 1 else "stereo"
        self._start, self._seconds, self._stream = start, seconds, stream
        self._resampler = AudioResampler(format="fltp", layout=self.layout, rate=self.rate)
        self._parts = self._resampled()
        self._done, self._next = 0, next(self._parts, None)

    def until(self, time: Fraction) -> Iterator[Any]:
        """The parts (PyAV's AudioFrames) that begin before this time, in seconds from the start."""
        while self._next is not None and self._done < time * self.rate:
            part, self._next = self._next, next(self._parts, None)
            part.pts, part.time_base = self._done, Fraction(1, self.rate)
            self._done += part.samples
            yield part

    def _resampled(self) -> Iterator[Any]:
        import av

        origin = (self._stream.start_time or 0) * self._stream.time_base
        if self._start:
            self._container.seek(int((self._start + float(origin)) / self._stream.time_base),
                                 stream=self._stream)
        left = None if self._seconds is None else round(self._seconds * self.rate)
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                frames = packet.decode()
            except (av.error.FFmpegError, OSError) as error:
                log.debug("a sound ends early", exc_info=error)
                return
            for frame in frames:
                if frame.pts is not None and (
                        (frame.pts + frame.samples) * frame.time_base - origin <= self._start):
                    continue
                for part in self._resampler.resample(frame):
                    if left is not None:
                        if left <= 0:
                            return
                        left -= part.samples
                    yield part

    def close(self) -> None:
        self._container.close()
