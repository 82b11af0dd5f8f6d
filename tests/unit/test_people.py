"""Faces that the user marks, and boxes of faces as they are reported."""

from __future__ import annotations

import pytest
from PIL import Image

from nst import Settings, stylize
from nst.errors import UserError
from nst.people import MAX_MARKED, Face, check_marked, parse_face
from tests.conftest import EXAMPLES


@pytest.mark.parametrize("text", [
    "", "0.1,0.2,0.3", "0.1,0.2,0.3,0.4,0.5", "a,b,c,d", "0.5,0.5,0.6,0.1", "-0.1,0,0.2,0.2",
    "0.1,0.1,0,0.2", "nan,0,0.1,0.1", "10,20,100,100"])
def test_a_mark_that_is_no_box_is_explained(text):
    with pytest.raises(UserError, match="LEFT,TOP,WIDTH,HEIGHT"):
        parse_face(text)


def test_a_mark_is_four_fractions():
    assert parse_face("0.1, 0.2,0.3,0.8") == (0.1, 0.2, 0.3, 0.8)


def test_a_box_is_told_as_far_as_it_lies_in_the_picture():
    assert Face(-0.05, 0.123456, 0.3, 0.9).box == (0.0, 0.1235, 0.25, 0.8765)
    rounded = Face(0.66666, -1, 0.9, 9).box
    assert parse_face(",".join(map(str, rounded))) == rounded  # it can be given as a mark


def test_marks_are_few_and_lie_in_the_picture():
    assert check_marked([[0, 0, 1, 1]]) == ((0, 0, 1, 1),)
    with pytest.raises(UserError, match="mark 64 at most"):
        check_marked([(0, 0, 1, 1)] * (MAX_MARKED + 1))
    with pytest.raises(UserError, match="in fractions of the photo"):
        stylize(Image.open(EXAMPLES / "astronaut.jpg"), [], Settings(), marked_faces=[(9, 9, 9, 9)])


@pytest.mark.slow
def test_frames_tell_the_faces_that_were_found_and_those_that_were_marked():
    photo = Image.open(EXAMPLES / "astronaut.jpg")
    mark = (0.7, 0.1, 0.1, 0.1)
    frame = next(iter(stylize(photo, [(photo, 1.0)], Settings(size=128, steps=1),
                              marked_faces=[mark])))
    found, marked = frame.faces  # largest first
    assert found == pytest.approx([0.347, 0.131, 0.187, 0.21], abs=0.01) and marked == mark
