"""Time: what is done, what is left, and a schedule fitted to a time budget."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .recipe import Scale, share_out

__all__ = ["Budget"]

# Beside its pixels a step costs a fixed time, as much as this many pixels (measured: small layers
# and the launching of operations). A scale's targets cost as much as this many steps.
OVERHEAD_PIXELS = 64 * 64
TARGET_STEPS = 1.5
MEASURED_STEPS = 3  # of the first scale, before a schedule is fitted to a budget
MIN_STEPS = 3  # a scale with fewer is left out
MAX_STRETCH = 5.0  # a longer budget gives at most this many times the planned steps
RESERVE = 0.05  # of the budget, for what is not steps


class Budget:
    """A clock over the scales of a recipe.

    Args:
        scales: from coarse to fine.
        costs: relative cost of one pixel in one step of each scale (backbone depth).
        budget: seconds; 0 for none.
    """

    def __init__(self, scales: Sequence[Scale], costs: Sequence[float], budget: float = 0.0):
        self.scales = list(scales)
        self._work = [(scale.size**2 + OVERHEAD_PIXELS) * cost
                      for scale, cost in zip(scales, costs, strict=True)]
        self._budget = budget
        self._start = self._scale_start = time.monotonic()
        self._scale, self._done, self._rate = 0, 0, 0.0

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._start

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
        """The targets of this scale are about to be made."""
        self._scale, self._done = scale, 0
        if scale:
            self._fit(self.scales[scale:])

    def ready(self) -> None:
        """The first step is about to be made."""
        self._scale_start = time.monotonic()

    def tick(self) -> None:
        """A step was made."""
        self._done += 1
        spent = time.monotonic() - self._scale_start
        self._rate = spent / (self._done * self._work[self._scale])
        if self._scale == 0 and self._done == MEASURED_STEPS:
            self._fit(self.scales)

    @property
    def scale_done(self) -> bool:
        """Whether this scale's steps are made, or the budget has no room for another."""
        if self._done >= self.scales[self._scale].steps:
            return True
        next_step = self._rate * self._work[self._scale]
        return bool(self._budget and self._done and self.elapsed + next_step > self._budget)

    @property
    def spent(self) -> bool:
        """Whether the budget has no room for a step of the next scale."""
        after = self._scale + 1
        if not self._budget or after >= len(self.scales):
            return False
        return self.elapsed + self._rate * self._work[after] * (1 + TARGET_STEPS) > self._budget

    @property
    def remaining(self) -> float:
        """Seconds left by the rate so far."""
        here = (self.scales[self._scale].steps - self._done) * self._work[self._scale]
        return self._rate * (here + self._to_come(self._scale + 1))

    def _to_come(self, first: int) -> float:
        return sum((scale.steps + TARGET_STEPS) * work for scale, work
                   in zip(self.scales[first:], self._work[first:], strict=True))

    def _fit(self, ahead: Sequence[Scale]) -> None:
        """Share the time left out over the scales ahead, in their proportions.

        Scales that would get fewer than MIN_STEPS steps are left out, from the finest down: their
        time does more at the coarser ones.
        """
        if not self._budget or not self._rate:
            return
        first = len(self.scales) - len(ahead)
        room = (self._budget * (1 - RESERVE) - self.elapsed) / self._rate
        works = self._work[first:]
        kept = len(ahead)
        while kept > 1 and room < sum((MIN_STEPS + TARGET_STEPS) * w for w in works[:kept]):
            kept -= 1
        targets = sum(TARGET_STEPS * work for work in works[1:kept])
        planned = sum(scale.steps * work for scale, work
                      in zip(ahead[:kept], works, strict=False))
        stretch = min(max((room - targets) / planned, 0.0), MAX_STRETCH)
        total = round(stretch * sum(scale.steps for scale in ahead[:kept]))
        self.scales[first:first + kept] = share_out(tuple(ahead[:kept]), total)
