"""The person's mask holds the person and leaves out what lies behind."""

import numpy as np
import pytest
from PIL import Image

from nst.people import NOBODY
from nst.portrait.faces import find_faces
from nst.portrait.find import find_people
from nst.portrait.masks import face_mask
from nst.portrait.person import corrected, person_mask
from tests.faces import landscapes, portraits
from tests.outlines import persons

PORTRAITS = portraits()
# Pixels set by hand: on the person, and behind.
POINTS = {
    "astronaut": (
        [(225, 130), (225, 35), (170, 60), (225, 230), (130, 260), (120, 340), (230, 400)],
        [(20, 20), (90, 60), (340, 40), (400, 100), (490, 60), (330, 180), (500, 200)],
    ),
    "grace-hopper": (
        [(265, 230), (265, 60), (265, 110), (265, 400), (120, 440), (400, 430), (265, 560)],
        [(20, 20), (60, 120), (30, 260), (450, 40), (490, 250), (420, 150), (500, 360)],
    ),
}


def subject(name):
    return find_people(PORTRAITS[name], PORTRAITS[name].size).person


@pytest.mark.parametrize("name", POINTS)
def test_the_person_is_in_and_the_background_out(name):
    mask = subject(name)
    assert mask.dtype == np.float32 and mask.shape == PORTRAITS[name].size[::-1]
    assert mask.min() >= 0 and mask.max() <= 1
    inside, outside = POINTS[name]
    assert [mask[y, x] > 0.8 for x, y in inside] == [True] * len(inside)
    assert [mask[y, x] < 0.2 for x, y in outside] == [True] * len(outside)


@pytest.mark.parametrize("name", PORTRAITS)
def test_faces_belong_to_the_person_whatever_the_photo(name):
    image = PORTRAITS[name]
    faces = find_faces(image)
    mask = person_mask(image, faces, image.size)
    core = face_mask(faces, image.size) > 0.999
    assert mask[core].mean() > 0.95
    assert mask.mean() < 0.95


@pytest.mark.parametrize("name", persons())
def test_the_mask_is_the_one_drawn_by_hand(name):
    image, true = persons()[name]
    found = find_people(image, image.size).person > 0.5
    true = true > 0.5
    assert (found & true).sum() / (found | true).sum() > 0.95


def test_a_mirrored_photo_has_the_mirrored_mask():
    a, b = subject("grace-hopper"), subject("hopper-mirrored")
    assert np.abs(a - b[:, ::-1]).mean() < 0.05


def test_a_person_far_away_leaves_the_rest_out():
    mask = subject("astronaut-small")
    assert mask[:250].max() == 0 and mask[:, :380].max() == 0
    assert mask.mean() < 0.15


def test_two_people_are_both_in_and_what_is_between_them_is_out():
    mask = subject("two")
    for x, y in ((265, 230), (265, 480), (760, 200), (760, 450)):
        assert mask[y, x] > 0.8
    assert mask[60, 450] < 0.2 and mask[60, 990] < 0.2


def test_the_edge_is_soft_and_follows_the_picture():
    mask = subject("grace-hopper")
    shoulder = mask[330:420, 420]  # from the blue wall down into the dark jacket
    assert shoulder[0] < 0.1 and shoulder[-1] > 0.9
    assert np.abs(np.diff(shoulder)).max() < 0.6
    edge = int(np.argmax(shoulder > 0.5)) + 330
    blue = np.asarray(PORTRAITS["grace-hopper"])[:, 420, 2].astype(int)
    assert blue[edge - 6] - blue[edge + 6] > 60


def test_another_size_is_the_same_mask():
    image = PORTRAITS["grace-hopper"]
    faces = find_faces(image)
    half = person_mask(image, faces, (256, 300))
    assert half.shape == (300, 256)
    assert np.abs(half - subject("grace-hopper")[::2, ::2]).mean() < 0.02
    assert person_mask(image, faces, (1536, 1800)).shape == (1800, 1536)


def test_the_mask_is_the_same_every_time():
    assert (subject("astronaut") == subject("astronaut")).all()


def test_without_a_face_there_are_no_masks():
    people = find_people(landscapes()["hokusai-great-wave"], (64, 64))
    assert people == NOBODY
    assert people.face is people.core is people.person is None


def test_a_mask_counts_as_corrected_from_the_first_stroke():
    found = Image.linear_gradient("L")
    strokes = Image.new("RGBA", found.size)
    assert corrected(strokes, found) is corrected(None, found) is None
    strokes.paste("#3ddc84", (100, 10, 103, 13))
    strokes.paste("#c2185b", (0, 250, 3, 253))
    mask = corrected(strokes, found)
    assert mask.getpixel((101, 11)) == 255 and mask.getpixel((1, 251)) == 0
    untouched = [(50, 200), (0, 0), (255, 255)]
    assert [mask.getpixel(at) for at in untouched] == [found.getpixel(at) for at in untouched]
