"""The coarse-to-fine descent: a generator of Frames, the last of which is the picture."""

from __future__ import annotations

import dataclasses
import functools
import logging
import math
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from PIL import Image

from ..settings import Settings
from .backbone import Backbone
from .budget import Pace
from .device import pick_device, pick_precision
from .inputs import Scene, View
from .losses import Losses
from .objective import Objective
from .optimizers import AdamDescent, LbfgsDescent, local_mean
from .recipe import Recipe, plan
from .tensors import resampled, to_image
from .weights import load

__all__ = ["Frame", "load_backbone", "stylize"]

log = logging.getLogger(__name__)

FRAME_SECONDS = 0.25  # at most one frame in this time, but the first and each scale's last
ROOM = 4.0  # how fast the paintings' marks yield to detail of the photo's own
MOST_RESCUES = 4  # of a run whose losses keep turning infinite

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Frame:
    """One look at the picture while it is painted.

    Attributes:
        image: RGB, at the current scale; full size in the last frame.
        step, steps: optimisation steps done and planned, over all scales.
        size: longer side of the scale at work, in pixels.
        losses: content, style, tv (each relative, before its weight) and their weighted total.
        elapsed, remaining: seconds.
        finished: whether this is the finished picture.
    """

    image: Image.Image
    step: int
    steps: int
    size: int
    losses: dict[str, float]
    elapsed: float
    remaining: float
    finished: bool = False


def stylize(
    photo: Image.Image,
    styles: Sequence[tuple[Image.Image, float]],
    settings: Settings | None = None,
    *,
    mask: Image.Image | None = None,
    recipe: Recipe | None = None,
) -> Iterator[Frame]:
    """Repaint a photo in the manner of paintings (Gatys et al. 2016, coarse to fine).

    Args:
        photo: RGB, any size.
        styles: paintings with weights; several are blended.
        settings: Settings() by default.
        mask: mode L, white where to paint (black there with region="background").
        recipe: in place of the one that the settings ask for (benchmarks).

    Returns:
        a generator of frames: one after the first step, at least one for every second of work as
        long as a step takes no longer, and one at the end of every scale. Closing it stops the
        work and frees its memory. Only one picture is painted at a time in a process; the next
        one waits.

    Raises:
        UserError: at once, for settings, styles or a mask that cannot be used.
    """
    settings = settings or Settings()
    recipe = recipe or plan(settings)
    device = pick_device(settings.device)
    scene = Scene(photo, styles, settings, recipe, device, mask)
    return _paint(scene, settings, recipe, load_backbone(settings))


def load_backbone(settings: Settings) -> Backbone:
    """The network that these settings ask for, on their device; the last two are kept."""
    device = pick_device(settings.device)
    precision = pick_precision(settings.precision, device)
    return _backbone(settings.backbone, settings.weights, settings.pooling, device, precision)


@functools.lru_cache(maxsize=2)
def _backbone(name, weights, pooling, device, precision) -> Backbone:
    return Backbone(name, load(name, weights), pooling=pooling, device=device, dtype=precision)


def _paint(
    scene: Scene, settings: Settings, recipe: Recipe, backbone: Backbone
) -> Iterator[Frame]:
    costs = [backbone.cost({*stage.style, *stage.content}) for stage in recipe.stages]
    with _one_at_a_time:
        pace = Pace(recipe.stages, costs, settings.seconds)
        random = torch.Generator().manual_seed(settings.seed)
        picture, view, frame = None, None, None
        for index in range(len(recipe.stages)):
            if index and pace.spent:
                log.info("the time budget leaves out the scales from %d px",
                         recipe.stages[index].size)
                break
            pace.begin(index)
            view = scene.at(pace.stage.size)
            start = _start(picture, view, settings.init, recipe, random)
            for picture, losses in _descend(start, view, settings, recipe, backbone, pace):
                frame = _frame(picture, losses, scene, view, pace)
                yield frame
        yield _last(picture, frame, scene, settings, pace)


