"""468 points of a face, and how sure it is that there is one.

MediaPipe's face mesh (Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular
Video on Mobile GPUs"). The numbers of its points are those of MediaPipe's canonical face model.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from .detector import Hit
from .networks import answer

__all__ = ["crop", "find_landmarks", "hit_of"]

SIDE = 192  # px of the network's input
MARGIN = 1.5  # the input shows this many times the detector's box (MediaPipe's)


def crop(box: np.ndarray, roll: float) -> np.ndarray:
    """The affine map (2, 3) from the picture's pixels to the network's input.

    ``box`` is (left, top, width, height) in px; ``roll`` is the angle of the line through the eyes,
    in radians, clockwise: the input shows the face upright.
    """
    scale = SIDE / (MARGIN * max(box[2:]))
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    x, y = box[:2] + box[2:] / 2
    return np.array([[cos, sin, SIDE / 2 - cos * x - sin * y],
                     [-sin, cos, SIDE / 2 + sin * x - cos * y]])


def find_landmarks(picture: np.ndarray, hit: Hit) -> tuple[float, np.ndarray]:
    """The score 0..1 that a face is there, and its points (468, 2) in pixels.

    ``picture`` is uint8 RGB (height, width, 3) in whose pixels the hit is.
    """
    (ax, ay), (bx, by) = hit.points[:2]
    move = crop(hit.box, math.atan2(by - ay, bx - ax))
    # Without an average over what one pixel of the input covers, a large face would be aliased.
    shrink = max(1.0, max(hit.box[2:]) * MARGIN / SIDE)
    face = cv2.warpAffine(picture, move, (SIDE, SIDE), flags=cv2.INTER_LINEAR) \
        if shrink < 1.5 else _averaged(picture, hit, move)
    logit, points = answer("face_landmark", face.astype(np.float32) / 255)
    score = 1 / (1 + math.exp(-float(np.clip(logit.ravel()[0], -80, 80))))
    back = cv2.invertAffineTransform(move)
    found = points.reshape(468, 3)[:, :2] @ back[:, :2].T + back[:, 2]
    return score, found


def _averaged(picture: np.ndarray, hit: Hit, move: np.ndarray) -> np.ndarray:
    """The input for a large face: the picture around it is shrunk first."""
    reach = MARGIN * max(hit.box[2:])
    middle = hit.box[:2] + hit.box[2:] / 2
    low = np.maximum(np.floor(middle - reach), 0).astype(int)
    high = np.minimum(np.ceil(middle + reach), picture.shape[1::-1]).astype(int)
    part = picture[low[1]:high[1], low[0]:high[0]]
    scale = SIDE / reach
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    true = np.array(small.shape[1::-1]) / np.array(part.shape[1::-1])
    # From small's pixels to the picture's, then to the input's; pixel centres lie at .5.
    up = np.array([[1 / true[0], 0, low[0] + 0.5 / true[0] - 0.5],
                   [0, 1 / true[1], low[1] + 0.5 / true[1] - 0.5], [0, 0, 1]])
    return cv2.warpAffine(small, move @ up, (SIDE, SIDE), flags=cv2.INTER_LINEAR)


def hit_of(points: np.ndarray) -> Hit:
    """The landmarks (468, 2) as a hit, from which to find them once more."""
    low, high = points.min(axis=0), points.max(axis=0)
    six = points[[33, 263, 1, 13, 234, 454]]  # outer corners of the eyes, nose, lips, ears
    return Hit(1.0, np.concatenate([low, high - low]), six)
