"""What is read of any clip: its pictures at even times, upright and in sRGB, within limits."""

from __future__ import annotations

import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from PIL import Image

from ..errors import UserError
from .decoding import MAX_ASPECT, MIN_SIDE
from .h264 import MAX_MACROBLOCKS
from .sound import Sound
from .writing import safe_name

__all__ = ["DEFAULT_FPS", "MAX_FPS", "MAX_SECONDS", "Clip", "Shown"]

log = logging.getLogger(__name__)

MAX_FPS = 60  # of what is painted; a clip that has more is painted at DEFAULT_FPS
DEFAULT_FPS = 30  # at most, where nothing was asked for
MAX_SECONDS = 600.0  # a longer clip is painted only as far as was asked for
_MAX_PIXELS = MAX_MACROBLOCKS * 256  # 4096 x 2304: phones record no more but in 8K
# Of the time between two pictures, by which a picture may come late and still be taken: files give
# times in whole milliseconds.
_LATE = Fraction(3, 10)


@dataclass(frozen=True)
class Shown:
    """A picture and when it is shown, in seconds from the clip's beginning."""

    time: Fraction
    picture: Any


class Clip(ABC):
    """An opened clip.

    Attributes:
        name: for messages.
        size: (width, height) as it is shown, upright.
        fps: pictures a second that it is painted at, if no others are asked for.
        seconds: its length; None: not known before its end.
        notice: once pictures have been read: a sentence where they ended too early; or empty.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path, self.name, self.notice = os.fspath(path), safe_name(path), ""
        self.size = (0, 0)
        self.fps = Fraction(DEFAULT_FPS)
        self.seconds: float | None = None

    def pictures(self, size: tuple[int, int], *, fps: Fraction | None = None, start: float = 0.0,
                 seconds: float | None = None, skip: int = 0) -> Iterator[Image.Image]:
        """The clip's pictures, RGB in sRGB, at even times.

        Whatever times the file gives, picture n is the one that is shown at start + n / fps.

        Args:
            size: (width, height) of the pictures.
            fps: pictures a second; None: the clip's own.
            start, seconds: which part of it; None: to its end.
            skip: this many pictures at the beginning are left out.
        """
        step, begin = 1 / (fps or self.fps), Fraction(start).limit_denominator(100_000)
        end = None if seconds is None else begin + Fraction(seconds).limit_denominator(100_000)
        number = skip
        last: Shown | None = None
        # One more at the end: the time at which the last picture is no longer shown.
        for shown in self._shown(begin + number * step, size):
            while last is not None and begin + number * step < shown.time - _LATE * step:
                if end is not None and begin + number * step >= end - _LATE * step:
                    return
                yield self._picture(last.picture, size)
                number += 1
            if shown.picture is not None:
                last = shown

    def sound(self, start: float = 0.0, seconds: float | None = None) -> Sound | None:
        """What is heard in a part of the clip; None: nothing. To be closed."""
        return None

    @abstractmethod
    def _shown(self, begin: Fraction, size: tuple[int, int]) -> Iterator[Shown]:
        """The pictures in order, from the one at ``begin`` or before; then None at their end."""

    @abstractmethod
    def _picture(self, picture: Any, size: tuple[int, int]) -> Image.Image:
        """A picture of _shown() in RGB, upright, sRGB."""

    def close(self) -> None:  # noqa: B027 (an animation holds no file open)
        """Let go of the file."""

    def __enter__(self) -> Clip:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_size(self) -> None:
        width, height = self.size
        if width * height > _MAX_PIXELS:
            raise UserError(f"{self.name} has {width} x {height} pixels; give a clip of 4096 x "
                            "2304 at most.")
        if min(width, height) < MIN_SIDE or max(width, height) > MAX_ASPECT * min(width, height):
            raise UserError(f"{self.name} has {width} x {height} pixels, which is too small or too "
                            "thin to paint; give a larger clip.")

    def _damaged(self, error: Exception) -> UserError:
        log.debug("a clip was refused", exc_info=error)
        return UserError(f"{self.name} is damaged or incomplete; save or send it again.")

    def _ended_early(self, at: Fraction) -> None:
        self.notice = (f"{self.name} is damaged after {float(at):.1f} s; what comes before is "
                       "painted.")
        log.warning("%s", self.notice)
