"""Links to the page: what they open, and what they look like where they are shared."""

from __future__ import annotations

import io
import re
import urllib.request

from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import expect

from .studio_page import StudioPage


def test_a_link_opens_with_its_style_and_strength_and_can_be_copied(browser, server, shots):
    with StudioPage(browser, server.url, shots, "link",
                    permissions=["clipboard-read", "clipboard-write"]) as visitor:
        page = visitor.page
        page.goto(f"{server.url}/?style=klimt-the-kiss&strength=0.35")
        expect(page.locator("#about")).to_contain_text("The Kiss")
        expect(visitor.compared()).to_have_attribute("src", re.compile("astronaut-klimt"))
        expect(visitor.field("Strength")).to_have_value("0.35")
        expect(page.locator("#gallery .selected img")).to_have_attribute(
            "alt", re.compile("The Kiss"))
        expect(page.locator("#gallery .selected")).to_be_in_viewport(ratio=0.99)
        visitor.shot("opened")
        page.locator("#about a").click()
        expect(page.locator("#about a")).to_have_text("Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{server.url}/?style=klimt-the-kiss"
        page.goto(f"{server.url}/?style=no-such-style&strength=high")
        expect(page.locator("#about")).to_contain_text("The Starry Night")
        assert visitor.errors == []
        errors = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")
        missing = {one["errorId"] for one in errors["installabilityErrors"]}
        assert missing <= {"in-incognito"}  # nothing else keeps it from the home screen


def test_a_shared_link_has_a_title_a_sentence_and_a_picture_of_its_style(server):
    def card(query: str) -> tuple[dict, Image.Image]:
        with urllib.request.urlopen(server.url + query) as response:
            html = response.read().decode()
        assert html.count("og:title") == 1 and "Click to try out" not in html
        tags = dict(re.findall(r'<meta property="(og:[a-z]+)" content="([^"]*)"', html))
        with urllib.request.urlopen(tags["og:image"]) as response:
            return tags, Image.open(io.BytesIO(response.read())).convert("RGB")

    tags, usual = card("")
    assert tags["og:title"] == "Neural style studio" and "selfie" in tags["og:description"]
    assert usual.size == (1200, 630)
    tags, scream = card("/?style=munch-the-scream&strength=0.7")
    assert tags["og:title"] == "Your portrait after Edvard Munch, The Scream, 1893"
    changed = ImageChops.difference(usual, scream)
    assert changed.crop((0, 0, 590, 630)).getbbox() is None  # the photo
    right = ImageStat.Stat(changed.crop((610, 0, 1200, 630))).mean
    assert sum(right) > 30
    assert card("/?style=%22%3E%3Cno-such-style")[1].tobytes() == usual.tobytes()
    with urllib.request.urlopen(f"{server.url}/favicon.ico") as response:
        assert Image.open(io.BytesIO(response.read())).size == (128, 128)
