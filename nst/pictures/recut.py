"""A film of a painting once more with all its pictures changed: cropped, captioned, softened."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from fractions import Fraction

from PIL import Image

from .film_writer import write_film
from .open_clip import open_clip
from .timelapse import FPS

__all__ = ["recut"]


def recut(film: str | os.PathLike[str], path: str | os.PathLike[str],
          change: Callable[[Image.Image], Image.Image]) -> None:
    """Write a film of :class:`nst.pictures.timelapse.Timelapse` anew, as an MP4.

    Args:
        change: takes each picture (RGB) and gives another one, all of one size.

    Raises:
        UserError: the film is gone, or the new one cannot be written; then nothing is left of it.
    """
    with open_clip(film) as clip:
        pictures = map(change, clip.pictures(clip.size, fps=Fraction(FPS)))
        first = next(pictures)
        write_film(path, itertools.chain([first], pictures), first.size, Fraction(FPS))
