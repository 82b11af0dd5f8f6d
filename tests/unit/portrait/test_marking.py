"""A tap on a face that was not found gives a box of its size."""

from __future__ import annotations

import pytest
from PIL import Image

from nst.portrait.marking import face_at
from tests.faces import iou, portraits, true_boxes

PORTRAITS, TRUE = portraits(), true_boxes()


@pytest.mark.parametrize("name", ["astronaut", "hopper-small", "astronaut-dark", "two"])
@pytest.mark.parametrize(("x", "y"), [(0.5, 0.5), (0.3, 0.3), (0.6, 0.8)])
def test_a_tap_anywhere_on_a_face_gives_its_box(name, x, y):
    for left, top, width, height in TRUE[name]:
        box = face_at(PORTRAITS[name], left + x * width, top + y * height)
        assert iou(box, (left, top, width, height)) > 0.5


def test_a_face_upside_down():
    left, top, width, height = TRUE["astronaut"][0]
    box = face_at(PORTRAITS["astronaut"].rotate(180), 1 - left - width / 2, 1 - top - height / 2)
    assert iou(box, (1 - left - width, 1 - top - height, width, height)) > 0.5


def test_where_nothing_is_seen_the_box_lies_around_the_tap():
    nothing = Image.new("RGB", (600, 400), "teal")
    assert face_at(nothing, 0.5, 0.5) == pytest.approx((5 / 12, 3 / 8, 1 / 6, 1 / 4), abs=1e-3)
    others = [(0, 0, 0.1, 0.2)]
    assert face_at(nothing, 0.5, 0.5, others) == pytest.approx((0.45, 0.425, 0.1, 0.15), abs=1e-3)
    assert face_at(nothing, 1, 1) == pytest.approx((11 / 12, 7 / 8, 1 / 12, 1 / 8), abs=1e-3)
    assert face_at(Image.new("RGB", (1, 1)), 0.5, 0.5)[2] > 0
