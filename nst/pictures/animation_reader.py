"""Animated pictures in: GIF, WebP and PNG, through Pillow."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from PIL import Image

from ..errors import UserError
from .clip import DEFAULT_FPS, MAX_SECONDS, Clip, Shown
from .modes import flattened

__all__ = ["AnimationReader"]

log = logging.getLogger(__name__)


class AnimationReader(Clip):
    """An animated GIF, WebP or PNG, by Pillow."""

    def __init__(self, path: str | os.PathLike[str]):
        super().__init__(path)
        try:
            with self._opened() as image:
                self.size = image.size
                self._check_size()
                count = getattr(image, "n_frames", 1)
                if count < 2:
                    raise UserError(f"{self.name} is a single picture, which is painted as a "
                                    "photo; give a clip.")
                self.seconds = self._length(image, count)
                if not self.seconds:
                    raise ValueError("not even the first picture can be read")
        except UserError:
            raise
        except Exception as error:  # what a decoder raises on hostile bytes is not documented
            raise self._damaged(error) from None
        fps = min(Fraction(count) / Fraction(self.seconds).limit_denominator(1000),
                  Fraction(DEFAULT_FPS)).limit_denominator(1000)
        self.fps = max(fps, Fraction(1, 1000))  # of pictures that stand for days it would be 0

    def _opened(self) -> Image.Image:
        return Image.open(self.path, formats=("GIF", "WEBP", "PNG"))

    def _load(self, image: Image.Image, index: int) -> None:
        image.seek(index)
        if image.size != self.size:  # a GIF's damaged frame: gigabytes, if it were decoded
            raise ValueError(f"picture {index} reaches beyond the others")
        image.load()

    def _length(self, image: Image.Image, count: int) -> float:
        total = Fraction(0)
        for index in range(count):
            try:
                self._load(image, index)  # of a WebP only then the time is known
            except (EOFError, OSError, SyntaxError, ValueError):
                break
            total += _duration(image)
            if total > MAX_SECONDS:  # asked for more closely elsewhere
                return float(total)
        return float(total)

    def _shown(self, begin: Fraction, size: tuple[int, int]) -> Iterator[Shown]:
        time = Fraction(0)
        with self._opened() as image:
            for index in range(getattr(image, "n_frames", 1)):
                try:
                    self._load(image, index)
                    picture = flattened(image.convert("RGBA"))[0]
                except (EOFError, OSError, SyntaxError, ValueError) as error:
                    log.debug("a clip ends early", exc_info=error)
                    if index:
                        self._ended_early(time)
                    break
                end = time + _duration(image)
                if end > begin:
                    yield Shown(time, picture)
                time = end
        yield Shown(time, None)

    def _picture(self, picture: Any, size: tuple[int, int]) -> Image.Image:
        return picture if picture.size == size else picture.resize(
            size, Image.Resampling.LANCZOS)


def _duration(image: Image.Image) -> Fraction:
    """Seconds for which an animation's picture is shown; browsers take 10 ms and less for 100."""
    milliseconds = image.info.get("duration") or 0
    return Fraction(round(milliseconds) if milliseconds > 10 else 100, 1000)
