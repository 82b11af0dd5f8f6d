"""A portrait that moves: a phone's clip cut and stopped, and a computer's camera recorded."""

from __future__ import annotations

import av
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.unit.pictures.made_clips import made_film, turned

from .conftest import ROOT, chromium
from .fake_camera import camera_flags, red_side
from .studio_page import PHONE, StudioPage
from .test_axe import serious


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Six seconds over a portrait, as a phone writes them that is held upright."""
    with Image.open(ROOT / "examples" / "astronaut.jpg") as portrait:
        pictures = [portrait.convert("RGB").crop((60 + 2 * n, 0, 444 + 2 * n, 512))
                    .resize((180, 240)).rotate(90, expand=True) for n in range(60)]
    return turned(made_film(tmp_path_factory.mktemp("clips") / "IMG_0001.mov", pictures))


@pytest.fixture(scope="module")
def camera(playwright, tmp_path_factory):
    with chromium(playwright, *camera_flags(tmp_path_factory.mktemp("camera"))) as browser:
        yield browser


def playing(page):
    """The film on the wall, once it plays."""
    page.wait_for_function("""() => {
        const film = document.querySelector('#film .plays.playing video');
        return film && film.currentTime > 0.1 && !film.error; }""")
    return page.locator("#film video")


def test_a_phones_clip_is_cut_and_moves_until_it_is_stopped(camera, server, shots, clip,
                                                            tmp_path):
    with StudioPage(camera, server.url, shots, "moving", view=PHONE, motion=True) as visitor:
        page = visitor.page
        visitor.small()
        page.get_by_role("button", name="A portrait that moves").click()
        visitor.settled()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a clip").click()
        chooser.value.set_files(str(clip))
        page.locator("#move").wait_for()
        expect(page.locator("#stage img").first).to_have_js_property("naturalWidth", 768)
        told = page.locator("#cut-told")
        expect(told).to_contain_text("4.0 s of the clip, 48 pictures: about")
        page.locator("#cut").scroll_into_view_if_needed()
        visitor.shot("cut")
        last = page.get_by_role("slider", name="To")
        last.focus()
        for _ in range(25):
            page.keyboard.press("ArrowLeft")
        expect(told).to_contain_text("1.5 s of the clip, 18 pictures")
        first = page.get_by_role("slider", name="From")
        first.focus()
        for _ in range(12):  # it takes the other along
            page.keyboard.press("ArrowRight")
        expect(told).to_contain_text("0.5 s of the clip, 6 pictures")
        for _ in range(3):
            page.keyboard.press("ArrowLeft")
        page.keyboard.press("End")
        expect(told).to_contain_text("0.5 s of the clip")
        page.keyboard.press("Home")
        expect(told).to_contain_text("4.0 s of the clip")  # never more than four
        last.focus()
        page.keyboard.press("ArrowLeft")
        expect(told).to_contain_text("3.9 s of the clip")
        assert serious(page) == []
        page.locator("#move").click()
        page.locator("#stop").wait_for()
        expect(page.locator("#film .loop img")).not_to_have_count(0)
        page.wait_for_function("() => document.querySelectorAll('#film .loop img').length > 3")
        expect(page.locator("#film .loop img.seen")).to_have_count(1)
        visitor.shot("growing")
        page.locator("#stop").click()
        assert "Stopped at picture" in visitor.finish()
        playing(page)
        visitor.settled()
        assert serious(page) == []
        expect(page.locator("#cover")).to_be_hidden()  # it would do nothing for a film
        expect(page.locator("#softer")).to_be_hidden()
        visitor.shot("stopped")
        film, gif = visitor.download("#mp4", tmp_path), visitor.download("#gif", tmp_path)
        # This browser can neither share a film nor copy it, so it is saved.
        assert visitor.download("#share", tmp_path).read_bytes() == film.read_bytes()
        with av.open(str(film)) as opened:
            stream = opened.streams.video[0]
            count = stream.frames
            assert (stream.width, stream.height) == (96, 128) and count >= 6
        with Image.open(gif) as picture:
            assert picture.n_frames == count and picture.info["loop"] == 0
        page.reload()
        expect(told).to_contain_text("3.9 s of the clip")  # also a handle that a key has moved
        expect(page.locator("#strip img")).to_have_count(1)
        page.locator("#forget").click()
        page.locator("#forget").click()
        expect(page.locator("#cut")).to_be_hidden()
        expect(page.locator("#move")).to_be_hidden()
        assert visitor.errors == []


def test_a_computers_camera_films_what_was_seen(camera, server, shots, tmp_path):
    with StudioPage(camera, server.url, shots, "filming", dark=True, motion=True,
                    permissions=["camera"]) as visitor:
        page = visitor.page
        visitor.small()
        page.get_by_role("button", name="A portrait that moves").click()
        page.get_by_role("button", name="Film yourself").click()
        record = page.get_by_role("button", name="Record 4 s")
        record.wait_for()
        visitor.shot("camera")
        page.get_by_role("button", name="Cancel").click()
        expect(record).to_be_hidden()
        page.get_by_role("button", name="Film yourself").click()
        record.click()
        stop = page.get_by_role("button", name="Stop (3 s left)")
        stop.wait_for()
        page.get_by_role("button", name="Stop (2 s left)").click()
        page.locator("#move").wait_for()
        photo = page.locator("#stage img").first
        expect(photo).to_have_js_property("naturalWidth", 1024)
        photo.screenshot(path=tmp_path / "photo.png")
        with Image.open(tmp_path / "photo.png") as picture:
            middle = picture.width / 2 - picture.height * 2 / 3
            assert red_side(picture.crop((round(middle), 0, round(picture.width - middle),
                                          picture.height))) == "right"  # a mirror's side
        page.get_by_text("Start over").click()
        page.locator("#cut-end input[type=range]").focus()
        page.keyboard.press("Home")
        expect(page.locator("#cut-told")).to_contain_text("0.5 s of the clip, 6 pictures")
        page.locator("#move").click()
        page.locator("#stop").wait_for()
        assert "6 pictures in" in visitor.finish()
        playing(page)
        visitor.shot("done")
        with av.open(str(visitor.download("#mp4", tmp_path))) as opened:
            assert opened.streams.video[0].frames == 6
        assert visitor.errors == []
