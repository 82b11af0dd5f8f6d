"""What is sent on: formats around the face, a caption, and a link that brings others here."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect

from nst.pictures.cover import Cover
from nst.pictures.metadata import recall
from nst.pictures.open_clip import open_clip
from nst.web.gifts import CHOOSE

from .studio_page import PHONE, StudioPage
from .test_axe import serious

pytestmark = pytest.mark.slow


def softened(visitor: StudioPage, folder: Path) -> None:
    """Less of the painting, and still less of it in the face: what is saved is what one sees."""
    page, strip = visitor.page, visitor.page.locator("#strip img")
    page.locator("#cover-whole input[type=range]").fill("70")
    expect(strip).to_have_attribute("alt", "70 % · Strength 0.7 · The Scream")
    face = page.locator("#cover-face input[type=range]")
    face.fill("41")
    face.press("ArrowLeft")
    expect(strip).to_have_attribute("alt", "70 %, face 40 % · Strength 0.7 · The Scream")
    moves_on_while_the_file_is_made(visitor)
    expect(page.locator("#result-actions")).not_to_have_class(re.compile("making"))
    visitor.settled()
    visitor.shot("softer")
    assert serious(page) == []
    file = visitor.download("#png", folder)
    assert recall(file).cover == Cover(0.7, 0.4)
    border = page.get_by_label("Border of before and after")
    border.fill("0")
    everything, head, corner = (3, 3, 21, 29), (8, 3, 17, 13), (17, 24, 21, 29)
    shown = screenshot(visitor)
    with Image.open(file) as saved:
        assert difference(saved, shown, everything) < 3  # the page's photo is a JPEG
    face.fill("100")
    other = screenshot(visitor)
    assert difference(shown, other, head) > 0.5 and difference(shown, other, corner) == 0
    face.fill("40")
    border.fill("30")
    expect(strip).to_have_attribute("alt", "70 %, face 40 % · Strength 0.7 · The Scream")
    page.locator("#share").click()
    page.wait_for_function("window.shared")
    assert page.evaluate("shared.files[0].size") == file.stat().st_size
    assert visitor.download("#mp4", folder).name.endswith("70-face-40-softer.mp4")
    visitor.open_tab("Film")
    video, photo = page.locator("#film video"), page.locator("#film img")
    assert video.bounding_box() == photo.bounding_box()
    expect(photo).to_have_css("opacity", "0.3")
    face.fill("0")  # seen at once, before the file is made
    expect(page.locator("#film b")).to_have_css("opacity", "1")
    expect(strip).to_have_attribute("alt", "70 %, face 0 % · Strength 0.7 · The Scream")
    page.get_by_role("button", name="Play or pause").first.click()
    page.wait_for_function("document.querySelector('#film video').currentTime > 3")
    visitor.shot("softer-film")
    visitor.open_tab("Before / after")
    page.evaluate("window.shared = null")
    page.locator("#cover-whole input[type=range]").fill("100")
    face.fill("100")
    expect(strip).to_have_attribute("alt", "Strength 0.7 · The Scream")


def moves_on_while_the_file_is_made(visitor: StudioPage) -> None:
    page, sent = visitor.page, []
    face = page.locator("#cover-face input[type=range]")
    page.route("**/run/predict*", lambda request: sent.append(request), times=1)
    face.fill("42")
    while not sent:
        page.wait_for_timeout(50)
    face.evaluate("""handle => {
        handle.value = 40;
        handle.dispatchEvent(new Event('input', {bubbles: true}));
    }""")
    sent[0].continue_()
    expect(page.locator("#result-actions")).not_to_have_class(re.compile("making"))
    expect(page.locator("#strip img")).to_have_attribute(
        "alt", "70 %, face 40 % · Strength 0.7 · The Scream")


def screenshot(visitor: StudioPage) -> Image.Image:
    """What one sees of the before and after."""
    return Image.open(io.BytesIO(visitor.page.locator("#before-after figure").screenshot()))


def difference(one: Image.Image, other: Image.Image, part: tuple) -> float:
    """The mean difference of a part of two pictures, in levels of 255.

    ``part``: left, top, right and bottom in a picture of 24 x 32.
    """
    small = [picture.convert("RGB").resize((24, 32), Image.Resampling.BOX).crop(part)
             for picture in (one, other)]
    return sum(ImageStat.Stat(ImageChops.difference(*small)).mean) / 3


def test_a_result_is_sent_on_in_the_formats_of_elsewhere(
        browser, server, shots, portrait, tmp_path):
    with StudioPage(browser, server.url, shots, "gifts", view=PHONE, dark=True) as visitor:
        page = visitor.page
        page.evaluate("navigator.canShare = () => true;"
                      "navigator.share = async what => { window.shared = what; }")
        visitor.upload(portrait)
        visitor.small()
        visitor.choose("The Scream")
        visitor.paint()
        visitor.finish()
        softened(visitor, tmp_path)
        page.locator("#gifts button").first.click()
        gift = page.locator("#gift img")
        expect(gift).to_have_count(0)
        expect(page.get_by_text(CHOOSE)).to_be_visible()
        page.locator("#save-gift").scroll_into_view_if_needed()
        visitor.shot("no-format-yet")
        page.get_by_label("Story, 9:16").check()
        gift.wait_for()
        expect(page.get_by_text(CHOOSE)).to_be_hidden()
        page.locator("#gifts").scroll_into_view_if_needed()
        visitor.settled()
        visitor.shot("story")
        assert serious(page) == []
        with Image.open(visitor.download("#save-gift", tmp_path)) as picture:
            assert picture.width / picture.height == pytest.approx(9 / 16, abs=0.02)
        assert page.locator("#gifts .row button").all_inner_texts() == ["Share this", "Save this"]
        before = gift.get_attribute("src")
        page.get_by_label("With the style's name below").check()
        expect(gift).not_to_have_attribute("src", before)
        page.get_by_role("radio", name="Before and after").check()
        expect(gift).not_to_have_attribute("src", before)
        page.wait_for_function("document.querySelector('#gift img').src.includes('before')")
        visitor.settled()
        visitor.shot("both")

        page.locator("#share-gift").click()
        page.wait_for_function("window.shared")
        [name, title, address] = page.evaluate(
            "[shared.files[0].name, shared.title, shared.url]")
        assert name == "selfie-munch-the-scream-before-and-after-named.jpg"
        assert title == "My portrait after Edvard Munch, The Scream, 1893"
        assert address == f"{server.url}/?style=munch-the-scream&strength=0.7"
        page.evaluate("window.shared = null")
        page.get_by_label("With the style's name below").uncheck()
        page.get_by_label("Film, whole").check()
        page.locator("#gift-film video").wait_for()
        page.locator("#share-gift").click()
        page.wait_for_function("window.shared")
        assert page.evaluate("[shared.files[0].name, shared.files[0].type]") == [
            "selfie-munch-the-scream.mp4", "video/mp4"]
        page.get_by_label("With the style's name below").check()
        page.get_by_label("Film, 9:16").check()
        page.locator("#gift-film [src$='9-16-named.mp4']").wait_for()
        expect(gift).to_have_count(0)
        page.wait_for_function("document.querySelector('#gift-film video').videoHeight > 0")
        # This visitor wants no animations, so that it stands until a tap.
        playing = "!document.querySelector('#gift-film video').paused"
        assert not page.evaluate(playing)
        visitor.settled()
        visitor.shot("film")
        assert serious(page) == []
        film = page.get_by_role("button", name="Play or pause")
        film.click()
        page.wait_for_function(playing)
        film.click()
        assert not page.evaluate(playing)
        page.evaluate("window.shared = null")
        page.locator("#share-gift").click()
        page.wait_for_function("window.shared")
        assert page.evaluate("shared.files[0].name").endswith("film-9-16-named.mp4")
        with open_clip(visitor.download("#save-gift", tmp_path)) as film:
            assert film.seconds == pytest.approx(6, abs=0.1)
            assert film.size[0] / film.size[1] == pytest.approx(9 / 16, abs=0.02)
        page.get_by_label("Print, A5").check()
        expect(page.locator("#gifts")).to_contain_text("sharper after Larger, 256 px")
        with Image.open(visitor.download("#save-gift", tmp_path)) as picture:
            assert picture.size[1] >= 2480

        page.locator("#stronger").click()  # another result: no format of the one before is left
        page.locator("#stop").wait_for()
        visitor.finish()
        expect(gift).to_have_count(0)
        expect(page.locator("#save-gift")).to_be_disabled()
        assert visitor.errors == []


def test_a_wide_film_stays_where_it_is_when_its_photo_is_seen_through_it(
        browser, gallery, shots, portrait, tmp_path):
    wide = tmp_path / "wide.jpg"
    with Image.open(portrait) as photo:
        photo.crop((0, 40, 240, 160)).save(wide)
    with StudioPage(browser, gallery.url, shots, "wide", view=PHONE) as visitor:
        page, film = visitor.page, visitor.page.locator("#film video")

        def middle() -> float:
            box = film.bounding_box()
            return box["y"] + box["height"] / 2

        visitor.upload(wide)
        visitor.small(steps=4)
        visitor.paint()
        visitor.finish()
        visitor.open_tab("Film")
        before = middle()
        page.locator("#cover-whole input[type=range]").fill("50")
        page.locator("#film figure").wait_for()
        assert middle() == pytest.approx(before, abs=1)
        assert visitor.errors == []
