"""The coarse-to-fine loop: a generator of Frames, the last of which is the finished picture."""

from __future__ import annotations

import dataclasses
import functools
import logging
import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from ..geometry import fit_size
from ..people import NOBODY, Box, People
from ..settings import Settings
from .backbone import Backbone
from .convolutions import projections, ranks
from .inputs import Inputs, ScaledInputs, checked_styles
from .manner import manner_of
from .objective import Losses, build_objective
from .optimizers import LBFGS, Adam, Optimizer
from .recipe import Descent, Recipe, Scale, plan, scales_above
from .scale_start import start_of_scale
from .tensors import pick_device, pick_precision, resampled, to_image, to_tensor
from .time_left import Budget, scale_costs
from .weights import load

__all__ = ["Frame", "load_backbone", "stylize"]

log = logging.getLogger(__name__)

FRAME_SECONDS = 0.25  # between two frames; the first step and each scale's last are always shown
MAX_RESTARTS = 4  # of a run whose losses keep turning infinite


@dataclass(frozen=True)
class Frame:
    """The picture on its way.

    Attributes:
        image: RGB, at the current scale; full size in the last frame.
        step, steps: optimisation steps done and planned, over all scales.
        size: longer side of the current scale, in pixels.
        losses: each term of the objective by name, before its weight, and their weighted ``total``.
        elapsed, remaining: seconds.
        rate: seconds for each unit of work (time_left.work) that this machine was measured to take.
        finished: whether this is the finished picture.
        faces: boxes of those that were found or marked, in fractions of the photo, largest first.
    """

    image: Image.Image
    step: int
    steps: int
    size: int
    losses: dict[str, float]
    elapsed: float
    remaining: float
    finished: bool = False
    faces: tuple[Box, ...] = ()
    rate: float = 0.0


def stylize(
    photo: Image.Image,
    styles: Sequence[tuple[Image.Image, float]],
    settings: Settings | None = None,
    *,
    mask: Image.Image | None = None,
    people: People = NOBODY,
    style_people: Sequence[People] = (),
    vary: Callable[[Recipe], Recipe] | None = None,
    start: Image.Image | None = None,
) -> Generator[Frame]:
    """Repaint a photo in the manner of the styles (Gatys et al. 2016, coarse to fine).

    ``nst.stylize`` finds the people and calls this.

    Args:
        photo: RGB, any size.
        styles: pictures with weights; several are blended.
        settings: Settings() by default.
        mask: mode L, white where to paint (black there with region="background").
        people: those of the photo, whose faces are protected. style_people: those of each style.
        vary: changes the recipe that the settings ask for (benchmarks).
        start: a finished result to go on from: only the scales above its size are painted.

    Returns:
        a generator of frames: one after the first step, at least one for every second of work as
        long as a step takes no longer, and one at the end of every scale. Closing it stops the
        work and frees its memory. Several may run side by side; each needs its own memory.

    Raises:
        UserError: at once, for settings, styles or a mask that cannot be used.
    """
    settings = settings or Settings()
    styles = checked_styles(styles)
    width, _ = fit_size(photo.size, settings.size)
    recipe = plan(settings, manner_of(styles), *[face.width * width for face in people.faces[:1]])
    if vary is not None:
        recipe = vary(recipe)
    device = pick_device(settings.device)
    inputs = Inputs(photo, styles, settings, recipe, device, mask, people, style_people)
    picture = None
    if start is not None:
        recipe = scales_above(recipe, max(start.size))
        picture = to_tensor(start).to(device)
    return _frames(inputs, settings, recipe, load_backbone(settings), picture)


def load_backbone(settings: Settings) -> Backbone:
    """The network that these settings ask for, on their device; the last two are kept."""
    device = pick_device(settings.device)
    precision = pick_precision(settings.precision, device)
    return _backbone(settings.backbone, settings.weights, settings.pooling, bool(ranks(settings)),
                     device, precision)


@functools.lru_cache(maxsize=2)
def _backbone(name, weights, pooling, low_rank, device, precision) -> Backbone:
    return Backbone(name, load(name, weights), pooling=pooling, device=device, dtype=precision,
                    low_rank=projections() if low_rank else None)


