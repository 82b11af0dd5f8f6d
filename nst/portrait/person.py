"""The people in the picture: a soft mask, by MediaPipe's selfie segmentation.

The network sees 256 x 256 pixels: the whole picture, and around each small face its person. The
picture's colours then settle what it doubts, and fit the edge, soft where hair is (matting.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from ..people import Face
from .masks import face_mask
from .matting import fit_edge, settled
from .networks import run_network

__all__ = ["corrected", "person_mask"]

SIDE = 256  # px of the network's input
# px of SIDE: the width of a rim with which it sees the picture a second time. A little smaller it
# errs in other places, and the mean of both looks is better than either: of dark clothes far from
# the face two fifths less is missed (tests/bench/masks.py). Mirrored instead, a flag became hers.
RIM = 20
# In heights of the face: the side of the square in which a person is segmented once more, and how
# far the square's top is above the middle of the face. Head and shoulders then fill most of it, as
# in the selfies that the network was trained on.
REGION, HEADROOM = 6.0, 2.0
MAX_SHARE = 0.7  # of the picture's area: a larger square shows no more than the whole picture
FEATHER = 0.15  # of the square's side, over which its mask is blended into the one around it
MAX_PEOPLE = 12  # who are segmented once more
MIN_PART = 0.5  # of the largest face's area: smaller parts of the mask without a face are removed
FACE = 0.995, 0.999  # between these values of the face's mask a pixel becomes the person's for sure
NEGLIGIBLE = 1e-4  # a smaller output of the network counts as 0
# px of the longer side at which the mask is found, and at which its edge is fitted: at 1024 px the
# latter took six times as long and overlapped as well.
MASK_SIDE, EDGE_SIDE = 1024, 512
DRAWN = 128  # of 255: a stroke has at least this opacity, a light stroke at least this lightness


def person_mask(image: Image.Image, faces: Sequence[Face], size: tuple[int, int]) -> np.ndarray:
    """How much of each pixel is a person: float32 (height, width) in 0..1.

    Args:
        image: upright RGB picture.
        faces: found in this picture, one or more; each belongs to a person.
        size: (width, height) of the mask.
    """
    image = image.convert("RGB")
    picture = np.asarray(image.resize(_within(size, MASK_SIDE), Image.Resampling.BOX,
                                      reducing_gap=2.0))
    mask = _refined(_segmented(picture), picture, faces)
    mask = _without_fragments(settled(mask, picture), faces)
    small = _within(size, EDGE_SIDE)
    # The network's pixel, as large as it is in the picture.
    edge = fit_edge(_resized(mask, small), _resized(picture, small),
                    max(1, round(2 * max(small) / SIDE)))
    if picture.shape[1::-1] != size:
        picture = np.asarray(image.resize(size, Image.Resampling.BOX, reducing_gap=2.0))
    return edge.mask(picture)


def corrected(strokes: Image.Image | None, found: Image.Image | None) -> Image.Image | None:
    """The mask that was found (mode L) with somebody's strokes on it; None without a stroke.

    ``strokes``: RGBA of the same shape, light where the person is, dark where the background is,
    transparent where nothing was drawn.
    """
    if strokes is None or found is None:
        return None
    values = np.asarray(strokes.convert("LA").resize(found.size, Image.Resampling.NEAREST))
    drawn = values[..., 1] > DRAWN
    if not drawn.any():
        return None
    mask = np.where(values[..., 0] > DRAWN, np.uint8(255), np.uint8(0))
    return Image.fromarray(np.where(drawn, mask, np.asarray(found)))


def _within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size, shrunk until its longer side is ``side`` at most."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _resized(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    return array if array.shape[1::-1] == size else cv2.resize(
        array, size, interpolation=cv2.INTER_AREA)


def _segmented(picture: np.ndarray) -> np.ndarray:
    """The network's mask of a uint8 RGB picture, float32 (height, width) in 0..1."""
    height, width = picture.shape[:2]
    larger = max(height, width) > SIDE
    small = cv2.resize(picture, (SIDE, SIDE),
                       interpolation=cv2.INTER_AREA if larger else cv2.INTER_LINEAR)
    wider = cv2.copyMakeBorder(small, RIM, RIM, RIM, RIM, cv2.BORDER_REPLICATE)
    whole = _looked_at(small)
    smaller = _looked_at(cv2.resize(wider, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    smaller = cv2.resize(smaller, wider.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    mask = (whole + smaller[RIM:-RIM, RIM:-RIM]) / 2
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)


def _looked_at(picture: np.ndarray) -> np.ndarray:
    """The network's output for a uint8 RGB picture of its own size: float32 (SIDE, SIDE)."""
    (mask,) = run_network("selfie_segmentation", picture.astype(np.float32) / 255)
    mask[mask < NEGLIGIBLE] = 0
    return mask[0]


def _refined(mask: np.ndarray, picture: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
    """The mask of the whole picture; around each small face one of that part alone replaces it."""
    height, width = mask.shape
    total, weights, most = (np.zeros_like(mask) for _ in range(3))
    for face in faces[:MAX_PEOPLE]:
        side = min(REGION * face.height * height, height, width)
        x = (face.left + face.width / 2) * width
        top = (face.top + face.height / 2) * height - HEADROOM / REGION * side
        left, right = (int(np.clip(x + d * side, 0, width)) for d in (-0.5, 0.5))
        top, bottom = (int(np.clip(top + d * side, 0, height)) for d in (0, 1))
        if right - left < 8 or bottom - top < 8:
            continue
        if (right - left) * (bottom - top) > MAX_SHARE * mask.size:
            continue
        part = np.s_[top:bottom, left:right]
        weight = np.minimum.outer(_feathered(top, bottom, height, side),
                                  _feathered(left, right, width, side))
        total[part] += weight * _segmented(np.ascontiguousarray(picture[part]))
        weights[part] += weight
        most[part] = np.maximum(most[part], weight)
    return mask * (1 - most) + most * total / np.maximum(weights, 1e-6)


def _feathered(start: int, stop: int, length: int, side: float) -> np.ndarray:
    """Weights along a side of a square: 1, falling to 0 at ends that lie within the picture."""
    at = np.arange(start, stop, dtype=np.float32) + 0.5
    low = (at - start) / (FEATHER * side) if start > 0 else np.ones_like(at)
    high = (stop - at) / (FEATHER * side) if stop < length else np.ones_like(at)
    return np.clip(np.minimum(low, high), 0, 1)


def _without_fragments(mask: np.ndarray, faces: Sequence[Face]) -> np.ndarray:
    """The mask with every face in it, without small parts that are not connected to a face."""
    height, width = mask.shape
    face = face_mask(faces, (width, height))
    # Nothing of the face's fade, in which the ground beside the jaw lies.
    mask = np.maximum(mask, np.clip((face - FACE[0]) / (FACE[1] - FACE[0]), 0, 1))
    _, parts, stats, _ = cv2.connectedComponentsWithStats(np.uint8(mask > 0.5))
    with_face = np.unique(parts[face > 0.5])
    enough = MIN_PART * max(f.width * f.height for f in faces) * mask.size
    dropped = [i for i in range(1, len(stats))
               if i not in with_face and stats[i, cv2.CC_STAT_AREA] < enough]
    if not dropped:
        return mask
    fragments = cv2.dilate(np.isin(parts, dropped).astype(np.uint8), np.ones((9, 9), np.uint8))
    return np.where((fragments > 0) & ~np.isin(parts, with_face), 0, mask)
