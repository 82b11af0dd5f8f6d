"""What most tests need: a portrait, a painting, and the smallest settings that still paint."""

from __future__ import annotations

import os
import signal
from pathlib import Path

# Two tests run at once, and torch's threads of one wait long for those of the other. Torch reads
# it when it is imported, and so does what the tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from PIL import Image

from nst.gallery.library import find_preset
from nst.settings import Settings

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture(scope="session")
def astronaut() -> Path:
    """The file of a portrait with one face."""
    return EXAMPLES / "astronaut.jpg"


@pytest.fixture(scope="session")
def photo(astronaut) -> Image.Image:
    with Image.open(astronaut) as image:
        return image.convert("RGB")


@pytest.fixture(scope="session")
def painting() -> Image.Image:
    return find_preset("van-gogh-starry-night").open()


@pytest.fixture
def small():
    """Settings at 128 pixels and a few steps, in float32: ``small(steps=3, colors="photo")``."""
    return lambda **wanted: Settings(**{"size": 128, "steps": 3, "precision": "float32"} | wanted)


def pytest_configure():
    """Ctrl-C as in a terminal: whoever starts pytest in the background has it ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Everything in tests/e2e starts servers or browsers, so it counts as slow."""
    for item in items:
        if "e2e" in item.path.relative_to(EXAMPLES.parent).parts:
            item.add_marker(pytest.mark.slow)