def _frames(
    inputs: Inputs, settings: Settings, recipe: Recipe, backbone: Backbone,
    picture: torch.Tensor | None = None,
) -> Generator[Frame]:
    """All scales from coarse to fine, each going on from the picture of the one before."""
    costs = scale_costs(recipe.scales, settings, shape=min(inputs.size) / max(inputs.size),
                        styles=inputs.style_count)
    budget = Budget(recipe.scales, costs, settings.seconds)
    frame = None
    for index in range(len(recipe.scales)):
        if index and budget.spent:
            log.info("the time budget leaves out the scales from %d px", recipe.scales[index].size)
            break
        budget.begin(index)
        scaled = inputs.at(budget.scale)
        start = start_of_scale(picture, scaled, recipe.start, budget.scale.strokes, backbone)
        for picture, losses in _optimise(start, scaled, recipe, backbone, budget):
            frame = Frame(
                image=to_image(inputs.finish(picture, scaled)), step=budget.step,
                steps=budget.steps, size=budget.scale.size, losses=losses.numbers(),
                elapsed=budget.elapsed, remaining=budget.told_remaining(), faces=inputs.faces,
                rate=budget.rate)
            yield frame
            budget.shown()
    assert frame is not None  # a budget never leaves out the first scale
    yield _last(picture, frame, inputs, recipe.scales[-1], budget)


def _optimise(
    start: torch.Tensor, inputs: ScaledInputs, recipe: Recipe, backbone: Backbone, budget: Budget,
) -> Iterator[tuple[torch.Tensor, Losses]]:
    """The steps of one scale; yields the picture and its losses when a frame is due.

    A loss that turns infinite (bfloat16 has 8 bits of precision) takes the work back to the last
    picture that was shown, and on from there in float32 with half the step length.
    """
    objective = build_objective(backbone, budget.scale, recipe, inputs)
    optimizer = _optimizer(start, recipe.descent, budget)
    good, restarts = start, 0
    shown = time.monotonic() if budget.step else -math.inf  # the very first step is shown at once
    budget.ready()
    while not budget.scale_done:
        losses = optimizer.step(objective)
        budget.tick()
        if not budget.scale_done and time.monotonic() - shown < FRAME_SECONDS:
            continue
        picture = optimizer.picture
        if math.isfinite(losses.total) and picture.isfinite().all():
            good, shown = picture, time.monotonic()
            yield good, losses
            continue
        restarts += 1
        if restarts > MAX_RESTARTS:
            raise ArithmeticError("the losses stay infinite in float32 with small steps")
        log.warning("a loss turned infinite at step %d: going on from the last good picture "
                    "with half the step in float32", budget.step)
        backbone = backbone.to_float32()
        objective = build_objective(backbone, budget.scale, recipe, inputs)
        optimizer.restart(good)
        if budget.scale_done:
            yield good, objective(good).detach()


def _optimizer(start: torch.Tensor, descent: Descent, budget: Budget) -> Optimizer:
    rate = descent.rate_at(budget.scale.size)
    if descent.method == "lbfgs":
        return LBFGS(start, steps=budget.scale.steps, learning_rate=rate,
                     filter_strength=descent.filter_strength)
    return Adam(start, steps=lambda: budget.scale.steps, learning_rate=rate, decay=descent.decay,
                betas=descent.betas, filter_strength=descent.filter_strength)


def _last(picture, frame: Frame, inputs: Inputs, scale: Scale, budget: Budget) -> Frame:
    """The finished picture, at full size even where the budget left scales out."""
    width, height = inputs.size
    if picture.shape[2:] != (height, width):
        full = inputs.at(scale)
        picture = inputs.finish(resampled(picture, (height, width)).clamp_(0, 1), full)
        frame = dataclasses.replace(frame, image=to_image(picture))
    return dataclasses.replace(
        frame, step=budget.step, steps=budget.step, size=scale.size, elapsed=budget.elapsed,
        remaining=0.0, finished=True)
