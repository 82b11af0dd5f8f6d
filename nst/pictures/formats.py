"""The part of a picture that a format shows: upright, square or wide, around its faces."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..people import Box

__all__ = ["crop_around"]

EYE_LINE = 0.42  # of the crop's height, from above: where the middle of the faces is best
NO_FACE = (0.5, 0.4)  # the middle of what matters where no face is known


def crop_around(size: tuple[int, int], ratio: float, faces: Sequence[Box] = (), *,
                close: float = math.inf) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of the largest crop of a shape that has the faces well in it.

    Args:
        size: (width, height) of the picture in pixels.
        ratio: width / height of the crop.
        faces: boxes in fractions of the picture.
        close: the crop is at most so many times as high as the faces together.
    """
    width, height = size
    high = min(height, width / ratio)
    x, y = NO_FACE
    if faces:
        left, top = min(box[0] for box in faces), min(box[1] for box in faces)
        right = max(box[0] + box[2] for box in faces)
        bottom = max(box[1] + box[3] for box in faces)
        x, y = (left + right) / 2, (top + bottom) / 2
        # People side by side are wider together than high.
        high = min(high, close * max((bottom - top) * height, (right - left) * width / ratio))
    wide, tall = max(1, min(width, round(high * ratio))), max(1, min(height, round(high)))
    left = min(max(0, round(x * width - wide / 2)), width - wide)
    top = min(max(0, round(y * height - EYE_LINE * tall)), height - tall)
    return left, top, left + wide, top + tall
