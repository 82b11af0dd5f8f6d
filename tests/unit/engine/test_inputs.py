"""The photo, its masks and the styles at a scale: what every setting and number makes of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from nst.engine.color import (
    chrominance,
    grey,
    luminance,
    match_colors,
    matched_luminance,
    oklab,
)
from nst.engine.inputs import Inputs, checked_styles
from nst.engine.recipe import plan
from nst.engine.tensors import to_tensor
from nst.errors import UserError
from nst.geometry import resized
from nst.people import NOBODY, Face, People
from nst.settings import Settings

RECIPE = plan(Settings(size=128))
# At 64 px: middles of the background, of the person's clothes, of the face and of its core.
BEHIND, CLOTHES, FACE, CORE = (4, 4), (60, 20), (19, 32), (32, 32)


def with_faces(**care):
    return replace(RECIPE, faces=replace(RECIPE.faces, **care))


def at(mask: torch.Tensor, place: tuple[int, int]) -> float:
    return round(float(mask[(0, 0, *place)]), 4)


@pytest.mark.parametrize("background", [0.0, 0.3, 1.0])
def test_the_background_counts_as_much_as_the_recipe_says_and_the_person_whole(scaled, background):
    recipe = replace(RECIPE, weights=replace(RECIPE.weights, background=background))
    recipe = replace(recipe, faces=replace(recipe.faces, gain=1.0, core_gain=1.0))
    found = scaled(recipe)
    assert at(found.content_gain, BEHIND) == pytest.approx(background)
    assert [at(found.content_gain, place) for place in (CLOTHES, FACE, CORE)] == [1, 1, 1]
    assert at(found.detail, BEHIND) == pytest.approx(background * RECIPE.start.detail)
    assert at(found.detail, CLOTHES) == pytest.approx(RECIPE.start.detail)


def test_the_background_setting_reaches_the_inputs(scaled):
    little, all_of_it = (scaled(settings=Settings(size=128, background=value)).content_gain
                         for value in (0.5, 1.0))
    assert at(little, BEHIND) == pytest.approx(0.15, abs=0.002)  # docs/method.md
    assert at(all_of_it, BEHIND) == 1


def test_a_persons_outline_counts_whole_with_a_soft_rim(scaled):
    """Its width is a share of the picture's: .02 of 128 px are 3."""
    gain = scaled(with_faces(gain=1.0, core_gain=1.0), index=1).content_gain
    row = gain[0, 0, 120]  # the person's columns are 32 to 95
    assert row[32:96].min() == 1 and row[:26].max() == row[:26].min() < 0.2
    rim = row[26:32]
    assert (rim.diff() > 0).all() and rim[-1] > 0.8
    torch.testing.assert_close(row, row.flip(0))
    assert gain[0, 0, 60].diff().abs().max() < 0.5
    row = scaled(with_faces(gain=1.0, core_gain=1.0)).content_gain[0, 0, 60]  # .02 of 64 is 1
    assert row[16:48].min() == 1 > row[15] > row[14] > row[13] == row[0]


def test_nobody_is_no_background(scaled):
    found = scaled(people=NOBODY)
    assert found.content_gain.min() == found.content_gain.max() == RECIPE.weights.nobody > 1
    assert found.protection is None and found.relight is None
    assert found.shading is not None and found.shading.where.min() == 1
    assert len(found.regions) == 1 and found.regions[0].where is None
    assert (found.detail == RECIPE.start.detail).all()


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_content_counts_more_in_a_face_and_most_in_its_core(scaled, power):
    recipe = with_faces(gain=4.0, core_gain=9.0, stroke_gain=3.0, core_stroke_gain=7.0)
    recipe = replace(recipe, scales=tuple(replace(scale, face_power=power)
                                          for scale in recipe.scales))
    found = scaled(recipe)
    assert at(found.content_gain, CLOTHES) == 1
    assert at(found.content_gain, FACE) == pytest.approx(4**power)
    assert at(found.content_gain, CORE) == pytest.approx(9**power)
    assert at(found.protection, FACE) == pytest.approx(3)  # the power is the content's alone
    assert at(found.protection, CORE) == pytest.approx(7)
    assert found.protection.min() == 1


def test_a_face_without_a_core_of_its_own_is_all_core(scaled, person):
    found = scaled(with_faces(gain=4.0, core_gain=9.0), people=replace(person, core=None))
    assert at(found.content_gain, FACE) == pytest.approx(9)


def test_a_face_starts_with_its_own_amount_of_the_photos_detail(scaled):
    found = scaled(with_faces(detail=0.6))
    assert at(found.detail, CORE) == pytest.approx(0.6)
    assert at(found.detail, CLOTHES) == pytest.approx(RECIPE.start.detail)


