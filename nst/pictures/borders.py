"""The plain frame around a picture: a white border, a scan's edge, the wall on which it hangs."""

from __future__ import annotations

import math

import cv2
import numpy as np
from PIL import Image

from ..geometry import fit_size
from .notices import add_notice

__all__ = ["find_border", "without_border"]

SIDE = 384  # px of the longer side of the copy that is looked at
# Levels of 255 by which neighbours along the edge differ, three quarters of them. The margin of an
# old print has 3, made frames (white, black, grained paper, a wall in falling light) 2 at most. Of
# 23 paintings without a frame one has 3, the others 4 to 40.
PLAIN = 3
LEAST_STEP = 2  # levels; less would stop at JPEG's ripples beside an edge
BLACK, WHITE = 16, 239  # of bars along two sides alone
# Shares of a line that are not frame: at the inner edge, and WITHIN px further in. A frame ends in
# straight lines; a painter's own plain ground is seen far inwards around what stands on it.
EDGE, STRAIGHT, WITHIN = 0.5, 0.8, 4
# Of the picture: where less is left it was a thing on a ground; a wider side is a plain sky.
SMALLEST_INSIDE, WIDEST = 0.3, 0.3
# Squares of plain colours inside each other are a composition: so much of the inside may be plain.
MOST_PLAIN = 0.95


def without_border(picture: Image.Image, name: str) -> Image.Image:
    """The picture without its plain frame, or itself where there is none.

    That something was cut is noted (nst.pictures.notices) of a picture called ``name``.
    """
    box = find_border(picture)
    if box is None:
        return picture
    inside = picture.crop(box)
    add_notice(inside, f"The plain border of {name} is left out; Keep border (--keep-border) takes "
                       "it in.")
    return inside


def find_border(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """The box inside an RGB picture's plain frame, in its pixels; None: there is no frame.

    A frame runs around all four sides or, as bars of black or white, along two opposite ones. Its
    sides may differ in width, light may fall off along it, and words may stand in it.
    """
    scale = max(1.0, max(picture.size) / SIDE)
    small = picture
    if scale > 1:
        small = picture.resize(fit_size(picture.size, SIDE), Image.Resampling.BOX)
    if min(small.size) < 4 * WITHIN:
        return None
    pixels = cv2.medianBlur(np.asarray(small), 3)  # without dust and the grain of paper
    for sides in ((0, 1, 2, 3), (0, 2), (1, 3)):  # left, top, right, bottom
        margins = _margins(pixels, sides)
        if margins is not None:
            # More, because the copy mixes frame and painting in the last one.
            left, top, right, bottom = (math.ceil((margin + 1.5) * scale) if margin else 0
                                        for margin in margins)
            return left, top, picture.width - right, picture.height - bottom
    return None


def _margins(pixels: np.ndarray, sides: tuple[int, ...]) -> list[int] | None:
    """Widths in px of a frame along these sides, 0 at the others; None: it is none."""
    height, width = pixels.shape[:2]
    edges = [(pixels[:, 1], pixels[1], pixels[:, -2], pixels[-2])[side] for side in sides]
    step = max(np.percentile(_steps(edge), 75) for edge in edges)
    if step > PLAIN:
        return None
    if len(sides) == 2 and not all(edge.max() < BLACK or edge.min() > WHITE for edge in edges):
        return None
    reached = np.zeros((height + 2, width + 2), np.uint8)  # as cv2 wants it: with a rim
    for corner in ((1, 1), (width - 2, 1), (1, height - 2), (width - 2, height - 2)):
        cv2.floodFill(pixels.copy(), reached, corner, 0, *[(max(LEAST_STEP, int(step)),) * 3] * 2,
                      8 | cv2.FLOODFILL_MASK_ONLY | 1 << 8)
    _, labels, found, _ = cv2.connectedComponentsWithStats(1 - reached[1:-1, 1:-1], connectivity=4)
    if len(found) < 2:
        return None
    largest = 1 + int(np.argmax(found[1:, cv2.CC_STAT_AREA]))  # words in the frame are smaller
    inside = labels == largest
    left, top, wide, high = found[largest, :4]
    across, down = inside[top:top + high].mean(axis=0), inside[:, left:left + wide].mean(axis=1)
    margins = [0] * 4
    for side, shares in enumerate((across, down, across[::-1], down[::-1])):
        margin = int(np.argmax(shares >= EDGE))
        if (margin > 0) != (side in sides):
            return None
        if margin and (margin > WIDEST * len(shares) or shares[margin + WITHIN] < STRAIGHT):
            return None
        margins[side] = margin
    left, top, right, bottom = margins
    rest = pixels[top:height - bottom, left:width - right]
    if rest.shape[0] * rest.shape[1] < SMALLEST_INSIDE * width * height:
        return None
    return None if np.mean(_steps(rest) <= PLAIN) > MOST_PLAIN else margins


def _steps(pixels: np.ndarray) -> np.ndarray:
    """How much each pixel differs from the one before along the first axis, at most."""
    return np.abs(np.diff(pixels.astype(np.int16), axis=0)).max(axis=-1)
