"""Painters on a real Ray cluster of two machines on 127.0.0.1: what one sees who wants pictures."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter

import numpy as np
import pytest

from nst import Settings, UserError, stylize
from nst.cluster.driver import AGAIN, WAITS
from nst.cluster.link import LOST, Cluster, is_loopback
from nst.engine.stylize import Frame
from nst.run import Pause

pytestmark = pytest.mark.slow
ENDLESS = 5000  # steps


class Painted:
    """One picture that is asked for: its frames one by one, and where they are painted."""

    def __init__(self, cluster: Cluster, photo, painting, settings: Settings):
        self.machines: list[str] = []
        self.frames = cluster.frames(photo, [(painting, 1.0)], settings,
                                     told=self.machines.append)
        self.pauses: Counter[str] = Counter()

    def frame(self) -> Frame | None:
        """The next one; None at the end."""
        for item in self.frames:
            if isinstance(item, Frame):
                return item
            self.pauses[item.why] += 1
        return None

    def finish(self) -> Frame:
        *_, last = iter(self.frame, None)
        assert last.finished
        return last


@pytest.fixture
def ask(cluster, photo, painting, small):
    with contextlib.ExitStack() as stack:
        def ask(steps: int = 3, **settings) -> Painted:
            asked = Painted(cluster, photo, painting, small(steps=steps, **settings))
            stack.callback(asked.frames.close)
            return asked
        yield ask
    free(cluster)


def free(cluster: Cluster) -> None:
    """Wait until no painter is at work."""
    with cluster._news:
        assert cluster._news.wait_for(lambda: not cluster.busy, 30)


def test_two_are_painted_at_once_while_a_third_waits(ask, cluster):
    first, second, third = (ask(ENDLESS) for _ in range(3))
    assert first.frame() and second.frame()
    assert sorted(first.machines + second.machines) == ["ada", "bob"]
    assert next(third.frames) == Pause(WAITS) and cluster.busy == 2
    first.frames.close()  # stops its work there: the painter is free for the next
    assert third.frame() and third.machines == first.machines


def test_a_machine_dies_and_the_other_paints_the_same_picture(
        ask, ray, cluster, one_thread, photo, painting, small):
    *_, expected = stylize(photo, [(painting, 1.0)], small(steps=12))
    picture = ask(12)
    assert picture.frame()
    [machine] = picture.machines
    ray.kill(machine)
    last = picture.finish()
    assert picture.pauses[AGAIN] and picture.machines[-1] != machine
    assert np.array_equal(np.asarray(last.image), np.asarray(expected.image))
    assert last.losses == expected.losses
    free(cluster)
    assert machine not in cluster.machines


def test_limits_hold_on_the_painter(ask):
    with pytest.raises(UserError, match="this cluster paints up to 256"):
        ask(size=512).frame()


def test_without_the_head_this_machine_paints_one_at_a_time(ask, ray, cluster, changes):
    pictures = [ask(), ask()]
    going = ask(ENDLESS)
    assert going.frame()
    ray.kill_head()
    while going.machines[-1] != "this machine":
        assert going.frame()
    assert LOST in going.pauses
    with cluster._news:
        assert cluster._news.wait_for(lambda: cluster.painters == 0, 30)
    assert changes[-1] == 0
    waits = pictures[0]
    assert next(waits.frames) == Pause(LOST)
    assert "yours is the next" in next(waits.frames).why
    going.frames.close()
    assert waits.finish() and pictures[1].finish()


@pytest.mark.parametrize(("address", "loopback"), [
    ("local", True), ("127.0.0.1:6379", True), ("localhost:1", True), ("[::1]:6379", True),
    ("10.0.0.5:6379", False), ("head.example:6379", False)])
def test_what_stays_on_this_machine(address, loopback):
    assert is_loopback(address) is loopback


def test_a_cluster_that_is_not_there_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError, match=f"The cluster {address} cannot be joined"):
            Cluster(address)


@pytest.mark.parametrize("address", ["", "head", "head:", "ray://head:10001", ":6379"])
def test_an_address_that_is_none_is_one_sentence(address):
    with pytest.raises(UserError, match="give HOST:PORT"):
        Cluster(address)


def test_without_ray_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"pip install 'neural-style-studio\[cluster\]'"):
        Cluster("local")
