"""The soft masks that protect faces: the whole of each, and what it is known by."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .faces import EYES, Face, find_faces

__all__ = ["Face", "core_mask", "face_mask", "find_faces"]


def face_mask(faces: Sequence[Face], size: tuple[int, int]) -> np.ndarray:
    """Where the faces are: float32 (height, width) in 0..1 for a ``size`` of (width, height).

    1 from the hairline to the chin and across the cheeks, then a fall as wide as a third of the
    face, with zero slope and curvature at both ends, so that no rim can be seen.
    """
    mask = np.zeros(size[::-1], np.float32)
    for face in faces:
        # Chin and hairline lie beyond the box by about a sixth of it (both test portraits).
        outline = _ellipse(face, size, (0.5, 0.54), (0.46, 0.62), fall=0.75)
        mask = 1 - (1 - mask) * (1 - outline)
    return mask


def core_mask(faces: Sequence[Face], size: tuple[int, int]) -> np.ndarray:
    """What a face is known by, eyes, nose and mouth: as :func:`face_mask`, inside of it."""
    mask = np.zeros(size[::-1], np.float32)
    for face in faces:
        if face.profile:  # the features lie along the side that the face looks to
            side = 0.36 if face.eyes[0][0] < face.left + face.width / 2 else 0.64
            spots = [((side, 0.58), (0.22, 0.38))]
        else:
            spots = [(EYES[0], (0.17, 0.12)), (EYES[1], (0.17, 0.12)),
                     ((0.5, 0.56), (0.13, 0.17)), ((0.5, 0.81), (0.22, 0.12))]
        for centre, radii in spots:
            mask = 1 - (1 - mask) * (1 - _ellipse(face, size, centre, radii, fall=0.9))
    return mask


def _ellipse(face: Face, size: tuple[int, int], centre: tuple[float, float],
             radii: tuple[float, float], fall: float) -> np.ndarray:
    """1 inside an ellipse given in fractions of the face's box, 0 from 1 + fall radii on.

    The box is turned and placed so that its eyes fall on the face's eyes.
    """
    width, height = size
    box_w, box_h = face.width * width, face.height * height
    middle_x, middle_y = (face.left + face.width / 2) * width, (face.top + face.height / 2) * height
    roll = 0.0
    if len(face.eyes) == 2:
        (ax, ay), (bx, by) = face.eyes
        roll = math.atan2((by - ay) * height, (bx - ax) * width)
    cos, sin = math.cos(roll), math.sin(roll)
    off_x, off_y = (centre[0] - 0.5) * box_w, (centre[1] - 0.5) * box_h
    x = np.arange(width, dtype=np.float32) + 0.5 - (middle_x + cos * off_x - sin * off_y)
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5 - (middle_y + sin * off_x + cos * off_y)
    along = (cos * x + sin * y) / (radii[0] * box_w)
    across = (cos * y - sin * x) / (radii[1] * box_h)
    t = np.clip((1 + fall - np.hypot(along, across)) / fall, 0, 1)
    # Perlin 2002, "Improving Noise": slope and curvature are 0 at both ends.
    return np.minimum(t * t * t * (t * (6 * t - 15) + 10), 1)
