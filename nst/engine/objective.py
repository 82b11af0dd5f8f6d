"""What one scale of the descent minimises: alpha far content + beta style + total variation.

``far`` is the photo's own style loss at this scale: content is weighed against the way that there
is to go. With a fixed weight a photo whose Gram matrices are near the painting's was hardly
painted (Hokusai's woman with a fan), and one far from it lost much content for little style
(Starry Night).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from .backbone import Backbone
from .losses import ContentLoss, Losses, ShadingLoss, StyleLoss, gram, total_variation
from .recipe import Recipe, Stage

__all__ = ["Objective", "Region", "StyleSource"]

RECOMPUTE_PIXELS = 1_500_000  # from here on activations are computed again rather than kept


@dataclass(frozen=True)
class StyleSource:
    """A painting at this scale, (1, 3, H, W), its weight, and (1, 1, H, W) where it shows skin."""

    picture: torch.Tensor
    weight: float
    skin: torch.Tensor | None = None


@dataclass(frozen=True)
class Region:
    """A part of the photo that takes its style from a part of the paintings.

    Attributes:
        where: (1, 1, H, W) in 0..1, in the photo; None: everywhere.
        skin: take the statistics from the paintings' skin where they show any.
    """

    where: torch.Tensor | None = None
    skin: bool = False


class Objective:
    """The losses of one scale; calling it on a picture (1, 3, H, W) gives them.

    Args:
        content: the photo at this scale, in the colours that the content loss should see.
        styles: the paintings at this scale; several are blended by weighting Gram matrices.
        regions: parts of the picture with a style loss each; they count by their area.
        gain: (1, 1, H, W), how much more than elsewhere content counts; None: all the same.
        shading: the loss that keeps the faces' light and shade; None: there is none.
    """

    def __init__(
        self, backbone: Backbone, stage: Stage, recipe: Recipe, content: torch.Tensor,
        styles: Sequence[StyleSource], regions: Sequence[Region] = (Region(),),
        gain: torch.Tensor | None = None, shading: ShadingLoss | None = None,
    ):
        self._backbone, self._stage, self._recipe = backbone, stage, recipe
        self._shading = shading
        self._recompute = content.shape[2] * content.shape[3] > RECOMPUTE_PIXELS
        gain = None if gain is None else gain**stage.face
        self._content: dict[str, ContentLoss] = {}
        layers = {*stage.content, *stage.style}
        with torch.no_grad():
            self._style = _style_losses(backbone, stage, styles, regions)
            looks = {layer: functools.partial(self._first_look, layer, gain) for layer in layers}
            far = torch.stack(list(backbone(content, looks).values())).sum()
        self._alpha = recipe.alpha * far
        self._taps = {layer: self._tap(layer) for layer in layers}

    def _first_look(
        self, layer: str, gain: torch.Tensor | None, activation: torch.Tensor
    ) -> torch.Tensor:
        """The photo's own style loss at a layer; keeps what the content loss there compares to."""
        style = self._tap(layer)(activation)[1]  # first: the content loss would only add a 0
        if layer in self._stage.content:
            self._content[layer] = ContentLoss(activation, gain)
        return style

    def _tap(self, layer: str):
        content, style = self._content.get(layer), self._style.get(layer, ())

        def losses(activation: torch.Tensor) -> torch.Tensor:
            zero = activation.new_zeros((), dtype=torch.float32)
            c = zero if content is None else content(activation) * self._stage.content[layer]
            s = sum((loss(activation) * share for loss, share in style), zero)
            return torch.stack((c, s * self._stage.style.get(layer, 0.0)))

        return losses

    def __call__(self, picture: torch.Tensor) -> Losses:
        found = self._backbone(picture, self._taps, recompute=self._recompute)
        content, style = torch.stack(list(found.values())).sum(0)
        tv = total_variation(picture)
        recipe = self._recipe
        total = self._alpha * content + recipe.beta * style + recipe.tv * tv
        if self._shading:
            total = total + recipe.shading * self._shading(picture)
        return Losses(content, style, tv, total)


def _style_losses(backbone, stage, styles, regions) -> dict[str, list]:
    """For each layer a list of (StyleLoss, share of the picture)."""
    shares = [1.0 if r.where is None else float(r.where.mean()) for r in regions]
    weights = sum(style.weight for style in styles)
    targets = dict.fromkeys(stage.style, 0)  # (2, C, C): of the whole painting, of its skin
    for style in styles:
        def grams(activation: torch.Tensor, skin: torch.Tensor | None = style.skin):
            whole = gram(activation)
            return torch.stack((whole, whole if skin is None else gram(activation, skin)))

        for layer, found in backbone(style.picture, dict.fromkeys(stage.style, grams)).items():
            targets[layer] = targets[layer] + found * (style.weight / weights)
    return {
        layer: [
            (StyleLoss(targets[layer][int(region.skin)], region.where), share / sum(shares))
            for region, share in zip(regions, shares, strict=True)
        ]
        for layer in stage.style
    }
