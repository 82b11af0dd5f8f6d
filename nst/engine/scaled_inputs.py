"""What the objective of one scale is built from."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .losses import ShadingLoss
from .relight import Relight

__all__ = ["Region", "ScaledInputs", "ScaledStyle"]


@dataclass(frozen=True)
class ScaledStyle:
    """A style at one scale, (1, 3, H, W), and its weight in the blend."""

    picture: torch.Tensor
    weight: float


@dataclass(frozen=True)
class Region:
    """A part of the photo that takes its style from a part of each style.

    Attributes:
        where: (1, 1, H, W) in 0..1, in the photo; None: everywhere.
        in_styles: for each style how much each place counts, (1, 1, h, w); None: all the same.
        weight: of its style loss beside another region of the same area.
    """

    where: torch.Tensor | None
    in_styles: tuple[torch.Tensor | None, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class ScaledInputs:
    """The inputs at one scale; pictures (1, 3, H, W) RGB in 0..1, masks (1, 1, H, W) in 0..1.

    Attributes:
        photo: as it was taken.
        content: the photo in the colours that the content loss compares with.
        styles: with their weights.
        regions: the parts of the photo with a style loss of their own.
        mask: where to paint; None: everywhere.
        keep: how much content counts, (0, 1]: 1 on the person, less on the background.
        gain: how many times more content counts in faces, at least 1; None without faces.
        face: where the faces are; None without faces.
        shading: the loss that keeps the faces' light and shade; None without faces.
        relight: gives the faces back their light and hue; None without faces.
    """

    photo: torch.Tensor
    content: torch.Tensor
    styles: tuple[ScaledStyle, ...]
    regions: tuple[Region, ...]
    mask: torch.Tensor | None
    keep: torch.Tensor
    gain: torch.Tensor | None = None
    face: torch.Tensor | None = None
    shading: ShadingLoss | None = None
    relight: Relight | None = None

    def content_gain(self, power: float) -> torch.Tensor:
        """How much content counts at each place, the faces' gain raised to ``power``."""
        return self.keep if self.gain is None else self.keep * self.gain**power
