"""Brush strokes at a scale's start: detail from the place of the style that looks alike."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from nst import Settings
from nst.engine.inputs import Region, ScaledInputs, ScaledStyle
from nst.engine.recipe import Start, plan
from nst.engine.scale_start import _nearest, brush_strokes, start_of_scale
from nst.engine.stylize import load_backbone
from nst.engine.tensors import resampled

SIDE = 128


def style() -> torch.Tensor:
    """Left: smooth orange; right: blue with fine stripes."""
    picture = torch.empty(1, 3, SIDE, SIDE)
    picture[..., : SIDE // 2] = torch.tensor([0.9, 0.6, 0.2]).view(1, 3, 1, 1)
    stripes = 0.25 * torch.sign(torch.sin(torch.arange(SIDE) * 2.2))[:, None]
    blue = torch.tensor([0.1, 0.2, 0.6]).view(1, 3, 1, 1)
    picture[..., SIDE // 2:] = (blue + stripes).clamp(0, 1)
    return picture


def test_detail_comes_from_the_place_that_looks_alike():
    coarse = torch.empty(1, 3, SIDE // 2, SIDE // 2)  # blue at the left, orange at the right
    coarse[..., : SIDE // 4] = torch.tensor([0.1, 0.2, 0.6]).view(1, 3, 1, 1)
    coarse[..., SIDE // 4:] = torch.tensor([0.9, 0.6, 0.2]).view(1, 3, 1, 1)
    content = torch.zeros(1, 3, SIDE, SIDE)
    inputs = ScaledInputs(content, content, (ScaledStyle(style(), 1.0),),
                          (Region(None, (None,)),), None, torch.ones(1, 1, SIDE, SIDE),
                          torch.ones(1, 1, SIDE, SIDE))
    settings = Settings(size=SIDE, precision="float32")
    strokes = brush_strokes(coarse, inputs, load_backbone(settings), "conv3_1")
    assert strokes.shape == content.shape
    blue, orange = strokes[..., 8:48].std(), strokes[..., 80:120].std()
    assert blue > 0.02 and orange < blue / 4


def test_the_nearest_is_by_direction_not_by_length():
    theirs = torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])
    ours = theirs[:, [2, 0]] * 0.1 + theirs.mean(1, keepdim=True)
    assert _nearest(ours, theirs).tolist() == [2, 0]


def test_a_large_style_is_searched_at_a_part_of_its_places_always_the_same(monkeypatch):
    monkeypatch.setattr("nst.engine.scale_start.MAX_PLACES", 8)
    theirs = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    found = _nearest(theirs, theirs)
    assert len(found.unique()) == 8 and torch.equal(found, _nearest(theirs, theirs))
    assert torch.equal(_nearest(theirs[:, found], theirs), found)  # what is compared finds itself


# What a scale starts from

SETTINGS = Settings(size=SIDE, precision="float32")


def started(coarser, inputs, layer="conv3_1", **start) -> torch.Tensor:
    """Without strokes, where nothing else is said."""
    start = Start(**{"picture": "photo", "seed": 0, "strokes": 0.0} | start)
    return start_of_scale(coarser, inputs, start, layer, load_backbone(SETTINGS))


def test_the_coarsest_scale_starts_from_what_the_settings_name(scaled):
    inputs = scaled()
    photo, style, noise, again, other = (started(None, inputs, picture=name, seed=seed) for
                                         name, seed in (("photo", 0), ("style", 0), ("noise", 0),
                                                        ("noise", 0), ("noise", 1)))
    assert torch.equal(photo, inputs.content) and photo is not inputs.content
    wanted = resampled(inputs.styles[0].picture, (64, 64)).clamp(0, 1)
    assert torch.equal(style, wanted)
    assert torch.equal(noise, again) and not torch.equal(noise, other)
    assert noise.shape == photo.shape and 0.45 < noise.mean() < 0.55 and noise.std() > 0.25


@pytest.fixture(scope="module")
def larger(scaled):
    """The inputs at 128 px, and a coarser picture of 64 px."""
    inputs = scaled(index=1)
    return replace(inputs, relight=None), scaled().content.flip(3) * 0.6 + 0.2


def test_a_scale_starts_from_the_coarser_picture_with_the_photos_finer_detail(larger):
    inputs, coarse = larger
    enlarged = resampled(coarse, (SIDE, SIDE))
    none = replace(inputs, detail=torch.zeros_like(inputs.detail))
    torch.testing.assert_close(started(coarse, none), enlarged.clamp(0, 1))
    detail = inputs.content - resampled(resampled(inputs.content, (64, 64)), (SIDE, SIDE))
    wanted = (enlarged + inputs.detail * detail).clamp(0, 1)
    found = started(coarse, inputs)
    torch.testing.assert_close(found, wanted)
    assert (found - enlarged).std() > 0.003


def test_strokes_are_given_as_far_as_the_recipe_says_and_less_where_a_face_is_protected(larger):
    inputs, coarse = larger
    network = load_backbone(SETTINGS)
    strokes = brush_strokes(coarse, inputs, network, "conv3_1")
    bare = replace(inputs, protection=None)
    torch.testing.assert_close(brush_strokes(coarse, bare, network, "conv3_1"),
                               strokes * inputs.protection)
    without = started(coarse, replace(inputs, detail=torch.zeros_like(inputs.detail)))
    for share in 0.5, 1.15:
        given = started(coarse, replace(inputs, detail=torch.zeros_like(inputs.detail)),
                        strokes=share)
        torch.testing.assert_close(given, (without + share * strokes).clamp(0, 1))
    elsewhere = started(coarse, inputs, strokes=1.0, layer="conv3_2")
    assert not torch.equal(elsewhere, started(coarse, inputs, strokes=1.0))


def test_a_face_gets_its_light_back_between_the_scales(larger):
    """Before detail and strokes are added; the coarser picture is relit at the finer size."""
    inputs, coarse = larger
    seen = []

    def relight(picture):
        seen.append(picture)
        return picture * 0.5

    found = started(coarse, replace(inputs, relight=relight))
    assert len(seen) == 1 and torch.equal(seen[0], resampled(coarse, (SIDE, SIDE)))
    none = started(coarse, replace(inputs, detail=torch.zeros_like(inputs.detail)))
    nothing_more = started(coarse, replace(inputs, relight=relight,
                                           detail=torch.zeros_like(inputs.detail)))
    torch.testing.assert_close(nothing_more, none * 0.5, atol=0.01, rtol=0.02)
    assert not torch.equal(found, nothing_more)


def test_several_styles_give_strokes_by_their_weights(larger):
    inputs, coarse = larger
    network, other = load_backbone(SETTINGS), style()

    def strokes(*weights: float) -> torch.Tensor:
        styles = tuple(ScaledStyle(picture, weight) for picture, weight
                       in zip((inputs.styles[0].picture, other), weights, strict=True) if weight)
        return brush_strokes(coarse, replace(inputs, styles=styles), network, "conv3_1")

    one, two = strokes(1.0, 0.0), strokes(0.0, 5.0)
    torch.testing.assert_close(strokes(3.0, 1.0), 0.75 * one + 0.25 * two)
    assert (one - two).abs().mean() > 1e-3


@pytest.mark.parametrize("size", [(63, 90), (66, 51)])
def test_odd_sizes_get_strokes_up_to_their_border(larger, size):
    inputs, _ = larger
    height, width = size
    content = inputs.content[:, :, :2 * height, :2 * width]
    coarse = torch.rand(1, 3, height // 2, width // 2, generator=torch.Generator().manual_seed(2))
    found = brush_strokes(coarse, replace(inputs, content=resampled(content, size),
                                          protection=None), load_backbone(SETTINGS), "conv3_1")
    assert found.shape == (1, 3, *size)
    for rim in found[..., -4:], found[..., -4:, :], found[..., :4], found[..., :4, :]:
        assert rim.std() > 0.2 * found.std()


def test_the_plan_of_the_settings_reaches_the_start(scaled):
    """Of strength, and of the layer at whose positions strokes are looked up."""
    bold, weak = (plan(Settings(size=SIDE, strength=value)).start for value in (0.7, 0.1))
    inputs, coarse = replace(scaled(index=1), relight=None), scaled().content.flip(3)
    network = load_backbone(SETTINGS)
    none, few, many = (start_of_scale(coarse, inputs, start, "conv3_1", network)
                       for start in (replace(bold, strokes=0.0), weak, bold))
    assert 0 < (few - none).abs().mean() < 0.3 * (many - none).abs().mean()
