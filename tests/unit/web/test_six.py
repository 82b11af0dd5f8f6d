"""In six movements: all different, a collage, and stopped and deleted as one picture is."""

from __future__ import annotations

import pytest
from PIL import Image

from nst.web.limits import Limits
from nst.web.queue import Place
from nst.web.service import Service
from nst.web.six import Six
from nst.web.uploads import CANNOT_STORE
from nst.web.visit import STRIP_SHAPE, thumbnail
from tests.full_disk import full_disk

from .conftest import VISITOR, said


@pytest.fixture
def begin(studio, upload):
    """"Six styles" was pressed; what is seen then."""
    studio.paint.place_of = lambda session: Place(2)
    return lambda photo=upload: studio.seen(
        studio.six.begin(studio.values(photo=photo), VISITOR))


@pytest.fixture
def run(studio):
    """All that is seen while the six are painted."""
    return lambda job, visit: [studio.seen(changes) for changes in studio.six.run(job, visit)]


def test_six_movements_become_a_collage_beside_the_photo(
        studio, begin, run, service, folder, upload):
    results = studio.visit.results
    visit = results.opened("")
    started = begin()
    job = started.job
    assert len({service.presets[number].movement for number in started.six_styles}) == 6
    assert "2 people before you" in started.status
    *_, last = run(job, visit)
    assert job.over and len(job.done) == 6 and "6 styles" in last.status
    [painted] = results.of(visit)
    with Image.open(painted.result.png) as collage, Image.open(upload["path"]) as photo:
        assert collage.width > 3 * 256 + photo.width * 2 * 256 / photo.height
        middle = collage.height // 2
        shown = collage.convert("RGB").crop((60, middle - 200, 360, middle + 200))
        assert len(shown.resize((30, 40)).getcolors(1200)) > 800  # the photo, no flat picture
    with Image.open(thumbnail(painted)) as small:  # the strip cuts nothing of it
        assert small.size == STRIP_SHAPE
        assert len(small.crop((4, 70, 60, 150)).getcolors(5000)) > 800  # the photo
    assert [studio.told(again) for again in studio.six.run(job, visit)] == [set()]  # painted once
    assert len(results.of(visit)) == 1
    results.forget(visit)
    assert not [file for file in folder.rglob("*.png") if "static" not in file.parts]


def test_the_same_six_are_painted_again_bolder(studio, begin, run):
    started = begin()
    *frames, last = run(started.job, None)
    assert "1 of 6 · " in frames[0].status and "s left" in frames[0].status
    assert last.six_stronger.visible and not last.stronger.visible
    again = studio.seen(studio.six.begin_stronger(VISITOR, last.shown, ""))
    assert again.six_styles == started.six_styles
    for before, after in zip(started.job.movements, again.job.movements, strict=True):
        bolder = min(1.0, before.job.settings.strength + 0.2)
        assert after.job.settings.strength == pytest.approx(bolder)
    nothing = studio.seen(studio.six.begin_stronger(VISITOR, None, ""))
    assert nothing.job is None and "Paint six styles first" in said(nothing.notice)


def test_stop_keeps_the_pictures_that_are_done(studio, begin, run):
    job = begin().job
    going = studio.six.run(job, studio.visit.results.opened(""))
    while len(job.done) < 2:
        next(going)
    studio.paint.stop_job(job)
    *_, last = going
    assert len(job.done) == 2 and "2 styles" in studio.seen(last).status
    waiting = begin().job
    studio.paint.stop_job(waiting)
    *_, last = run(waiting, None)
    assert "Stopped before anything was painted" in last.status


@pytest.mark.slow
def test_without_a_photo_six_movements_are_refused(studio, begin, run):
    refused = begin(photo=None)
    assert refused.job is None and "Give a photo first" in refused.notice.value
    assert len(run(None, None)) == 1


def test_a_disk_that_is_full_at_the_collage_is_one_sentence(studio, begin):
    going = studio.six.run(job := begin().job, None)
    while len(job.done) < 6:
        next(going)
    with full_disk(100):
        *_, last = going
    assert said(studio.seen(last).notice) == CANNOT_STORE


def test_six_movements_are_painted_within_the_studios_limit(folder, upload):
    small, usual = (Six(Service([], Limits(size=size), folder), upload["path"])
                    for size in (128, 1024))
    assert {movement.job.settings.size for movement in small.movements} == {128}
    assert {movement.job.settings.size for movement in usual.movements} == {256}
