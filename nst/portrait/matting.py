"""A rough mask fitted to its picture by colour: what is doubtful is settled, then its edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

__all__ = ["Edge", "fit_edge", "settled"]

# Measured on the two portraits and two groups of tests/outlines.py: by both steps the overlap with
# the outlines drawn by hand rose in all four, from .958, .985, .987 and .986 to .960, .986, .992
# and .992. In some 75 pictures of the two persons in dark clothes on black to grey grounds (as in
# tests/unit/portrait/test_person.py) settling it raised the mean from .949 to .964: 33 gained .005
# or more, 2 lost as much, where the network itself was sure of what is wrong.
SETTLED_SIDE = 160  # px; at 256 no overlap was better by more than .001, in twice the time
DOUBTFUL = (0.1, 0.9)  # a mask between these does not know
# Of SETTLED_SIDE: a doubtful part that holds no circle of this radius is an edge, which fit_edge()
# does better; small people's edges would be lost.
BROAD = 3 / 160
ROUNDS = 2  # of GrabCut; more changed nothing
MIN_SURE = 20  # px on each side from which its colours are learnt
EPSILON = 1e-4  # of the guided filter: a contrast below its root, 1 % of white, is not an edge
# What a doubtful pixel counts in that filter, so that the colours of the sure ones on both sides
# decide; 0 would leave a window of doubtful pixels without a mask. In a quarter of the pictures of
# tests/bench/masks.py the error at the edge fell from .136 to .116.
DOUBTFUL_WEIGHT = 0.1


def settled(mask: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The mask with its broad doubtful parts decided by the colours on both sides.

    Dark clothes far from the face are such parts. GrabCut (Rother, Kolmogorov and Blake 2004)
    learns the colours where the mask is sure; edges are left as they are.

    Args:
        mask: float32 (height, width) in 0..1.
        picture: uint8 RGB (height, width, 3).
    """
    height, width = mask.shape
    scale = min(1.0, SETTLED_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    low, high = DOUBTFUL
    radius = max(1, round(BROAD * max(size)))
    circle = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    broad = cv2.morphologyEx(np.uint8((small > low) & (small < high)), cv2.MORPH_OPEN, circle)
    sure, ruled_out = small >= high, small <= low
    if not broad.any() or min(sure.sum(), ruled_out.sum()) < MIN_SURE:
        return mask
    labels = np.where(small > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    labels[sure], labels[ruled_out] = cv2.GC_FGD, cv2.GC_BGD
    labels = labels.astype(np.uint8)
    cv2.setRNGSeed(0)  # it starts from clusters of colours: the same picture has the same mask
    cv2.grabCut(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), labels, None,
                np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS, cv2.GC_INIT_WITH_MASK)
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    # Both are softened by about a pixel, so that no stairs of this small size remain.
    person = cv2.GaussianBlur(person, (0, 0), 0.7)
    where = cv2.GaussianBlur(cv2.dilate(broad, circle).astype(np.float32), (0, 0), 1.5)
    person, where = (cv2.resize(x, (width, height), interpolation=cv2.INTER_LINEAR)
                     for x in (person, where))
    return mask + where * (person - mask)


@dataclass(frozen=True)
class Edge:
    """A mask as a linear function of the colour in every place: slope . colour + level.

    ``slope`` is float32 (height, width, 3), ``level`` float32 (height, width).
    """

    slope: np.ndarray
    level: np.ndarray

    def mask(self, picture: np.ndarray) -> np.ndarray:
        """Float32 (height, width) in 0..1 of the same picture at any size, uint8 RGB.

        The function changes slowly and can be enlarged where a mask would blur (He and Sun 2015,
        "Fast Guided Filter").
        """
        size = picture.shape[1::-1]
        mask = cv2.resize(self.level, size, interpolation=cv2.INTER_LINEAR)
        for channel in range(3):  # one by one: a picture of 4096 px takes much memory
            slope = cv2.resize(np.ascontiguousarray(self.slope[..., channel]), size,
                               interpolation=cv2.INTER_LINEAR)
            mask += slope * (picture[..., channel] / np.float32(255))
        return np.clip(mask, 0, 1, out=mask)


def fit_edge(mask: np.ndarray, picture: np.ndarray, radius: int) -> Edge:
    """The guided filter with a colour guide (He, Sun and Tang 2013, equations 14 to 16).

    It learns from where the mask is sure: the colours on both sides of an edge then say where the
    edge is, instead of the blur that the mask has there.

    Args:
        mask: float32 (height, width) in 0..1.
        picture: uint8 RGB (height, width, 3).
        radius: in pixels, of the windows over which the function is averaged; it is learnt in
            windows half as large again, which show both sides.
    """
    def box(x: np.ndarray, reach: int) -> np.ndarray:
        return cv2.boxFilter(x, -1, (2 * reach + 1, 2 * reach + 1), borderType=cv2.BORDER_REFLECT)

    low, high = DOUBTFUL
    learnt = 3 * radius // 2
    weight = np.where((mask > low) & (mask < high), np.float32(DOUBTFUL_WEIGHT), np.float32(1))
    total = box(weight, learnt)

    def mean(x: np.ndarray) -> np.ndarray:
        return box(x * weight, learnt) / total

    channels = [np.ascontiguousarray(picture[..., c] / np.float32(255)) for c in range(3)]
    means, mean_mask = [mean(c) for c in channels], mean(mask)
    with_mask = [mean(c * mask) - m * mean_mask for c, m in zip(channels, means, strict=True)]

    def covariance(i: int, j: int) -> np.ndarray:
        return mean(channels[i] * channels[j]) - means[i] * means[j] + EPSILON * (i == j)

    rr, rg, rb, gg, gb, bb = (covariance(i, j) for i, j in (
        (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    # The inverse of that symmetric matrix times its determinant: the cofactors.
    cofactors = [[gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb],
                 [gb * rb - rg * bb, rr * bb - rb * rb, rb * rg - rr * gb],
                 [rg * gb - gg * rb, rb * rg - rr * gb, rr * gg - rg * rg]]
    determinant = cofactors[0][0] * rr + cofactors[0][1] * rg + cofactors[0][2] * rb
    slopes = [sum(c * w for c, w in zip(row, with_mask, strict=True)) / determinant
              for row in cofactors]
    level = mean_mask - sum(s * m for s, m in zip(slopes, means, strict=True))
    return Edge(np.stack([box(s, radius) for s in slopes], axis=-1), box(level, radius))
