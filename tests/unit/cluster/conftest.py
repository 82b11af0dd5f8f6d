"""One Ray cluster for all tests here, and one pair of painters: each takes seconds to start."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="package")
def ray():
    """Two machines, ada and bob; test_link.py, the last one, ends them and then the head."""
    from tests.ray_nodes import nodes

    with nodes("ada", "bob") as machines:
        yield machines


@pytest.fixture(scope="package")
def changes():
    """What ``cluster`` has said to whoever follows it."""
    return []


@pytest.fixture(scope="package")
def cluster(ray, changes):
    """A painter on each machine; they take both, so a command of its own finds none beside it."""
    from nst.cluster.link import Cluster
    from nst.cluster.needs import PainterNeeds, WireLimits

    with Cluster(ray.address, PainterNeeds(cpus=1), WireLimits(size=256)) as cluster:
        cluster.follow(changes.append)
        assert cluster.wait(2)
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
