"""How long it will take: work done and to do, the time left, and schedules fitted to a budget."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .recipe import Stage, share_out

__all__ = ["Pace"]

# A step costs a fixed time beside its pixels (measured: launching and small layers), as much as
# this many pixels; and a scale's targets cost about two thirds of a step for each picture.
OVERHEAD_PIXELS = 64 * 64
TARGET_STEPS = 1.5
MEASURED_STEPS = 3  # of the first scale, before a schedule is fitted to a budget
LEAST_STEPS = 3  # of a stage, or it is left out
MOST_STRETCH = 5.0  # a longer budget buys at most this many times the planned steps
RESERVE = 0.05  # of the budget, for what is not steps


class Pace:
    """A clock over the stages of a recipe.

    Args:
        stages: from coarse to fine.
        costs: relative cost of one pixel in one step of each stage (backbone depth).
        budget: seconds; 0 for none.
    """

    def __init__(self, stages: Sequence[Stage], costs: Sequence[float], budget: float = 0.0):
        self.stages = list(stages)
        self._work = [(stage.size**2 + OVERHEAD_PIXELS) * cost
                      for stage, cost in zip(stages, costs, strict=True)]
        self._budget = budget
        self._start = self._stage_start = time.monotonic()
        self._stage, self._done, self._rate = 0, 0, 0.0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._start

    @property
    def stage(self) -> Stage:
        """The stage at work, as fitted to the budget."""
        return self.stages[self._stage]

    @property
    def step(self) -> int:
        """Steps done in all."""
        return sum(stage.steps for stage in self.stages[: self._stage]) + self._done

    @property
    def steps(self) -> int:
        return sum(stage.steps for stage in self.stages)

    def begin(self, stage: int) -> None:
        """The targets of this stage are about to be made."""
        self._stage, self._done = stage, 0
        if stage:
            self._fit(self.stages[stage:])

    def ready(self) -> None:
        """The first step is about to be made."""
        self._stage_start = time.monotonic()

    def tick(self) -> None:
        """A step was made."""
        self._done += 1
        spent = time.monotonic() - self._stage_start
        self._rate = spent / (self._done * self._work[self._stage])
        if self._stage == 0 and self._done == MEASURED_STEPS:
            self._fit(self.stages)

    @property
    def stage_done(self) -> bool:
        """Whether this stage's steps are made, or the budget has no room for another."""
        if self._done >= self.stages[self._stage].steps:
            return True
        next_step = self._rate * self._work[self._stage]
        return bool(self._budget and self._done and self.elapsed + next_step > self._budget)

    @property
    def spent(self) -> bool:
        """Whether the budget has no room for a step of the next stage."""
        after = self._stage + 1
        if not self._budget or after >= len(self.stages):
            return False
        return self.elapsed + self._rate * self._work[after] * (1 + TARGET_STEPS) > self._budget

    @property
    def remaining(self) -> float:
        """Seconds left by the rate so far."""
        here = (self.stages[self._stage].steps - self._done) * self._work[self._stage]
        return self._rate * (here + self._to_come(self._stage + 1))

    def _to_come(self, first: int) -> float:
        return sum((stage.steps + TARGET_STEPS) * work for stage, work
                   in zip(self.stages[first:], self._work[first:], strict=True))

    def _fit(self, ahead: Sequence[Stage]) -> None:
        """Share the time left out over the stages ahead, in their proportions.

        The finest stages are left out of the sharing while there is no room for a few steps of
        each: their time is better spent on the coarser ones.
        """
        if not self._budget or not self._rate:
            return
        first = len(self.stages) - len(ahead)
        room = (self._budget * (1 - RESERVE) - self.elapsed) / self._rate
        works = self._work[first:]
        kept = len(ahead)
        while kept > 1 and room < sum((LEAST_STEPS + TARGET_STEPS) * w for w in works[:kept]):
            kept -= 1
        targets = sum(TARGET_STEPS * work for work in works[1:kept])
        planned = sum(stage.steps * work for stage, work
                      in zip(ahead[:kept], works, strict=False))
        stretch = min(max((room - targets) / planned, 0.0), MOST_STRETCH)
        total = round(stretch * sum(stage.steps for stage in ahead[:kept]))
        self.stages[first:first + kept] = share_out(tuple(ahead[:kept]), total)
