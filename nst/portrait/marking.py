"""A face that was not found, where a user points at it: a box of its size."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from ..people import Box, Face
from .detector import SHORT_RANGE, detect
from .networks import alone

__all__ = ["face_at"]

LONGEST = 2048  # px; a larger picture is shrunk first
LOOKS = (1, 1 / 2, 1 / 4, 1 / 8)  # sides of the squares looked at, of the picture's shorter side
LEAST = 0.2  # score of a hit there: the user says that there is a face, the detector how large
USUAL = 1 / 4  # of the shorter side: a face's width where nothing tells it


@alone
def face_at(image: Image.Image, x: float, y: float, others: Sequence[Box] = ()) -> Box:
    """The box of the face at (x, y), all in fractions of an upright picture.

    What the detector hardly sees there decides, at whatever roll; else the box lies around the
    point, as large as the ``others`` of the picture.
    """
    image = image.convert("RGB")
    image.thumbnail((LONGEST, LONGEST))
    picture, size = np.asarray(image), np.array(image.size)
    point = np.array([x, y]) * size
    seen = [seen for part in LOOKS for seen in _looked_at(picture, point, part)]
    if seen:
        _, box = max(seen, key=lambda hit: hit[0])
    else:
        widths = [width * size[0] for _, _, width, _ in others]
        side = np.median(widths) if widths else USUAL * size.min()
        box = np.concatenate([point - side / 2, [side, side]])
    return Face(*(box / [*size, *size]).tolist()).box


def _looked_at(picture: np.ndarray, point: np.ndarray,
               part: float) -> list[tuple[float, np.ndarray]]:
    """Score and box, px of the picture, of what covers the point, in a square of it, turned."""
    size = np.array(picture.shape[1::-1])
    side = max(1, round(part * size.min()))
    left, top = np.clip(np.round(point - side / 2), 0, size - side).astype(int)
    square = picture[top:top + side, left:left + side]
    corner, middle = np.array([left, top]), side / 2
    seen = []
    for quarters in range(4):  # counterclockwise
        turned = np.ascontiguousarray(np.rot90(square, quarters))
        for hit in detect(turned, SHORT_RANGE, LEAST):
            back = cv2.getRotationMatrix2D((0, 0), -90 * quarters, 1)[:, :2]
            corners = (np.array([hit.box[:2], hit.box[:2] + hit.box[2:]]) - middle) @ back.T
            low, high = corners.min(axis=0) + middle + corner, corners.max(axis=0) + middle + corner
            if (low <= point).all() and (point <= high).all():
                seen.append((hit.score, np.concatenate([low, high - low])))
    return seen