def _start(
    picture: torch.Tensor | None, view: View, init: str, recipe: Recipe, random: torch.Generator
) -> torch.Tensor:
    """What a scale starts from: the coarser picture, or the photo, the painting, noise."""
    size = view.content.shape[2:]
    if picture is not None:
        coarse = picture.shape[2:]
        own = _finer(view.content, coarse)
        start = resampled(picture, size) + recipe.detail * own
        return (start + recipe.marks * _marks(view, own, coarse)).clamp_(0, 1)
    if init == "style":
        return resampled(view.styles[0].picture, size).clamp_(0, 1)
    if init == "noise":
        return torch.rand(view.content.shape, generator=random).to(view.content.device)
    return view.content.clone()


def _finer(picture: torch.Tensor, coarse: Sequence[int]) -> torch.Tensor:
    """What of a picture a size of ``coarse`` (height, width) cannot hold."""
    return picture - resampled(resampled(picture, coarse), picture.shape[2:])


def _marks(view: View, own: torch.Tensor, coarse: Sequence[int]) -> torch.Tensor:
    """The paintings' finer detail, (1, 3, H, W), where the photo has little of its ``own``.

    Turned upside down: brush strokes keep their direction, but no house or eye is known again.
    Faces get less of it, as much as content counts more there.
    """
    size = view.content.shape[2:]
    whole = sum(style.weight for style in view.styles)
    marks = sum(_finer(resampled(style.picture, size), coarse) * (style.weight / whole)
                for style in view.styles).flip(2, 3)
    power = local_mean(own.square(), max(1, min(size) // 32))
    marks = marks / (1 + ROOM * power / marks.square().mean().clamp_min(1e-8))
    return marks if view.gain is None else marks / view.gain


def _descend(
    picture: torch.Tensor, view: View, settings: Settings, recipe: Recipe, backbone: Backbone,
    pace: Pace,
) -> Iterator[tuple[torch.Tensor, Losses]]:
    """The steps of one scale; yields the picture and its losses when a frame is due."""
    def objective(backbone: Backbone) -> Objective:
        return Objective(backbone, pace.stage, recipe, view.content, view.styles, view.regions,
                         view.gain, view.shading)

    target = objective(backbone)
    if settings.optimizer == "lbfgs":
        descent = LbfgsDescent(
            picture, steps=pace.stage.steps, learning_rate=settings.learning_rate)
    else:
        descent = AdamDescent(
            picture, steps=lambda: pace.stage.steps, learning_rate=recipe.learning_rate,
            decay=recipe.decay, betas=recipe.betas, averaging=recipe.averaging)
    good, rescues = picture, 0
    shown = time.monotonic() if pace.step else -math.inf  # the very first step is shown at once
    pace.ready()
    while not pace.stage_done:
        losses = descent.step(target)
        pace.tick()
        if not pace.stage_done and time.monotonic() - shown < FRAME_SECONDS:
            continue
        if not math.isfinite(losses.total) or not descent.picture.isfinite().all():
            rescues += 1
            if rescues > MOST_RESCUES:
                raise ArithmeticError("the losses stay infinite in float32 with small steps")
            log.warning("a loss turned infinite at step %d: going on from the last good picture "
                        "with half the step in float32", pace.step)
            backbone = backbone.to_float32()
            target = objective(backbone)
            descent.slow_down(good)
            if not pace.stage_done:
                continue
            yield good, losses
            return
        good, shown = descent.picture, time.monotonic()
        yield good, losses


def _frame(picture, losses: Losses, scene: Scene, view: View, pace: Pace) -> Frame:
    return Frame(
        image=to_image(scene.finish(picture, view)), step=pace.step, steps=pace.steps,
        size=pace.stage.size, losses={k: float(v) for k, v in losses._asdict().items()},
        elapsed=pace.elapsed, remaining=pace.remaining)


def _last(picture, frame: Frame, scene: Scene, settings: Settings, pace: Pace) -> Frame:
    """The finished picture, at full size even where the budget left scales out."""
    width, height = scene.size
    if picture.shape[2:] != (height, width):
        view = scene.at(settings.size)
        picture = scene.finish(resampled(picture, (height, width)).clamp_(0, 1), view)
        frame = dataclasses.replace(frame, image=to_image(picture))
    return dataclasses.replace(
        frame, step=pace.step, steps=pace.step, size=settings.size, elapsed=pace.elapsed,
        remaining=0.0, finished=True)
