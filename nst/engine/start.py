"""What a scale starts from."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from .backbone import Backbone
from .recipe import Recipe
from .scaled_inputs import ScaledInputs
from .strokes import brush_strokes
from .tensors import resampled

__all__ = ["start_of_scale"]


def start_of_scale(
    picture: torch.Tensor | None, inputs: ScaledInputs, init: str, recipe: Recipe,
    random: torch.Generator, backbone: Backbone,
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
        amount = recipe.detail * inputs.keep
        if inputs.face is not None:
            amount = torch.lerp(amount, torch.full_like(amount, recipe.face_detail), inputs.face)
        start = resampled(picture, size)
        if inputs.relight is not None:
            start = inputs.relight(start)
        strokes = recipe.strokes * brush_strokes(picture, inputs, backbone, recipe.strokes_layer)
        return (start + amount * detail + strokes).clamp_(0, 1)
    if init == "style":
        return resampled(inputs.styles[0].picture, size).clamp_(0, 1)
    if init == "noise":
        return torch.rand(inputs.content.shape, generator=random).to(inputs.content.device)
    return inputs.content.clone()


def _detail(picture: torch.Tensor, coarse: Sequence[int]) -> torch.Tensor:
    """The part of a picture that is lost at a size of ``coarse`` (height, width)."""
    return picture - resampled(resampled(picture, coarse), picture.shape[2:])
