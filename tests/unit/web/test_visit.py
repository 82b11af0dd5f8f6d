"""The results of a visit: listed, shown again, compared, deleted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from gradio.processing_utils import save_file_to_cache

from nst.errors import UserError
from nst.web.comeback import GIVEN_UP
from nst.web.photo import PhotoFaces
from nst.web.visit import MAX_RESULTS, Results
from nst.web.wall import Painted
from tests.full_disk import full_disk

from .conftest import SAME, VISITOR, said, tap


@pytest.fixture
def results(studio) -> Results:
    return studio.visit.results


@pytest.fixture
def paint(studio, service, upload):
    """paint(visit, strength): a result of that visit; its job."""
    def paint(visit, strength=0.8):
        started = studio.begin(photo=upload, chosen=service.number["munch-the-scream"], size=128,
                               strength=strength)
        studio.painted(started.job, visit)
        return started.job
    return paint


@pytest.fixture
def strip(studio):
    """What is seen of the strip of that visit."""
    return lambda name, **more: studio.seen(
        studio.visit.strip(studio.values(visit=name, **more)))


@pytest.fixture
def come(studio):
    """What a new page shows of that visit."""
    return lambda name: studio.seen(studio.comeback.open(name, [0, 1], VISITOR))


def test_a_visits_name_is_random_and_cannot_be_chosen(results):
    name = results.opened("")
    assert len(name) >= 32 and results.opened(name) == name
    for foreign in ("guessed", None, 7, {}):
        assert results.opened(foreign) not in ("guessed", name)


def test_what_was_painted_is_in_the_strip_and_comes_back(
        studio, strip, come, service, results, paint):
    name = results.opened("")
    assert not strip(name).strip.visible
    first = paint(name, 0.6)
    paint(name, 0.9)
    shown = strip(name)
    assert shown.two.visible and shown.strip.visible
    assert [one["caption"] for one in shown.thumbnails.value] == [
        "Strength 0.9 · The Scream", "Strength 0.6 · The Scream"]
    again = studio.seen(studio.visit.show_again(studio.values(visit=name, job=first), tap(1)))
    assert again.strength == 0.6 and again.size == 128
    assert not [name for name in service.defaults if getattr(again, name) == SAME]
    assert again.stage.endswith("selfie-munch-the-scream.png") and "Done in" in again.status
    opened = come(name)
    assert opened.visit == name and opened.strip.visible and opened.stage != SAME
    assert not come("guessed").strip.visible


@pytest.mark.slow
def test_a_full_disk_leaves_the_strip_as_it_was_and_no_broken_thumbnail(
        studio, strip, results, paint):
    name = results.opened("")
    paint(name)
    with full_disk(100), pytest.warns(UserWarning, match="cannot store pictures now"):
        assert studio.told(studio.visit.strip(studio.values(visit=name))) == set()
    [one] = results.of(name)
    assert not list(one.result.png.parent.glob("*small*"))
    assert len(strip(name).thumbnails.value) == 1


def test_no_earlier_result_is_shown_while_something_is_painted(studio, results, paint):
    name = results.opened("")
    paint(name)
    going = studio.values(visit=name, job=SimpleNamespace(over=False))
    assert studio.told(studio.visit.show_again(going, tap(0))) == set()


def test_two_results_are_compared_over_each_other(studio, strip, results, paint):
    name = results.opened("")
    job = paint(name, 0.6)
    first = results.of(name)[0]
    assert not strip(name).two.visible  # one alone
    paint(name, 0.9)
    second = results.of(name)[0]

    def wall(two, shown, job=job, first=None) -> dict:
        return studio.values(visit=name, job=job, two=two, shown=shown, first=first)

    def of(changes) -> tuple[str, Painted]:
        seen = studio.seen(changes)
        return seen.compare, seen.shown

    visit = studio.visit
    assert of(visit.compare(wall(True, second)))[0].count(str(first.result.png)) == 1
    one = studio.seen(visit.show_again(wall(True, second), tap(0)))
    assert "1 of 2" in said(one.asked) and one.first == second.result.png
    for index, count in ((0, "1 of 2"), (1, "2 of 2")):  # the same again, the other
        two = studio.seen(visit.show_again(wall(True, second, first=one.first), tap(index)))
        assert count in said(two.asked)
    assert two.compare.index(str(second.result.png)) < two.compare.index(str(first.result.png))
    assert "Left: Strength 0.9 · The Scream" in two.compare
    assert two.shown is first and two.first is None
    alone, _ = of(visit.show_again(wall(False, first), tap(1)))
    untick = studio.seen(visit.compare(wall(False, first)))
    assert alone == untick.compare and said(untick.asked) == ""
    assert str(first.result.before) in alone and str(second.result.png) not in alone
    paint(name, 0.3)  # which two of three?
    assert "0 of 2" in said(strip(name, two=True).asked)
    assert "1 of 2" in said(strip(name, two=True, first=one.first).asked)
    for going, on_wall in ((SimpleNamespace(over=False), second), (job, None), (job, second)):
        asked = visit.compare(wall(True, on_wall, going))
        assert studio.told(asked) == {"first", "asked"}
        assert "0 of 2" in said(studio.seen(asked).asked)


def test_forget_all_deletes_everything_of_that_visit_alone(
        studio, results, paint, folder, upload):
    mine, other = results.opened(""), results.opened("")
    job = paint(mine)
    paint(other)
    [png] = [one.result.png for one in results.of(mine)]
    [kept] = [one.result.png for one in results.of(other)]
    copy = save_file_to_cache(png, cache_dir=str(folder))  # as Gradio shows it
    studio.comeback.hold(studio.values(visit=mine, photo=upload))
    forgotten = studio.seen(studio.visit.forget_all(mine, job))
    assert forgotten.photo is None and forgotten.job is None
    assert not forgotten.strip.visible and forgotten.thumbnails.value == []
    assert forgotten.two.value is False and said(forgotten.asked) == ""
    left = {str(file) for file in folder.rglob("*") if file.is_file()}
    assert not {str(png), copy, upload["path"]} & left and str(kept) in left
    assert results.opened(mine) == mine and results.of(mine) == []


def test_results_whose_files_were_deleted_are_not_shown(strip, results, paint):
    name = results.opened("")
    paint(name)
    results.of(name)[0].result.png.unlink()
    assert not strip(name).strip.visible


def test_a_visit_keeps_its_last_pictures(results, paint):
    name = results.opened("")
    paint(name)
    [one] = results.of(name)
    assert isinstance(one, Painted)
    for _ in range(MAX_RESULTS + 3):
        results.add(name, one)
    results.add("guessed", one)
    assert len(results.of(name)) == MAX_RESULTS and results.of("guessed") == []


def test_what_the_page_held_comes_back_and_is_forgotten(
        studio, come, service, results, upload, folder):
    name = results.opened("")
    faces = PhotoFaces(upload["path"], (), ((0.1, 0.2, 0.3, 0.4),))
    studio.comeback.hold(studio.values(visit=name, photo=upload, faces=faces, chosen=1,
                                       strength=0.3, size=256, steps=None))
    back = come(name)
    assert (back.photo, back.faces, back.chosen) == (upload["path"], faces, 1)
    assert (back.strength, back.size, back.steps) == (0.3, 256, SAME)  # None can be no steps
    assert back.gallery.selected_index == 1
    assert service.preset(1).title in back.about.replace("&#x27;", "'")
    for changed in (dict(photo={"path": "/etc/passwd"}), dict(photo=None)):
        studio.comeback.hold(studio.values(visit=name, chosen=1, **changed))
        assert come(name).photo is None
    studio.visit.forget_all(name, None)
    assert come(name).chosen == SAME and not list(folder.rglob("selfie*"))


def test_a_result_stays_on_the_wall_when_its_page_comes_back_with_a_photo(
        studio, come, results, paint, upload):
    name = results.opened("")
    studio.comeback.hold(studio.values(visit=name, photo=upload))
    assert come(name).kept == SAME  # nothing is painted: the photo comes to the wall
    paint(name)
    for photo in (upload, {"path": studio.service.samples[1].photo}):
        studio.comeback.hold(studio.values(visit=name, photo=photo))
        kept = come(name).kept
        assert studio.told(studio.photo.show(studio.values(photo=photo, kept=kept))) == set()
        assert studio.told(studio.photo.show(studio.values(photo=photo)))  # taken once more


def test_a_page_that_comes_back_watches_the_picture_that_is_painted(
        studio, come, results, upload):
    name = results.opened("")
    job = studio.begin(photo=upload, chosen=1, size=128, visit=name).job
    lost = studio.paint.going_on(studio.paint.run, job, name, VISITOR.session_hash)
    next(lost)
    studio.named["place"] = studio.paint.place
    new = SimpleNamespace(session_hash="a new page")
    back = studio.seen(studio.comeback.open(name, [], new))
    assert back.job is job and back.stop.visible and not back.paint.visible
    assert "step-1" in back.stage and "left" in back.status

    def look():
        return studio.seen(studio.paint.show_place(new, job, name))

    assert look().stage == SAME  # nothing new
    assert [*lost]
    last = look()
    assert last.paint.visible and last.png.interactive and last.strip.visible
    assert not last.place.active and "Done in" in last.status


def test_what_went_wrong_meanwhile_is_said_once(studio, come, results, upload, monkeypatch):
    def broken(*_, **__):
        raise UserError("It cannot be painted.")
        yield

    monkeypatch.setattr(studio.service, "_frames", broken)
    monkeypatch.setattr("nst.web.paint.is_gone", lambda demo, session: True)
    name = results.opened("")
    job = studio.begin(photo=upload, chosen=1, size=128, visit=name).job
    list(studio.paint.going_on(studio.paint.run, job, name, "a page that is gone"))
    assert said(come(name).notice) == "It cannot be painted." and come(name).notice == SAME


def test_a_picture_that_was_not_begun_is_told(come, studio, results, upload):
    name = results.opened("")
    studio.begin(photo=upload, chosen=1, size=128, visit=name)  # and the net was cut
    assert GIVEN_UP in come(name).status and come(name).status == SAME


def test_what_is_forgotten_while_it_is_painted_leaves_nothing(studio, results, upload, folder):
    name = results.opened("")
    job = studio.begin(photo=upload, chosen=1, size=128, visit=name).job
    run = studio.paint.going_on(studio.paint.run, job, name, VISITOR.session_hash)
    next(run)
    studio.visit.forget_all(name, job)
    *_, last = run
    assert studio.seen(last).paint.visible and studio.seen(last).stage == SAME
    assert results.of(name) == [] and not list(folder.rglob("*.png"))


def test_a_picture_of_somebody_who_left_for_good_ends_with_what_it_has_if_others_wait(
        studio, results, upload, monkeypatch):
    monkeypatch.setattr("nst.web.paint.gives_way", lambda demo, session: session == "left")
    for session, ended in (("here", False), ("left", True)):
        job = studio.begin(photo=upload, chosen=1, size=128).job
        *_, last = studio.paint.going_on(studio.paint.run, job, "", session)
        assert ("Stopped" in studio.seen(last).status) is ended