def test_what_hides_a_face_is_not_face(scaled, person):
    """A hand or a hat before it is outside of the person that was cut out."""
    half = person.person.copy()
    half[:, 64:] = 0
    found = scaled(with_faces(stroke_gain=4.0, core_stroke_gain=9.0),
                   people=replace(person, person=half))
    assert at(found.protection, (32, 29)) == pytest.approx(9)
    assert at(found.protection, (32, 40)) == 1


# Colours


def test_the_photo_is_moved_towards_the_paintings_colours(scaled, canvas):
    for amount in (0.0, 0.5, 1.0):
        recipe = replace(RECIPE, start=replace(RECIPE.start, color_match=amount))
        found = scaled(recipe, people=NOBODY)
        wanted = match_colors(found.photo, [(found.styles[0].picture, 1.0)], amount)
        torch.testing.assert_close(found.content, wanted)


def test_in_the_photos_colours_the_painting_is_recoloured_and_the_photo_is_not(scaled):
    usual = scaled(people=NOBODY)
    found = scaled(settings=Settings(size=128, colors="photo"), people=NOBODY)
    assert torch.equal(found.content, found.photo)
    wanted = match_colors(usual.styles[0].picture, [(found.photo, 1.0)])
    torch.testing.assert_close(found.styles[0].picture, wanted)


def test_in_luminance_only_brightness_is_painted(scaled, portrait, canvas):
    settings = Settings(size=128, colors="luminance")
    found = scaled(settings=settings, people=NOBODY)
    usual = scaled(people=NOBODY).styles[0].picture
    assert torch.equal(found.content, luminance(found.photo))
    torch.testing.assert_close(found.styles[0].picture, matched_luminance(usual, found.photo))
    inputs = Inputs(portrait, [(canvas, 1.0)], settings, RECIPE, torch.device("cpu"))
    done = inputs.finish(found.photo.flip(3) * 0.5 + 0.25, found)
    inside = ((done > 0) & (done < 1)).all(1, keepdim=True)
    off = (chrominance(done) - chrominance(found.photo)).abs() * inside
    assert inside.float().mean() > 0.5 and off.max() < 1e-5


def test_skin_takes_the_styles_tones_as_far_as_the_recipe_says(scaled):
    """Only in "painting", where the map of all colours would turn it grey."""
    off = []
    for amount in (0.0, 0.5, 1.0):
        found = scaled(with_faces(skin_match=amount, planes=0.0, core_planes=0.0))
        skin = (found.regions[1].where == 1)[0, 0]
        off.append(float((found.content - found.photo)[..., skin].abs().mean()))
    assert skin.sum() > 100 and off[0] < 1e-4 and 1.5 * off[1] < off[2]
    other = scaled(with_faces(planes=0.0, core_planes=0.0), Settings(size=128, colors="photo"))
    assert torch.equal(other.content, other.photo)


# Regions


def test_skin_and_the_rest_learn_each_for_itself_and_faces_can_be_left_to_the_rest(scaled):
    rest, skin = scaled().regions
    assert at(skin.where, FACE) > 0.5 > at(skin.where, BEHIND) == 0
    torch.testing.assert_close(rest.where + skin.where, torch.ones_like(rest.where))
    assert rest.weight == 1 and skin.weight == RECIPE.faces.skin_style
    assert rest.in_styles == (None,)  # the style has no face
    alone, = scaled(settings=Settings(size=128, style_faces=False)).regions
    assert alone.where is None


@pytest.mark.parametrize("weight", [0.2, 1.0])
def test_skins_style_loss_has_the_recipes_weight(scaled, weight):
    assert scaled(with_faces(skin_style=weight)).regions[1].weight == weight


@pytest.mark.parametrize("rest", [0.1, 0.6, 1.0])
def test_skin_learns_a_share_from_the_whole_style(scaled, rest):
    tones, learnt = (scaled(with_faces(skin_rest=share)).regions[1].in_styles[0]
                     for share in (0.0, rest))
    assert tones.mean() == pytest.approx(1, abs=1e-3) and tones.std() > 0.3
    torch.testing.assert_close(learnt, rest + (1 - rest) * tones)


def test_skin_learns_from_as_much_of_the_style_as_the_recipe_says(scaled):
    spread = [float((scaled(with_faces(skin_rest=0.0, tones=share)).regions[1].in_styles[0]
                     > 0.5).float().mean()) for share in (0.1, 0.3, 0.6)]
    assert spread[0] < spread[1] < spread[2]


def half_face(share: float, shape=(88, 112)) -> People:
    """A style's face: a part of its left half."""
    mask = np.zeros(shape, np.float32)
    mask[:, :round(share * shape[1])] = 1
    return People((Face(0.0, 0.0, share, 1.0),), mask, mask, mask)


