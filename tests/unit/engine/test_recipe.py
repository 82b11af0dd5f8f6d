"""The recipe: what every setting makes of the method's numbers."""

from __future__ import annotations

import pytest

from nst.engine.recipe import plan
from nst.errors import UserError
from nst.settings import Settings


@pytest.mark.parametrize(("wish", "words"), [
    (dict(style_layers="conv9_9"), "choose from conv1_1"),
    (dict(content_layers="conv4_2:none"), "above 0"),
    (dict(content_layers="conv4_2:-1"), "above 0"),
    (dict(backbone="alexnet", style_layers="conv1_1"), "choose from conv1,"),
])
def test_layers_are_checked_against_the_backbone(wish, words):
    with pytest.raises(UserError, match=words):
        plan(Settings(**wish))


def test_layers_by_name_with_weights():
    scale = plan(Settings(style_layers="conv1_1:3, conv3_2", content_layers="conv5_2")).scales[0]
    assert scale.style == {"conv1_1": 0.75, "conv3_2": 0.25} and scale.content == {"conv5_2": 1.0}


@pytest.mark.parametrize("size", [128, 200, 512, 700, 1024, 2048, 4096])
def test_scales_double_up_to_the_size(size):
    sizes = [scale.size for scale in plan(Settings(size=size)).scales]
    assert sizes[-1] == size and sizes == sorted(set(sizes)) and 45 <= sizes[0] <= 91
    assert all(1.9 < b / a < 2.1 for a, b in zip(sizes, sizes[1:], strict=False))


@pytest.mark.parametrize("steps", [1, 4, 7, 100, 5000])
def test_steps_are_shared_out(steps):
    recipe = plan(Settings(steps=steps))
    assert recipe.steps == max(steps, len(recipe.scales))
    assert all(scale.steps >= 1 for scale in recipe.scales)


def test_more_quality_is_more_steps():
    draft, standard, fine = (plan(Settings(quality=q)).steps for q in ("draft", "standard", "fine"))
    assert draft < standard < fine


def test_weights_and_rate_are_relative_to_the_recipe():
    usual = plan(Settings())
    changed = plan(Settings(content_weight=2, style_weight=3, tv_weight=0, learning_rate=0.5))
    assert changed.weights.content == pytest.approx(2 * usual.weights.content)
    assert changed.weights.style == pytest.approx(3 * usual.weights.style)
    assert changed.weights.tv == 0
    assert changed.descent.rate == pytest.approx(usual.descent.rate / 2)
