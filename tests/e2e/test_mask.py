"""The mask of the person, seen and corrected with the brush."""

from __future__ import annotations

from PIL import Image
from playwright.sync_api import Response, expect

from nst.pictures.metadata import recall

from .conftest import ROOT
from .studio_page import PHONE, StudioPage


def test_a_tap_marks_a_face_in_the_photo_and_another_takes_it_away(
        browser, server, shots, tmp_path):
    Image.new("RGB", (300, 200), "teal").save(tmp_path / "wall.png")
    with StudioPage(browser, server.url, shots, "mark", view=PHONE) as visit:
        note, stage = visit.page.locator("#photo-note"), visit.page.locator("#stage img")
        visit.upload(tmp_path / "wall.png")
        expect(note).to_contain_text("No face found: tap on the face")
        before, box = visit.stage(), stage.bounding_box()
        place = {"x": box["width"] / 2, "y": box["height"] / 2}
        stage.tap(position=place)
        expect(note).to_contain_text("1 marked")
        expect(stage).not_to_have_attribute("src", before)
        visit.shot("marked")
        stage.tap(position=place)
        expect(note).to_contain_text("No face found: tap on the face")
        stage.tap(position=place)
        expect(note).to_contain_text("1 marked")
        visit.small()
        visit.paint()
        visit.finish()
        [(left, top, width, height)] = recall(visit.download("#png", tmp_path)).marked_faces
        assert abs(left + width / 2 - 0.5) < 0.02 and abs(top + height / 2 - 0.5) < 0.02
        visit.upload(tmp_path / "wall.png")
        expect(note).to_contain_text("No face found")
        assert not visit.errors


# The editor's tools that are not whole within their bar, or whose bar is not within the editor.
CUT_OFF = """() => {
  const outside = (inner, outer) => {
    const [a, b] = [inner.getBoundingClientRect(), outer.getBoundingClientRect()];
    return a.left < b.left - 1 || a.right > b.right + 1 || a.top < b.top - 1
      || a.bottom > b.bottom + 1;
  };
  const editor = document.querySelector('#mask');
  return [...editor.querySelectorAll('button')].filter(one => one.checkVisibility()).filter(one => {
    const bar = one.closest('.toolbar-wrap, .top-panel');
    return outside(one, bar) || outside(bar, editor);
  }).map(one => one.outerHTML.slice(0, 80));
}"""


def sends_the_drawing(response: Response) -> bool:
    """Whether it answers the page's message of what was drawn on the mask."""
    return ("run/predict" in response.url
            and b'"layers"' in (response.request.post_data_buffer or b""))


def test_only_the_person_is_painted_and_the_mask_can_be_corrected(
        browser, server, shots, portrait, tmp_path):
    with StudioPage(browser, server.url, shots, "mask", view=PHONE) as visit:
        page = visit.page
        visit.upload(portrait)
        page.get_by_text("Only the person, or only the background").click()
        page.get_by_label("subject", exact=True).check()
        page.locator("#mask canvas").first.wait_for()
        assert page.evaluate(CUT_OFF) == []
        visit.shot("mask")
        visit.small()
        visit.paint()
        assert "Done in" in visit.finish()
        visit.shot("painted")
        assert recall(visit.download("#png", tmp_path)).mask == ""  # found, not given by hand

        canvas = page.locator("#mask canvas").first
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        with page.expect_response(sends_the_drawing):
            page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.3)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.2, steps=8)
            page.mouse.up()
        visit.shot("corrected")
        visit.paint()
        assert "Done in" in visit.finish()
        assert len(recall(visit.download("#png", tmp_path)).mask) == 64

        visit.upload(ROOT / "examples/grace-hopper.jpg")  # the other photo's strokes are not hers
        visit.paint()
        assert "Done in" in visit.finish()
        assert recall(visit.download("#png", tmp_path)).mask == ""
        assert not visit.errors
