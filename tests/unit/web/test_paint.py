"""From Paint to the result, as the page's handlers answer, without a browser."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import gradio as gr
import pytest

from app import build
from nst.pictures.metadata import recall
from nst.web.page import LAST
from nst.web.paint import NOT_PAINTED, Paint
from nst.web.photo import PhotoFaces
from nst.web.queue import BUSY, Place
from nst.web.server import FAULT
from nst.web.wall import PHOTO

from .conftest import SAME, VISITOR, said


@pytest.fixture
def people() -> list[int]:
    """How many are before the visitor, to be changed."""
    return [0]


@pytest.fixture
def painting(studio, people) -> Paint:
    studio.paint.place_of = lambda session: (
        Place(people[0]) if session == VISITOR.session_hash else None)
    return studio.paint


@pytest.fixture
def begin(studio, painting, service, upload):
    def begin(**changed) -> SimpleNamespace:
        return studio.begin(**dict(photo=upload, chosen=service.number["munch-the-scream"],
                                   size=128) | changed)
    return begin


@pytest.fixture
def place(studio, painting):
    return lambda job: studio.seen(painting.show_place(VISITOR, job, ""))


def test_from_paint_to_the_result(studio, painting, begin):
    started = begin()
    assert not started.paint.visible and started.stop.visible and not started.png.interactive
    assert started.place.active and "Starting." in started.status
    assert not started.actions.visible and "Edvard Munch" in started.story.value
    *frames, last = painting.run(started.job)
    assert frames and all(studio.told(frame) == {"stage", "status"} for frame in frames)
    first, last = studio.seen(frames[0]), studio.seen(last)
    assert last.png.interactive and last.stronger.interactive and last.paint.visible
    assert not last.place.active and "width:100.0%" in last.status
    assert "Brushwork · 2 s left" in first.status and "Done in 3 s." in last.status
    assert last.actions.visible and not last.story.visible
    assert last.curves_tab.visible is last.details_tab.visible is True
    # The photo, the result, and the photo once more within a mask: over the result's face.
    assert last.share.interactive and last.compare.count("gradio_api/file=") == 4
    assert list(last.curves.columns) == ["step", "term", "loss"]
    assert set(last.curves["term"]) == {"content", "style", "tv"}
    assert "3 steps" in last.details and "<th>seconds</th>" not in last.details
    assert "<th>steps</th>" not in last.details and "Edvard Munch" in last.details
    assert [studio.told(again) for again in painting.run(started.job)] == [set()]  # once


def test_marked_faces_are_painted_and_recorded(studio, begin, upload):
    mark = (0.1, 0.2, 0.3, 0.4)
    for faces, recorded in ((PhotoFaces(upload["path"], (), (mark,)), (mark,)),
                            (PhotoFaces("another.jpg", (), (mark,)), ())):
        last = studio.painted(begin(faces=faces).job)
        assert recall(last.png.value["path"]).marked_faces == recorded


def test_a_waiting_visitor_is_told_how_many_are_before_him(studio, begin, place, people):
    people[0] = 1
    started = begin()
    assert "Waiting for a turn: 1 person before you." in started.status
    people[0] = 3
    assert "3 people before you" in place(started.job).status
    studio.painted(begin().job)  # so now it is known how long a turn takes
    assert "3 people before you, about " in place(started.job).status
    people[0] = 0
    assert "before you" not in place(started.job).status
    studio.painted(started.job)
    for job in (started.job, None):
        after = studio.paint.show_place(VISITOR, job, "")
        assert studio.told(after) == {"place"} and not studio.seen(after).place.active


@pytest.mark.parametrize("wrong, sentence", [
    (dict(photo=None), "Give a photo first"),
    (dict(photo={"path": "/etc/passwd"}), "was not uploaded here"),
    (dict(size=4096), "paints up to 1024"),
])
def test_a_mistake_is_told_before_the_visitor_waits(studio, painting, begin, wrong, sentence):
    refused = begin(**wrong)
    assert sentence in said(refused.notice) and refused.job is None
    assert refused.status == SAME and not refused.place.active and refused.paint.visible
    assert [studio.told(changes) for changes in painting.run(refused.job)] == [set()]


def test_stop_keeps_the_bar_where_it_was(studio, painting, begin):
    started = begin()
    run = painting.run(started.job)
    next(run)
    stopping = painting.stop_job(started.job)
    assert studio.told(stopping) == {"stop"} and studio.seen(stopping).stop.value == "Stopping"
    *_, last = run
    last = studio.seen(last)
    assert "Stopped at step 1 of 3" in last.status and "width:33.3%" in last.status
    assert last.stop.value == "Stop" and last.png.interactive
    assert studio.told(painting.stop_job(started.job)) == set()
    assert begin().stop.interactive


def test_stop_while_waiting_leaves_the_queue_and_another_photo_comes_to_the_wall(
        studio, painting, begin, upload):
    started = begin()
    left = studio.seen(painting.stop_job(started.job))
    assert "Stopped before anything was painted" in left.status and left.paint.visible
    wall = studio.seen(studio.photo.show(studio.values(photo=upload, job=left.job)))
    assert PHOTO in wall.status
    assert studio.told(painting.show_place(VISITOR, started.job, "")) == {"place"}
    [changes] = painting.run(started.job)
    assert "Stopped before anything was painted" in studio.seen(changes).status


@pytest.mark.parametrize("error, sentence", [
    (gr.Error("No GPU is free.", title="ZeroGPU quota exceeded"),
     "ZeroGPU quota exceeded: No GPU is free."),
    (RuntimeError("secret"), FAULT),
])
def test_an_error_while_painting_is_one_sentence(
        studio, painting, begin, service, monkeypatch, error, sentence):
    def broken(*_, **__):
        raise error
        yield

    monkeypatch.setattr(service, "_frames", broken)
    [changes] = map(studio.seen, painting.run(begin().job))
    assert said(changes.notice) == sentence and changes.paint.visible
    assert NOT_PAINTED in changes.status


def test_a_full_queue_is_told_apart_from_a_fault(studio, painting, begin):
    waiting = begin().job
    refused = studio.seen(painting.fail(waiting))
    assert said(refused.notice) == BUSY and refused.job is None
    studio.painted(waiting)
    assert said(studio.seen(painting.fail(waiting)).notice) == FAULT
    studio.page.demo._queue.max_size = 0
    assert said(begin().notice) == BUSY  # before the page asks for a turn
    assert studio.told(painting.fail(None)) == set()


def test_handlers_of_many_values_take_a_dict_and_no_two_start_each_other_for_ever(service):
    """What they return is a dict too, which only a run can show."""
    put_off = Counter()  # how many handlers of an event are, while they answer the one before
    for function in build(service).fns.values():
        assert function.inputs_as_dict or len(function.inputs) <= 5 or (
            function.api_name == "stylize"), function.name
        if function.fn and function.trigger_mode == LAST["trigger_mode"]:
            put_off.update(target for target in function.targets if target[0] is not None)
    assert put_off and max(put_off.values()) == 1, put_off
