"""A picture that kills its painters, as the process that talks to Ray sees it; with no cluster."""

from __future__ import annotations

from multiprocessing import Pipe
from types import SimpleNamespace

import pytest

from nst.cluster.driver import AGAIN, DEADLY, serve

pytestmark = pytest.mark.slow  # imports ray


class Mortal:
    """Stands for Painters: every painter dies of every picture."""

    def __init__(self):
        self.avoided, self.forgotten = [], []

    def take(self, avoid, wait):
        self.avoided.append(set(avoid))
        number = len(self.avoided)
        return SimpleNamespace(machine=f"machine {number}", node=f"node {number}")

    def paint(self, painter, task, send, hung_up):
        import ray

        raise ray.exceptions.ActorDiedError

    def forget(self, painter):
        self.forgotten.append(painter.machine)


def test_three_deaths_of_one_picture_are_enough(monkeypatch):
    monkeypatch.setattr("ray.put", lambda task: task)
    painters, (asks, answers) = Mortal(), Pipe()
    with asks:
        asks.send({})
        serve(answers, painters)
        said = [asks.recv() for _ in range(6)]
        with pytest.raises(EOFError):
            asks.recv()
    assert said == [("painter", "machine 1"), ("pause", AGAIN), ("painter", "machine 2"),
                    ("pause", AGAIN), ("painter", "machine 3"), ("mistake", DEADLY)]
    assert painters.avoided == [set(), {"node 1"}, {"node 1", "node 2"}]
    assert painters.forgotten == ["machine 1", "machine 2", "machine 3"]
