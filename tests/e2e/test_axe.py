"""axe-core finds nothing serious or critical, and controls are large enough for a finger."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .studio_page import TABLET, StudioPage

# WCAG 2.2, 2.5.8 asks for 24 px; 44 is what phones' makers ask for. A label counts with its input.
SMALL = """() => [...document.querySelectorAll(`button, fieldset label, label:has([type=checkbox]),
    input:not([type=radio], [type=checkbox], [type=file])`)]
  .filter(e => e.checkVisibility() && !e.closest('.visually-hidden, .compare'))
  .map(e => [e.getBoundingClientRect().height, e.innerText])
  .filter(([height]) => height > 0 && height < 44)"""


def serious(page) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found
            if one["impact"] in ("serious", "critical")]


def test_axe_finds_nothing_serious_from_the_first_view_to_the_result(
        browser, server, shots, portrait):
    with StudioPage(browser, server.url, shots, "axe", view=TABLET, dark=True) as visitor:
        page = visitor.page
        visitor.settled()
        assert serious(page) == []
        visitor.upload(portrait)
        visitor.small(steps=5000)
        assert serious(page) == []
        visitor.paint()
        expect(page.locator("#stop")).to_be_focused()
        visitor.previews(2)
        assert serious(page) == []
        visitor.shot("painting")
        page.locator("#stop").click()
        visitor.finish()
        expect(page.locator("#wall [role=tab]").filter(visible=True)).to_have_text(
            ["Result", "Before / after", "Film", "Curves", "Details"])  # none behind a menu
        expect(page.get_by_role("tab", name="Before / after")).to_be_focused()
        visitor.settled()
        assert serious(page) == []
        visitor.shot("result")
        assert page.evaluate(SMALL) == []
