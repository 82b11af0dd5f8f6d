"""The recipe: what is optimised at which scale, with which weights, in how many steps.

Chosen with ``python -m tests.bench.recipes`` and by looking at its contact sheets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ..errors import UserError
from ..settings import Settings
from .architectures import layer_names

__all__ = ["Recipe", "Scale", "above", "plan", "share_out"]

FIRST_SIZE = 64  # px, longer side of the coarsest scale, where VGG's layers see whole figures

# Steps at each scale from FIRST_SIZE up by doubling; the last entry serves every larger one. The
# covariance distance falls at 512 px: .34, .32, .30 with 5, 6, 8 steps (mean of six pairs, half of
# the ranks in convolutions.py). What coarse steps give, only the eye sees: docs/blind.md.
STEPS = {"draft": (20, 12, 6, 2, 2), "standard": (28, 20, 10, 8, 3),
         "fine": (60, 45, 28, 14, 8)}

# The content loss's weight, as a share of the photo's own style loss (objective.py). The more
# steps, the more of the photo comes back: weighing it less keeps "fine" as bold as the others.
ALPHA = {"draft": 0.15, "standard": 0.3, "fine": 0.2}

# Relative weights of the style layers, from conv1_1 up, at each scale (as STEPS). The deepest
# weighs most at the coarsest scale, where it makes large curves. conv5_1 is left out: conv4_1 at
# the scale before has seen patches of the same size; at the coarsest scale it changes the style
# distance by no more than .002 (Starry Night, The Scream) and costs a third more work. Leaving
# conv4_1 out at 512 px halves the work, but costs .03 to .05 of style distance: only a draft does.
STYLE = ((1, 1, 1, 2), (1, 1, 1, 2), (4, 3, 2, 2), (8, 4, 2, 1), (8, 4, 2))
STYLE_DRAFT = (*STYLE[:3], STYLE[-1])

# The content layer at each scale, and its weight. A position of conv4_1's at 512 px covers as much
# of the face as one of conv3_3's at 256. A finer layer holds strokes back (conv3_1: The Scream
# .147/.614 in style/content distance, conv4_1: .140/.604), and conv4_2 leaves speckles in dark
# areas. A draft does not run to conv4_1. With .6 and .12 the person's distance was .65, not .61.
CONTENT = (("conv4_2", 0.45), ("conv4_2", 0.45), ("conv3_3", 1.0), ("conv4_1", 0.15),
           ("conv3_1", 0.2))
CONTENT_DRAFT = (*CONTENT[:3], CONTENT[-1])
CONTENT_ALEXNET = (("conv4", 0.45), ("conv4", 0.45), ("conv4", 0.6), ("conv3", 0.2),
                   ("conv3", 0.2))

# The power to which the faces' gain is raised at each scale (as STEPS). A person is recognised by
# what the coarse scales decide; with the same gain at the fine ones, skin gets no brush strokes and
# looks like a piece of the photo.
FACE = (1.0, 1.0, 1.0, 0.9, 0.8)
FACE_GAIN, CORE_GAIN = 60.0, 1000.0  # at a likeness of 1
BACKGROUND_POWER = 2.75  # of Settings.background: .15 of the person's content at its default
SHADING = 0.06  # weight of the faces' light and shade, for each unit of likeness


@dataclass(frozen=True)
class Scale:
    """One scale of the coarse-to-fine descent.

    Attributes:
        size: longer side in pixels.
        steps: optimisation steps.
        style, content: weights by layer; the style's sum to 1.
        face: the power to which the faces' gain is raised.
    """

    size: int
    steps: int
    style: dict[str, float]
    content: dict[str, float]
    face: float = 1.0


@dataclass(frozen=True)
class Recipe:
    """Everything the optimiser needs to know that is not a picture.

    Attributes:
        scales: from coarse to fine.
        alpha, beta, tv: weights of the content, style and total variation losses.
        face_gain: how many times more the content counts in a face; core_gain: in its eyes,
            nose and mouth. plan() sets both by the likeness; 1 protects nothing.
        color_match: 0..1, how far the photo's colours are moved to the style's before the
            first step.
        shading: weight of the faces' light and shade (losses.ShadingLoss).
        learning_rate: Adam's, at the start of a scale; it decays to ``decay`` of it.
        betas: Adam's; with so few steps shorter memories than (.9, .99) get further (covariance
            distance .350 for .357 in the mean of six pairs, 512 px).
        averaging: of the iterates' moving average, the result of a scale.
        detail: how much of the photo's finer detail a scale's start is given beside the coarser
            picture; it saves the steps that would form it again.
        strokes: how much of the styles' brush strokes a scale's start is given, found at the
            positions of ``strokes_layer``. A little more than all of them saves about
            a step at 512 px (Starry Night); with 1.3 the person loses more than the style gains.
        statistics: "covariance" or "gram", see statistics.py.
        background: how much content counts outside the person, where there is one.
        filter_strength: of the filter on the step (step_filter.py); None: as the styles need it.
        skin_match: how far skin's hue and chroma are mapped to the styles' tones (faces.py).
        tones: share of a style without a face that skin learns from.
        skin_rest: share of what skin learns that comes from the whole style.
        skin_style: weight of skin's style loss; with all of it, flat styles wash a smile out.
        relight, recolor: how much of the faces' coarse light and of their skin's hue is given back
            between the scales and at the end (faces.py).
        face_detail: as ``detail``, in faces.
    """

    scales: tuple[Scale, ...]
    alpha: float = ALPHA[Settings.quality]
    beta: float = 1.0
    tv: float = 0.1
    face_gain: float = 1.0
    core_gain: float = 1.0
    shading: float = 0.0
    color_match: float = 0.5
    learning_rate: float = 0.03
    decay: float = 0.2
    betas: tuple[float, float] = (0.7, 0.9)
    averaging: float = 0.9
    detail: float = 0.75
    strokes: float = 1.15
    strokes_layer: str = "conv3_1"
    statistics: str = Settings.statistics
    background: float = Settings.background**BACKGROUND_POWER
    filter_strength: float | None = None
    skin_match: float = 0.7
    tones: float = 0.3
    skin_rest: float = 0.6
    skin_style: float = 0.4
    relight: float = 0.9
    recolor: float = 1.0
    face_detail: float = 0.9

    @property
    def steps(self) -> int:
        return sum(scale.steps for scale in self.scales)


def plan(settings: Settings) -> Recipe:
    """The recipe for these settings.

    Raises:
        UserError: a layer that the backbone does not have, or weights that are no numbers.
    """
    names = layer_names(settings.backbone)
    style_asked = _parse_layers(settings.style_layers, names, settings.backbone)
    content_asked = _parse_layers(settings.content_layers, names, settings.backbone)
    contents = CONTENT_DRAFT if settings.quality == "draft" else CONTENT
    if settings.backbone == "alexnet":
        contents = CONTENT_ALEXNET
    sizes = _sizes(settings.size)
    steps = STEPS[settings.quality]
    scales = tuple(
        Scale(
            size,
            steps[min(i, len(steps) - 1)],
            style_asked or _style(i, settings),
            content_asked or dict([contents[min(i, len(contents) - 1)]]),
            FACE[min(i, len(FACE) - 1)],
        )
        for i, size in enumerate(sizes)
    )
    recipe = Recipe(scales, alpha=ALPHA[settings.quality])
    if settings.steps:
        recipe = replace(recipe, scales=share_out(scales, settings.steps))
    decades = 2 * (Settings.strength - settings.strength)
    protection = settings.likeness**1.5  # 0.35 at the default
    likeness = min(1.0, settings.likeness / Settings.likeness)
    return replace(
        recipe,
        alpha=recipe.alpha * settings.content_weight * 10**decades,
        beta=recipe.beta * settings.style_weight,
        tv=recipe.tv * settings.tv_weight,
        face_gain=FACE_GAIN**protection,
        core_gain=CORE_GAIN**protection,
        shading=SHADING * settings.likeness,
        skin_style=1 - (1 - recipe.skin_style) * likeness,
        relight=recipe.relight * likeness,
        recolor=recipe.recolor * likeness,
        background=settings.background**BACKGROUND_POWER,
        statistics=settings.statistics,
        color_match=min(1.0, recipe.color_match * settings.strength / Settings.strength),
        strokes=recipe.strokes * min(1.0, settings.strength / Settings.strength),
        strokes_layer="conv1" if settings.backbone == "alexnet" else recipe.strokes_layer,
        learning_rate=recipe.learning_rate * settings.learning_rate,
    )


def above(recipe: Recipe, size: int) -> Recipe:
    """The recipe with only the scales larger than ``size`` pixels on the longer side.

    Raises:
        UserError: there is none.
    """
    # A scale a little above would repaint the picture without making it larger.
    scales = tuple(scale for scale in recipe.scales if scale.size > 1.2 * size)
    if not scales:
        raise UserError(f"The picture has {size} pixels already; ask for a larger size.")
    return replace(recipe, scales=scales)


def share_out(scales: tuple[Scale, ...], steps: int) -> tuple[Scale, ...]:
    """The same scales with ``steps`` steps in all, in the same proportions, at least one each."""
    total = sum(scale.steps for scale in scales)
    left = max(steps, len(scales))
    shared = []
    for i, scale in enumerate(scales):
        after = len(scales) - i - 1
        mine = max(1, min(left - after, round(steps * scale.steps / total)))
        if not after:
            mine = left
        left -= mine
        shared.append(replace(scale, steps=mine))
    return tuple(shared)


def _sizes(size: int) -> list[int]:
    """Doubling from about FIRST_SIZE to ``size``, evenly."""
    doublings = max(0, round(math.log2(size / FIRST_SIZE)))
    return [round(size / 2 ** (doublings - i)) for i in range(doublings + 1)]


def _style(index: int, settings: Settings) -> dict[str, float]:
    names = layer_names(settings.backbone)
    if settings.backbone != "alexnet":
        names = tuple(name for name in names if name.endswith("_1"))
    weights = STYLE_DRAFT if settings.quality == "draft" else STYLE
    return _normalised(dict(zip(names, weights[min(index, len(weights) - 1)], strict=False)))


def _normalised(weights: dict[str, float]) -> dict[str, float]:
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def _parse_layers(text: str, names: tuple[str, ...], backbone: str) -> dict[str, float]:
    """``conv1_1:2,conv2_1`` as normalised weights; empty for an empty text."""
    weights = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, _, number = part.partition(":")
        if name not in names:
            raise UserError(
                f"{backbone} has no layer {name[:40]!r}; choose from {', '.join(names)}.")
        try:
            weight = float(number or 1)
        except ValueError:
            weight = math.nan
        if not 0 < weight < math.inf:
            raise UserError(f"Give layer {name} a weight above 0, as in {name}:1.")
        weights[name] = weight
    return _normalised(weights) if weights else {}
