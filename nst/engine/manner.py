"""A style's manner, in the two figures that the recipe depends on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from ..geometry import resized
from .color import oklab
from .step_filter import weave
from .tensors import to_tensor, window_mean

__all__ = ["Manner", "flatness", "manner_of"]

WEAVE_SIDE, FLATNESS_SIDE = 1024, 256  # px; a larger style is shrunk to be measured
_WINDOW = 1 / 32  # of the shorter side: about a brush stroke
# How far colours spread in half of all windows, as a share of the whole style's spread: a style is
# all planes up to the first, and none from the second on. Large rectangles have .07, the Mona Lisa
# .11, Bazille .16, Hokusai's fan .22 and his poppies .28, The Scream .31, The Kiss .36, Cassatt
# .47, The Starry Night .53.
_PLANES, _MARKS = 0.1, 0.35


@dataclass(frozen=True)
class Manner:
    """How styles are painted.

    Attributes:
        weave: of their fine detail, as step_filter.py measures it.
        flatness: 0, all brush marks, to 1, all planes of one colour.
    """

    weave: float = 1.0
    flatness: float = 0.0


def manner_of(styles: Sequence[tuple[Image.Image, float]]) -> Manner:
    """The manner of RGB styles, their mean by weight."""
    total = sum(weight for _, weight in styles)
    found = Manner(0.0, 0.0)
    for style, weight in styles:
        fine, coarse = (to_tensor(resized(style, min(max(style.size), side)))
                        for side in (WEAVE_SIDE, FLATNESS_SIDE))
        found = Manner(found.weave + weave(fine) * weight / total,
                       found.flatness + flatness(coarse) * weight / total)
    return found


def flatness(picture: torch.Tensor) -> float:
    """How much of a picture (1, 3, H, W), RGB in 0..1, is planes of one colour, 0 to 1.

    By the median, over windows as large as a brush stroke, of how far colours spread in them
    (standard deviation in OKLab), over how far they do in the whole picture.
    """
    lab = oklab(picture)
    half = max(1, round(min(lab.shape[2:]) * _WINDOW / 2))
    spread = window_mean(lab.square(), half) - window_mean(lab, half).square()
    inside = spread.clamp_min(0).sum(1).sqrt().median()
    whole = (lab - lab.mean((2, 3), keepdim=True)).square().sum(1).mean().sqrt()
    share = float(inside / whole.clamp_min(1e-6))
    return min(1.0, max(0.0, (_MARKS - share) / (_MARKS - _PLANES)))
