"""A gallery of several pages: turning pages, search, a random style, and painting after one."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from nst.pictures.metadata import recall

from .conftest import PATIENCE
from .studio_page import PHONE, StudioPage


class Gallery(StudioPage):
    """A visit to a studio of several pages."""

    @property
    def shown(self) -> list[str]:
        """The descriptions of the thumbnails, in their order."""
        return self.page.locator("#gallery img").evaluate_all("all => all.map(one => one.alt)")

    def changes(self, before: list[str]) -> list[str]:
        """The thumbnails once they are others than ``before``."""
        expect(self.page.locator("#gallery img").first).not_to_have_attribute("alt", before[0])
        return self.shown

    def search(self, text: str) -> None:
        self.page.get_by_placeholder("Artist, title, year").fill(text)

    def about(self) -> str:
        return self.page.locator("#about b").inner_text()


def test_a_style_chosen_on_the_second_page_is_the_one_painted_after(
        browser, gallery, shots, portrait, tmp_path):
    with Gallery(browser, gallery.url, shots, "gallery", view=PHONE) as visit:
        first = visit.shown
        assert len(first) == 24
        visit.shot("first")
        visit.page.locator("#gallery .grid-container").evaluate("row => row.scrollTo(9999, 0)")
        visit.page.get_by_role("button", name="Next").click()
        expect(visit.page.locator("#pages")).to_contain_text("Page 2 of 4")
        expect(visit.page.locator("#gallery img").first).to_be_in_viewport()
        second = visit.changes(first)
        assert len(second) == 24 and not set(first) & set(second)
        visit.page.locator("#gallery img").nth(5).click()
        title, artist = re.search(r"(Field \d+), (\w+ \w+), 18\d\d", second[5]).groups()
        expect(visit.page.locator("#about")).to_contain_text(f"{title}, {artist}")
        visit.shot("second")
        assert visit.overflow() <= 0
        visit.upload(portrait)
        visit.small()
        visit.paint()
        assert "Done in" in visit.finish()
        visit.shot("painted")
        [(name, _)] = recall(visit.download("#png", tmp_path)).styles
        assert name.startswith("_".join((artist, title)).replace(" ", "-").lower())
        assert visit.errors == []


def test_search_movement_and_surprise_show_and_choose_matching_styles(browser, gallery, shots):
    with Gallery(browser, gallery.url, shots, "gallery-search") as visit:
        page, first = visit.page, visit.shown
        visit.search("bo weaver 1863")
        assert len(visit.changes(first)) == 1
        page.locator("#gallery img").click()
        expect(page.locator("#about")).to_contain_text("Bo Weaver, 1863")
        visit.shot("found")
        page.locator("#movements").get_by_text("Night Watch").click()  # the search still counts
        expect(page.locator("#gallery img")).to_have_count(0)
        expect(page.get_by_text("No style matches")).to_be_visible()
        for empty in ("#gallery", "#pages"):
            expect(page.locator(empty)).to_be_hidden()
        visit.shot("nothing")
        visit.search("")
        expect(page.locator("#gallery img")).to_have_count(20)
        expect(page.get_by_text("No style matches")).to_be_hidden()
        expect(page.locator("#gallery")).to_be_visible()
        expect(page.locator("#pages")).to_be_visible()
        seen = set()
        end = time.monotonic() + PATIENCE
        while len(seen) < 3:  # one draw may be as the one before, so that nothing changes
            assert time.monotonic() < end, seen
            page.get_by_text("Surprise me").click()
            page.wait_for_timeout(200)
            expect(page.locator("#about")).to_contain_text("Cy Tanner")
            seen.add(visit.about())
        visit.search("no such thing")
        expect(page.get_by_text("No style matches")).to_be_visible()
        page.get_by_text("Surprise me").click()  # then it is drawn from all
        expect(page.locator("#gallery .selected")).to_be_visible()
        expect(page.get_by_text("No style matches")).to_be_hidden()
        expect(page.get_by_placeholder("Artist, title, year")).to_have_value("")
        expect(page.get_by_label("All", exact=True)).to_be_checked()
        visit.shot("surprised")
        assert visit.errors == []


def test_what_is_drawn_by_chance_or_named_by_a_link_is_marked_on_its_page(
        browser, gallery, shots):
    with Gallery(browser, gallery.url, shots, "drawn", view=PHONE) as visit:
        page = visit.page
        pages = set()
        end = time.monotonic() + PATIENCE
        while pages <= {"1"}:
            assert time.monotonic() < end, pages
            visit.search("no such thing")
            expect(page.get_by_text("No style matches")).to_be_visible()
            page.get_by_text("Surprise me").click()  # which clears the search
            expect(page.locator("#gallery .selected")).to_be_visible()
            page.wait_for_function(
                "() => document.querySelector('#gallery .selected img')?.alt.startsWith("
                "document.querySelector('#about b').innerText)")
            page.wait_for_timeout(500)  # whatever comes late
            marked = page.locator("#gallery .selected img").get_attribute("alt")
            assert marked.startswith(visit.about())
            expect(page.locator("#about")).not_to_contain_text("Still chosen")
            pages.add(re.search(r"Page (\d)", page.locator("#pages").inner_text())[1])
        page.wait_for_function("""() => {
            const [chosen, row] = ['.selected', '.grid-container'].map(
                part => document.querySelector('#gallery ' + part).getBoundingClientRect());
            return chosen.left >= row.left - 1 && chosen.right <= row.right + 1;
        }""")  # the row of pictures was moved to it
        visit.shot("on-its-page")
        page.goto(re.sub("#.*", "", page.locator("#about a").evaluate("link => link.href")))
        expect(page.locator("#gallery .selected img")).to_have_attribute("alt", marked)
        expect(page.locator("#about")).not_to_contain_text("Still chosen")
        assert visit.errors == []
