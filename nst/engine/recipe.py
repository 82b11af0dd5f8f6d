"""The recipe: every number of the method, resolved once from the settings.

Chosen with ``python -m tests.bench.recipes`` and by looking at its contact sheets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from ..errors import UserError
from ..settings import Settings
from .architectures import ARCHITECTURES, layer_names
from .manner import Manner
from .step_filter import strength_for

__all__ = ["Descent", "FaceCare", "Recipe", "Scale", "Start", "Weights", "plan",
           "scales_above", "share_out"]

FIRST_SIZE = 64  # px, longer side of the coarsest scale, where VGG's layers see whole figures

# Steps at each scale from FIRST_SIZE up by doubling; the last entry serves every larger one. The
# covariance distance falls at 512 px: .34, .32, .30 with 5, 6, 8 steps (mean of six pairs, half of
# the ranks in convolutions.py). What coarse steps give, only the eye sees: docs/blind.md.
STEPS = {"draft": (20, 12, 6, 2, 2), "standard": (28, 20, 10, 8, 3),
         "fine": (60, 45, 28, 14, 8)}

# The content loss's weight, as a share of the photo's own style loss (objective.py). The more
# steps, the more of the photo comes back: weighing it less keeps "fine" as bold as the others.
CONTENT = {"draft": 0.15, "standard": 0.3, "fine": 0.2}

# Scales, from the coarsest, at which places are matched: up to 256 px. At 512 px a search for the
# nearest takes 16 times as long (550 GFLOP), and forms are laid down by then.
MATCHED_SCALES = 3

# The power to which the faces' gain is raised at each scale (as STEPS). A person is recognised by
# what the coarse scales decide; with the same gain at the fine ones, skin gets no brush strokes and
# looks like a piece of the photo.
FACE_POWER = (1.0, 1.0, 1.0, 0.9, 0.8)
FACE_GAIN, CORE_GAIN = 60.0, 1000.0  # at a likeness of 1; 2.2 and 6.4 at the default
# px. A face of PAINTED_WIDTH or more is painted as the likeness says. A smaller one would lose its
# eyes: down to KEPT_WIDTH its likeness is raised, by SMALL_LIKENESS there.
PAINTED_WIDTH, KEPT_WIDTH, SMALL_LIKENESS = 140.0, 50.0, 0.2
# Radius of the planes in which a person is seen: in widths of the face, and at most in longer sides
# of the picture. FLAT_PLANES times that where the style is all planes itself (manner.py), as it has
# no brush marks to lay over a photo's detail; with twice the radius ears dissolve.
PLANES, LARGEST_PLANES, FLAT_PLANES = 0.045, 0.03, 1.5
BACKGROUND_POWER = 2.75  # of Settings.background: .15 of the person's content at its default
# How many times more content counts where no person is found, and all of the photo is the subject.
# With 1 the painting's own things grew over it (a cypress in the water, figures in a wave); with 6
# the photo's colours stay.
NOBODY_GAIN = 3.0
TOTAL_VARIATION = 0.1  # weight of this loss
MATCH = 0.3  # weight of the distance to the style's nearest places
SHADING = 0.06  # weight of the subject's light and shade, for each unit of likeness
LEARNING_RATE = {"adam": 0.06, "lbfgs": 1.0}  # at the start of the coarsest scale
# Adam's falls with this power of the size. A finer scale starts nearer to its end: .03 to .04 is
# best at 512 px, .025 at 1024; at 64 px .05 and .1 are alike (covariance distance, six pairs).
RATE_FALL = {"adam": 0.25, "lbfgs": 0.0}


@dataclass(frozen=True)
class Scale:
    """One scale of the coarse-to-fine descent.

    Attributes:
        size: longer side in pixels.
        steps: optimisation steps.
        style, content: weights by layer; the style's sum to 1.
        strokes: the layer at whose positions brush strokes are looked up.
        match: shares by layer of the distance to the style's nearest places; empty: none.
        face_power: to which the faces' content gain is raised.
    """

    size: int
    steps: int
    style: dict[str, float]
    content: dict[str, float]
    strokes: str
    match: dict[str, float] = field(default_factory=dict)
    face_power: float = 1.0


@dataclass(frozen=True)
class Weights:
    """Weights of the losses.

    Attributes:
        content: as a share of the photo's own style loss (objective.py).
        style, tv: of the style and the total variation losses.
        shading: of the light and shade of the faces, or without a person of the whole
            (losses.ShadingLoss).
        background: how much content counts outside the person, where there is one; 1: as much.
        nobody: how much content counts without a person; 1: as much as on one.
        match: of the distance to the style's nearest places (losses.MatchLoss).
    """

    content: float
    style: float
    tv: float
    shading: float
    background: float
    nobody: float
    match: float


@dataclass(frozen=True)
class Start:
    """What a scale starts from.

    Attributes:
        picture: of the coarsest scale: "photo", "noise" or "style". seed: of the noise.
        color_match: 0..1, how far the photo's colours are moved to the style's before the first
            step.
        detail: how much of the photo's finer detail a scale's start is given beside the coarser
            picture; it saves the steps that would form it again.
        strokes: how much of the styles' brush strokes a scale's start is given. A little more than
            all of them saves about a step at 512 px (Starry Night); with 1.3 the person loses more
            than the style gains.
    """

    picture: str
    seed: int
    color_match: float = 0.5
    detail: float = 0.75
    strokes: float = 1.15


@dataclass(frozen=True)
class FaceCare:
    """How faces are kept, how they are painted, and what skin learns from.

    ``core`` is eyes, brows, nose and mouth.

    Attributes:
        gain, core_gain: how many times more the content counts there; 1 protects nothing.
        stroke_gain, core_stroke_gain: by how much brush strokes are divided there, at least 1.
        planes, core_planes: radius of the planes in which the person is seen (faces.py), in
            widths of the face. largest_planes: at most, in longer sides of the picture.
        detail: as ``Start.detail``, in faces.
        skin_style: weight of skin's style loss.
        relight, recolor: how much of the faces' coarse light and of their skin's hue is given back
            between the scales and at the end (faces.Relight).
        skin_match: 0..1, how far skin's hue and chroma are mapped to the styles' tones (faces.py).
        tones: share of a style without a face that skin learns from.
        skin_rest: share of what skin learns that comes from the whole style.
    """

    gain: float
    core_gain: float
    stroke_gain: float
    core_stroke_gain: float
    planes: float
    core_planes: float
    largest_planes: float
    detail: float
    skin_style: float
    relight: float
    recolor: float
    skin_match: float = 0.7
    tones: float = 0.3
    skin_rest: float = 0.6


@dataclass(frozen=True)
class Descent:
    """The optimiser and its steps.

    Attributes:
        method: "adam" or "lbfgs".
        rate: at the start of the coarsest scale. fall: with which power of the size it falls.
        filter_strength: of the filter on the step (step_filter.py).
        decay: of Adam's rate, what is left at a scale's last step.
        betas: Adam's. The gradient falls tenfold within a scale's few steps, and a long memory of
            its size keeps the steps too short: after as many, (.7, .9) has a covariance distance
            of .319, (.6, .7) .301 and (.5, .3) .298, L-BFGS .304 (mean of six pairs, 256 px).
    """

    method: str
    rate: float
    fall: float
    filter_strength: float
    decay: float = 0.2
    betas: tuple[float, float] = (0.5, 0.3)

    def rate_at(self, size: int) -> float:
        """The rate at the start of a scale with ``size`` pixels on its longer side."""
        return self.rate * (FIRST_SIZE / size) ** self.fall


@dataclass(frozen=True)
class Recipe:
    """Everything the engine needs to know that is not a picture.

    Attributes:
        scales: from coarse to fine.
        statistics: "covariance" or "gram", see statistics.py.
    """

    scales: tuple[Scale, ...]
    weights: Weights
    start: Start
    faces: FaceCare
    descent: Descent
    statistics: str = Settings.statistics

    @property
    def steps(self) -> int:
        return sum(scale.steps for scale in self.scales)


def plan(settings: Settings, manner: Manner | None = None, face_width: float = PAINTED_WIDTH
         ) -> Recipe:
    """The recipe for these settings.

    Args:
        manner: of the styles; Manner() by default.
        face_width: of the largest face, in pixels of the finished picture.

    Raises:
        UserError: a layer that the backbone does not have, or weights that are no numbers.
    """
    manner = manner or Manner()
    decades = 2 * (Settings.strength - settings.strength)
    bold = min(1.0, settings.strength / Settings.strength)
    return Recipe(
        scales=_scales(settings),
        weights=Weights(
            content=CONTENT[settings.quality] * settings.content_weight * 10**decades,
            style=settings.style_weight,
            tv=TOTAL_VARIATION * settings.tv_weight,
            shading=SHADING * settings.likeness,
            background=settings.background**BACKGROUND_POWER,
            nobody=NOBODY_GAIN,
            match=MATCH * settings.style_weight),
        start=Start(
            settings.init, settings.seed,
            color_match=min(1.0, Start.color_match * settings.strength / Settings.strength),
            strokes=Start.strokes * bold),
        faces=_care(settings.likeness, face_width, manner.flatness),
        descent=Descent(
            settings.optimizer, LEARNING_RATE[settings.optimizer] * settings.learning_rate,
            RATE_FALL[settings.optimizer], strength_for(manner.weave)),
        statistics=settings.statistics)


def _care(likeness: float, face_width: float, flatness: float) -> FaceCare:
    """The care for a likeness, a face's width in pixels of the finished picture, and flat styles.

    Three points, and straight lines between them: at 0 a face is painted like anything else, at the
    default as a painter would paint that person, at 1 it is kept. Chosen on close crops and whole
    portraits, by eye and by tests/bench/faces_painted.py.
    """
    small = math.log(PAINTED_WIDTH / max(face_width, 1)) / math.log(PAINTED_WIDTH / KEPT_WIDTH)
    likeness = min(1.0, likeness * (1 + SMALL_LIKENESS * min(1.0, max(0.0, small))))

    def through(free: float, painted: float, kept: float) -> float:
        if likeness < Settings.likeness:
            return free + (painted - free) * likeness / Settings.likeness
        return painted + (kept - painted) * (likeness / Settings.likeness - 1)

    larger = 1 + (FLAT_PLANES - 1) * flatness
    planes = PLANES * larger
    gain, core_gain = FACE_GAIN**(likeness**2.4), CORE_GAIN**(likeness**1.9)
    return FaceCare(
        gain=gain, core_gain=core_gain,
        stroke_gain=through(1.0, 2.0, FACE_GAIN),
        core_stroke_gain=through(1.0, 6.0, CORE_GAIN),
        planes=through(planes, planes, 0.0),
        core_planes=through(planes, 0.01, 0.0),
        largest_planes=LARGEST_PLANES * larger,
        detail=through(Start.detail, 0.5, 0.9),
        skin_style=through(1.0, 0.7, 0.4),
        relight=through(0.0, 0.6, 0.9),
        recolor=through(0.0, 0.6, 1.0))


def scales_above(recipe: Recipe, size: int) -> Recipe:
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


def _scales(settings: Settings) -> tuple[Scale, ...]:
    """Doubling from about FIRST_SIZE to the size asked for, evenly."""
    architecture, names = ARCHITECTURES[settings.backbone], layer_names(settings.backbone)
    layers = architecture.draft if settings.quality == "draft" else architecture.plan
    style = _parse_layers(settings.style_layers, names, settings.backbone)
    content = _parse_layers(settings.content_layers, names, settings.backbone)
    steps = STEPS[settings.quality]
    doublings = max(0, round(math.log2(settings.size / FIRST_SIZE)))
    scales = tuple(
        Scale(
            round(settings.size / 2 ** (doublings - i)),
            steps[min(i, len(steps) - 1)],
            style or _normalised(layers.style_at(i)),
            content or layers.content_at(i),
            layers.strokes,
            layers.match if i < MATCHED_SCALES else {},
            FACE_POWER[min(i, len(FACE_POWER) - 1)])
        for i in range(doublings + 1))
    return share_out(scales, settings.steps) if settings.steps else scales


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
