"""What a scale starts from."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .optimizers import local_mean
from .recipe import Recipe
from .scaled_inputs import ScaledInputs
from .tensors import resampled

__all__ = ["start_of_scale"]

# How strongly the photo's own detail suppresses the styles' brush strokes at a start: they fall
# to half where the photo's detail has a quarter of their power.
SUPPRESSION = 4.0


def start_of_scale(
    picture: torch.Tensor | None, inputs: ScaledInputs, init: str, recipe: Recipe,
    random: torch.Generator,
) -> torch.Tensor:
    """The picture (1, 3, H, W) in 0..1 that a scale starts from.

    Args:
        picture: the coarser scale's result; None: this is the coarsest scale, which starts from
            what ``init`` names (Settings.init).
    """
    size = inputs.content.shape[2:]
    if picture is not None:
        coarse = picture.shape[2:]
        detail = _detail(inputs.content, coarse)
        amount = recipe.detail * inputs.keep.sqrt()
        if inputs.face is not None:
            amount = torch.lerp(amount, torch.full_like(amount, recipe.face_detail), inputs.face)
        start = resampled(picture, size)
        if inputs.relight is not None:
            start = inputs.relight(start)
        strokes = recipe.marks * _brush_strokes(inputs, detail, coarse)
        return (start + amount * detail + strokes).clamp_(0, 1)
    if init == "style":
        return resampled(inputs.styles[0].picture, size).clamp_(0, 1)
    if init == "noise":
        return torch.rand(inputs.content.shape, generator=random).to(inputs.content.device)
    return inputs.content.clone()


def _detail(picture: torch.Tensor, coarse: Sequence[int]) -> torch.Tensor:
    """The part of a picture that is lost at a size of ``coarse`` (height, width)."""
    return picture - resampled(resampled(picture, coarse), picture.shape[2:])


def _brush_strokes(
    inputs: ScaledInputs, detail: torch.Tensor, coarse: Sequence[int]
) -> torch.Tensor:
    """The styles' detail, (1, 3, H, W), where the photo has little ``detail`` of its own.

    Turned by 180 degrees: brush strokes keep their direction, but no house or eye is recognised.
    Faces get less of it, in proportion to the content loss's gain there.
    """
    size = inputs.content.shape[2:]
    total = sum(style.weight for style in inputs.styles)
    details = [_detail(resampled(style.picture, size), coarse) * (style.weight / total)
               for style in inputs.styles]
    strokes = torch.stack(details).sum(0).flip(2, 3)
    power = local_mean(detail.square(), max(1, min(size) // 32))
    strokes = strokes / (1 + SUPPRESSION * power / strokes.square().mean().clamp_min(1e-8))
    return strokes if inputs.gain is None else strokes / inputs.gain
