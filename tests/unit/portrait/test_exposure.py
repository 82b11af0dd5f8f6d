"""A dark or pale photo is evened out; a good one is left alone."""

import numpy as np
import pytest
from PIL import Image

from nst.portrait.exposure import even_exposure
from tests.faces import portraits

PORTRAITS = portraits()


def middle(image):
    return np.median(np.asarray(image.convert("L"))) / 255


def spread(image):
    return np.ptp(np.percentile(np.asarray(image.convert("L")), (5, 95))) / 255


def test_a_well_exposed_photo_comes_back_as_it_is():
    photo = PORTRAITS["astronaut"]
    assert even_exposure(photo) is photo


@pytest.mark.parametrize("name", ["astronaut-dark", "hopper-dark"])
def test_a_dark_photo_becomes_lighter_but_not_pale(name):
    photo = PORTRAITS[name]
    assert middle(photo) < 0.12
    assert 0.2 < middle(even_exposure(photo)) < 0.5
    assert spread(even_exposure(photo)) > 2 * spread(photo)


def test_a_pale_photo_gains_contrast():
    photo = PORTRAITS["astronaut-pale"]
    assert spread(even_exposure(photo)) > 1.2 * spread(photo)
    assert 0.3 < middle(even_exposure(photo)) < middle(photo)


def test_brighter_stays_brighter_and_grey_stays_grey():
    ramp = np.tile(np.arange(10, 90, dtype=np.uint8)[None, :, None], (20, 1, 3))
    out = np.asarray(even_exposure(Image.fromarray(ramp))).astype(int)
    assert (np.diff(out[0, :, 0]) >= 0).all()
    assert (out[..., 0] == out[..., 1]).all() and (out[..., 1] == out[..., 2]).all()
    assert out.max() > 120


@pytest.mark.parametrize("colour", ["black", "white", "#123456"])
def test_a_blank_picture_does_no_harm(colour):
    out = even_exposure(Image.new("RGB", (7, 5), colour))
    assert out.size == (7, 5) and out.mode == "RGB"
