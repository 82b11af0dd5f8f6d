"""What one scale minimises, with real weights and pictures at small size."""

from __future__ import annotations

import pytest
import torch

from nst import Settings
from nst.engine.inputs import Region, ScaledInputs, ScaledStyle
from nst.engine.objective import Objective, build_objective
from nst.engine.recipe import plan
from nst.engine.stylize import load_backbone
from nst.engine.tensors import to_tensor
from nst.geometry import resized

SETTINGS = Settings(size=128, precision="float32")


@pytest.fixture(scope="module")
def photo_and_painting(photo, painting):
    return to_tensor(resized(photo, 96)), to_tensor(resized(painting, 96))


def objective(content, painting) -> Objective:
    recipe = plan(SETTINGS)
    inputs = ScaledInputs(content, content, (ScaledStyle(painting, 1.0),),
                          (Region(None, (None,)),), None, torch.ones_like(content[:, :1]),
                          torch.ones_like(content[:, :1]))
    return build_objective(load_backbone(SETTINGS), recipe.scales[0], recipe, inputs)


def content_weight(ask: Objective, picture: torch.Tensor) -> float:
    """What the content loss is multiplied by in the total."""
    losses, recipe = ask(picture), plan(SETTINGS).weights
    rest = recipe.style * losses.values["style"] + recipe.tv * losses.values["tv"]
    return float((losses.total - rest) / losses.values["content"])


def test_content_is_weighed_against_the_way_from_the_photo_to_the_painting(photo_and_painting):
    photo, painting = photo_and_painting
    ask = objective(photo, painting)
    at_the_photo = ask(photo)
    assert float(at_the_photo.values["content"]) == pytest.approx(0, abs=1e-8)
    expected = plan(SETTINGS).weights.content * float(at_the_photo.values["style"])
    assert content_weight(ask, photo.flip(3)) == pytest.approx(expected, rel=1e-3)


def test_a_photo_nearer_to_the_painting_is_held_less(photo_and_painting):
    photo, painting = photo_and_painting
    picture = photo.flip(3)
    far = content_weight(objective(photo, painting), picture)
    near = content_weight(objective(photo, 0.8 * photo + 0.1), picture)
    assert 0 < near < far / 4


def test_a_photo_that_is_its_own_painting_stays(photo_and_painting):
    photo, _ = photo_and_painting
    losses = objective(photo, photo)(photo)
    assert all(float(losses.values[name]) == pytest.approx(0, abs=1e-8)
               for name in ("content", "style"))
