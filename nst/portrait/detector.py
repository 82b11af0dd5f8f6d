"""BlazeFace: boxes and six points of the faces in a picture that the network sees whole.

Bazarevsky et al. 2019, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs". The
anchors are those of MediaPipe's face_detection_short_range and face_detection_full_range graphs:
one centre a cell, all of size 1, so that boxes are given in fractions of the input.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .networks import run_network

__all__ = ["FULL_RANGE", "SHORT_RANGE", "Detector", "Hit", "anchors", "decode", "detect",
           "overlap", "suppressed", "sweep"]

SAME_FACE_IOU = 0.3  # intersection over union from which two boxes are of one face (MediaPipe's)


@dataclass(frozen=True)
class Detector:
    """A network's name, the side of its input in px, and its grids: (stride px, anchors a cell)."""

    name: str
    side: int
    grids: tuple[tuple[int, int], ...]


SHORT_RANGE = Detector("face_detection_short_range", 128, ((8, 2), (16, 6)))
FULL_RANGE = Detector("face_detection_full_range", 192, ((4, 1),))


@dataclass(frozen=True)
class Hit:
    """What may be a face, in pixels.

    Attributes:
        score: 0..1.
        box: float (4,): left, top, width, height.
        points: float (6, 2): the eyes (the left one in an upright picture first), the nose's tip,
            the mouth, the ears.
    """

    score: float
    box: np.ndarray
    points: np.ndarray

    def moved(self, scale: float, x: float, y: float) -> Hit:
        """The hit in a picture that is ``scale`` times as large and whose corner is (x, y)."""
        corner = np.array([x, y])
        return Hit(self.score, np.concatenate([self.box[:2] * scale + corner,
                                               self.box[2:] * scale]),
                   self.points * scale + corner)


@cache
def anchors(width: int, height: int, grids: tuple[tuple[int, int], ...]) -> np.ndarray:
    """The anchors' centres (x, y) in px of an input, in the network's order: (N, 2)."""
    centres = []
    for stride, each in grids:
        y, x = (np.mgrid[:height // stride, :width // stride] + 0.5) * stride
        centres.append(np.repeat(np.stack([x, y], -1).reshape(-1, 2), each, axis=0))
    return np.concatenate(centres)


def decode(scores: np.ndarray, regressed: np.ndarray, centres: np.ndarray,
           least: float) -> list[Hit]:
    """Hits of ``least`` score and more in pixels of the input.

    ``scores`` (N, 1) are logits; ``regressed`` (N, 16) are the box's middle, its size and six
    points in pixels, the middle and the points from the anchors' ``centres`` (N, 2).
    """
    chance = 1 / (1 + np.exp(-np.clip(scores.ravel(), -80, 80)))
    hits = []
    for i in np.flatnonzero(chance >= least):
        values, centre = regressed[i].reshape(8, 2), centres[i]
        size = np.maximum(values[1], 0)
        box = np.concatenate([centre + values[0] - size / 2, size])
        hits.append(Hit(float(chance[i]), box, centre + values[2:]))
    return hits


def suppressed(hits: list[Hit]) -> list[Hit]:
    """One hit a face, best first: the mean, weighted by score, of all that overlap the best.

    BlazeFace's own way of non-maximum suppression (section 5 of the paper).
    """
    left = sorted(hits, key=lambda hit: hit.score, reverse=True)
    kept = []
    while left:
        best = left[0]
        same = [hit for hit in left if overlap(best.box, hit.box) > SAME_FACE_IOU or hit is best]
        weights = [hit.score for hit in same]
        kept.append(Hit(best.score,
                        np.average([hit.box for hit in same], axis=0, weights=weights),
                        np.average([hit.points for hit in same], axis=0, weights=weights)))
        left = [hit for hit in left if not any(hit is other for other in same)]
    return kept


def overlap(a: np.ndarray, b: np.ndarray, *, of_smaller: bool = False) -> float:
    """Intersection over union of two boxes (left, top, width, height), or over the smaller one."""
    size = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    common = float(np.prod(np.maximum(size, 0)))
    areas = float(np.prod(a[2:])), float(np.prod(b[2:]))
    whole = min(areas) if of_smaller else sum(areas) - common
    return common / whole if whole > 0 else 0.0


def detect(picture: np.ndarray, detector: Detector, least: float) -> list[Hit]:
    """The hits in a uint8 RGB picture (height, width, 3) of any size, in its pixels.

    The picture is fitted into the network's square; what is left of the square is black.
    """
    height, width = picture.shape[:2]
    scale = detector.side / max(height, width)
    if scale != 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1
                             else cv2.INTER_LINEAR)
    square = np.zeros((detector.side, detector.side, 3), np.uint8)
    square[:picture.shape[0], :picture.shape[1]] = picture
    return [hit.moved(1 / scale, 0, 0) for hit in _hits(square, detector, least)]


def sweep(picture: np.ndarray, detector: Detector, least: float) -> list[Hit]:
    """The hits in a uint8 RGB picture (height, width, 3) at its own size, in its pixels.

    A convolutional network takes a picture of any size, and finds faces of the same 15 to 100 px
    as in the square that it was trained on.
    """
    stride = max(stride for stride, _ in detector.grids)
    below, right = (-length % stride for length in picture.shape[:2])
    return _hits(cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_CONSTANT),
                 detector, least)


def _hits(picture: np.ndarray, detector: Detector, least: float) -> list[Hit]:
    height, width = picture.shape[:2]
    scores, regressed = run_network(detector.name, picture.astype(np.float32) / 127.5 - 1)
    return suppressed(decode(scores, regressed, anchors(width, height, detector.grids), least))
