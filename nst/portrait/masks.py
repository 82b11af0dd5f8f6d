"""Soft masks that protect faces: the whole of each, and its core (eyes, brows, nose, lips)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from ..people import EYE_CORNERS, Face

__all__ = ["core_mask", "face_mask"]

# Points of MediaPipe's face mesh.
FOREHEAD = 10
FEATURES = (  # each is the outline round these points
    (33, 133, 157, 158, 159, 160, 161, 144, 145, 153, 154),  # the eye at the left
    (263, 362, 384, 385, 386, 387, 388, 373, 374, 380, 381),
    (46, 53, 52, 65, 55, 70, 63, 105, 66, 107),  # its brow
    (276, 283, 282, 295, 285, 300, 293, 334, 296, 336),
    (168, 122, 351, 129, 358, 98, 2, 327, 48, 278),  # the nose
    (61, 291, 37, 0, 267, 40, 270, 84, 17, 314, 91, 321),  # the lips
)

# In units of the face's size: the diameter of a circle with the area that its landmarks enclose.
FADE = 1 / 3  # width of the fade from 1 to 0 around the whole face, so that no border can be seen
CORE_FADE, CORE_MARGIN = 1 / 9, 0.02  # around a feature: the same, and how far the mask stays 1
# The mesh ends on the forehead. The hairline is higher by this share of the distance from the eyes
# to there (seen in both test portraits and the women of Leonardo, Renoir and Hokusai).
HAIRLINE = 0.12
BLUR = 0.03  # sigma of a blur that smooths the fade beside a corner of the outline
# px: the least and the largest width at which a face is drawn before it is resized into the mask;
# how much it is then enlarged at most.
DRAWN_WIDTH, MAX_ENLARGEMENT = (96, 384), 8.0


def face_mask(faces: Sequence[Face], size: tuple[int, int]) -> np.ndarray:
    """Where the faces are: float32 (height, width) in 0..1 for a ``size`` of (width, height).

    1 from the hairline to the chin and across the cheeks, then a fade to 0 over a third of the
    face, with zero slope and curvature at both ends.
    """
    return _union(faces, size, lambda points: [_oval(points)], FADE, 0.0, (0.5, 0.55))


def core_mask(faces: Sequence[Face], size: tuple[int, int]) -> np.ndarray:
    """Where eyes, brows, nose and lips are, by which a face is recognised; as :func:`face_mask`."""
    return _union(faces, size, lambda points: [points[list(part)] for part in FEATURES],
                  CORE_FADE, CORE_MARGIN, (0.3, 0.35))


def _union(faces: Sequence[Face], size: tuple[int, int], parts: Callable, fade: float,
           margin: float, ellipse: tuple[float, float]) -> np.ndarray:
    """The mask of all faces' parts: of the landmarks' ``parts``, or of one ellipse without any."""
    mask = np.zeros(size[::-1], np.float32)
    for face in faces:
        if face.landmarks is None:  # marked by the user, or hidden: the network sees no face there
            shapes = [_ellipse(face, size, ellipse)]
            unit = math.sqrt(face.width * size[0] * face.height * size[1])
        else:
            points = face.landmarks * np.array(size, np.float32)
            shapes = parts(points)
            unit = math.sqrt(cv2.contourArea(cv2.convexHull(points)) * 4 / math.pi)
        for shape in shapes:
            _draw(mask, shape, unit, fade, margin)
    return mask


def _oval(points: np.ndarray) -> np.ndarray:
    """The outline of a face with its forehead raised to the hairline: (N, 2)."""
    eyes = points[list(EYE_CORNERS)].mean(axis=0)
    up = points[FOREHEAD] - eyes
    height = (points - eyes) @ up / (up @ up)  # 0 at the eyes, 1 where the mesh ends
    return points + HAIRLINE * np.clip(height, 0, 1)[:, None] ** 2 * up


def _ellipse(face: Face, size: tuple[int, int], radii: tuple[float, float]) -> np.ndarray:
    """The outline of an ellipse in the middle of the face's box, radii in fractions of it."""
    angle = np.linspace(0, 2 * np.pi, 64, endpoint=False)[:, None]
    unit = 0.5 + np.hstack([np.cos(angle), np.sin(angle)]) * radii
    return (unit * (face.width, face.height) + (face.left, face.top)) * size


def _draw(mask: np.ndarray, outline: np.ndarray, unit: float, fade: float, margin: float) -> None:
    """Adds a shape to the mask: 1 inside the convex hull of ``outline`` (px), then the fade."""
    scale = min(float(np.clip(unit, *DRAWN_WIDTH)) / unit, MAX_ENLARGEMENT)
    blur = max(BLUR * unit, 0.5)  # px of the mask
    reach = (fade + margin) * unit + 3 * blur + 2 / scale
    low = outline.min(axis=0) - reach
    high = outline.max(axis=0) + reach
    width, height = (int(math.ceil(length)) for length in (high - low) * scale)
    hull = cv2.convexHull(np.float32((outline - low) * scale - 0.5))  # OpenCV's pixels lie at 0
    outside = np.ones((height, width), np.uint8)
    cv2.fillConvexPoly(outside, np.rint(hull * 16).astype(np.int32), 0, shift=4)
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / (unit * scale)
    t = np.clip(1 - (away - margin) / fade, 0, 1)
    # Perlin 2002, "Improving Noise": slope and curvature are 0 at both ends.
    soft = t * t * t * (t * (6 * t - 15) + 10)
    soft = cv2.GaussianBlur(soft, (0, 0), blur * scale)
    left, top = np.maximum(np.floor(low), 0).astype(int)
    right, bottom = np.minimum(np.ceil(high), mask.shape[::-1]).astype(int)
    if right <= left or bottom <= top:
        return
    # A pixel's middle is at .5 in the mask and in the drawing.
    move = np.array([[1 / scale, 0, low[0] - left + 0.5 / scale - 0.5],
                     [0, 1 / scale, low[1] - top + 0.5 / scale - 0.5]])
    drawn = cv2.warpAffine(soft, move, (int(right - left), int(bottom - top)),
                           flags=cv2.INTER_LINEAR).clip(0, 1)
    part = mask[top:bottom, left:right]
    np.subtract(1, (1 - part) * (1 - drawn), out=part)
