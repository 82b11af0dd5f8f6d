"""What the optimiser minimises at one scale: a list of named, weighted terms.

To add a loss, write its class in losses.py and add its Term in :func:`build_objective`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from .backbone import Backbone
from .losses import ContentLoss, StyleLoss, TotalVariation
from .recipe import Recipe, Scale
from .scaled_inputs import ScaledInputs
from .statistics import region_moments

__all__ = ["Losses", "Objective", "Term", "build_objective"]

# From this many pixels on, activations are computed again in the backward pass instead of kept.
RECOMPUTE_PIXELS = 1_500_000


@dataclass(frozen=True)
class Losses:
    """One evaluation of the objective; scalar tensors.

    Attributes:
        values: each term's loss by its name, before its weight.
        total: the weighted sum, which is minimised.
    """

    values: dict[str, torch.Tensor]
    total: torch.Tensor

    def detach(self) -> Losses:
        return Losses({name: value.detach() for name, value in self.values.items()},
                      self.total.detach())

    def numbers(self) -> dict[str, float]:
        """The values by name, then ``total``."""
        return {name: float(value) for name, value in self.values.items()} | {
            "total": float(self.total)}


@dataclass(frozen=True)
class Term:
    """A weighted loss.

    Attributes:
        name: under which it is reported; terms of one name are added up.
        weight: of this name in the total.
        loss: called on the activation (1, C, h, w) of ``layer``, or on the picture (1, 3, H, W).
        layer: the layer's name; None: the picture itself.
        share: of this term in what is reported under its name.
    """

    name: str
    weight: float | torch.Tensor
    loss: Callable[[torch.Tensor], torch.Tensor]
    layer: str | None = None
    share: float = 1.0


class Objective:
    """The sum of terms; calling it on a picture (1, 3, H, W) gives its Losses.

    Args:
        recompute: save memory as :meth:`Backbone.__call__` describes.
    """

    def __init__(self, backbone: Backbone, terms: Sequence[Term], *, recompute: bool = False):
        self._backbone, self._recompute = backbone, recompute
        self._on_picture = [term for term in terms if term.layer is None]
        self._at_layer: dict[str, list[Term]] = {}
        for term in terms:
            if term.layer is not None:
                self._at_layer.setdefault(term.layer, []).append(term)
        self._weights = {term.name: term.weight for term in terms}
        self._taps = {layer: self._tap(found) for layer, found in self._at_layer.items()}

    @staticmethod
    def _tap(terms: Sequence[Term]) -> Callable[[torch.Tensor], torch.Tensor]:
        def losses(activation: torch.Tensor) -> torch.Tensor:
            return torch.stack([term.loss(activation) * term.share for term in terms])

        return losses

    def __call__(self, picture: torch.Tensor) -> Losses:
        found = self._backbone(picture, self._taps, recompute=self._recompute)
        values: dict[str, torch.Tensor] = {}
        for layer, terms in self._at_layer.items():
            for term, value in zip(terms, found[layer], strict=True):
                values[term.name] = values.get(term.name, 0) + value
        for term in self._on_picture:
            values[term.name] = values.get(term.name, 0) + term.loss(picture) * term.share
        total = sum((self._weights[name] * value for name, value in values.items()),
                    start=torch.zeros((), device=picture.device))
        return Losses({name: values[name] for name in self._weights}, total)


def build_objective(
    backbone: Backbone, scale: Scale, recipe: Recipe, inputs: ScaledInputs
) -> Objective:
    """The objective of one scale: alpha d content + beta style + tv + shading.

    d is the photo's own style loss at this scale: content is weighed against how far the photo is
    from the style. With a fixed weight, a photo whose statistics are near the style's was hardly
    painted (Hokusai's woman with a fan), and one far from it lost much content for little style
    (Starry Night).
    """
    height, width = inputs.content.shape[2:]
    recompute = height * width > RECOMPUTE_PIXELS
    gain = inputs.content_gain(scale.face)
    with torch.no_grad():
        style = _style_terms(backbone, scale, recipe, inputs)
        content_losses: dict[str, ContentLoss] = {}

        def look(layer: str) -> Callable[[torch.Tensor], torch.Tensor]:
            def tap(activation: torch.Tensor) -> torch.Tensor:
                # Here, so that no activation is kept that only the style losses need.
                if layer in scale.content:
                    content_losses[layer] = ContentLoss(activation, gain)
                found = [term.loss(activation) * term.share for term in style
                         if term.layer == layer]
                return torch.stack(found).sum() if found else activation.new_zeros(())

            return tap

        layers = {*scale.content, *scale.style}
        photo = backbone(inputs.content, {layer: look(layer) for layer in layers})
        distance = torch.stack([value.float() for value in photo.values()]).sum()
    terms = [
        *(Term("content", recipe.alpha * distance, content_losses[layer], layer, weight)
          for layer, weight in scale.content.items()),
        *style,
        Term("tv", recipe.tv, TotalVariation()),
    ]
    if inputs.shading is not None:
        terms.append(Term("shading", recipe.shading, inputs.shading))
    return Objective(backbone, terms, recompute=recompute)


def _style_terms(
    backbone: Backbone, scale: Scale, recipe: Recipe, inputs: ScaledInputs
) -> list[Term]:
    """A style term for each style layer; its regions count by their areas."""
    wheres = [region.where for region in inputs.regions]
    areas = [1.0 if region.where is None else region.weight * float(region.where.mean())
             for region in inputs.regions]
    shares = [area / sum(areas) for area in areas]
    centred = recipe.statistics == "covariance"
    targets = _style_targets(backbone, scale, inputs, centred)
    return [
        Term("style", recipe.beta, StyleLoss(targets[layer], wheres, shares, centred), layer,
             weight)
        for layer, weight in scale.style.items()
    ]


def _style_targets(
    backbone: Backbone, scale: Scale, inputs: ScaledInputs, centred: bool
) -> dict[str, torch.Tensor]:
    """For each style layer the regions' statistics, (regions, C, C + 1), blended over the styles.

    ``centred`` as in :func:`region_moments`.
    """
    total = sum(style.weight for style in inputs.styles)
    targets: dict[str, torch.Tensor] = {}
    for index, style in enumerate(inputs.styles):
        parts = [region.in_styles[index] for region in inputs.regions]

        def statistics(activation: torch.Tensor, parts=parts) -> torch.Tensor:
            return region_moments(activation, parts, centred)

        found_at = backbone(style.picture, dict.fromkeys(scale.style, statistics))
        for layer, found in found_at.items():
            found = found * (style.weight / total)
            targets[layer] = targets[layer] + found if layer in targets else found
    return targets
