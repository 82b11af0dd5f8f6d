"""One Ray cluster for all tests here: a start takes seconds."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="package")
def ray():
    """Two machines, ada and bob; test_link.py, the last one, ends them and then the head."""
    from tests.ray_nodes import nodes

    with nodes("ada", "bob") as machines:
        yield machines
