"""The mask of the person, seen and corrected with the brush."""

from __future__ import annotations

from nst.pictures.metadata import recall_mask

from .studio_page import StudioPage


def test_only_the_person_is_painted_and_the_page_stays_whole(
        browser, server, shots, portrait, tmp_path):
    with StudioPage(browser, server.url, shots, "mask") as visit:
        page = visit.page
        visit.upload(portrait)
        page.get_by_text("Only the person, or only the background").click()
        page.get_by_label("subject", exact=True).check()
        page.locator("#mask canvas").first.wait_for()
        visit.shot("mask")
        visit.small()
        visit.paint()
        assert "Done in" in visit.finish()
        visit.shot("painted")
        assert recall_mask(visit.download("#png", tmp_path)) == ""  # found, not given by hand

        canvas = page.locator("#mask canvas").first
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.3)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.2, steps=8)
        page.mouse.up()
        page.wait_for_timeout(1500)
        visit.shot("corrected")
        visit.paint()
        assert "Done in" in visit.finish()
        visit.finish()
        assert len(recall_mask(visit.download("#png", tmp_path))) == 64
        assert not visit.errors
