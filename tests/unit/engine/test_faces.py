"""Colour of faces: finding skin and a style's skin tones, mapping colour, relighting."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nst.engine.color import from_oklab, grey, oklab
from nst.engine.faces import (
    Relight,
    below_eyes,
    in_planes,
    skin_colors,
    skin_mask,
    skin_tones,
)
from nst.people import Face

SKIN, HAIR, SKY, SAND = (0.8, 0.6, 0.5), (0.1, 0.08, 0.06), (0.1, 0.2, 0.6), (0.85, 0.75, 0.5)


def halves(left, right, side: int = 32) -> torch.Tensor:
    picture = torch.empty(1, 3, side, side)
    picture[..., : side // 2] = torch.tensor(left).view(1, 3, 1, 1)
    picture[..., side // 2:] = torch.tensor(right).view(1, 3, 1, 1)
    return picture


def test_skin_is_the_face_without_its_hair():
    face = torch.ones(1, 1, 32, 32)
    face[..., 28:] = 0
    photo = halves(SKIN, SKIN)
    photo[..., :8] = torch.tensor(HAIR).view(1, 3, 1, 1)
    skin, lightness = skin_mask(photo, face, torch.zeros_like(face))
    assert skin[..., 10:28].min() > 0.9 and skin[..., :8].max() < 0.2
    assert lightness == pytest.approx(float(oklab(photo)[0, 0, 0, 20]), abs=0.05)


def test_a_neck_is_skin_in_shadow_too_and_a_shirt_is_not():
    face, near = torch.zeros(1, 1, 32, 32), torch.zeros(1, 1, 32, 32)
    face[..., :16, :], near[..., 16:, :] = 1, 1
    photo = halves(SKIN, SKY)
    photo[..., 16:, :16] = from_oklab(0.75 * oklab(photo))[..., 16:, :16]
    face[..., 16:] = 0
    skin, _ = skin_mask(photo, face, near)
    assert skin[..., 18:, :14].min() > 0.5 and skin[..., 18:, 18:].max() < 0.05


@pytest.mark.parametrize(("landmarks", "neck", "hair"), [
    (None, (22, 16), (6, 16)),
    (((0.5, 0.5), (0.7, 0.5)), (16, 25), (16, 8)),  # the head lies on its side
])
def test_a_neck_is_looked_for_below_the_eyes_along_the_faces_axis(landmarks, neck, hair):
    points = None
    if landmarks:
        points = np.zeros((468, 2), np.float32)
        points[[33, 263]], points[152] = landmarks
    found = below_eyes([Face(0.375, 0.3, 0.25, 0.4, landmarks=points)], (32, 32))
    assert found.shape == (1, 1, 32, 32)
    assert found[(0, 0, *neck)] == 1 and found[(0, 0, *hair)] == 0


def test_the_tones_nearest_to_skin_are_found_even_where_there_is_none():
    tones = skin_tones(halves(SKY, SAND), 0.75, share=0.3)
    assert tones[..., 20:].mean() > 3 * tones[..., :12].mean()


def test_skin_takes_hue_from_the_tones_with_some_warmth_and_keeps_its_lightness():
    photo, style = halves(SKIN, HAIR), halves(SKY, SAND)
    skin = torch.zeros(1, 1, 32, 32)
    skin[..., :16] = 1
    tones = 1 - skin  # the sand
    mapped = oklab(skin_colors(photo, skin, [style], [tones], [1.0], 1.0))
    mapped = mapped[0, :, :, :16].mean((1, 2))
    sand, before = oklab(style)[0, :, 0, -1], oklab(photo)[0, :, 0, 0]
    assert (mapped - sand)[1:].norm() < 0.5 * (before - sand)[1:].norm()
    assert mapped[1] > sand[1] + 0.01  # warmer than sand: towards skin's own hue
    assert mapped[0] == pytest.approx(float(before[0]), abs=0.02)


def test_among_yellow_greens_skin_keeps_most_of_its_redness():
    photo, skin = halves(SKIN, SKIN), torch.ones(1, 1, 32, 32)
    style = halves((0.75, 0.8, 0.3), (0.7, 0.8, 0.35))
    mapped = skin_colors(photo, skin, [style], [torch.ones_like(skin)], [1.0], 1.0)
    redness, before = (float(oklab(x)[0, 1].mean()) for x in (mapped, photo))
    assert redness > 0.35 * before > 0.007


def test_a_relit_face_has_the_photos_coarse_light_and_the_paintings_strokes():
    photo = torch.full((1, 3, 64, 64), 0.7)
    strokes = 0.1 * torch.sign(torch.sin(torch.arange(64.0) * 3.1)).expand(1, 3, 64, 64)
    painted = 0.3 + strokes
    face = torch.zeros(1, 1, 64, 64)
    face[..., 8:-8, 8:-8] = 1
    relit = Relight(photo, face, None, 48, light=1.0, hue=0.0)(painted)
    inside = relit[..., 16:-16, 16:-16]
    assert grey(inside).mean() == pytest.approx(0.7, abs=0.01)
    assert inside.std() > 0.08
    assert torch.equal(relit[..., :8], painted[..., :8])


def test_relighting_gives_back_coarse_light_and_hue_as_far_as_told():
    """Light on sixteen cells across the face, hue on twenty; nothing finer."""
    side, width = 128, 64.0
    face = torch.ones(1, 1, side, side)
    x = torch.arange(side)
    tint = torch.tensor([0.5, 0.0, -0.5 * 0.299 / 0.114]).view(1, 3, 1, 1)  # no luminance

    def given_back(period: float, part: torch.Tensor, light: float, hue: float) -> float:
        waves = 0.1 * torch.cos(2 * torch.pi * (x + 0.5) / period).expand(1, 3, side, side)
        content = 0.5 + waves * part
        painted = torch.full((1, 3, side, side), 0.5)
        relit = Relight(content, face, face, width, light, hue)(painted)
        inside = slice(16, -16)
        moved, wanted = ((p - painted)[..., inside, inside] for p in (relit, content))
        return float((moved * wanted).sum() / wanted.square().sum())

    grey_part = torch.ones(1, 3, 1, 1)
    assert given_back(32, grey_part, 1.0, 0.0) == pytest.approx(0.9, abs=0.03)
    assert given_back(32, grey_part, 0.5, 0.0) == pytest.approx(
        given_back(32, grey_part, 1.0, 0.0) / 2, rel=1e-3)
    assert given_back(32, grey_part, 0.0, 1.0) == pytest.approx(0, abs=1e-4)
    assert given_back(32, tint, 0.0, 1.0) == pytest.approx(0.935, abs=0.03)
    assert given_back(32, tint, 1.0, 0.0) == pytest.approx(0, abs=1e-4)
    # Half of a wave of three cells: these have 4 and 3.2 pixels.
    assert given_back(12, grey_part, 1.0, 0.0) == pytest.approx(0.46, abs=0.04)
    assert given_back(10, tint, 0.0, 1.0) == pytest.approx(0.50, abs=0.025)
    assert given_back(7, grey_part, 1.0, 0.0) < 0.1


def test_relighting_stays_in_the_range_and_averages_only_where_it_counts():
    content = torch.full((1, 3, 64, 64), 0.9)
    face = torch.zeros(1, 1, 64, 64)
    face[..., 16:48, 16:48] = 1
    painted = torch.full((1, 3, 64, 64), 0.2)
    painted[..., :16, :] = 1.0  # what is beside the face does not darken it
    relit = Relight(content, face, None, 32, 1.0, 0.0)(painted)
    torch.testing.assert_close(relit[..., 17:47, 17:47],
                               torch.full((1, 3, 30, 30), 0.9), atol=0.02, rtol=0)
    assert relit.max() <= 1 and torch.equal(relit[..., 48:, :], painted[..., 48:, :])


@pytest.mark.parametrize(("light", "red", "in_face", "beside"), [
    (0.8, 1, 1.0, 1.0), (0.65, 1, 0.99, 0.44), (0.55, 1, 0.72, 0.17), (0.45, 1, 0.46, 0.04),
    (0.3, 1, 0.18, 0.0), (1.2, 1, 1.0, 1.0), (1, 0, 1.0, 1.0), (1, -1, 0.82, 0.24),
    (1, 3, 0.82, 0.24), (1, -3, 0.06, 0.0)])
def test_skin_is_what_is_alike_and_beside_a_face_it_has_to_be_more_alike(
        light, red, in_face, beside):
    """Shadow is skin, another hue is none; near the face are hair and clothes."""
    face, near = torch.zeros(1, 1, 32, 32), torch.ones(1, 1, 32, 32)
    face[..., :16] = 1
    photo = halves(SKIN, SKIN)
    other = oklab(photo) * light
    other[:, 1] *= red
    photo[..., 12:20] = from_oklab(other)[..., 12:20]
    skin, _ = skin_mask(photo, face, near)
    assert float(skin[..., 13].mean()) == pytest.approx(in_face, abs=0.06)
    assert float(skin[..., 18].mean()) == pytest.approx(beside, abs=0.06)
    assert skin[..., :12].min() > 0.9 and skin[..., 24:].min() > 0.9
    assert skin_mask(photo, face, 0 * near)[0][..., 16:].max() == 0


@pytest.mark.parametrize(("place", "value"), [
    ((13, 16), 0.0), ((15, 16), 0.42), ((20, 16), 1.0), ((16, 22), 0.71), ((24, 16), 1.0),
    ((28, 16), 0.49), ((31, 16), 0.0), ((20, 30), 0.0)])
def test_where_ears_and_necks_may_be(place, value):
    """Eyes at 14.7 of 32 rows and chin at 21.8: from the eyes down to 2.2 times as far."""
    found = below_eyes([Face(0.375, 0.3, 0.25, 0.4)], (32, 32))
    assert float(found[(0, 0, *place)]) == pytest.approx(value, abs=0.06)


def test_several_faces_have_a_neck_each():
    faces = [Face(0.1, 0.1, 0.2, 0.3), Face(0.7, 0.1, 0.2, 0.3)]
    one, other, both = (below_eyes(some, (40, 64)) for some in (faces[:1], faces[1:], faces))
    torch.testing.assert_close(both, torch.maximum(one, other))
    assert (one[..., :20].max(), other[..., 44:].max()) == (1, 1) and one[..., 44:].max() == 0


def test_a_style_with_a_face_gives_the_tones_inside_it():
    picture, face = halves(SAND, SAND), torch.zeros(1, 1, 32, 32)
    face[..., :12] = 1
    picture[..., :4] = torch.tensor(SKY).view(1, 3, 1, 1)
    tones = skin_tones(picture, 0.75, 0.7, face)
    assert tones[..., 12:].max() == 0 and tones[..., 8:12].min() > 2 * tones[..., :3].max()
    nothing = skin_tones(picture, 0.75, 0.7, torch.zeros_like(face))  # too small for a pixel
    torch.testing.assert_close(nothing, skin_tones(picture, 0.75, 0.7))


def test_skin_has_some_chroma_and_not_too_much():
    """A grey style does not make it grey, nor a glaring one orange."""
    photo, skin = halves(SKIN, HAIR), torch.zeros(1, 1, 32, 32)
    skin[..., :16] = 1
    for colour in (0.5, 0.5, 0.5), (1.0, 0.2, 0.0):
        style = halves(colour, colour)
        mapped = oklab(skin_colors(photo, skin, [style], [torch.ones_like(skin)], [1.0], 1.0))
        chroma = float(mapped[0, 1:, :, :16].mean((1, 2)).norm())
        assert 0.055 < chroma < 0.115
    none = skin_colors(photo, skin, [style], [torch.ones_like(skin)], [1.0], 0.0)
    torch.testing.assert_close(none, photo, atol=1e-4, rtol=0)


def test_planes_within_a_mask_are_those_of_the_whole_picture():
    photo = torch.rand((1, 3, 48, 40), generator=torch.Generator().manual_seed(0))
    where = torch.zeros(1, 1, 48, 40)
    where[..., 5:20, 22:] = 0.5
    whole, within = in_planes(photo, 3.4), in_planes(photo, 3.4, where)
    inside = (where > 0).expand_as(photo)
    torch.testing.assert_close(within[inside], whole[inside])
    assert torch.equal(within[..., 30:, :], photo[..., 30:, :])
    assert torch.equal(in_planes(photo, 3.4, torch.zeros_like(where))[..., 9:, 9:],
                       photo[..., 9:, 9:])
