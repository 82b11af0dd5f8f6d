"""468 points of a face, and how sure it is that there is one.

MediaPipe's face mesh (Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular
Video on Mobile GPUs"). The numbers of its points are those of MediaPipe's canonical face model.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from .detector import Hit
from .networks import run_network

__all__ = ["crop", "find_landmarks", "hit_of", "upright"]

SIDE = 192  # px of the network's input
MARGIN = 1.5  # the input shows this many times the detector's box (MediaPipe's)


def crop(box: np.ndarray, roll: float, margin: float = MARGIN) -> np.ndarray:
    """The affine map (2, 3) from the picture's pixels to the network's input.

    ``box`` is (left, top, width, height) in px; ``roll`` is the angle of the line through the eyes,
    in radians, clockwise: the input shows the face upright, and ``margin`` times its box.
    """
    scale = SIDE / (margin * max(box[2:]))
    cos, sin = scale * math.cos(roll), scale * math.sin(roll)
    x, y = box[:2] + box[2:] / 2
    return np.array([[cos, sin, SIDE / 2 - cos * x - sin * y],
                     [-sin, cos, SIDE / 2 + sin * x - cos * y]])


def find_landmarks(picture: np.ndarray, hit: Hit) -> tuple[float, np.ndarray]:
    """The score 0..1 that a face is there, and its points (468, 2) in pixels.

    ``picture`` is uint8 RGB (height, width, 3) in whose pixels the hit is.
    """
    move = crop(hit.box, _roll(hit))
    logit, points = run_network("face_landmark", _cut(picture, move).astype(np.float32) / 255)
    score = 1 / (1 + math.exp(-float(np.clip(logit.ravel()[0], -80, 80))))
    back = cv2.invertAffineTransform(move)
    found = points.reshape(468, 3)[:, :2] @ back[:, :2].T + back[:, 2]
    return score, found


def hit_of(points: np.ndarray) -> Hit:
    """The landmarks (468, 2) as a hit, from which to find them once more."""
    low, high = points.min(axis=0), points.max(axis=0)
    six = points[[33, 263, 1, 13, 234, 454]]  # outer corners of the eyes, nose, lips, ears
    return Hit(1.0, np.concatenate([low, high - low]), six)


def upright(picture: np.ndarray, hit: Hit, margin: float) -> np.ndarray:
    """A hit turned upright with what lies around it, uint8 (SIDE, SIDE, 3)."""
    return _cut(picture, crop(hit.box, _roll(hit), margin))


def _roll(hit: Hit) -> float:
    (ax, ay), (bx, by) = hit.points[:2]
    return math.atan2(by - ay, bx - ax)


def _cut(picture: np.ndarray, move: np.ndarray) -> np.ndarray:
    """The picture as ``move`` maps it to the input; a part that shrinks much is averaged first."""
    times = int(1 / math.hypot(move[0, 0], move[0, 1]))
    if times < 2:
        return cv2.warpAffine(picture, move, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], float)
    back = cv2.invertAffineTransform(move)
    reach = corners @ back[:, :2].T + back[:, 2]
    size = np.array(picture.shape[1::-1])
    left, top = np.clip(np.floor(reach.min(axis=0)), 0, size - 1).astype(int)
    right, bottom = np.clip(np.ceil(reach.max(axis=0)), (left + 1, top + 1), size).astype(int)
    part = picture[top:bottom, left:right]
    small = cv2.resize(part, (max(1, part.shape[1] // times), max(1, part.shape[0] // times)),
                       interpolation=cv2.INTER_AREA)
    x, y = part.shape[1] / small.shape[1], part.shape[0] / small.shape[0]
    # From small's pixels to the picture's; a pixel's middle lies at .5.
    grown = np.array([[x, 0, left + 0.5 * x - 0.5], [0, y, top + 0.5 * y - 0.5], [0, 0, 1]])
    return cv2.warpAffine(small, move @ grown, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
