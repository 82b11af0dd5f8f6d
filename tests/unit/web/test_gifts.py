"""A result in the formats of elsewhere: around the face, beside the photo, as a print."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image, ImageChops, ImageStat

from nst import Settings
from nst.pictures.cover import Cover
from nst.pictures.open_clip import open_clip
from nst.pictures.timelapse import Timelapse
from nst.web.gifts import BOTH, CHOOSE, FILMS, GONE, PRINT, PRINT_SIZE, SHAPES
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


@pytest.fixture
def filmed(painted, folder) -> Painted:
    """The same with a film."""
    film = painted.result.png.with_suffix(".mp4")
    with (Image.open(painted.result.png) as picture, Image.open(painted.photo) as photo,
          Timelapse(film, picture.size, photo) as lapse):
        lapse.add(picture, 1.0)
    return dataclasses.replace(painted, result=dataclasses.replace(painted.result, film=film))


def last_of(film: Path) -> tuple[Image.Image, int]:
    """The last picture of a film, and how many there are."""
    with open_clip(film) as clip:
        pictures = list(clip.pictures(clip.size))
    return pictures[-1], len(pictures)


@pytest.mark.slow
@pytest.mark.parametrize("shape", FILMS)
def test_the_film_is_cut_around_the_face_and_stays_as_long(studio, filmed, shape):
    seen = made(studio, filmed, shape)
    assert "<video" in seen.gift_film.value and not seen.gift.visible
    last, count = last_of(Path(seen.save_gift.value["path"]))
    ratio = FILMS[shape] or 3 / 4
    assert last.width / last.height == pytest.approx(ratio, abs=0.02) and count == 150
    named = last_of(Path(made(studio, filmed, shape, caption=True).save_gift.value["path"]))[0]
    assert named != last
    if FILMS[shape]:
        assert named.width / named.height == pytest.approx(ratio, abs=0.02)


@pytest.mark.slow
def test_a_softer_result_has_a_softer_film(studio, filmed):
    softer = dataclasses.replace(filmed, cover=Cover(0.0))  # nothing but the photo is seen
    assert "data-film=''" in studio.seen(studio.wall.painted(softer)).link
    seen = studio.seen(studio.gifts.make_film(softer))
    [film] = softer.result.png.parent.glob("*-softer.mp4")
    assert film.name in seen.link
    with Image.open(filmed.photo) as photo:
        shown = last_of(film)[0]
        apart = ImageChops.difference(shown.resize((30, 40)), photo.resize((30, 40)))
    assert sum(ImageStat.Stat(apart).mean) / 3 < 6
    assert studio.told(studio.gifts.make_film(filmed)) == set()
    filmed.result.film.unlink()
    assert "no film" in said(made(studio, filmed, "Film, square").gift_note)


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


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != BOTH])
def test_a_caption_names_the_style_in_the_lowest_part_of_the_shape(studio, painted, shape):
    named = made(studio, painted, shape, caption=True).save_gift.value["path"]
    with Image.open(named) as picture:
        assert picture.width / picture.height == pytest.approx(SHAPES[shape], abs=0.01)
        below = picture.crop((0, picture.height - picture.width // 12, *picture.size)).convert("L")
    assert below.getextrema()[0] < 90 < 230 < below.getextrema()[1]  # dark letters on light ground


def test_a_result_that_is_gone_or_has_no_photo_is_told(studio, painted):
    painted.result.png.unlink()
    assert said(made(studio, painted, BOTH).gift_note) == GONE
    alone = dataclasses.replace(painted, result=dataclasses.replace(painted.result, before=None))
    assert said(made(studio, alone, BOTH).gift_note) == GONE


def test_each_result_names_its_link_and_begins_without_a_format(studio, painted, upload):
    seen = studio.seen(studio.wall.painted(painted))
    assert "style=van-gogh-starry-night&amp;strength=0.8" in seen.link
    assert "My portrait after Vincent van Gogh, The Starry Night, 1889" in seen.link
    assert seen.shape.value is None and not seen.gift.visible
    assert CHOOSE in said(seen.gift_note) and not seen.share_gift.interactive
    own = dataclasses.replace(painted, choice=StyleChoice(0, own=upload["path"]))
    assert "data-query=''" in studio.seen(studio.wall.painted(own)).link
