"""One Ray cluster for all tests here, and one pair of painters: each takes seconds to start."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="package")
def ray():
    """One machine, ada; test_link.py, the last one, ends the head."""
    from tests.ray_nodes import nodes

    with nodes("ada") as machines:
        yield machines


@pytest.fixture(scope="package")
def changes():
    """What ``cluster`` has said to whoever follows it."""
    return []


@pytest.fixture(scope="package")
def cluster(ray, changes):
    """A painter on ada, and one on bob, who comes later; nobody else finds a core there."""
    from nst.cluster.link import Cluster
    from nst.cluster.needs import PainterNeeds, WireLimits

    with Cluster(ray.address, PainterNeeds(cpus=1), WireLimits(size=256)) as cluster:
        assert cluster.wait(1)
        cluster.follow(changes.append)
        ray.start("bob")
        assert cluster.wait(2)
        assert changes == [1, 2]
        assert sorted(cluster.machines) == ["ada", "bob"]
        yield cluster


@pytest.fixture
def one_thread():
    """As many as a painter's, where bytes are compared."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
