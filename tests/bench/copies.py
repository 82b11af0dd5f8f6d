"""How much of a result is one recognisable piece of the style."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

__all__ = ["largest_copy"]

SIDE = 256  # px, longer side at which pieces are compared
PATCH, STEP = 12, 4  # px there
ALIKE = 0.8  # correlation of two patches' luminance, of which one is called a copy of the other
FLAT = 0.03  # standard deviation of luminance, 0..1: what is calmer has nothing to recognise
APART = 1.5  # px by which neighbouring patches' places may differ and still be one piece


def largest_copy(result: Image.Image, style: Image.Image) -> float:
    """The share of the result, 0..1, that its largest piece copied from one place makes up.

    Each patch is looked up in the style (as large in area, not turned) by its luminance; copies
    beside each other that lie in the style as they do in the result are one piece.
    """
    scale = SIDE / max(result.size)
    size = [round(side * scale) for side in result.size]
    area = math.sqrt(size[0] * size[1] / (style.width * style.height))
    ours, calm, shape = _patches(result.resize(size, Image.Resampling.LANCZOS), STEP)
    theirs, flat, style_shape = _patches(style.resize(
        [max(PATCH, round(side * area)) for side in style.size], Image.Resampling.LANCZOS), 1)
    theirs[:, flat] = 0
    found = [(part.T @ theirs).max(1) for part in ours.split(512, 1)]
    alike = torch.cat([part.values for part in found])
    place = torch.cat([part.indices for part in found])
    copied = ((alike > ALIKE) & ~calm).view(shape).numpy()
    offset = np.stack((place.view(shape).numpy() // style_shape[1],
                       place.view(shape).numpy() % style_shape[1]))
    offset = offset - STEP * np.indices(shape)
    return _largest(copied, offset) / copied.size


def _patches(picture: Image.Image, step: int) -> tuple[torch.Tensor, torch.Tensor, tuple[int, int]]:
    """Normalised patches as columns, which of them are flat, and their grid's height and width."""
    grey = torch.from_numpy(np.asarray(picture.convert("L"), np.float32) / 255)[None, None]
    columns = F.unfold(grey, PATCH, stride=step)[0]
    height, width = ((side - PATCH) // step + 1 for side in grey.shape[2:])
    return (F.normalize(columns - columns.mean(0), dim=0), columns.std(0) < FLAT, (height, width))


def _largest(copied: np.ndarray, offset: np.ndarray) -> int:
    """Patches of the largest connected piece of copies with one offset."""
    left, largest = copied.copy(), 0
    for start in zip(*np.nonzero(copied), strict=True):
        if not left[start]:
            continue
        left[start], edge, size = False, [start], 0
        while edge:
            y, x = edge.pop()
            size += 1
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= near[0] < left.shape[0] and 0 <= near[1] < left.shape[1]
                if inside and left[near] and np.abs(
                        offset[:, *near] - offset[:, y, x]).max() <= APART:
                    left[near] = False
                    edge.append(near)
        largest = max(largest, size)
    return largest
