"""Windows of a large picture, in which small faces are looked for."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np

__all__ = ["SMALLEST_FACE", "windows"]

SMALLEST_FACE = 15  # px of its width in a window; the detector misses smaller ones
WINDOW = 220  # px, about: OpenCV is slower by half with a million pixels at once
OVERLAP = 36  # px that neighbours share: a face too small to be found at the size before fits in
MAX_WINDOWS = 30  # of one picture, those with the most detail: it bounds the time


def windows(picture: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """(left, top, window) in pixels, of windows that cover an RGB picture (height, width, 3).

    Of a picture with more than MAX_WINDOWS, those with the most detail.
    """
    (xs, width), (ys, height) = (_starts(length) for length in picture.shape[1::-1])
    corners = [(x, y) for y in ys for x in xs]
    if len(corners) > MAX_WINDOWS:
        # Detail is averaged over the size of a face, and divided by the brightness there, so that
        # faces in the dark count as much.
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        edges = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S))
        light, detail = (cv2.resize(of, None, fx=1 / SMALLEST_FACE, fy=1 / SMALLEST_FACE,
                                    interpolation=cv2.INTER_AREA).astype(float)
                         for of in (grey, edges))
        detail /= light + 8

        def most_detail(corner: tuple[int, int]) -> float:
            left, top = (pixel // SMALLEST_FACE for pixel in corner)
            return float(detail[top:top + height // SMALLEST_FACE,
                                left:left + width // SMALLEST_FACE].max())

        corners = sorted(corners, key=most_detail, reverse=True)[:MAX_WINDOWS]
    for x, y in corners:
        yield x, y, picture[y:y + height, x:x + width]


def _starts(length: int) -> tuple[list[int], int]:
    """Where the windows along a side begin, and how long they are: about WINDOW."""
    count = max(1, round((length - OVERLAP) / (WINDOW - OVERLAP)))
    each = -(-(length + (count - 1) * OVERLAP) // count)
    return np.linspace(0, length - each, count).astype(int).tolist(), each
