"""The recipe: what every setting makes of the method's numbers."""

from __future__ import annotations

import pytest

from nst.engine.manner import Manner
from nst.engine.recipe import plan, scales_above, share_out
from nst.engine.step_filter import strength_for
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


# The numbers that docs/method.md and docs/people.md name


@pytest.mark.parametrize(("quality", "steps"), [
    ("standard", [28, 20, 10, 8, 3, 3, 3]), ("draft", [20, 12, 6, 2, 2, 2, 2]),
    ("fine", [60, 45, 28, 14, 8, 8, 8])])
def test_the_steps_of_each_scale(quality, steps):
    scales = plan(Settings(size=4096, quality=quality)).scales
    assert [scale.size for scale in scales] == [64, 128, 256, 512, 1024, 2048, 4096]
    assert [scale.steps for scale in scales] == steps


def test_the_gains_of_a_face_and_of_its_core_at_each_scale():
    recipe = plan(Settings(size=2048))
    gains = [(recipe.faces.gain**scale.face_power, recipe.faces.core_gain**scale.face_power)
             for scale in recipe.scales]
    wanted = [(2.2, 6.4)] * 3 + [(2.0, 5.3)] + [(1.9, 4.4)] * 2
    assert [gain for pair in gains for gain in pair] == pytest.approx(
        [gain for pair in wanted for gain in pair], abs=0.05)


def test_the_numbers_at_the_default_settings():
    recipe = plan(Settings())
    assert recipe.weights.background == pytest.approx(0.15, abs=0.002)
    assert recipe.start.color_match == 0.5
    assert (recipe.faces.skin_style, recipe.faces.skin_rest) == (0.7, 0.6)
    assert recipe.faces.relight == recipe.faces.recolor == 0.6
    assert recipe.descent.method == "adam" and recipe.descent.betas == (0.5, 0.3)
    assert recipe.statistics == "covariance"
    assert (recipe.start.picture, recipe.start.seed) == ("photo", 0)


# What each of these was chosen by is a measurement or a look; a change of one is a new recipe.
def test_the_numbers_that_nothing_else_holds():
    recipe = plan(Settings())
    assert [plan(Settings(quality=quality)).weights.content
            for quality in ("draft", "standard", "fine")] == [0.15, 0.3, 0.2]
    assert (recipe.weights.style, recipe.weights.tv, recipe.weights.shading) == (1, 0.1, 0.03)
    assert (recipe.start.detail, recipe.start.strokes) == (0.75, 1.15)
    care, descent = recipe.faces, recipe.descent
    assert (care.detail, care.skin_match, care.tones) == (0.5, 0.7, 0.3)
    assert (care.planes, care.core_planes) == (0.045, 0.01)
    assert (care.stroke_gain, care.core_stroke_gain) == (2, 6)
    assert recipe.weights.match == 0.3
    assert [bool(scale.match) for scale in plan(Settings(size=1024)).scales] == [
        True, True, True, False, False]
    assert descent.decay == 0.2
    assert [round(descent.rate_at(size), 4) for size in (64, 256, 1024)] == [0.06, 0.0424, 0.03]
    lbfgs = plan(Settings(optimizer="lbfgs", learning_rate=0.5)).descent
    assert lbfgs.rate_at(64) == lbfgs.rate_at(1024) == 0.5


# What each control does to them


def test_strength_lets_go_of_content_and_takes_less_of_the_style_below_the_default():
    weak, usual, bold = (plan(Settings(strength=value)) for value in (0.2, 0.7, 1.0))
    assert weak.weights.content == pytest.approx(10 * usual.weights.content)  # a decade for .5
    assert bold.weights.content == pytest.approx(usual.weights.content / 10**0.6)
    assert weak.start.color_match == pytest.approx(0.5 * 2 / 7)
    assert weak.start.strokes == pytest.approx(1.15 * 2 / 7)
    assert bold.start.color_match == pytest.approx(0.5 / 0.7)
    assert bold.start.strokes == usual.start.strokes


def test_likeness_keeps_more_of_a_face():
    none, little, usual, most = (plan(Settings(likeness=value)) for value in (0, 0.25, 0.5, 1))
    assert none.faces.gain == none.faces.core_gain == 1
    assert most.faces.gain == 60 and most.faces.core_gain == 1000
    for less, more in (none, little), (little, usual), (usual, most):
        assert less.faces.gain < more.faces.gain
        assert less.faces.core_gain < more.faces.core_gain
        assert less.weights.shading < more.weights.shading
    assert none.weights.shading == 0 and most.weights.shading == 2 * usual.weights.shading
    assert (none.faces.skin_style, little.faces.skin_style) == (1, pytest.approx(0.85))
    assert (none.faces.relight, none.faces.recolor) == (0, 0)
    assert (little.faces.relight, little.faces.recolor) == (0.3, 0.3)
    assert none.faces.stroke_gain == none.faces.core_stroke_gain == 1
    assert none.faces.detail == none.start.detail
    kept = most.faces
    assert (kept.skin_style, kept.relight, kept.recolor) == pytest.approx((0.4, 0.9, 1.0))
    assert (kept.planes, kept.core_planes, kept.detail) == pytest.approx((0, 0, 0.9))
    assert (kept.stroke_gain, kept.core_stroke_gain) == (60, 1000)


