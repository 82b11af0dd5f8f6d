"""Contrast of text, names of controls, the keyboard, and a layout that does not move."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image
from playwright.sync_api import expect

from .conftest import PATIENCE
from .studio_page import DESKTOP, PHONE, StudioPage

# WCAG 2.2, 1.4.3: text against the colours behind it, 4.5 to 1; what is disabled is exempt, and so
# are marks without letters. 1.4.11: the circle or box of a choice that is not chosen, 3 to 1.
FAINT = """() => {
  const numbers = text => { const n = text.match(/[\\d.]+/g).map(Number); return [...n, 1]; };
  const light = c => [.2126, .7152, .0722].reduce((sum, part, i) => {
    const v = c[i] / 255;
    return sum + part * (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  }, 0);
  const over = (above, below) => below.map((v, i) => v * (1 - above[3]) + above[i] * above[3]);
  const chain = e => e ? [e, ...chain(e.parentElement)] : [];
  return [...document.querySelectorAll('body *')].flatMap(e => {
    const mark = e.matches('[type=radio]:not(:checked), [type=checkbox]:not(:checked)') && e.type;
    const words = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('').trim()
      || mark
      || (e.matches('textarea, [type=text], [type=number]') ? e.value || e.placeholder : '');
    if (!/\\w/.test(words) || !e.checkVisibility({opacityProperty: true, visibilityProperty: true})
        || e.closest(':disabled, script, style')) return [];
    const behind = chain(e).reverse().reduce((colour, parent) =>
      over(numbers(getComputedStyle(parent).backgroundColor), colour), [255, 255, 255]);
    const style = getComputedStyle(e, e.placeholder && !e.value ? '::placeholder' : null);
    const ink = numbers(mark ? style.borderColor : style.color);
    ink[3] *= chain(e).reduce((all, one) => all * getComputedStyle(one).opacity, 1);
    const [dark, bright] = [light(over(ink, behind)), light(behind)].sort((a, b) => a - b);
    const ratio = (bright + .05) / (dark + .05);
    return ratio < (mark ? 3 : 4.5) ? [`${ratio.toFixed(2)} ${words.slice(0, 40)}`] : [];
  });
}"""
SHOWN = {"Result": "#stage img", "Before": "#before-after img", "Film": "#film video",
         "Curves": "#curves canvas, #curves svg", "Details": "#details table"}
# What has the focus is in the bar at the bottom, or above it.
SEEN = """() => {
  const at = document.activeElement, bar = document.querySelector('#bar');
  return bar.contains(at) || at.getBoundingClientRect().bottom <= bar.getBoundingClientRect().top;
}"""
NAMELESS = """() => [...document.querySelectorAll('button, a, input, textarea, img, video')]
  .filter(e => e.checkVisibility() && !(e.ariaLabel || e.alt || e.title || e.innerText ||
    e.placeholder || e.labels?.[0]?.innerText || e.querySelector('img')?.alt || '').trim())
  .map(e => e.outerHTML.slice(0, 120))"""


def arrows(page) -> set[tuple[bool, bool]]:
    """Of accordions: (whether one is open, whether its arrow, drawn downwards, is turned)."""
    return set(map(tuple, page.locator("button.label-wrap").evaluate_all("""all => all.map(one =>
        [one.matches('.open'), getComputedStyle(one.lastElementChild).transform != 'none'])""")))


def darkest_beside_the_track(page) -> int:
    """Of the first slider's knob, as far as it is higher than the track: 0 to 255."""
    slider = page.locator("#steps .slider_input_container input").first
    slider.scroll_into_view_if_needed()
    track = slider.bounding_box()
    line = page.screenshot(clip=track | {"y": track["y"] - 3, "height": 2})
    with Image.open(io.BytesIO(line)) as picture:
        return picture.convert("L").getextrema()[0]


def faults(page) -> list[str]:
    """Controls without a name, once the page had time to name them, and text of low contrast."""
    end = time.monotonic() + PATIENCE
    while (nameless := page.evaluate(NAMELESS)) and time.monotonic() < end:
        page.wait_for_timeout(100)
    return nameless + page.evaluate(FAINT)


@pytest.mark.parametrize("view, dark", [(DESKTOP, False), (PHONE, True)])
def test_text_has_contrast_controls_have_names_and_the_layout_stays(
        browser, server, shots, portrait, view, dark):
    with StudioPage(browser, server.url, shots, "looks", view=view, dark=dark) as visitor:
        page = visitor.page
        assert faults(page) == []
        visitor.upload(portrait)
        visitor.small()
        for title in ("Your own style, or a blend", "Only the person, or only the background"):
            page.get_by_text(title).click()
        visitor.settled()
        assert faults(page) == []
        assert arrows(page) == {(False, False), (True, True)}
        for panel in page.locator(".block:has(> button.label-wrap.open)").all():
            expect(panel).not_to_have_css("padding-bottom", "0px")
        expect(page.locator("#steps .min_value").first).to_be_visible()
        if not dark:  # on nearly white ground
            assert darkest_beside_the_track(page) < 150
        visitor.paint()
        visitor.finish()
        places = set()
        for tab, what in SHOWN.items():
            visitor.open_tab(tab)
            expect(page.locator(what).first).to_be_visible()
            assert faults(page) == []
            places.add(page.evaluate("document.querySelector('#status').offsetTop"))
        assert len(places) == 1
        assert visitor.errors == []


def test_the_tab_key_reaches_all_that_a_painting_needs_in_order(browser, server, shots):
    with StudioPage(browser, server.url, shots, "keyboard") as visitor:
        page, reached = visitor.page, []
        while "Use it from a program." not in reached:
            page.keyboard.press("Tab")
            reached.append(page.evaluate(
                "(e => e.ariaLabel || e.innerText || e.value)(document.activeElement)").strip())
            assert len(reached) < 100
            # Radio buttons are drawn by their labels, which show the focus in their place.
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            assert page.evaluate(SEEN), reached[-1]
        # As one goes: the photo, the style, the settings, Paint, and what comes of it.
        way = ("Choose a photo", "All", "The Starry Night", "number input for Strength", "Advanced",
               "Paint", "Before / after", "Border of before", "Use it from a program.")
        places = [[name.startswith(what) for name in reached].index(True) for what in way]
        assert places == sorted(places)


def test_arrow_keys_move_within_movements_samples_and_gallery(browser, server, shots):
    with StudioPage(browser, server.url, shots, "arrows") as visitor:
        page = visitor.page

        def focused() -> str:
            return page.evaluate("(e => e.ariaLabel || e.value)(document.activeElement)")

        page.get_by_label("All", exact=True).focus()
        page.keyboard.press("ArrowRight")
        assert focused() == "Impressionism"
        expect(page.locator("#gallery img")).to_have_count(3)
        names = page.locator("fieldset").evaluate_all(  # one name for a group, none for two
            "all => all.map(one => one.querySelector('[type=radio]')?.name).filter(Boolean)")
        assert len(names) == len(set(names)) > 1
        page.locator("#gallery button").first.focus()
        first = focused()
        page.keyboard.press("ArrowRight")
        second = focused()
        assert second != first
        page.keyboard.press("Enter")
        expect(page.locator("#about")).to_contain_text(second.split(",")[0])
        assert focused() == second  # it does not fall to the body
        page.locator("#samples button").first.focus()
        page.keyboard.press("ArrowRight")
        assert "navy uniform" in focused()