def test_skin_learns_from_the_styles_face_and_the_rest_from_what_is_beside_it(scaled):
    rest, skin = scaled(with_faces(skin_rest=0.0), style_people=[half_face(0.3)]).regions
    width = rest.in_styles[0].shape[3]
    left, right = slice(0, int(0.28 * width)), slice(int(0.32 * width), None)
    assert rest.in_styles[0][..., left].max() == 0 and rest.in_styles[0][..., right].min() == 1
    assert skin.in_styles[0][..., right].max() == 0 < skin.in_styles[0][..., left].mean()


def test_a_styles_small_face_is_too_little_to_learn_from(scaled):
    """.017 of a style's area left patches on a cheek."""
    for share, learns in (0.02, False), (0.05, True):
        rest, _ = scaled(style_people=[half_face(share)]).regions
        assert (rest.in_styles[0] is not None) == learns


def test_a_region_too_small_to_have_a_style_is_none(scaled, person):
    one = np.zeros_like(person.face)
    one[64, 64] = 1  # of 128 by 128: .00006 of the picture
    regions = scaled(people=replace(person, face=one, core=one, faces=(
        Face(0.5, 0.5, 0.01, 0.01),))).regions
    assert len(regions) == 1


# Where to paint


def test_the_mask_is_the_person_or_the_rest_and_everything_by_default(scaled):
    assert scaled().mask is None
    subject, background = (scaled(settings=Settings(size=128, region=region)).mask
                           for region in ("subject", "background"))
    torch.testing.assert_close(subject + background, torch.ones_like(subject))
    assert at(subject, CLOTHES) == 1 and at(subject, BEHIND) == 0


def test_regions_lie_inside_the_mask(scaled):
    found = scaled(settings=Settings(size=128, region="subject"))
    rest, skin = found.regions
    torch.testing.assert_close(rest.where + skin.where, found.mask)
    whole, = scaled(settings=Settings(size=128, region="subject", style_faces=False)).regions
    assert torch.equal(whole.where, found.mask)


def test_a_mask_of_ones_own_takes_the_persons_place(portrait, canvas, person):
    own = Image.new("L", (32, 32), 0)
    own.paste(255, (0, 0, 32, 8))
    for region, painted in ("everything", 1), ("subject", 1), ("background", 0):
        settings = Settings(size=128, region=region)
        inputs = Inputs(portrait, [(canvas, 1.0)], settings, RECIPE, torch.device("cpu"), own,
                        person)
        mask = inputs.at(RECIPE.scales[0]).mask
        assert mask[..., :14, :].mean() == pytest.approx(painted, abs=0.02)
        assert mask[..., 20:, :].mean() == pytest.approx(1 - painted, abs=0.02)


def test_a_finished_picture_has_the_photo_outside_of_the_mask_and_the_faces_light(
        portrait, canvas, person):
    settings = Settings(size=128, region="subject")
    inputs = Inputs(portrait, [(canvas, 1.0)], settings, RECIPE, torch.device("cpu"),
                    people=person)
    scaled = inputs.at(RECIPE.scales[0])
    painted = torch.full_like(scaled.photo, 0.5)
    done = inputs.finish(painted, scaled)
    outside = scaled.mask[0, 0] == 0
    assert torch.equal(done[..., outside], scaled.photo[..., outside])
    torch.testing.assert_close(done[..., ~outside], torch.lerp(
        scaled.photo, scaled.relight(painted), scaled.mask)[..., ~outside])


# What is given back to faces


def test_light_is_kept_on_sixteen_cells_across_the_largest_face(scaled, person):
    """docs/method.md and docs/people.md; .42 of 128 px is the face."""
    shading = scaled(index=1).shading
    assert shading.size == (round(16 / 0.42),) * 2
    two = replace(person, faces=(*person.faces, Face(0.0, 0.0, 0.1, 0.1)))
    assert scaled(index=1, people=two).shading.size == shading.size
    # Cells are no smaller than a pixel.
    small = replace(person, faces=(Face(0.45, 0.45, 0.1, 0.1),))
    assert scaled(people=small).shading.size == (64, 64)
    none = replace(RECIPE, weights=replace(RECIPE.weights, shading=0.0))
    assert scaled(none).shading is None and scaled(none).relight is not None


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0])
def test_a_face_gets_its_light_and_its_hue_back_as_far_as_the_recipe_says(
        scaled, amount, monkeypatch):
    monkeypatch.setattr("nst.engine.faces._LEAST_REDNESS", 0.0)  # where skin does not look ill
    monkeypatch.setattr("nst.engine.faces._MOST_TINT", 1.0)
    found = scaled(with_faces(relight=amount, recolor=0.0))
    painted = (found.content * torch.tensor([1.2, 0.8, 1.1]).view(1, 3, 1, 1) * 0.8).clamp(0, 1)
    face = found.protection > 2

    def off(picture: torch.Tensor, part) -> float:
        return float(part((picture - found.content) * face).mean((2, 3)).norm())

    assert off(found.relight(painted), grey) == pytest.approx(
        (1 - amount) * off(painted, grey), abs=0.1 * off(painted, grey))
    found = scaled(with_faces(relight=0.0, recolor=amount))
    skin = found.regions[1].where > 0.95
    left, whole = (float((chrominance(picture - found.content) * skin).mean((2, 3)).norm())
                   for picture in (found.relight(painted), painted))
    assert left == pytest.approx((1 - amount) * whole, abs=0.1 * whole)


