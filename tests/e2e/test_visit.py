"""All results of a visit: kept in a strip, there after a reload, deleted on request."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from .studio_page import PHONE, StudioPage


def test_results_are_kept_in_a_strip_also_after_a_reload_and_deleted_on_request(
        browser, server, shots, portrait, example, tmp_path):
    def results() -> set[Path]:
        return {*server.folder.rglob("selfie-van-gogh*"), *server.folder.rglob("selfie-munch*")}

    of_others = results()  # other tests have painted on the same server
    with StudioPage(browser, server.url, shots, "visit", view=PHONE) as visitor:
        page = visitor.page
        strip = page.locator("#strip img")
        expect(page.locator("#visit")).to_be_hidden()
        visitor.upload(portrait)
        expect(page.locator("#try")).to_be_hidden()
        visitor.small()
        visitor.paint()
        visitor.finish()
        expect(strip).to_have_count(1)
        visitor.choose("The Scream")
        page.locator("#stronger").click()
        page.locator("#stop").wait_for()
        visitor.finish()
        expect(strip).to_have_count(2)
        assert strip.evaluate_all("all => all.map(one => one.alt)") == [
            "Strength 0.9 · The Scream", "Strength 0.7 · The Starry Night"]
        visitor.shot("two")
        height = page.evaluate("document.querySelector('#visit').offsetTop")
        page.get_by_label("Compare two").focus()
        page.keyboard.press("Space")
        compared = page.locator("#before-after img")
        expect(compared.nth(0)).to_have_attribute("alt", "Left: Strength 0.7 · The Starry Night")
        expect(compared.nth(1)).to_have_attribute("alt", "Right: Strength 0.9 · The Scream")
        assert page.evaluate("document.querySelector('#visit').offsetTop") == height
        expect(page.locator("#before-after")).to_be_in_viewport(ratio=1)
        for slider in page.locator("#cover [type=range]").all():  # in its place stands why
            expect(slider).to_be_hidden()
        expect(page.get_by_text("when one result is shown alone")).to_be_visible()
        visitor.shot("compared")
        strip.nth(0).click()
        expect(page.locator("#compare-note")).to_have_text("Tap two pictures: 1 of 2.")
        expect(compared.nth(0)).to_have_attribute("alt", "Before: the photo")
        expect(page.locator("#cover [type=range]").first).to_be_visible()
        visitor.shot("one")
        strip.nth(1).click()
        expect(page.locator("#compare-note")).to_have_text("Tap two pictures: 2 of 2.")
        expect(compared.nth(1)).to_have_attribute("alt", "Right: Strength 0.7 · The Starry Night")
        expect(strip.nth(1)).to_have_css("outline-style", "solid")  # the one that was tapped
        expect(page.locator("#before-after")).to_be_in_viewport(ratio=1)

        expect(page.locator("#larger")).to_have_text(re.compile(r"Larger: 256 px, about \d+ s"))
        page.locator("#larger").click()
        page.locator("#stop").wait_for()
        visitor.finish()
        expect(strip.first).to_have_attribute("alt", "256 px · The Starry Night")
        expect(page.locator("#compare-note")).to_have_text("Tap two pictures: 0 of 2.")
        expect(compared.nth(0)).to_have_attribute("alt", "Before: the photo")
        page.get_by_label("Compare two").uncheck()
        expect(page.locator("#compare-note")).to_be_hidden()
        file = visitor.download("#png", tmp_path)
        with Image.open(file) as larger:
            assert max(larger.size) == 256 and "Enlarged from 128" in larger.info["Comment"]
        visitor.shot("larger")

        visitor.upload(example)  # another photo on the wall
        expect(visitor.page.locator("#before-after img")).to_have_count(0)
        strip.nth(2).click()
        expect(visitor.compared()).to_have_attribute("src", re.compile("selfie-van-gogh"))
        expect(visitor.field("Strength")).to_have_value("0.7")
        file = visitor.download("#png", tmp_path)
        assert file.name == "selfie-van-gogh-starry-night.png"
        assert visitor.download("#mp4", tmp_path).stat().st_size > 5000

        page.reload()
        expect(strip).to_have_count(3)
        expect(visitor.compared()).to_have_attribute("src", re.compile("selfie-van-gogh.*256"))
        visitor.shot("reloaded")
        assert visitor.overflow() <= 0
        assert {file.name for file in results() - of_others} >= {
            "selfie-van-gogh-starry-night.png", "selfie-munch-the-scream.png",
            "selfie-van-gogh-starry-night-256.png"}
        page.locator("#forget").click()
        expect(page.locator("#forget")).to_have_text("Delete all?")
        assert results() - of_others
        page.locator("#forget").click()
        expect(page.locator("#visit")).to_be_hidden()
        expect(page.locator("#try")).to_be_visible()  # samples, for there is no photo
        expect(visitor.compared()).to_have_attribute("src", re.compile("astronaut"))
        assert results() <= of_others
        page.reload()
        expect(page.locator("#paint")).to_be_enabled()
        expect(page.locator("#visit")).to_be_hidden()
        assert visitor.errors == []
