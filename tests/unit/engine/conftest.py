"""What the engine's tests paint: a face of 128 px, a painting, and where the person is in it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image

from nst.engine.inputs import Inputs, ScaledInputs
from nst.engine.recipe import Recipe, plan
from nst.people import Face, People
from nst.settings import Settings

SIDE = 128


@pytest.fixture(scope="session")
def portrait(photo) -> Image.Image:
    """The astronaut's face, square."""
    return photo.crop((110, 0, 340, 230)).resize((SIDE, SIDE))


@pytest.fixture(scope="session")
def canvas(painting) -> Image.Image:
    return painting.convert("RGB").resize((112, 88))


def ellipse(x: float, y: float, width: float, height: float) -> np.ndarray:
    """1 inside, 0 outside; in fractions of the portrait."""
    across, down = np.meshgrid(*[(np.arange(SIDE) + 0.5) / SIDE] * 2)
    return (np.hypot((across - x) / width, (down - y) / height) < 0.5).astype(np.float32)


@pytest.fixture(scope="session")
def person() -> People:
    """A face in the middle of the portrait, its core, and a person on half of the width."""
    face = ellipse(0.5, 0.5, 0.42, 0.54)
    whole = np.zeros_like(face)
    whole[16:, 32:96] = 1
    return People((Face(0.29, 0.23, 0.42, 0.54),), face, ellipse(0.5, 0.5, 0.2, 0.26), whole)


@pytest.fixture(scope="session")
def scaled(portrait, canvas, person) -> Callable[..., ScaledInputs]:
    """scaled(recipe, settings): the inputs at 64 px, the coarsest scale of 128."""
    def made(recipe: Recipe | None = None, settings: Settings | None = None,
             people: People = person, index: int = 0, styles=None, **more) -> ScaledInputs:
        settings = settings or Settings(size=SIDE)
        recipe = recipe or plan(settings)
        return Inputs(portrait, styles or [(canvas, 1.0)], settings, recipe, torch.device("cpu"),
                      people=people, **more).at(recipe.scales[index])

    return made
