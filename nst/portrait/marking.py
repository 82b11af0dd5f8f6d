"""The box of a face that was not found, from the point that a user marks on it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from ..people import Box, Face
from .detector import SHORT_RANGE, detect
from .networks import one_at_a_time

__all__ = ["face_at"]

MAX_SIDE = 2048  # px; a larger picture is shrunk first
SQUARES = (1, 1 / 2, 1 / 4, 1 / 8)  # sides of the squares searched, of the picture's shorter side
MIN_SCORE = 0.2  # low: the user says that there is a face, the detector only how large
DEFAULT_WIDTH = 1 / 4  # of the shorter side: a face's width where nothing tells it


@one_at_a_time
def face_at(image: Image.Image, x: float, y: float, others: Sequence[Box] = ()) -> Box:
    """The box of the face at (x, y), all in fractions of an upright picture.

    The detector's best hit there, even a weak one and at any roll; without a hit a square around
    the point, as wide as the median of the ``others``, which are the picture's other faces.
    """
    image = image.convert("RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    picture, size = np.asarray(image), np.array(image.size)
    point = np.array([x, y]) * size
    hits = [hit for part in SQUARES for hit in _faces_over(picture, point, part)]
    if hits:
        _, box = max(hits, key=lambda hit: hit[0])
    else:
        widths = [width * size[0] for _, _, width, _ in others]
        side = np.median(widths) if widths else DEFAULT_WIDTH * size.min()
        box = np.concatenate([point - side / 2, [side, side]])
    return Face(*(box / [*size, *size]).tolist()).box


def _faces_over(picture: np.ndarray, point: np.ndarray,
               part: float) -> list[tuple[float, np.ndarray]]:
    """(score, box in px of the picture) of hits over the point, in a square around it, turned."""
    size = np.array(picture.shape[1::-1])
    side = max(1, round(part * size.min()))
    left, top = np.clip(np.round(point - side / 2), 0, size - side).astype(int)
    square = picture[top:top + side, left:left + side]
    corner, middle = np.array([left, top]), side / 2
    found = []
    for quarters in range(4):  # counterclockwise
        turned = np.ascontiguousarray(np.rot90(square, quarters))
        for hit in detect(turned, SHORT_RANGE, MIN_SCORE):
            back = cv2.getRotationMatrix2D((0, 0), -90 * quarters, 1)[:, :2]
            corners = (np.array([hit.box[:2], hit.box[:2] + hit.box[2:]]) - middle) @ back.T
            low, high = corners.min(axis=0) + middle + corner, corners.max(axis=0) + middle + corner
            if (low <= point).all() and (point <= high).all():
                found.append((hit.score, np.concatenate([low, high - low])))
    return found
