"""A photo in six movements, painted in one turn of the queue; a collage; one of them large."""

from __future__ import annotations

import re

from PIL import Image
from playwright.sync_api import expect

from .studio_page import DESKTOP, PHONE, StudioPage
from .test_axe import serious


def test_six_movements_a_collage_and_one_painted_large(
        browser, gallery, shots, portrait, example, tmp_path):
    with StudioPage(browser, gallery.url, shots, "six", view=PHONE) as visitor:
        page = visitor.page
        page.locator("#six").click()
        expect(page.locator("#notice")).to_contain_text("Give a photo first")
        visitor.upload(portrait)
        visitor.small()
        page.locator("#six").click()
        page.locator("#stop").wait_for()
        pictures = page.locator("#six-pictures img")
        expect(pictures).to_have_count(2)
        expect(page.locator("#status")).to_have_text(re.compile(r"\d of 6 · .* · \d+ s left"))
        assert serious(page) == []
        visitor.shot("painting")
        visitor.finish()
        expect(pictures).to_have_count(6)
        expect(page.locator("#status")).to_contain_text("tap one to paint it large")
        expect(page.locator("#six")).to_have_text("Six others")
        visitor.settled()
        assert serious(page) == []
        visitor.shot("done")
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        expect(page.locator("#six-pictures .caption-label").last).to_be_in_viewport(ratio=1)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        captions = pictures.evaluate_all("all => all.map(one => one.alt)")
        assert len({caption.split(":")[0] for caption in captions}) == 6
        file = visitor.download("#png", tmp_path)
        with Image.open(file) as collage:
            assert file.name == "six-movements.png" and collage.width > 3 * 256
        for what in ("#stronger", "#mp4", "#gifts"):  # a collage has none of them
            expect(page.locator(what)).to_be_hidden()
        page.locator("#six-stronger").click()
        page.locator("#stop").wait_for()
        expect(pictures).to_have_count(2)
        page.locator("#stop").click()
        visitor.finish()
        again = pictures.evaluate_all("all => all.map(one => one.alt)")
        assert 1 <= len(again) < 6 and again == captions[:len(again)]
        pictures.first.click()
        page.locator("#stop").wait_for()
        visitor.finish()
        expect(page.locator("#about")).to_contain_text(captions[0].split(": ")[1])
        expect(page.locator("#strip img")).to_have_count(3)
        for what in ("#stronger", "#mp4", "#gifts"):
            expect(page.locator(what)).to_be_visible()
        visitor.upload(example)
        expect(page.locator("#six")).to_have_text("Six styles")
        assert visitor.errors == []
