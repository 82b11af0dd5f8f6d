"""The crop of a format has the faces well in it."""

from __future__ import annotations

import pytest

from nst.pictures.formats import crop_around


@pytest.mark.parametrize("ratio", [9 / 16, 4 / 5, 1.0])
@pytest.mark.parametrize("size", [(1024, 768), (600, 1000), (500, 500)])
@pytest.mark.parametrize("face", [(0.0, 0.0, 0.2, 0.2), (0.4, 0.3, 0.2, 0.3), (0.8, 0.7, 0.2, 0.3)])
def test_a_crop_is_as_large_as_can_be_and_holds_the_face(ratio, size, face):
    left, top, right, bottom = crop_around(size, ratio, [face])
    assert 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
    assert (right - left) / (bottom - top) == pytest.approx(ratio, abs=0.01)
    assert right - left == size[0] or bottom - top == size[1]
    x, y = (face[0] + face[2] / 2) * size[0], (face[1] + face[3] / 2) * size[1]
    assert left <= x <= right and top <= y <= bottom


def test_without_a_face_it_is_in_the_middle_and_rather_above():
    assert crop_around((1000, 500), 1.0) == (250, 0, 750, 500)
    left, top, right, bottom = crop_around((500, 1000), 1.0)
    assert (left, right) == (0, 500) and 0 < top < 250


def test_a_close_crop_is_a_few_faces_high_and_holds_all_of_a_group():
    left, top, right, bottom = crop_around((1000, 1000), 1.0, [(0.4, 0.4, 0.1, 0.1)], close=3)
    assert (right - left, bottom - top) == (300, 300)
    assert left <= 400 and right >= 500 and top <= 400 and bottom >= 500
    two = [(0.1, 0.4, 0.1, 0.1), (0.8, 0.4, 0.1, 0.1)]
    left, top, right, bottom = crop_around((1000, 1000), 1.0, two, close=3)
    assert left <= 100 and right >= 900