def test_a_small_face_is_held_more():
    """Under about 90 px it would lose its eyes."""
    large, wide, small, tiny = (plan(Settings(), face_width=width).faces
                                for width in (400, 140, 84, 30))
    assert large == wide
    assert wide.gain < small.gain < tiny.gain and wide.planes > small.planes > tiny.planes
    assert tiny == plan(Settings(likeness=0.6)).faces == plan(Settings(), face_width=50).faces
    most = Settings(likeness=1.0)
    assert plan(most, face_width=30).faces == plan(most).faces


def test_a_flat_style_sees_the_person_in_larger_planes():
    """It has no brush marks that would cover a photo's detail."""
    marks, half, flat = (plan(Settings(), Manner(flatness=value)).faces for value in (0, 0.5, 1))
    assert half.planes == pytest.approx(1.25 * marks.planes)
    assert flat.planes == pytest.approx(1.5 * marks.planes)
    assert flat.largest_planes == pytest.approx(1.5 * marks.largest_planes)
    assert flat.core_planes == marks.core_planes  # eyes are eyes
    assert plan(Settings(likeness=1.0), Manner(flatness=1)).faces.planes == 0


def test_background_keeps_more_of_it():
    none, usual, whole = (plan(Settings(background=value)).weights.background
                          for value in (0, 0.5, 1))
    assert none == 0 < usual < whole == 1


def test_start_and_statistics_are_those_that_are_asked_for():
    recipe = plan(Settings(init="noise", seed=7, statistics="gram", optimizer="lbfgs"))
    assert (recipe.start.picture, recipe.start.seed) == ("noise", 7)
    assert recipe.statistics == "gram" and recipe.descent.method == "lbfgs"


def test_the_filter_suits_the_styles_weave():
    assert plan(Settings(), Manner(weave=1.0)).descent.filter_strength == strength_for(1.0) == (
        pytest.approx(0.75))
    assert plan(Settings(), Manner(weave=1.3)).descent.filter_strength == strength_for(1.3)
    assert strength_for(0.5) == 0.85 and strength_for(2.0) == 0.6


# Scales


def test_only_the_scales_above_a_finished_result_are_left():
    recipe = plan(Settings(size=2048))
    assert [scale.size for scale in scales_above(recipe, 512).scales] == [1024, 2048]
    assert [scale.size for scale in scales_above(recipe, 900).scales] == [2048]  # 1.14 times: no
    assert [scale.size for scale in scales_above(recipe, 850).scales] == [1024, 2048]
    assert scales_above(recipe, 512).weights == recipe.weights
    with pytest.raises(UserError, match="2048 pixels already"):
        scales_above(recipe, 2048)


def test_steps_are_shared_out_in_proportion_with_one_each_at_least():
    scales = plan(Settings(size=512)).scales  # 28, 20, 10, 8

    def steps(count: int) -> list[int]:
        return [scale.steps for scale in share_out(scales, count)]

    assert steps(66) == [28, 20, 10, 8] and steps(33) == [14, 10, 5, 4]
    assert steps(132) == [56, 40, 20, 16]
    assert steps(5) == [2, 1, 1, 1] and steps(4) == steps(0) == [1, 1, 1, 1]
    assert [scale.size for scale in share_out(scales, 5)] == [64, 128, 256, 512]
    assert [scale.steps for scale in plan(Settings(steps=33)).scales] == [14, 10, 5, 4]


def test_layers_of_ones_own_take_the_recipes_place_at_every_scale():
    scales = plan(Settings(style_layers="conv2_1", content_layers="conv3_1:2,conv4_1:6")).scales
    assert all(scale.style == {"conv2_1": 1} for scale in scales)
    assert all(scale.content == {"conv3_1": 0.25, "conv4_1": 0.75} for scale in scales)
    assert plan(Settings(style_layers=" , ")).scales == plan(Settings()).scales


@pytest.mark.parametrize("weight", ["inf", "nan", "0", "-1", "x", "1e400"])
def test_a_layers_weight_is_a_number_above_0(weight):
    with pytest.raises(UserError, match="weight above 0"):
        plan(Settings(style_layers=f"conv1_1:{weight}"))
