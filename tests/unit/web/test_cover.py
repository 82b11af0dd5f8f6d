"""How much of its photo a painting covers: the file, what shows it, and the way back."""

from __future__ import annotations

import dataclasses

import pytest
from PIL import Image

from nst.pictures.cover import WHOLE, Cover
from nst.pictures.metadata import recall
from nst.web.paint import Again
from nst.web.visit import thumbnail
from nst.web.wall import GONE

from .conftest import SAME, VISITOR, said


@pytest.fixture
def visit(studio) -> str:
    return studio.visit.results.opened("")


@pytest.fixture
def painted(studio, upload, visit):
    return studio.painted(studio.begin(photo=upload).job, visit).shown


@pytest.fixture
def make(studio, painted, visit):
    """What is seen after a slider is let go."""
    def make(whole, face=100, shown=painted, **values):
        return studio.seen(studio.again.covering.make(studio.values(
            shown=shown, visit=visit, cover_whole=whole, cover_face=face, **values)))
    return make


def test_a_softer_picture_is_what_is_saved_shared_and_kept(studio, painted, visit, make):
    seen = make(50, 40)
    file = seen.shown.file
    assert recall(file).cover == Cover(0.5, 0.4)
    assert dataclasses.replace(recall(file), cover=WHOLE) == recall(painted.result.png)
    assert seen.stage == str(file) and file.name in seen.png.value["path"]
    assert f"data-picture='gradio_api/file={file}'" in seen.link
    [kept] = studio.visit.results.of(visit)
    assert kept == seen.shown and kept.label == f"50 %, face 40 % · {painted.caption}"
    with Image.open(file) as softer, Image.open(thumbnail(kept)) as small:
        red = softer.convert("RGB").getpixel((3, 3))[0]  # the engine of these tests paints 240
        assert 120 <= red < 240
        assert small.convert("RGB").getpixel((1, 1))[0] == pytest.approx(red, abs=12)


def test_the_photo_is_seen_through_the_film_as_through_the_result(studio, painted, make):
    whole = studio.seen(studio.wall.painted(painted)).film
    assert " controls " in whole and "<figure" not in whole
    softer = make(50, 40)
    assert "--whole:0.5;--face:0.4" in softer.film and painted.result.film.name in softer.film
    assert studio.seen(studio.wall.painted(softer.shown)).film == softer.film
    assert make(100, shown=softer.shown).film == whole


def test_the_next_one_takes_its_place_and_all_of_it_is_the_painting_again(studio, painted, make):
    softer = make(50).shown
    other = make(70, shown=softer).shown
    assert not softer.file.exists() and other.file.exists()
    again = make(100, shown=other).shown
    assert again.file == painted.result.png and again.label == painted.caption
    assert not other.file.exists()


def test_nothing_is_made_twice_nor_while_the_next_one_is_painted(studio, upload, painted, make):
    softer = make(50).shown
    assert make(50, shown=softer).shown == SAME
    waits = studio.begin(photo=upload).job
    assert make(30, job=waits).shown == SAME


def test_a_result_that_is_gone_or_a_wrong_number_is_told(painted, make):
    assert "from 0 to 100 %" in said(make("a", 3).notice)
    painted.result.png.unlink()
    assert said(make(50).notice) == GONE


def test_larger_is_painted_from_the_painting_and_is_as_soft(studio, painted, make, monkeypatch):
    softer = make(50).shown
    monkeypatch.setattr(Again, "next", lambda self, shown: dataclasses.replace(
        studio.service.limits, size=600))
    job = studio.seen(studio.again.enlarge(VISITOR, softer, "")).job
    assert job.start.png == painted.result.png and job.cover == Cover(0.5)
