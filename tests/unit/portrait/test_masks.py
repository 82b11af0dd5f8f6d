"""The masks over faces cover what they should, are soft, and turn with the head."""

from dataclasses import replace

import numpy as np
import pytest

from nst.people import Face
from nst.portrait.faces import find_faces
from nst.portrait.masks import core_mask, face_mask
from tests.faces import portraits

PORTRAITS = portraits()
MARKED = Face(0.3, 0.2, 0.3, 0.3)  # without landmarks
SIZE = (400, 400)


def found() -> Face:
    """The astronaut's face, its box moved to (.3, .2, .3, .36) of a square picture."""
    (face,) = find_faces(PORTRAITS["astronaut"])
    points = (face.landmarks - (face.left, face.top)) / (face.width, face.height)
    return Face(0.3, 0.2, 0.3, 0.36, 1.0, np.float32(points * (0.3, 0.36) + (0.3, 0.2)))


def turned(face: Face, degrees: float) -> Face:
    """The face turned clockwise about the middle of a square picture."""
    a = np.radians(degrees)
    points = (face.landmarks - 0.5) @ [[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]] + 0.5
    low, high = points.min(axis=0), points.max(axis=0)
    return Face(*low.tolist(), *(high - low).tolist(), 1.0, np.float32(points))


def test_the_mask_covers_the_whole_face_and_nothing_far_away():
    image = PORTRAITS["astronaut"]
    mask = face_mask(find_faces(image), image.size)
    assert mask.shape == (512, 512) and mask.dtype == np.float32
    forehead, nose, chin, cheek, jaw = (225, 82), (225, 125), (222, 172), (188, 125), (200, 160)
    for x, y in (forehead, nose, chin, cheek, jaw):
        assert mask[y, x] > 0.9
    for x, y in ((225, 300), (80, 120), (380, 120), (225, 4)):
        assert mask[y, x] == 0


@pytest.mark.parametrize("make", [face_mask, core_mask])
@pytest.mark.parametrize("face", [MARKED, found()], ids=["marked", "found"])
def test_masks_have_soft_edges(make, face):
    mask = make([face], SIZE)
    side = np.sqrt(face.width * face.height) * SIZE[0]
    assert mask.min() == 0 and 0.95 < mask.max() <= 1
    steepest = max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1))
    # From 0 to 1 takes at least a third of the face's width (its small features: a ninth).
    assert steepest * side < (1.875 * 3 if make is face_mask else 1.875 * 9)
    assert max(np.abs(np.diff(mask, 2, axis=axis)).max() for axis in (0, 1)) < 2.5 * steepest**2


def test_the_core_is_eyes_brows_nose_and_mouth_and_lies_in_the_face():
    face = found()
    core, whole = core_mask([face], SIZE), face_mask([face], SIZE)
    assert (core <= whole + 1e-3).all()

    def at(*points):
        x, y = face.landmarks[list(points)].mean(axis=0) * SIZE
        return core[int(y), int(x)]

    for inside in ((159, 145), (386, 374), (105,), (334,), (1,), (13, 14)):
        assert at(*inside) > 0.95  # both eyes, both brows, the nose's tip, between the lips
    for outside in ((10,), (152,), (50, 205), (280, 425)):
        assert at(*outside) < 0.5  # forehead, chin, cheeks


@pytest.mark.parametrize("degrees", [35, -60, 90, 180])
@pytest.mark.parametrize("make", [face_mask, core_mask])
def test_a_mask_turns_with_the_head(make, degrees):
    face = found()
    upright, leaning = make([face], SIZE), make([turned(face, degrees)], SIZE)
    a = np.radians(degrees)
    y, x = (np.mgrid[:400, :400] + 0.5) / 400 - 0.5
    back = np.stack([np.cos(a) * x + np.sin(a) * y, np.cos(a) * y - np.sin(a) * x]) + 0.5
    i, j = np.clip((back[::-1] * 400).astype(int), 0, 399)
    inside = (np.abs(back - 0.5) < 0.45).all(axis=0)
    assert np.abs(leaning - upright[i, j])[inside].max() < (0.06 if make is face_mask else 0.15)


def test_masks_of_several_faces_and_of_none():
    other = Face(0.65, 0.6, 0.15, 0.15)
    both = face_mask([MARKED, other], SIZE)
    assert min(both[140, 180], both[270, 290]) > 0.9999
    assert core_mask([other], SIZE)[270, 290] > 0.9
    assert not face_mask([], SIZE).any() and not core_mask([], SIZE).any()


def test_masks_fit_a_picture_of_any_shape():
    wide = Face(0.4, 0.2, 0.2, 0.4)  # square in a picture twice as wide as high
    mask = face_mask([wide], (600, 300))
    assert mask.shape == (300, 600)
    y, x = np.nonzero(mask > 0.5)
    assert np.ptp(x) == pytest.approx(np.ptp(y), rel=0.12)
    assert (x.mean(), y.mean()) == pytest.approx((299.5, 119.5), abs=2)


def test_a_mask_is_the_same_at_every_size():
    face = found()
    for make in (face_mask, core_mask):
        large, small = make([face], (1600, 1600)), make([face], (100, 100))
        averaged = large.reshape(100, 16, 100, 16).mean(axis=(1, 3))
        assert np.abs(averaged - small).max() < 0.12
        assert np.abs(averaged - small).mean() < 0.003


def test_a_face_at_the_rim_or_outside_does_no_harm():
    assert face_mask([replace(MARKED, left=-0.1, top=-0.1)], SIZE)[0, 0] > 0.5
    assert not face_mask([replace(MARKED, left=3.0)], SIZE).any()
    assert face_mask([Face(0.5, 0.5, 1e-4, 1e-4)], SIZE).max() <= 1
