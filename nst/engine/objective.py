"""What the optimiser minimises at one scale: a list of named, weighted terms.

To add a loss, write its class in losses.py and add its term in :func:`build_objective`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from .backbone import Backbone, Tap
from .inputs import ScaledInputs
from .losses import ContentLoss, LayerLoss, MatchLoss, StyleLoss, TotalVariation
from .recipe import Recipe, Scale
from .statistics import Regions
from .tensors import Rows

__all__ = ["Kept", "LayerTerm", "Losses", "Objective", "Term", "build_objective"]


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
        name: under which it is reported; terms of one name are added up there.
        weight: of this term in the total.
        loss: called on the picture (1, 3, H, W).
    """

    name: str
    weight: float | torch.Tensor
    loss: Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class LayerTerm:
    """A weighted loss on activations: the sum of a loss at each of some layers.

    Attributes:
        name, weight: as a Term's.
        losses: by layer, each called on that layer's activation (1, C, h, w).
        shares: by layer, of each loss in the sum.
    """

    name: str
    weight: float | torch.Tensor
    losses: Mapping[str, LayerLoss]
    shares: Mapping[str, float]


@dataclass
class Kept:
    """What an objective shares with that of a film's next picture; empty for the first.

    Attributes:
        targets: the styles' moments by layer, for each number of regions: the styles are the same.
        distance: the photo's own style loss, for each number of regions. Kept, it weighs content
            alike from picture to picture, and the photo is seen no deeper than its content layers.
    """

    targets: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)
    distance: dict[int, torch.Tensor] = field(default_factory=dict)


class Objective:
    """The sum of terms; calling it on a picture (1, 3, H, W) gives its Losses."""

    def __init__(self, backbone: Backbone, at_layers: Sequence[LayerTerm],
                 on_picture: Sequence[Term]):
        self._backbone, self._at_layers, self._on_picture = backbone, at_layers, on_picture
        self._taps = _taps(at_layers)

    def __call__(self, picture: torch.Tensor) -> Losses:
        found = self._backbone(picture, self._taps)
        weighed: list[tuple[LayerTerm | Term, torch.Tensor]] = [
            (term, _value(term, index, found)) for index, term in enumerate(self._at_layers)]
        weighed += [(term, term.loss(picture)) for term in self._on_picture]
        values: dict[str, torch.Tensor] = {}
        total = torch.zeros((), device=picture.device)
        for term, value in weighed:
            values[term.name] = values[term.name] + value if term.name in values else value
            total = total + term.weight * value
        return Losses(values, total)


def _taps(terms: Sequence[LayerTerm]) -> dict[str, Tap]:
    """At each layer: what the terms' losses need of its activation, by the term's number."""
    def tap(layer: str) -> Tap:
        here = {index: term.losses[layer] for index, term in enumerate(terms)
                if layer in term.losses}
        return lambda activation, rows: {
            index: loss.strip(activation, rows) for index, loss in here.items()}

    return {layer: tap(layer) for term in terms for layer in term.losses}


def _value(term: LayerTerm, index: int, found: Mapping[str, Sequence[Any]]) -> torch.Tensor:
    """A term's loss, from what the :func:`_taps` found at its layers."""
    parts = [loss.value([strip[index] for strip in found[layer]]) * term.shares[layer]
             for layer, loss in term.losses.items()]
    return sum(parts[1:], parts[0])


def build_objective(
    backbone: Backbone, scale: Scale, recipe: Recipe, inputs: ScaledInputs,
    kept: Kept | None = None,
) -> Objective:
    """The objective of one scale: alpha d content + beta style + match + tv + shading.

    ``kept``: from the film's pictures before, at the same scale; what is not in it yet is added.

    d is the photo's own style loss at this scale: content is weighed against how far the photo is
    from the style. With a fixed weight, a photo whose statistics are near the style's was hardly
    painted (Hokusai's woman with a fan), and one far from it lost much content for little style
    (Starry Night).
    """
    weights, kept, regions = recipe.weights, kept or Kept(), len(inputs.regions)
    with torch.no_grad():
        style = _style_term(backbone, scale, recipe, inputs, kept)
        if regions in kept.distance:
            distance = kept.distance[regions]
            photo = backbone.features(inputs.content, scale.content)
        else:
            distance, photo = _seen(backbone, style, scale.content, inputs.content)
            kept.distance[regions] = distance
    content = LayerTerm(
        "content", weights.content * distance,
        {layer: ContentLoss(photo[layer], inputs.content_gain) for layer in scale.content},
        scale.content)
    on_picture = [Term("tv", weights.tv, TotalVariation())]
    if inputs.shading is not None:
        on_picture.append(Term("shading", weights.shading, inputs.shading))
    at_layers = [content, style]
    if scale.match and weights.match:
        at_layers.append(_match_term(backbone, scale, weights.match, inputs))
    return Objective(backbone, at_layers, on_picture)


def _match_term(
    backbone: Backbone, scale: Scale, weight: float, inputs: ScaledInputs
) -> LayerTerm:
    """The distance to the nearest places of the styles, as they are and turned by a right angle.

    A stroke that is turned by half is the same stroke: with all four turns, as Kolkin et al. have
    them, ten pairs had the same figures (covariance .327 for .325) in twice the time.
    """
    seen = [backbone.features(style.picture.rot90(turns, (2, 3)), scale.match)
            for style in inputs.styles for turns in range(2)]
    return LayerTerm("match", weight, {
        layer: MatchLoss(torch.cat([found[layer][0].flatten(1) for found in seen], 1))
        for layer in scale.match}, scale.match)


def _seen(
    backbone: Backbone, style: LayerTerm, content_layers: Collection[str], photo: torch.Tensor,
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The photo's own style loss, and its activations at the content layers."""
    taps = _taps([style])

    def tap(layer: str) -> Tap:
        # An activation that only the style loss needs is not kept.
        def look(activation: torch.Tensor, rows: Rows) -> tuple[dict, torch.Tensor | None]:
            return (taps[layer](activation, rows) if layer in taps else {},
                    activation if layer in content_layers else None)

        return look

    found = backbone(photo, {layer: tap(layer) for layer in {*content_layers, *taps}})
    distance = _value(style, 0, {layer: [parts for parts, _ in found[layer]] for layer in taps})
    return distance, {layer: torch.cat([activation for _, activation in found[layer]], 2)
                      for layer in content_layers}


def _style_term(
    backbone: Backbone, scale: Scale, recipe: Recipe, inputs: ScaledInputs, kept: Kept
) -> LayerTerm:
    """The style's losses at its layers; the regions count by their areas."""
    wheres = [region.where for region in inputs.regions]
    areas = [1.0 if region.where is None else region.weight * float(region.where.mean())
             for region in inputs.regions]
    shares = [area / sum(areas) for area in areas]
    centred = recipe.statistics == "covariance"
    if len(wheres) not in kept.targets:
        kept.targets[len(wheres)] = _style_targets(backbone, scale, inputs, centred)
    targets = kept.targets[len(wheres)]
    return LayerTerm(
        "style", recipe.weights.style,
        {layer: StyleLoss(targets[layer], wheres, shares, centred) for layer in scale.style},
        scale.style)


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
