"""The clock of a run, with a clock of our own: budgets and the time left."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import nst.engine.budget
from nst.engine.budget import OVERHEAD_PIXELS, TARGET_STEPS, Pace
from nst.engine.recipe import plan
from nst.settings import Settings


class Machine:
    """Runs a pace's steps on a clock that goes by work alone."""

    def __init__(self, monkeypatch, seconds_per_megapixel: float):
        self.now = 100.0
        self._rate = seconds_per_megapixel / 1e6
        monkeypatch.setattr(nst.engine.budget, "time", SimpleNamespace(monotonic=lambda: self.now))

    def work(self, pace: Pace, steps: float) -> None:
        self.now += steps * self._rate * (pace.stage.size**2 + OVERHEAD_PIXELS)

    def run(self, settings: Settings) -> tuple[Pace, list[float]]:
        stages = plan(settings).stages
        pace = Pace(stages, [1.0] * len(stages), settings.seconds)
        left = []
        for index in range(len(stages)):
            if index and pace.spent:
                break
            pace.begin(index)
            self.work(pace, TARGET_STEPS)
            pace.ready()
            while not pace.stage_done:
                self.work(pace, 1)
                pace.tick()
                left.append(pace.elapsed + pace.remaining)
        return pace, left


@pytest.mark.parametrize("budget", [5, 20, 60])
@pytest.mark.parametrize("speed", [0.5, 2.0, 8.0])
def test_a_budget_is_kept_and_used(monkeypatch, budget, speed):
    settings = Settings(size=1024, seconds=budget)
    pace, _ = Machine(monkeypatch, speed).run(settings)
    assert pace.elapsed <= budget
    planned = sum(stage.steps for stage in plan(settings).stages)
    if pace.steps < 4 * planned:  # else it is finished before the time is up
        assert pace.elapsed > 0.3 * budget
    assert pace.step >= 1


def test_a_longer_budget_buys_more_steps(monkeypatch):
    steps = [Machine(monkeypatch, 2.0).run(Settings(seconds=s))[0].step for s in (5, 15, 45)]
    assert steps == sorted(set(steps))


def test_the_time_left_holds(monkeypatch):
    pace, whole = Machine(monkeypatch, 2.0).run(Settings(size=512))
    assert pace.step == plan(Settings()).steps
    assert all(abs(guess - pace.elapsed) < 0.1 * pace.elapsed for guess in whole)
