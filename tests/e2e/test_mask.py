"""The mask of the person, seen and corrected with the brush."""

from __future__ import annotations

from .studio_page import StudioPage


def test_only_the_person_is_painted_and_the_page_stays_whole(browser, server, shots, portrait):
    with StudioPage(browser, server.url, shots, "mask") as visit:
        page = visit.page
        visit.upload(portrait)
        page.get_by_text("Only the person, or only the background").click()
        page.get_by_label("subject", exact=True).check()
        page.locator("#mask canvas").first.wait_for()
        visit.shot("mask")
        visit.small()
        visit.paint()
        page.get_by_text("step 8 of 8").wait_for()
        visit.shot("painted")
        assert not visit.errors
