"""What is sent on: formats around the face, a caption, and a link that brings others here."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from .studio_page import DESKTOP, PHONE, StudioPage
from .test_axe import serious

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("view, dark", [(PHONE, False), (DESKTOP, True)])
def test_a_result_is_sent_on_in_the_formats_of_elsewhere(
        browser, server, shots, portrait, tmp_path, view, dark):
    with StudioPage(browser, server.url, shots, f"gifts-{view[0]}", view=view,
                    dark=dark) as visitor:
        page = visitor.page
        page.evaluate("navigator.canShare = () => true;"
                      "navigator.share = async what => { window.shared = what; }")
        visitor.upload(portrait)
        visitor.small()
        visitor.choose("The Scream")
        visitor.paint()
        visitor.finish()
        page.locator("#gifts button").first.click()
        gift = page.locator("#gift img")
        expect(gift).to_have_count(0)
        page.get_by_label("Story, 9:16").check()
        gift.wait_for()
        page.locator("#gifts").scroll_into_view_if_needed()
        visitor.settled()
        visitor.shot("story")
        assert serious(page) == []
        with Image.open(visitor.download("#save-gift", tmp_path)) as picture:
            assert picture.width / picture.height == pytest.approx(9 / 16, abs=0.02)
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
        page.locator("#share-film").click()
        page.wait_for_function("window.shared")
        assert page.evaluate("shared.files[0].type") == "video/mp4"
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
