"""The mask of the people in a photo, and how a visitor corrects it."""

from __future__ import annotations

import pytest
from PIL import Image

from nst.web.photo import PhotoFaces, Region, correct_mask


@pytest.fixture
def region(studio) -> Region:
    return studio.region


def test_a_mask_is_found_where_a_region_is_asked_for(region, upload):
    for wanted, photo in (("everything", upload), ("subject", None),
                          ("subject", {"path": "/etc/passwd"})):
        found, corrected, editor = region.find_mask(wanted, photo, PhotoFaces())
        assert found is None and corrected is None and not editor.visible
    found, corrected, editor = region.find_mask("background", upload, PhotoFaces())
    assert found.mode == "L" and corrected is None and editor.visible
    assert correct_mask({"layers": []}, found) is correct_mask(None, found) is None
    drawn = Image.new("RGBA", found.size, "white")
    assert correct_mask({"layers": [drawn]}, found).getextrema() == (255, 255)


def test_the_mask_shows_whoever_has_a_face_or_is_marked(region, upload):
    found, *_ = region.find_mask("subject", upload, PhotoFaces())
    assert max(found.size) <= 512
    width, height = found.size
    assert found.getpixel((width * 45 // 100, height // 4)) > 200  # her face
    assert found.getpixel((width * 95 // 100, 5)) < 50
    Image.new("RGB", (300, 200), "teal").save(upload["path"])
    found, *_ = region.find_mask("subject", upload, PhotoFaces())
    assert found.getextrema() == (0, 0)  # nobody: all to be drawn
    marked = PhotoFaces(upload["path"], (), ((0.4, 0.4, 0.2, 0.3),))
    found, *_ = region.find_mask("subject", upload, marked)
    assert found.getpixel((found.width // 2, found.height * 55 // 100)) > 200
