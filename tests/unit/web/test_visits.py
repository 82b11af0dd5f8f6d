"""The results of a visit: listed, shown again, compared, deleted."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.processing_utils import save_file_to_cache

from nst.web.handlers_paint import NO_SECOND, PaintHandlers
from nst.web.handlers_visit import VisitHandlers
from nst.web.panel import Panel
from nst.web.photos import PhotoFaces
from nst.web.visits import MAX_RESULTS, Painted
from tests.full_disk import full_disk


@pytest.fixture
def handlers(service, visits) -> VisitHandlers:
    return VisitHandlers(service, visits)


@pytest.fixture
def paint(service, visits, upload):
    """paint(visit, strength): a result of that visit; its job."""
    painting = PaintHandlers(service, lambda session: 0, visits)

    def paint(visit, strength=0.8):
        values = service.defaults | dict(size=128, strength=strength)
        started = painting.begin(SimpleNamespace(session_hash=""), upload, None,
                                 service.number["munch-the-scream"], NO_SECOND, 0.5, None,
                                 PhotoFaces(), *values.values())
        list(painting.run(started.job, visit))
        return started.job
    return paint


def test_a_visits_name_is_random_and_cannot_be_chosen(visits):
    name = visits.opened("")
    assert len(name) >= 32 and visits.opened(name) == name
    for foreign in ("guessed", None, 7, {}):
        assert visits.opened(foreign) not in ("guessed", name)


def test_what_was_painted_is_in_the_strip_and_comes_back(handlers, service, visits, paint):
    name = visits.opened("")
    shown, gallery, _ = handlers.strip(name)
    assert not shown.visible
    first = paint(name, 0.6)
    paint(name, 0.9)
    shown, gallery, both = handlers.strip(name)
    assert both.visible and shown.visible and [one["caption"] for one in gallery.value] == [
        "The Scream · 0.9", "The Scream · 0.6"]
    panel_and_settings = handlers.show_again(SimpleNamespace(index=1), name, first, False,
                                              None)
    settings = dict(zip(service.defaults, panel_and_settings[-len(service.knobs):], strict=True))
    assert settings["strength"] == 0.6 and settings["size"] == 128
    stage = panel_and_settings[2]
    assert stage.endswith("selfie-munch-the-scream.png") and "Done in" in panel_and_settings[8]
    again, *_, = handlers.open(name)
    assert again == name and handlers.open(name)[1].visible
    assert not handlers.open("guessed")[1].visible


def test_a_full_disk_leaves_the_strip_as_it_was_and_no_broken_thumbnail(handlers, visits, paint):
    name = visits.opened("")
    paint(name)
    with full_disk(100), pytest.warns(UserWarning, match="cannot store pictures now"):
        assert handlers.strip(name) == (gr.skip(),) * 3
    [one] = visits.pictures(name)
    assert not list(one.result.png.parent.glob("*small*"))
    _, gallery, _ = handlers.strip(name)
    assert len(gallery.value) == 1


def test_no_earlier_result_is_shown_while_something_is_painted(handlers, visits, paint):
    name = visits.opened("")
    paint(name)
    kept = handlers.show_again(SimpleNamespace(index=0), name, SimpleNamespace(over=False), False,
                               None)
    assert all(value == gr.skip() for value in kept)


def test_two_results_are_compared_over_each_other(handlers, visits, paint):
    name = visits.opened("")
    job = paint(name, 0.6)
    first = visits.pictures(name)[0]
    assert not handlers.strip(name)[2].visible  # one alone
    paint(name, 0.9)
    second = visits.pictures(name)[0]

    def of(panel) -> tuple[str, str]:
        panel = Panel(*panel[:len(Panel._fields)])
        return panel.compare, panel.shown

    tap = SimpleNamespace(index=1)
    compare, shown = of(handlers.show_again(tap, name, job, True, second))
    assert compare.index(str(second.result.png)) < compare.index(str(first.result.png))
    assert "Left: The Scream · 0.9" in compare and shown is first
    alone, _ = of(handlers.show_again(tap, name, job, True, first))
    assert alone == of(handlers.compare(False, name, job, first))[0]
    assert str(first.result.before) in alone and str(second.result.png) not in alone
    assert of(handlers.compare(True, name, job, second))[0].count(str(first.result.png)) == 1
    for going, on_wall in ((SimpleNamespace(over=False), second), (job, None)):
        assert handlers.compare(True, name, going, on_wall) == Panel()


def test_forget_all_deletes_everything_of_that_visit_alone(
        handlers, visits, paint, folder, upload):
    mine, other = visits.opened(""), visits.opened("")
    job = paint(mine)
    paint(other)
    [png] = [one.result.png for one in visits.pictures(mine)]
    [kept] = [one.result.png for one in visits.pictures(other)]
    copy = save_file_to_cache(png, cache_dir=str(folder))  # as Gradio shows it
    photo, strip, gallery, *_ = handlers.forget(mine, upload, job)
    assert photo is None and not strip.visible and gallery.value == []
    left = {str(file) for file in folder.rglob("*") if file.is_file()}
    assert not {str(png), copy, upload["path"]} & left and str(kept) in left
    assert visits.opened(mine) == mine and visits.pictures(mine) == []


def test_results_whose_files_were_deleted_are_not_shown(handlers, visits, paint):
    name = visits.opened("")
    paint(name)
    visits.pictures(name)[0].result.png.unlink()
    assert not handlers.strip(name)[0].visible


def test_a_visit_keeps_its_last_pictures(visits, paint):
    name = visits.opened("")
    paint(name)
    [one] = visits.pictures(name)
    assert isinstance(one, Painted)
    for _ in range(MAX_RESULTS + 3):
        visits.add(name, one)
    visits.add("guessed", one)
    assert len(visits.pictures(name)) == MAX_RESULTS and visits.pictures("guessed") == []
