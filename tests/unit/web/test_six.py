"""In six movements: all different, a collage, and stopped and deleted as one picture is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PIL import Image

from nst.web.handlers_paint import PaintHandlers
from nst.web.handlers_six import SixHandlers
from nst.web.limits import Limits
from nst.web.photos import PhotoFaces
from nst.web.service import Service
from nst.web.six import Six

VISIT = SimpleNamespace(session_hash="a visit")


@pytest.fixture
def painting(service, visits) -> PaintHandlers:
    return PaintHandlers(service, lambda session: 2, visits)


@pytest.fixture
def sixes(service, visits, painting) -> SixHandlers:
    return SixHandlers(service, visits, painting)


def test_six_movements_become_a_collage(sixes, service, visits, upload, folder):
    visit = visits.opened("")
    panel = sixes.begin(VISIT, upload, PhotoFaces())
    job, numbers = panel[0], panel[-1]
    assert len({service.presets[number].movement for number in numbers}) == 6
    assert "2 people before you" in panel[8]
    *_, last = sixes.run(job, visit)
    assert job.over and len(job.done) == 6 and "6 movements" in last[8]
    [painted] = visits.pictures(visit)
    with Image.open(painted.result.png) as collage:
        assert collage.width > 3 * 256
    assert [len(shown) for shown in sixes.run(job, visit)] == [len(last)]  # painted once
    assert len(visits.pictures(visit)) == 1
    visits.forget(visit)
    assert not [file for file in folder.rglob("*.png") if "static" not in file.parts]


def test_stop_keeps_the_pictures_that_are_done(sixes, painting, visits, upload):
    job = sixes.begin(VISIT, upload, PhotoFaces())[0]
    run = sixes.run(job, visits.opened(""))
    while len(job.done) < 2:
        next(run)
    painting.stop(job)
    *_, last = run
    assert len(job.done) == 2 and "2 movements" in last[8]
    waiting = sixes.begin(VISIT, upload, PhotoFaces())[0]
    painting.stop(waiting)
    *_, last = sixes.run(waiting, None)
    assert "Stopped before anything was painted" in last[8]


def test_without_a_photo_six_movements_are_refused(sixes):
    panel = sixes.begin(VISIT, None, PhotoFaces())
    assert panel[0] is None and "Give a photo first" in panel[18].value
    assert len(list(sixes.run(None, None))) == 1


def test_six_movements_are_painted_within_the_studios_limit(folder, upload):
    small, usual = (Six(Service([], Limits(size=size), folder), upload["path"])
                    for size in (128, 1024))
    assert {movement.job.settings.size for movement in small.movements} == {128}
    assert {movement.job.settings.size for movement in usual.movements} == {256}