@pytest.mark.parametrize("tint", [(0.6, 1.3, 0.7), (0.8, 0.9, 1.4)], ids=["green", "blue"])
def test_skin_turns_neither_green_nor_blue_however_little_hue_is_given_back(scaled, tint):
    found = scaled(with_faces(relight=0.0, recolor=0.2))
    painted = (found.content * torch.tensor(tint).view(1, 3, 1, 1)).clamp(0, 1)
    skin = (found.regions[1].where > 0.95)[0, 0]
    before, after, wanted = (oklab(picture)[0, 1:, skin].mean(1)
                             for picture in (painted, found.relight(painted), found.content))
    assert (before - wanted).norm() > 2 * (after - wanted).norm()
    assert after[0] > 0.5 * wanted[0] and (after - wanted).norm() < 0.035


def test_the_person_is_seen_in_planes_and_the_core_less_so(scaled):
    def roughness(found, place) -> float:
        y, x = place
        part = grey(found.content)[..., y - 4:y + 5, x - 4:x + 5]
        return float(part.diff(dim=3).abs().mean())

    rough, flat = (scaled(with_faces(planes=planes, core_planes=0.0, skin_match=0.0), index=1)
                   for planes in (0.0, 0.1))
    core, face, outside = ([2 * at for at in place] for place in (CORE, FACE, (4, 4)))
    assert roughness(flat, face) < 0.7 * roughness(rough, face)
    assert roughness(flat, core) == pytest.approx(roughness(rough, core), rel=0.2)
    assert roughness(flat, outside) == pytest.approx(roughness(rough, outside), rel=0.05)


# Styles and sizes


def test_a_style_has_as_many_pixels_as_the_photo_but_is_not_enlarged_much(scaled, canvas):
    def size(side: int, **settings) -> tuple[int, ...]:
        picture = resized(canvas, side)
        found = scaled(settings=Settings(size=128, **settings), index=1,
                       styles=[(picture, 1.0)], people=NOBODY)
        return tuple(found.styles[0].picture.shape[2:])

    height, width = size(400)
    assert height * width == pytest.approx(128 * 128, rel=0.02)
    assert width / height == pytest.approx(112 / 88, rel=0.02)
    assert size(60) == (70, 90)  # by half, and no more
    assert size(400, style_scale=0.5) == pytest.approx((height / 2, width / 2), abs=1)
    assert min(size(400, style_scale=0.25)) == 32  # nothing to learn from below


def test_several_styles_keep_their_weights_and_order(scaled, canvas, portrait):
    found = scaled(styles=[(canvas, 2.0), (portrait, 0.5)], people=NOBODY)
    assert [style.weight for style in found.styles] == [2.0, 0.5]
    torch.testing.assert_close(found.styles[1].picture,
                               to_tensor(portrait.resize((64, 64), Image.Resampling.LANCZOS)))
    assert found.regions[0].in_styles == (None, None)
    one, other = (match_colors(found.photo, [(found.styles[0].picture, share),
                                             (found.styles[1].picture, 1.0)],
                               RECIPE.start.color_match) for share in (4.0, 1.0))
    torch.testing.assert_close(found.content, one)
    assert not torch.allclose(found.content, other, atol=1e-3)


@pytest.mark.parametrize("weight", [0, -1, float("inf"), float("nan"), "1", None])
def test_a_styles_weight_is_a_number_above_0(canvas, weight):
    with pytest.raises(UserError, match="above 0"):
        checked_styles([(canvas, weight)])


def test_checked_styles_are_rgb_with_their_weights(canvas):
    (picture, weight), = checked_styles([(canvas.convert("L"), 2)])
    assert picture.mode == "RGB" and weight == 2.0 and isinstance(weight, float)


def test_masks_are_averaged_down(scaled, person):
    found = scaled(with_faces(stroke_gain=2.0, core_stroke_gain=2.0),
                   Settings(size=128, style_faces=False)).protection
    wanted = F.avg_pool2d(torch.from_numpy(person.face)[None, None], 2)
    torch.testing.assert_close(found - 1, wanted)
