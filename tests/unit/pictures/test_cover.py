"""A painting over its photo: softer everywhere, softer in the face, and as it was."""

import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.cover import WHOLE, Cover, covered

PHOTO, PAINTING = Image.new("RGB", (40, 20), (0, 0, 0)), Image.new("RGB", (40, 20), (200, 100, 50))
FACE = np.zeros((20, 40), np.float32)
FACE[:, 20:] = 1


def at(picture: Image.Image, x: int) -> tuple:
    return picture.getpixel((x, 10))


def test_the_photo_is_seen_through_it_everywhere_and_more_of_it_in_the_face():
    softer = covered(PHOTO, PAINTING, Cover(0.5, 0.4), FACE)
    assert at(softer, 5) == pytest.approx((100, 50, 25), abs=1)
    assert at(softer, 35) == pytest.approx((40, 20, 10), abs=1)
    assert at(covered(PHOTO, PAINTING, Cover(0.5, 0.4), None), 35) == at(softer, 5)


def test_all_of_it_is_the_painting_and_nothing_of_it_the_photo():
    assert covered(PHOTO, PAINTING, WHOLE, FACE).tobytes() == PAINTING.tobytes()
    assert covered(PHOTO, PAINTING, Cover(0, 1), FACE).tobytes() == PHOTO.tobytes()


def test_it_is_told_in_per_cent():
    assert str(Cover(0.6)) == "60 %" and str(Cover(1, 0.35)) == "100 %, face 35 %"
    assert WHOLE.complete and not Cover(1, 0.99).complete


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan"), "0.5", None, True])
def test_what_is_no_part_is_refused(wrong):
    with pytest.raises(UserError, match="from 0 to 100 %"):
        Cover(wrong)
    with pytest.raises(UserError):
        Cover(1, wrong)
