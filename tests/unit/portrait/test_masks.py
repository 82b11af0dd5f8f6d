"""Faces are found where they are, and the masks over them are soft."""

import numpy as np
import pytest
from PIL import Image

from nst.portrait.masks import Face, core_mask, face_mask, find_faces
from tests.faces import ROOT, iou, landscapes, portraits, true_boxes

PORTRAITS, TRUE = portraits(), true_boxes()
FACE = Face(0.3, 0.2, 0.3, 0.3, eyes=((0.39, 0.315), (0.51, 0.315)))
SIZE = (400, 400)


def box(face: Face):
    return face.left, face.top, face.width, face.height


@pytest.mark.parametrize("name", PORTRAITS)
def test_every_face_is_found_in_its_place_and_nothing_else(name):
    found = find_faces(PORTRAITS[name])
    assert len(found) == len(TRUE[name])
    for face, true in zip(found, TRUE[name], strict=True):  # both largest first
        assert iou(box(face), true) > 0.6
        assert not face.profile


@pytest.mark.parametrize(("name", "eyes"), [
    ("astronaut", ((203, 101), (247, 103))),
    ("grace-hopper", ((223, 190), (308, 188))),
])
def test_eyes_lie_where_they_are_in_the_picture(name, eyes):
    image = PORTRAITS[name]
    (face,) = find_faces(image)
    for (x, y), (true_x, true_y) in zip(face.eyes, eyes, strict=True):
        near = 0.12 * face.width * image.width
        assert abs(x * image.width - true_x) < near
        assert abs(y * image.height - true_y) < near


def test_a_leaning_face_has_leaning_eyes():
    image = PORTRAITS["hopper-leaning"]  # turned by 20 degrees, her left eye up
    (face,) = find_faces(image)
    (ax, ay), (bx, by) = face.eyes
    lean = np.degrees(np.arctan2((by - ay) * image.height, (bx - ax) * image.width))
    assert -30 < lean < -10


@pytest.mark.parametrize("name", landscapes())
def test_no_face_in_a_painting_without_one(name):
    assert find_faces(landscapes()[name]) == []


def test_a_profile_is_found_beside_a_frontal_face():
    dancers = Image.open(ROOT / "styles/Impressionism/renoir-moulin-de-la-galette.jpg")
    table = dancers.convert("RGB").crop((299, 110, 598, 330))
    frontal, profile = sorted(find_faces(table), key=lambda face: face.profile)
    assert iou(box(frontal), (0.69, 0.29, 0.16, 0.22)) > 0.5 and not frontal.profile
    assert iou(box(profile), (0.82, 0.38, 0.16, 0.22)) > 0.5 and profile.profile


def test_a_patterned_collar_is_no_face():
    """The cascade is sure of the woman's collar (level weight 56); nobody else would be."""
    fan = Image.open(ROOT / "styles/Ukiyo-e/hokusai-woman-holding-a-fan.jpg").convert("RGB")
    collar = (0.48, 0.49, 0.2, 0.14)
    for size in (fan.size, (608, 892)):
        assert all(iou(box(face), collar) < 0.2 for face in find_faces(fan.resize(size)))


def test_a_photo_of_twelve_megapixels_gives_the_same_face():
    small = PORTRAITS["grace-hopper"]
    big = small.resize((3200, 3750), Image.Resampling.BICUBIC)
    (a,), (b,) = find_faces(small), find_faces(big)
    assert iou(box(a), box(b)) > 0.85


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (30, 20)])
def test_tiny_pictures_have_no_face_and_do_no_harm(size):
    assert find_faces(Image.new("RGB", size, "grey")) == []


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
def test_masks_have_no_rim(make):
    mask = make([FACE], SIZE)
    side = FACE.width * SIZE[0]
    assert mask.min() == 0 and 0.95 < mask.max() <= 1
    steepest = max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1))
    # From 0 to 1 takes at least a third of the face's width (its small features: an eighth).
    assert steepest * side < (1.875 * 3 if make is face_mask else 1.875 * 10)
    assert max(np.abs(np.diff(mask, 2, axis=axis)).max() for axis in (0, 1)) < 2.5 * steepest**2


def test_the_core_is_eyes_nose_and_mouth_and_lies_in_the_face():
    core, whole = core_mask([FACE], SIZE), face_mask([FACE], SIZE)
    assert (core <= whole + 1e-3).all()
    for x, y in ((156, 126), (204, 126), (180, 146), (180, 177)):
        assert core[y, x] > 0.9
    for x, y in ((180, 92), (180, 205), (132, 165)):  # forehead, chin, cheek
        assert core[y, x] < 0.6


def test_a_mask_turns_with_the_eyes():
    leaning = Face(0.3, 0.2, 0.3, 0.3, eyes=((0.41, 0.28), (0.51, 0.35)))  # by 35 degrees
    mask = face_mask([leaning], SIZE)
    y, x = np.nonzero(mask > 0.5)
    assert np.corrcoef(x, y)[0, 1] < -0.1  # the chin has gone to the left, the brow to the right
    upright = face_mask([FACE], SIZE)
    assert upright.sum() == pytest.approx(mask.sum(), rel=0.02)


def test_masks_of_several_faces_and_of_none():
    other = Face(0.65, 0.6, 0.15, 0.15, profile=True, eyes=((0.70, 0.66),))
    both = face_mask([FACE, other], SIZE)
    assert both[140, 180] == 1 and both[270, 290] == 1
    assert core_mask([other], SIZE)[275, 282] > 0.9 > core_mask([other], SIZE)[275, 312]
    assert not face_mask([], SIZE).any() and not core_mask([], SIZE).any()


def test_masks_fit_a_picture_of_any_shape():
    wide = Face(0.4, 0.2, 0.2, 0.4)  # square in a picture twice as wide as high
    mask = face_mask([wide], (600, 300))
    assert mask.shape == (300, 600)
    assert mask[120, 300] == 1
    np.testing.assert_allclose(mask, mask[:, ::-1], atol=1e-4)
