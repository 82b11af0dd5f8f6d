"""Time: what is done, what is left, and a schedule fitted to a time budget."""

from __future__ import annotations

import time
from collections.abc import Sequence

from .recipe import Scale, share_out

__all__ = ["TARGET_STEPS", "Budget", "step_work"]

# Beside its pixels a step costs a fixed time, as much as this many pixels (measured: small layers
# and the launching of operations; 64 x 64 in bfloat16, 94 x 94 in float32 with Winograd's method).
OVERHEAD_PIXELS = 80 * 80
# A scale's targets and start cost as much as this many steps, until a scale has shown how many.
TARGET_STEPS = 1.5
MOST_TARGET_STEPS = 4.0  # more was something else that the machine did
# How far the time left that is shown moves, with each step, from what was said before towards what
# is now known; and by what share it may rise at once.
FOLLOW, MOST_RISE = 0.3, 0.1
MEASURED_STEPS = 3  # of the first scale, before a schedule is fitted to a budget
MIN_STEPS = 3  # a scale with fewer is left out
MAX_STRETCH = 5.0  # a longer budget gives at most this many times the planned steps
RESERVE = 0.05  # of the budget, for what is not steps


def step_work(scale: Scale, cost: float) -> float:
    """What a step of a scale costs beside others; ``cost``: of one pixel (Backbone.cost)."""
    return (scale.size**2 + OVERHEAD_PIXELS) * cost


class Budget:
    """A clock over the scales of a recipe.

    Args:
        scales: from coarse to fine.
        costs: relative cost of one pixel in one step of each scale (backbone depth).
        budget: seconds; 0 for none.
    """

    def __init__(self, scales: Sequence[Scale], costs: Sequence[float], budget: float = 0.0):
        self.scales = list(scales)
        self._work = [step_work(scale, cost) for scale, cost in zip(scales, costs, strict=True)]
        self._budget = budget
        self._start = self._scale_start = time.monotonic()
        self._scale, self._done, self._rate = 0, 0, 0.0
        self._target_steps, self._setup, self._rate_before = TARGET_STEPS, 0.0, 0.0
        self._first_step = 0.0
        self._shown: tuple[float, float] | None = None  # what was said to be left, and when

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
        self._rate_before = self._rate
        self._setup = -time.monotonic()
        if scale:
            self._fit(self.scales[scale:])

    def ready(self) -> None:
        """The first step is about to be made."""
        self._scale_start = time.monotonic()
        self._setup += self._scale_start

    def tick(self) -> None:
        """A step was made."""
        self._done += 1
        self._rate = self._measured_rate()
        if self._scale:  # the first scale's setup warms the machine up
            steps = self._setup / (self._rate * self._work[self._scale])
            self._target_steps = min(steps, MOST_TARGET_STEPS)
        if self._scale == 0 and self._done == MEASURED_STEPS:
            self._fit(self.scales)
        self._show()

    def _measured_rate(self) -> float:
        """Seconds for each unit of work, by this scale's steps.

        The very first step, which warms the machine up, counts only until there are others. In
        later scales the rate before counts as one step: a single step is too uneven.
        """
        spent, work = time.monotonic() - self._scale_start, self._work[self._scale]
        if self._scale == 0:
            if self._done == 1:
                self._first_step = spent
                return spent / work
            return (spent - self._first_step) / ((self._done - 1) * work)
        return (spent / work + self._rate_before) / (self._done + 1)

    def _show(self) -> None:
        """Move what is said to be left towards what is known, evenly and never up at once."""
        now = time.monotonic()
        known = self._known_remaining()
        if self._shown is not None and self._done + self._scale > MEASURED_STEPS:
            said, when = self._shown
            expected = max(0.0, said - (now - when))
            known = min(expected + FOLLOW * (known - expected), said * (1 + MOST_RISE))
        self._shown = known, now

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
        next_step = self._rate * self._work[after] * (1 + self._target_steps)
        return self.elapsed + next_step > self._budget

    @property
    def remaining(self) -> float:
        """Seconds left, to be shown: it follows the steps made without jumps."""
        if self._shown is None:
            return 0.0
        said, when = self._shown
        return max(0.0, said - (time.monotonic() - when))

    def _known_remaining(self) -> float:
        """Seconds left by the rate so far."""
        here = (self.scales[self._scale].steps - self._done) * self._work[self._scale]
        after = slice(self._scale + 1, None)
        to_come = sum((scale.steps + self._target_steps) * work for scale, work
                      in zip(self.scales[after], self._work[after], strict=True))
        return self._rate * (here + to_come)

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
        while kept > 1 and room < sum((MIN_STEPS + self._target_steps) * w for w in works[:kept]):
            kept -= 1
        targets = sum(self._target_steps * work for work in works[1:kept])
        planned = sum(scale.steps * work for scale, work
                      in zip(ahead[:kept], works, strict=False))
        stretch = min(max((room - targets) / planned, 0.0), MAX_STRETCH)
        total = round(stretch * sum(scale.steps for scale in ahead[:kept]))
        self.scales[first:first + kept] = share_out(tuple(ahead[:kept]), total)
