"""The clock of a run, with a clock of our own: budgets and the time left."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

import nst.engine.budget
from nst.engine.budget import OVERHEAD_PIXELS, TARGET_STEPS, Budget
from nst.engine.recipe import plan
from nst.settings import Settings


class Machine:
    """Runs a budget's steps on a clock that goes by work alone."""

    def __init__(self, monkeypatch, seconds_per_megapixel: float, *,
                 small: float = 1.0, setup: float = TARGET_STEPS, uneven: float = 0.0):
        """``small``: how much slower it is at the first scale than by its pixels; ``setup``: of a
        scale, in steps; ``uneven``: every second step takes this share more."""
        self.now = 100.0
        self._small, self._setup, self._uneven, self._count = small, setup, uneven, 0
        self._rate = seconds_per_megapixel / 1e6
        monkeypatch.setattr(nst.engine.budget, "time", SimpleNamespace(monotonic=lambda: self.now))

    def work(self, budget: Budget, steps: float) -> None:
        self._count += 1
        slower = 1 + self._uneven * (self._count % 2)
        if budget.scale is budget.scales[0]:
            slower *= self._small
        self.now += slower * steps * self._rate * (budget.scale.size**2 + OVERHEAD_PIXELS)

    def run(self, settings: Settings) -> tuple[Budget, list[tuple[float, float]]]:
        scales = plan(settings).scales
        budget = Budget(scales, [1.0] * len(scales), settings.seconds)
        left = []
        for index in range(len(scales)):
            if index and budget.spent:
                break
            budget.begin(index)
            self.work(budget, self._setup)
            budget.ready()
            while not budget.scale_done:
                self.work(budget, 1)
                budget.tick()
                left.append((budget.elapsed, budget.remaining))
        return budget, left


@pytest.mark.parametrize("budget", [5, 20, 60])
@pytest.mark.parametrize("speed", [0.5, 2.0, 8.0])
def test_a_budget_is_kept_and_used(monkeypatch, budget, speed):
    settings = Settings(size=1024, seconds=budget)
    clock, _ = Machine(monkeypatch, speed).run(settings)
    assert clock.elapsed <= budget
    planned = sum(scale.steps for scale in plan(settings).scales)
    # Four times the planned steps are the most that a longer budget buys.
    used = max(clock.elapsed / (0.3 * budget), clock.steps / (4 * planned))
    assert used >= 1
    assert clock.step >= 1


def test_a_longer_budget_buys_more_steps(monkeypatch):
    steps = [Machine(monkeypatch, 2.0).run(Settings(seconds=s))[0].step for s in (5, 15, 45)]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize("machine", [
    {}, {"small": 1.3}, {"small": 0.8}, {"setup": 3.0}, {"setup": 0.5}, {"uneven": 0.3},
    {"small": 1.2, "uneven": 0.2, "setup": 2.0}])
@pytest.mark.parametrize("size", [512, 1024])
def test_the_time_left_holds(monkeypatch, machine, size):
    """After two seconds never a quarter off, though a scale's speed and setup are not as thought,
    and never up by more than a tenth."""
    budget, said = Machine(monkeypatch, 2.0, **machine).run(Settings(size=size))
    assert budget.step == plan(Settings(size=size)).steps
    total = budget.elapsed
    late = [at for at in said if at[0] >= 2]
    assert len(late) > budget.step / 4
    for elapsed, left in late:  # towards the end a step's length is what is left
        assert abs(elapsed + left - total) < max(0.25 * (total - elapsed), 0.05 * total)
    for (_, left), (_, then) in itertools.pairwise(late):
        assert then <= 1.1 * left


def test_the_time_left_runs_down_between_steps(monkeypatch):
    machine = Machine(monkeypatch, 2.0)
    budget = Budget(plan(Settings()).scales, [1.0] * len(plan(Settings()).scales))
    assert budget.remaining == 0
    budget.begin(0)
    budget.ready()
    machine.work(budget, 1)
    budget.tick()
    before = budget.remaining
    machine.now += before / 4
    assert budget.remaining == pytest.approx(before * 3 / 4)
    machine.now += before
    assert budget.remaining == 0
