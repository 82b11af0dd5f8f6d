"""A result in the formats of elsewhere: around the face, beside the photo, as a print."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import pytest
from PIL import Image, ImageChops

from nst import Settings
from nst.web.gifts import BOTH, GONE, PRINT, PRINT_SIZE, SHAPES
from nst.web.job import Result
from nst.web.service import FIRST_STYLE, StyleChoice
from nst.web.wall import Painted

from .conftest import said


@pytest.fixture
def painted(folder, service, upload, astronaut) -> Painted:
    """A finished result of 300 x 400 px with its photo."""
    where = folder / "nst-result"
    where.mkdir()
    with Image.open(astronaut) as picture:
        photo = picture.convert("RGB").resize((300, 400))
    photo.save(where / "photo.jpg", quality=95)
    ImageChops.invert(photo).save(where / "selfie-starry.png")
    result = Result(where / "selfie-starry.png", where / "photo.jpg", None, [], 1.0,
                    size=(300, 400), rate=1e-9)
    choice = StyleChoice(service.number[FIRST_STYLE])
    return Painted(result, Settings(size=400, strength=0.8), where / "photo.jpg",
                   "The Starry Night · 0.8", "", "", choice=choice, finished=True)


def made(studio, painted, shape: str, caption: bool = False) -> SimpleNamespace:
    return studio.seen(studio.gifts.make(
        {studio.page.shown: painted, studio.gifts.shape: shape, studio.gifts.caption: caption}))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in (BOTH, PRINT)])
def test_a_format_has_its_shape_and_lies_beside_the_result(studio, painted, shape):
    seen = made(studio, painted, shape)
    with Image.open(seen.save_gift.value["path"]) as picture:
        assert picture.width / picture.height == pytest.approx(SHAPES[shape], abs=0.01)
        assert picture.width == 300 or picture.height == 400
    assert seen.gift.visible and seen.share_gift.interactive and said(seen.gift_note) == ""
    # a copy that Gradio makes is deleted with the folder of the result
    assert any(painted.result.png.parent.glob("selfie-starry-*.jpg"))


def test_before_and_after_shows_the_photo_on_the_left(studio, painted):
    with Image.open(made(studio, painted, BOTH).save_gift.value["path"]) as both:
        half = both.width // 2
        left, right = both.crop((0, 0, half - 4, 300)), both.crop((half + 4, 0, 2 * half, 300))
        sums = [sum(part.convert("L").resize((1, 1)).getpixel((0, 0)) for part in (left, right))]
    assert sums[0] == pytest.approx(255, abs=12)  # the result of this test is the photo's negative


def test_a_print_has_a5_at_300_dots_an_inch_and_says_what_makes_it_sharper(studio, painted):
    seen = made(studio, painted, PRINT)
    with Image.open(seen.save_gift.value["path"]) as picture:
        assert picture.size == PRINT_SIZE and round(picture.info["dpi"][0]) == 300
    assert "sharper after Larger, 800 px" in said(seen.gift_note)


def test_a_caption_names_the_style_below_the_picture(studio, painted):
    plain = made(studio, painted, "Square, 1:1").save_gift.value["path"]
    named = made(studio, painted, "Square, 1:1", caption=True).save_gift.value["path"]
    with Image.open(plain) as one, Image.open(named) as other:
        assert other.width == one.width and other.height > one.height
        same = ImageChops.difference(one, other.crop((0, 0, *one.size)))
        assert max(high for _, high in same.getextrema()) < 60  # two JPEGs
        below = other.crop((0, one.height, *other.size)).convert("L").getextrema()
        assert below[0] < 90 < 230 < below[1]  # dark letters on light ground


def test_a_result_that_is_gone_or_has_no_photo_is_told(studio, painted):
    painted.result.png.unlink()
    assert said(made(studio, painted, BOTH).gift_note) == GONE
    alone = dataclasses.replace(painted, result=dataclasses.replace(painted.result, before=None))
    assert said(made(studio, alone, BOTH).gift_note) == GONE


def test_each_result_names_its_link_and_begins_without_a_format(studio, painted, upload):
    seen = studio.seen(studio.wall.painted(painted))
    assert "style=van-gogh-starry-night&amp;strength=0.8" in seen.link
    assert "My portrait after Vincent van Gogh, The Starry Night, 1889" in seen.link
    assert seen.shape.value is None and seen.shape.interactive and not seen.gift.visible
    assert not seen.share_film.interactive
    own = dataclasses.replace(painted, choice=StyleChoice(0, own=upload["path"]))
    assert "data-query=''" in studio.seen(studio.wall.painted(own)).link
