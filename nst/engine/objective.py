"""What the optimiser minimises at one scale: a list of named, weighted terms.

To add a loss, write its class in losses.py and add its term in :func:`build_objective`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from .backbone import Backbone, Tap
from .inputs import ScaledInputs
from .losses import ContentLoss, LayerLoss, StyleLoss, TotalVariation
from .recipe import Recipe, Scale
from .statistics import Regions
from .strips import Rows

__all__ = ["LayerTerm", "Losses", "Objective", "Term", "build_objective"]


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
    """A weighted loss on the picture itself.

    Attributes:
        name: under which it is reported.
        weight: of this name in the total.
        loss: called on the picture (1, 3, H, W).
    """

    name: str
    weight: float | torch.Tensor
    loss: Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class LayerTerm:
    """A weighted loss on a layer's activation; those of one name are added up.

    Attributes:
        name, weight: as a Term's.
        loss: on the activation (1, C, h, w) of ``layer``.
        layer: the layer's name.
        share: of this term in what is reported under its name.
    """

    name: str
    weight: float | torch.Tensor
    loss: LayerLoss
    layer: str
    share: float = 1.0


class Objective:
    """The sum of terms; calling it on a picture (1, 3, H, W) gives its Losses."""

    def __init__(self, backbone: Backbone, at_layers: Sequence[LayerTerm],
                 on_picture: Sequence[Term]):
        self._backbone, self._on_picture = backbone, on_picture
        self._at_layer: dict[str, list[LayerTerm]] = {}
        for term in at_layers:
            self._at_layer.setdefault(term.layer, []).append(term)
        self._weights = {term.name: term.weight for term in at_layers}
        self._weights |= {term.name: term.weight for term in on_picture}
        self._taps = {layer: _tap(found) for layer, found in self._at_layer.items()}

    def __call__(self, picture: torch.Tensor) -> Losses:
        found = self._backbone(picture, self._taps)
        values: dict[str, torch.Tensor] = {}
        for layer, terms in self._at_layer.items():
            for term, value in zip(terms, _values(terms, found[layer]), strict=True):
                values[term.name] = values.get(term.name, 0) + value
        values |= {term.name: term.loss(picture) for term in self._on_picture}
        total = sum((self._weights[name] * value for name, value in values.items()),
                    start=torch.zeros((), device=picture.device))
        return Losses({name: values[name] for name in self._weights}, total)


def _tap(terms: Sequence[LayerTerm]) -> Tap:
    return lambda activation, rows: [term.loss.strip(activation, rows) for term in terms]


def _values(terms: Sequence[LayerTerm], found: Sequence[Any]) -> Iterator[torch.Tensor]:
    """Each term's loss times its share, from what their :func:`_tap` found at their layer."""
    for index, term in enumerate(terms):
        yield term.loss.value([strip[index] for strip in found]) * term.share


def build_objective(
    backbone: Backbone, scale: Scale, recipe: Recipe, inputs: ScaledInputs
) -> Objective:
    """The objective of one scale: alpha d content + beta style + tv + shading.

    d is the photo's own style loss at this scale: content is weighed against how far the photo is
    from the style. With a fixed weight, a photo whose statistics are near the style's was hardly
    painted (Hokusai's woman with a fan), and one far from it lost much content for little style
    (Starry Night).
    """
    with torch.no_grad():
        style = _style_terms(backbone, scale, recipe, inputs)
        distance, content = _photo(backbone, style, scale.content, inputs.content)
    gain = inputs.content_gain(scale.face)
    at_layers = [
        *(LayerTerm("content", recipe.alpha * distance, ContentLoss(content[layer], gain), layer,
                    weight)
          for layer, weight in scale.content.items()),
        *style,
    ]
    on_picture = [Term("tv", recipe.tv, TotalVariation())]
    if inputs.shading is not None:
        on_picture.append(Term("shading", recipe.shading, inputs.shading))
    return Objective(backbone, at_layers, on_picture)


def _photo(
    backbone: Backbone, style: Sequence[LayerTerm], content_layers: Collection[str],
    photo: torch.Tensor,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The photo's own style loss, and its activations at the content layers."""
    terms = {layer: [term for term in style if term.layer == layer]
             for layer in {*content_layers, *(term.layer for term in style)}}

    def tap(layer: str) -> Tap:
        # An activation that only the style losses need is not kept.
        def look(activation: torch.Tensor, rows: Rows) -> tuple[list, torch.Tensor | None]:
            return (_tap(terms[layer])(activation, rows),
                    activation if layer in content_layers else None)

        return look

    found = backbone(photo, {layer: tap(layer) for layer in terms})
    distance = torch.zeros((), device=photo.device)
    for layer, strips in found.items():
        for value in _values(terms[layer], [parts for parts, _ in strips]):
            distance = distance + value
    return distance, {layer: torch.cat([activation for _, activation in found[layer]], 2)
                      for layer in content_layers}


def _style_terms(
    backbone: Backbone, scale: Scale, recipe: Recipe, inputs: ScaledInputs
) -> list[LayerTerm]:
    """A style term for each style layer; its regions count by their areas."""
    wheres = [region.where for region in inputs.regions]
    areas = [1.0 if region.where is None else region.weight * float(region.where.mean())
             for region in inputs.regions]
    shares = [area / sum(areas) for area in areas]
    centred = recipe.statistics == "covariance"
    targets = _style_targets(backbone, scale, inputs, centred)
    return [
        LayerTerm("style", recipe.beta, StyleLoss(targets[layer], wheres, shares, centred), layer,
                  weight)
        for layer, weight in scale.style.items()
    ]


def _style_targets(
    backbone: Backbone, scale: Scale, inputs: ScaledInputs, centred: bool
) -> dict[str, torch.Tensor]:
    """For each style layer the regions' moments, (regions, C, C + 1), blended over the styles.

    ``centred`` as in :class:`Regions`.
    """
    total = sum(style.weight for style in inputs.styles)
    targets: dict[str, torch.Tensor] = {}
    for index, style in enumerate(inputs.styles):
        regions = Regions([region.in_styles[index] for region in inputs.regions], centred)
        found_at = backbone(style.picture, dict.fromkeys(scale.style, regions.strip))
        for layer, strips in found_at.items():
            found = regions.merged(strips) * (style.weight / total)
            targets[layer] = targets[layer] + found if layer in targets else found
    return targets
