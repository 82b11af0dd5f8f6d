"""The gallery turns into the visitor's own photo, and gives way to whoever paints."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .conftest import ROOT, Server, running
from .studio_page import DESKTOP, PHONE, StudioPage
from .test_axe import serious

pytestmark = pytest.mark.slow
TURNED = "#gallery img[data-own]"


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    with running(tmp_path_factory.mktemp("previews"), previews=True) as server:
        yield server


def test_a_photo_turns_the_gallery_and_a_tap_paints(browser, studio: Server, shots, portrait):
    with StudioPage(browser, studio.url, shots, "previews", view=PHONE, dark=True) as visitor:
        page = visitor.page
        paintings = page.locator("#gallery img").evaluate_all("all => all.map(one => one.src)")
        expect(page.locator("#previews")).to_contain_text("these pictures turn into you")
        visitor.upload(portrait)
        expect(page.locator(TURNED)).to_have_count(len(paintings))
        turned = page.locator("#gallery img").evaluate_all("all => all.map(one => one.src)")
        assert not set(turned) & set(paintings) and len(set(turned)) == len(paintings)
        for width, height in (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            page.locator("#gallery").scroll_into_view_if_needed()
            visitor.settled()
            visitor.shot(f"turned-{width}")
            assert serious(page) == []
        visitor.small()
        visitor.choose("The Scream")
        page.locator("#stop").wait_for()
        visitor.finish()
        expect(visitor.compared()).to_have_attribute("src", re.compile("munch"))
        visitor.choose("The Scream")  # the one that is chosen already
        page.locator("#stop").wait_for()
        visitor.finish()
        page.locator("#forget").click()
        page.locator("#forget").click()
        expect(page.locator(TURNED)).to_have_count(0)
        after = page.locator("#gallery img").evaluate_all("all => all.map(one => one.src)")
        assert after == paintings
        assert visitor.errors == []


def test_they_wait_while_anybody_paints(browser, studio: Server, shots, portrait, tmp_path):
    other = ROOT / "examples" / "grace-hopper.jpg"
    with StudioPage(browser, studio.url, shots, "painter") as painter, StudioPage(
            browser, studio.url, shots, "waiting") as waiting:
        painter.page.locator("#samples img").first.click()
        expect(painter.page.locator(TURNED)).to_have_count(23)
        painter.small(steps=2000)
        painter.paint()
        expect(painter.page.locator("#status")).to_contain_text("left")
        with waiting.page.expect_response(lambda got: got.url.endswith("/run/preview")) as answer:
            waiting.upload(other)
        assert answer.value.json()["data"] == [{"busy": True}]
        expect(waiting.page.locator(TURNED)).to_have_count(0)
        painter.page.locator("#stop").click()
        expect(waiting.page.locator(TURNED)).to_have_count(23)
        assert painter.errors == waiting.errors == []


def test_an_own_style_shows_the_photo_too_and_a_tap_paints(
        browser, studio: Server, shots, portrait):
    with StudioPage(browser, studio.url, shots, "previews-own", view=PHONE) as visitor:
        page = visitor.page
        visitor.upload(portrait)
        visitor.small()
        page.get_by_role("button", name="Your own style, or a blend").click()
        with page.expect_file_chooser() as chooser:
            page.locator("#own-file").click()
        chooser.value.set_files(str(ROOT / "styles" / "Ukiyo-e" / "hokusai-great-wave.jpg"))
        own = page.locator("#own-preview img[data-own]")
        own.wait_for()
        own.scroll_into_view_if_needed()
        visitor.settled()
        visitor.shot("own")
        own.click()
        page.locator("#stop").wait_for()
        visitor.finish()
        assert visitor.errors == []


def test_a_studio_may_do_without(browser, server, shots, portrait):
    with StudioPage(browser, server.url, shots, "no-previews") as visitor:
        page = visitor.page
        expect(page.locator("#previews")).to_be_hidden()
        visitor.upload(portrait)
        expect(page.locator("#photo-note")).to_contain_text("1 face found")
        visitor.choose("The Scream")
        expect(page.locator("#about")).to_contain_text("The Scream")
        assert page.locator(TURNED).count() == 0 and visitor.idle
