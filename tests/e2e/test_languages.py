"""The page in the visitor's language: the browser's, or the one that is chosen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nst.web import language
from nst.web.language import LANGUAGES

from .studio_page import PHONE, StudioPage
from .test_arriving import give
from .test_axe import serious

# What one reads or hears on an Arabic page that has a Latin word in it, beside pictures' own names.
READ = """() => {
    const hidden = 'script, style, pre, #language, #gallery, #second, #about b';
    const seen = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) seen.push([texts.currentNode.parentElement, texts.currentNode.data]);
    for (const what of ['aria-label', 'alt', 'title', 'placeholder'])
        for (const one of document.querySelectorAll(`[${what}]`))
            seen.push([one, one.getAttribute(what)]);
    return seen.filter(([one, text]) => /[a-z]{3}/i.test(text) && !one.closest(hidden)
        && one.checkVisibility()).map(([, text]) => text);
}"""
# Of networks, layers, optimisers, people, and a movement that is not one of ours.
NAME = re.compile("Neural style studio|vgg|alexnet|conv|gram|lbfgs|adam|van Gogh|Night Watch",
                  re.IGNORECASE)


def words(code: str) -> dict[str, str]:
    file = Path(language.__file__).with_name("languages") / f"{code}.json"
    return json.loads(file.read_text("utf-8")) if code != "en" else {}


def told(code: str, english: str) -> str:
    return words(code).get(english, english)


def test_a_visitor_reads_ten_languages_on_one_visit_and_the_choice_stays(browser, gallery, shots):
    with StudioPage(browser, gallery.url, shots, "language", view=PHONE, locale="de-AT") as visitor:
        page = visitor.page
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("#language")).to_have_value("de")
        for code in [*LANGUAGES, "ar"]:
            page.locator("#language").select_option(code)
            expect(page.locator("html")).to_have_attribute("lang", code)
            expect(page.locator("html")).to_have_attribute("dir", "rtl" if code == "ar" else "ltr")
            expect(page.locator("#paint")).to_have_text(told(code, "Paint"))
            expect(page.locator("#selfie")).to_have_text(told(code, "Take a selfie"))
            expect(page.get_by_placeholder(told(code, "Artist, title, year"))).to_be_visible()
            visitor.shot(code)
        assert serious(page) == []
        for accordion in page.locator("#steps .label-wrap").all():
            accordion.click()
        expect(page.get_by_label(told("ar", "Learning rate")).first).to_be_visible()
        field, arrow = (page.locator(f"#second {part}").bounding_box()
                        for part in ("input", ".dropdown-arrow"))
        assert arrow["x"] < field["x"] + field["width"] / 2  # not over the words, which are right
        page.locator("#paint").click()
        for said in (page.locator("#notice p"), page.get_by_text(told("ar", "Size"), exact=True)):
            expect(said.first).to_have_css("direction", "rtl")
        assert [text for text in page.evaluate(READ) if not NAME.search(text)] == []
        page.reload()
        expect(page.locator("html")).to_have_attribute("lang", "ar")
        expect(page.locator("#paint")).to_have_text(told("ar", "Paint"))
        assert visitor.errors == []


def test_sliders_and_arrow_keys_go_to_the_left_where_one_reads_from_the_right(
        browser, gallery, shots):
    with StudioPage(browser, gallery.url, shots, "slider", locale="ar") as visitor:
        page = visitor.page
        slider = page.locator("input[type=range]:visible").first
        low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
        slider.evaluate("one => one.scrollIntoView({block: 'center'})")
        box = slider.bounding_box()
        for part in (0.1, 0.9):  # of its width, from the left
            page.mouse.click(box["x"] + part * box["width"], box["y"] + box["height"] / 2)
            expect(slider).not_to_have_value("0.7")
            at = (float(slider.input_value()) - low) / (high - low)
            assert at == pytest.approx(1 - part, abs=0.08)
        before = float(slider.input_value())
        page.keyboard.press("ArrowLeft")
        assert float(slider.input_value()) > before
        ends = [span.bounding_box()["x"] for span in page.locator(
            ".slider_input_container:visible").first.locator("span").all()]
        assert ends == sorted(ends, reverse=True)  # the lowest number is at the right
        visitor.shot("from-the-right")
        pictures = page.locator("#gallery .thumbnail-item")
        pictures.first.focus()
        page.keyboard.press("ArrowLeft")
        expect(pictures.nth(1)).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(pictures.first).to_be_focused()
        assert visitor.errors == []


def test_what_the_server_says_is_said_in_the_visitors_language(
        browser, gallery, shots, portrait, tmp_path):
    with StudioPage(browser, gallery.url, shots, "server", view=PHONE, locale="de-DE") as visitor:
        page = visitor.page
        page.locator("#paint").click()
        expect(page.locator("#notice")).to_have_text(told(
            "de", "Give a photo first: take one, upload one, or choose an example."))
        visitor.upload(portrait)
        expect(page.locator("#photo-note")).to_contain_text("1 Gesicht gefunden")
        (tmp_path / "notes.jpg").write_text("words")
        give(page, tmp_path / "notes.jpg")
        expect(page.locator("#notice")).to_have_text(
            re.compile("notes.jpg ist kein Bild.*HEIF. Ihr vorheriges Foto"))
        # What has no words in the language says that it is English.
        expect(page.locator("#about b").first).to_have_attribute("lang", "en")
        visitor.paint()
        assert visitor.finish().startswith("Fertig nach ")
        expect(page.locator("#wall [role=tab]").filter(visible=True)).to_have_text(
            ["Ergebnis", "Vorher / nachher", "Film", "Kurven", "Details"])  # none behind a menu
        expect(page.locator("#strip img")).to_have_attribute("alt", re.compile("Stärke 0.7 · "))
        visitor.shot("done")
        visitor.paint()
        visitor.finish()
        page.get_by_label(told("de", "Compare two")).check()
        expect(page.locator("#status span")).to_have_text(
            [f"{side}: Stärke 0.7 · The Starry Night" for side in ("Links", "Rechts")])
        assert visitor.errors == []


@pytest.mark.parametrize("locale", ["nl-NL", "en-GB"])
def test_a_language_that_is_not_known_gets_english_that_says_so(browser, gallery, shots, locale):
    with StudioPage(browser, gallery.url, shots, "english", locale=locale) as visitor:
        expect(visitor.page.locator("html")).to_have_attribute("lang", "en")
        expect(visitor.page.locator("#paint")).to_have_text("Paint")
