"""A photo in a style at once: the style's colours, the photo's forms."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nst.gallery.library import find_preset
from nst.portrait.preview import NUMBERS, preview, style_numbers

SIDE = 128


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    with Image.open(find_preset("da-vinci-mona-lisa").local_file()) as picture:
        return picture.convert("RGB").resize((SIDE, SIDE))


def painted(photo: Image.Image, style: str) -> np.ndarray:
    numbers = style_numbers(find_preset(style).open())
    assert numbers.shape == (NUMBERS,)
    picture = preview(photo, numbers)
    assert picture.size == photo.size and picture.mode == "RGB"
    return np.asarray(picture, float)


def test_each_style_gives_its_own_colours(photo):
    blue, gold = painted(photo, "van-gogh-starry-night"), painted(photo, "klimt-the-kiss")
    red, _, much_blue = blue.mean((0, 1))
    assert much_blue > red + 10  # sums over a picture: the night is blue, the kiss is gold
    much_red, _, little_blue = gold.mean((0, 1))
    assert much_red > little_blue + 40


def test_the_photo_is_still_seen(photo):
    before = np.asarray(photo.convert("L").resize((16, 16)), float).ravel()
    after = painted(photo, "munch-the-scream").mean(2)
    after = np.asarray(Image.fromarray(after).resize((16, 16))).ravel()
    assert np.corrcoef(before, after)[0, 1] > 0.7


def test_a_picture_need_not_be_square(photo):
    wide = photo.resize((SIDE, SIDE // 2))
    assert preview(wide, style_numbers(wide)).size == wide.size
