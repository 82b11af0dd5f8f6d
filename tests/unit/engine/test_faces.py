"""Colour of faces: finding skin and a style's skin tones, mapping colour, relighting."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nst.engine.color import from_oklab, grey, oklab
from nst.engine.faces import Relight, below_eyes, skin_colors, skin_mask, skin_tones
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
