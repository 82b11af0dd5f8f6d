"""Time: what a run costs, what is done and left of it, and a schedule fitted to a time budget.

The one model of time: the time left, the seconds that a larger result will take and those that are
asked of a lent GPU (nst.web) are all this work times a rate.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..settings import Settings
from .architectures import ARCHITECTURES
from .backbone import RECOMPUTE_PIXELS
from .convolutions import ranks
from .recipe import Scale, plan, scales_above, share_out
from .scale_start import MAX_PLACES
from .tensors import GROUPS, pick_device, pick_precision

__all__ = ["Budget", "ScaleCost", "scale_costs", "work"]

# What a step does for a pixel beside the network (statistics, optimiser, filter) takes as long as
# so many of the network's multiplications.
BESIDE_NETWORK = 60_000
# Beside its pixels a step costs a fixed time, as much as this many pixels: small layers and the
# launching of operations (measured on two cores of an AMD EPYC). Launching takes longer than
# computing on a GPU; its number is assumed, not measured.
OVERHEAD_PIXELS = {torch.bfloat16: 88 * 88, torch.float32: 72 * 72}
GPU_OVERHEAD_PIXELS = 500 * 500
# A step whose activations are computed twice, in strips (9.5 s at 2048 px for 1.25 at 1024 px in
# bfloat16, 18.0 for 2.4 in float32); on a GPU, which makes no strips, not measured.
RECOMPUTED = 1.9
# Setting up a scale takes as long as this many of its steps without recomputation for the photo,
# and as many for each style: each goes through the network once.
SETUP_STEPS = 0.55
# Beside that a style's brush strokes cost so much for a pixel, and for each two positions that are
# compared (both in multiplications; 64 pixels have one position).
STROKES, COMPARISON, POSITION_PIXELS = 47_000, 355, 64


@dataclass(frozen=True)
class ScaleCost:
    """Work of one scale, in multiplications: of its setup, and of each of its steps."""

    setup: float
    step: float


def scale_costs(
    scales: Sequence[Scale], settings: Settings, *, shape: float = 1.0, styles: int = 1,
    lent_gpu: bool = False,
) -> list[ScaleCost]:
    """The cost of each scale.

    Args:
        shape: of the photo, its shorter side in longer ones.
        styles: how many there are.
        lent_gpu: whether a GPU computes that is not here yet, whatever the settings say.

    Raises:
        UserError: settings that ask for a GPU where there is none.
    """
    overhead = GPU_OVERHEAD_PIXELS
    if not lent_gpu and (device := pick_device(settings.device)).type == "cpu":
        overhead = OVERHEAD_PIXELS[pick_precision(settings.precision, device)]
    return [_cost(scale, settings, overhead, shape, styles) for scale in scales]


def work(
    settings: Settings, *, shape: float = 1.0, styles: int = 1, above: int | None = None,
    lent_gpu: bool = False,
) -> float:
    """All the work of a picture, in multiplications.

    Args:
        shape, styles, lent_gpu: as in :func:`scale_costs`.
        above: the longer side, in pixels, of a finished result that is enlarged; None: none is.

    Raises:
        UserError: no scale is larger than ``above``, or as plan() and scale_costs() do.
    """
    recipe = plan(settings)
    if above is not None:
        recipe = scales_above(recipe, above)
    costs = scale_costs(recipe.scales, settings, shape=shape, styles=styles, lent_gpu=lent_gpu)
    return sum(cost.setup + scale.steps * cost.step
               for scale, cost in zip(recipe.scales, costs, strict=True))


def _cost(
    scale: Scale, settings: Settings, overhead: int, shape: float, styles: int
) -> ScaleCost:
    pixels = shape * scale.size**2
    network = ARCHITECTURES[settings.backbone].multiplications(
        {*scale.style, *scale.content}, ranks(settings))
    once = (pixels + overhead) * (network + BESIDE_NETWORK)
    positions = pixels / POSITION_PIXELS
    strokes = STROKES * pixels + COMPARISON * positions * min(positions, MAX_PLACES) / GROUPS
    return ScaleCost(SETUP_STEPS * (1 + styles) * once + styles * strokes,
                     once * (RECOMPUTED if pixels > RECOMPUTE_PIXELS else 1))


# The time left that is told moves from what was told before towards what is known: by two thirds
# within this many seconds. From SETTLED seconds on it rises by at most MOST_RISE a second.
FOLLOW_SECONDS, SETTLED, MOST_RISE = 1.0, 2.0, 0.1
MOST_SETUP = 3.0  # times the work that was thought; more was something else that the machine did
MEASURED_STEPS = 3  # of the first scale, before a schedule is fitted to a budget
MIN_STEPS = 3  # a scale with fewer is left out
MAX_STRETCH = 5.0  # a longer budget gives at most this many times the planned steps
RESERVE = 0.05  # of the budget, for what is not steps


class Budget:
    """A clock over the scales of a recipe.

    It is told of everything as it happens: begin() and ready() around a scale's setup, tick()
    after a step, shown() after a frame. What the user of a frame does with it (a film, a preview)
    takes time too, and is not counted as the step's: a film takes as long for a step of 64 px as
    for one of 1024.

    Args:
        scales: from coarse to fine.
        costs: of these scales.
        budget: seconds; 0 for none.
    """

    def __init__(self, scales: Sequence[Scale], costs: Sequence[ScaleCost], budget: float = 0.0):
        self.scales, self._costs = list(scales), list(costs)
        self._budget = budget
        self._start = self._mark = time.monotonic()  # of the mark: the last event
        self._scale = self._done = 0
        self._rate = self._rate_before = 0.0  # seconds for a unit of work; at the scale before
        self._stepping = self._first_step = self._showing = 0.0  # seconds: here, one, in all
        self._setup = 1.0  # a setup's work beside what was thought
        self._told: tuple[float, float] | None = None  # what was told to be left, and when

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._start

    @property
    def rate(self) -> float:
        """Seconds for each unit of work, by the steps so far; 0 before the first."""
        return self._rate

    @property
    def scale(self) -> Scale:
        """The scale at work, as fitted to the budget."""
        return self.scales[self._scale]

    @property
    def step(self) -> int:
        """Steps done in all."""
        return sum(scale.steps for scale in self.scales[: self._scale]) + self._done

    @property
    def steps(self) -> int:
        return sum(scale.steps for scale in self.scales)

    def begin(self, scale: int) -> None:
        """The inputs, targets and start of this scale are about to be made."""
        self._scale, self._done, self._stepping = scale, 0, 0.0
        self._rate_before = self._rate
        self._passed()
        if scale:
            self._fit(self.scales[scale:])

    def ready(self) -> None:
        """The first step is about to be made."""
        seconds = self._passed()
        if self._rate:  # the first scale's setup warms the machine up
            times = min(seconds / (self._rate * self._costs[self._scale].setup), MOST_SETUP)
            self._setup = (1 + times) / 2

    def tick(self) -> None:
        """A step was made."""
        seconds = self._passed()
        self._done += 1
        self._stepping += seconds
        if self.step == 1:
            self._first_step = seconds
        self._rate = self._measured_rate()
        if self._scale == 0 and self._done == MEASURED_STEPS:
            self._fit(self.scales)

    def shown(self) -> None:
        """A frame was made and used."""
        seconds = self._passed()
        if self.step > 1:  # the very first frame opens a film
            self._showing += seconds

    def _passed(self) -> float:
        """Seconds since the last event."""
        before, self._mark = self._mark, time.monotonic()
        return self._mark - before

    def _measured_rate(self) -> float:
        """Seconds for each unit of work, by this scale's steps.

        The very first step, which warms the machine up, counts only until there are others. In
        later scales the rate before counts as one step: a single step is too uneven.
        """
        work = self._costs[self._scale].step
        if self._scale:
            return (self._stepping / work + self._rate_before) / (self._done + 1)
        if self._done == 1:
            return self._stepping / work
        return (self._stepping - self._first_step) / ((self._done - 1) * work)

    def _step_seconds(self, scale: int) -> float:
        """Of a step of that scale with its share of the frames."""
        return self._rate * self._costs[scale].step + self._showing / max(1, self.step)

    def _setup_seconds(self, scale: int) -> float:
        return self._rate * self._costs[scale].setup * self._setup

    @property
    def scale_done(self) -> bool:
        """Whether this scale's steps are made, or the budget has no room for another."""
        if self._done >= self.scales[self._scale].steps:
            return True
        return bool(self._budget and self._done
                    and self.elapsed + self._step_seconds(self._scale) > self._budget)

    @property
    def spent(self) -> bool:
        """Whether the budget has no room for a step of the next scale."""
        after = self._scale + 1
        if not self._budget or after >= len(self.scales):
            return False
        needed = self._setup_seconds(after) + self._step_seconds(after)
        return self.elapsed + needed > self._budget

    def told_remaining(self) -> float:
        """Seconds left, for one frame to tell: it follows what is known without jumps."""
        now = time.monotonic()
        left = max(0.0, self._known_remaining() - (now - self._mark))
        if self._told is not None and now - self._start > SETTLED:
            before, when = self._told
            expected = max(0.0, before - (now - when))
            left = expected + (left - expected) * (1 - math.exp((when - now) / FOLLOW_SECONDS))
            left = min(left, before * (1 + MOST_RISE * min(1.0, now - when)))
        self._told = left, now
        return left

    def _known_remaining(self) -> float:
        """Seconds left from the last event on, by the rates so far."""
        here = (self.scales[self._scale].steps - self._done) * self._step_seconds(self._scale)
        return here + sum(
            self._setup_seconds(index) + self.scales[index].steps * self._step_seconds(index)
            for index in range(self._scale + 1, len(self.scales)))

    def _fit(self, ahead: Sequence[Scale]) -> None:
        """Share the time left out over the scales ahead, in their proportions.

        Scales that would get fewer than MIN_STEPS steps are left out, from the finest down: their
        time does more at the coarser ones.
        """
        if not self._budget or not self._rate:
            return
        first = len(self.scales) - len(ahead)
        room = self._budget * (1 - RESERVE) - self.elapsed
        steps = [self._step_seconds(first + index) for index in range(len(ahead))]
        setups = [self._setup_seconds(first + index) for index in range(len(ahead))]
        kept = len(ahead)
        while kept > 1 and room < sum(setups[:kept]) + MIN_STEPS * sum(steps[:kept]):
            kept -= 1
        planned = sum(scale.steps * seconds
                      for scale, seconds in zip(ahead[:kept], steps, strict=False))
        # The first scale's setup is made when its steps are fitted.
        room -= sum(setups[0 if self._done == 0 else 1:kept])
        stretch = min(max(room / planned, 0.0), MAX_STRETCH)
        total = round(stretch * sum(scale.steps for scale in ahead[:kept]))
        self.scales[first:first + kept] = share_out(tuple(ahead[:kept]), total)
