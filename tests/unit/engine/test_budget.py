"""The clock of a run, with a clock of our own: budgets and the time left."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import nst.engine.budget
from nst.engine.budget import OVERHEAD_PIXELS, TARGET_STEPS, Budget
from nst.engine.recipe import plan
from nst.settings import Settings


class Machine:
    """Runs a budget's steps on a clock that goes by work alone."""

    def __init__(self, monkeypatch, seconds_per_megapixel: float):
        self.now = 100.0
        self._rate = seconds_per_megapixel / 1e6
        monkeypatch.setattr(nst.engine.budget, "time", SimpleNamespace(monotonic=lambda: self.now))

    def work(self, budget: Budget, steps: float) -> None:
        self.now += steps * self._rate * (budget.scale.size**2 + OVERHEAD_PIXELS)

    def run(self, settings: Settings) -> tuple[Budget, list[float]]:
        scales = plan(settings).scales
        budget = Budget(scales, [1.0] * len(scales), settings.seconds)
        left = []
        for index in range(len(scales)):
            if index and budget.spent:
                break
            budget.begin(index)
            self.work(budget, TARGET_STEPS)
            budget.ready()
            while not budget.scale_done:
                self.work(budget, 1)
                budget.tick()
                left.append(budget.elapsed + budget.remaining)
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


def test_the_time_left_holds(monkeypatch):
    budget, whole = Machine(monkeypatch, 2.0).run(Settings(size=512))
    assert budget.step == plan(Settings()).steps
    assert all(abs(guess - budget.elapsed) < 0.1 * budget.elapsed for guess in whole)
