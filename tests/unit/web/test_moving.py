"""A portrait that moves: the clip cut by two handles, a loop that grows, stopped and deleted."""

from __future__ import annotations

import json
import re
import shutil
from types import SimpleNamespace

import pytest
from PIL import Image

from nst import Frame
from nst.pictures.film_writer import recall_text
from nst.pictures.open_clip import open_clip
from nst.web import moving_job
from nst.web.limits import Limits
from nst.web.moving import BACKWARDS, START_OVER, part_of
from nst.web.moving_job import FPS, MAX_SECONDS, Growth, Loop, MovingJob, Part
from nst.web.queue import Place
from nst.web.service import Service, StyleChoice
from nst.web.uploads import CANNOT_STORE
from tests.full_disk import full_disk
from tests.unit.pictures.made_clips import greys, made_film, turned

from .conftest import SAME, VISITOR, Studio, said


def finished(photo, styles, settings, mask=None, marked_faces=()):
    """Stands for nst.stylize: one step, which is the last."""
    yield Frame(Image.new("RGB", (48, 64)), 1, 1, 64, dict(total=1.0), 0.01, 0.0, finished=True)


def later(asked):
    """Stands for nst.stylize_video; ``asked`` keeps what it was asked for."""
    def frames(photos, styles, settings, *, count, marked_faces, after):
        asked.update(settings=settings, count=count, marked_faces=marked_faces, after=after)
        for number, photo in enumerate(photos, 1):
            yield SimpleNamespace(image=photo, remaining=float(count - number))
    return frames


@pytest.fixture
def asked():
    return {}


@pytest.fixture
def studio(folder, asked):
    studio = Studio(Service([], Limits(), folder, finished, later(asked)))
    studio.paint.place_of = lambda session: Place(2)
    return studio


@pytest.fixture
def upload(folder):
    """A clip of 2 s as a phone writes it that is held upright, as the page names it."""
    (folder / "89abcdef").mkdir()
    film = made_film(folder / "89abcdef" / "IMG 1.mov", greys(20, size=(64, 48)))
    return {"path": str(turned(film)), "orig_name": "IMG 1.mov"}


@pytest.fixture
def given(studio, upload):
    """What a visitor sees who has given the clip, by name."""
    names = ("clip", "note", "cut", "strip", "start", "end", "told", "photo")
    return SimpleNamespace(**dict(zip(names, studio.moving.take(upload, 384), strict=True)))


def begin(studio, given, start=0.0, end=2.0, photo=None, **changed):
    values = studio.values(clip=given.clip, start=start, end=end,
                           photo={"path": photo or given.photo}, way=BACKWARDS, **changed)
    return studio.seen(studio.moving.begin(values, VISITOR))


def shown(film):
    with open_clip(film) as clip:
        return [picture.getpixel((8, 8))[0] for picture in clip.pictures(clip.size)]


def test_a_clip_from_a_phone_is_given(studio, given):
    assert said(given.note) == ""
    with Image.open(given.photo) as photo:  # upright, and the first picture
        assert photo.size == (48, 64) and photo.getpixel((9, 9))[0] == pytest.approx(20, abs=3)
    with Image.open(given.clip.strip) as strip:
        assert strip.height == 64 and strip.width == moving_job.STILLS * 48
    assert (given.start.value, given.end.value, given.end.maximum) == (0, 2, 2)
    assert "2.0 s of the clip, 24 pictures: about " in given.told


def test_the_first_handle_chooses_the_photo(studio, given):
    photo, note = studio.moving.show_first(given.clip, 1.0, 2.0)
    with Image.open(photo) as picture:
        assert picture.getpixel((9, 9))[0] == pytest.approx(120, abs=4)


def test_the_clip_and_its_handles_come_back_with_the_page(studio, given, astronaut, folder):
    name = studio.visit.results.opened("")

    def come_back(photo: str):
        studio.comeback.hold(studio.values(visit=name, clip=given.clip, start=0.5, end=1.5,
                                           way=START_OVER, photo={"path": photo}))
        return studio.seen(studio.comeback.open(name, [0], VISITOR))

    back = come_back(given.photo)
    assert (back.clip, back.photo, back.way) == (given.clip, given.photo, START_OVER)
    assert (back.start.value, back.end.value, back.end.maximum) == (0.5, 1.5, 2)
    assert back.cut.visible and back.move.visible
    (folder / "1").mkdir()
    other = come_back(shutil.copy(astronaut, folder / "1" / "selfie.jpg"))
    assert other.clip is None and other.cut == SAME
    given.clip.file.unlink()
    gone = come_back(given.photo)
    assert gone.clip is None and gone.cut == SAME


@pytest.mark.parametrize("start, end, part", [
    (0, 9, (0, 4)), (3, 9, (3, 7)), (2, 2, (2, 2.5)), (5, 1, (5, 5.5)), (20, 30, (9.5, 10)),
    (-3, 2, (0, 2)), (None, "4", (0, 0.5))])
def test_whatever_the_handles_say_at_most_four_seconds_are_painted(start, end, part):
    assert part_of(SimpleNamespace(seconds=10.0), start, end) == Part(*part)
    assert Part(*part).count <= MAX_SECONDS * FPS


def test_a_clip_without_a_length_is_counted(studio, folder):
    """As browsers record it."""
    (folder / "0").mkdir()
    film = made_film(folder / "0" / "selfie.webm", greys(20), codec="libvpx",
                     options={"live": "1"})
    with open_clip(film) as clip:
        assert clip.seconds is None
    clip, *_ = studio.moving.take({"path": str(film)}, 384)
    assert clip.seconds == pytest.approx(2, abs=0.15)


def test_what_is_no_clip_or_too_long_is_one_sentence(studio, folder, astronaut):
    (folder / "0").mkdir()
    photo = shutil.copy(astronaut, folder / "0" / "photo.jpg")
    film = made_film(folder / "0" / "long.mp4", greys(8), rate=10,
                     times=[10_000 * n for n in range(8)])
    for file, words in ((photo, "not a clip"), (film, "at most a minute"),
                        ("/etc/passwd", "not uploaded here"), (None, "first")):
        clip, note, *rest = studio.moving.take({"path": file and str(file)}, 384)
        assert clip == SAME and words in said(note) and all(one == SAME for one in rest)


@pytest.mark.slow
def test_a_clip_that_breaks_off_is_painted_until_there(studio, folder):
    (folder / "0").mkdir()
    noise = [Image.effect_noise((64, 48), 60).convert("RGB") for _ in range(40)]
    film = made_film(folder / "0" / "a.mp4", noise,
                     options={"movflags": "+faststart"})
    whole = film.read_bytes()
    film.write_bytes(whole[:len(whole) * 3 // 5])
    clip, note, *_, photo = studio.moving.take({"path": str(film)}, 384)
    assert said(note) == "" and 2 < clip.seconds < 3.1  # of 4
    job = begin(studio, SimpleNamespace(clip=clip, photo=photo), end=clip.seconds).job
    *_, last = studio.moving.run(job, None)
    assert "a.mp4 is damaged after" in studio.seen(last).status


def test_another_photo_leaves_the_clip(studio, given, upload):
    kept, cut, button = studio.moving.keep_or_leave(given.clip, {"path": given.photo})
    assert kept is given.clip and cut.visible and button.visible
    kept, cut, button = studio.moving.keep_or_leave(given.clip, {"path": "/elsewhere/photo.jpg"})
    assert kept is None and not cut.visible and not button.visible


def test_a_clip_becomes_a_loop(studio, given, asked):
    results = studio.visit.results
    visit = results.opened("")
    started = begin(studio, given, start=1.0, end=2.0, size=512)
    assert "2 people before you" in started.status
    *growing, last = studio.moving.run(started.job, visit)
    assert asked["count"] == 11 and asked["settings"].size == moving_job.MAX_SIZE
    assert asked["after"][0].getpixel((9, 9))[0] == pytest.approx(120, abs=4)  # at the handle
    told = [studio.seen(changes) for changes in growing]
    assert [one.film.count("<img") for one in told[-3:]] == [10, 11, 12]
    assert "Picture 12 of 12" in told[-1].status and told[-1].tabs == SAME
    [painted] = results.of(visit)
    last = studio.seen(last)
    assert last.tabs.selected == "film" and "class='plays'" in last.film
    assert last.gif.value["orig_name"] == painted.gif.name and last.gif.visible
    # They would paint its first picture alone.
    assert not any(one.visible for one in (last.softer, last.stronger, last.another))
    assert "12 pictures in" in last.status and painted.caption.startswith("Moving · ")
    greys_shown = shown(painted.result.film)
    assert len(greys_shown) == 22 and greys_shown[1:11] == greys_shown[:11:-1]  # and backwards
    record = json.loads(recall_text(painted.gif))
    assert record["clip"]["start"] == 1.0 and record["styles"][0]["name"]
    assert [studio.told(again) for again in studio.moving.run(started.job, visit)] == [set()]


def test_a_loop_can_start_over(studio, given, asked):
    values = studio.values(clip=given.clip, start=0.0, end=1.0, photo={"path": given.photo},
                           way=START_OVER)
    job = studio.seen(studio.moving.begin(values, VISITOR)).job
    *_, loop = job.run()
    assert len(shown(loop.still.film)) == 12


@pytest.mark.parametrize("pictures, rate, painted", [(12, 10, 14), (10, 30, 4)])
def test_as_many_pictures_are_painted_as_are_told_or_as_there_are(
        studio, folder, pictures, rate, painted):
    (folder / "0").mkdir()
    film = made_film(folder / "0" / "a.mp4", greys(pictures), rate=rate)
    clip, *_, told, photo = studio.moving.take({"path": str(film)}, 384)
    count = int(re.search(r"(\d+) pictures", told)[1])
    job = begin(studio, SimpleNamespace(clip=clip, photo=photo), end=clip.seconds).job
    *_, before, last = map(studio.seen, studio.moving.run(job, None))
    assert f"Picture {painted} of {count}" in before.status and painted <= count
    assert f"{painted} pictures in" in last.status


def test_from_the_first_picture_on_the_bar_is_that_of_all_and_stop_does_not_shorten_it(
        folder, asked, upload):
    def in_two_steps(*photo_and_more, **options):
        for step in (1, 2):
            yield Frame(Image.new("RGB", (48, 64)), step, 2, 64, dict(total=1.0), 0.01, 1.0,
                        finished=step == 2)

    studio = Studio(Service([], Limits(), folder, in_two_steps, later(asked)))
    clip, *_, photo = studio.moving.take(upload, 384)
    job = begin(studio, SimpleNamespace(clip=clip, photo=photo)).job
    seen = []
    for changes in studio.moving.run(job, None):
        seen.append(studio.seen(changes).status)
        if "Picture 5" in seen[-1]:
            studio.paint.stop_job(job)
    assert "Picture 1 of 24 · 25 s left" in seen[0]
    assert "Stopped at picture 5 of 24" in seen[-1]
    parts = [float(re.search(r"width:([\d.]+)", status)[1]) for status in seen]
    assert parts == sorted(parts) and parts[-1] == parts[-2] < 50


def test_stop_keeps_what_there_is(studio, given):
    job = begin(studio, given).job
    going = job.run()
    news = next(one for one in going if isinstance(one, Growth) and len(one.pictures) == 5)
    assert news.count == 24
    studio.paint.stop_job(job)
    [loop] = going
    assert isinstance(loop, Loop) and loop.count == 5 and not loop.complete and job.over
    assert len(shown(loop.still.film)) == 8
    waiting = begin(studio, given).job
    studio.paint.stop_job(waiting)
    *_, last = studio.moving.run(waiting, None)
    assert "Stopped before anything was painted" in studio.seen(last).status


def test_stopped_in_the_first_picture_it_is_a_picture(studio, given, service):
    settings = studio.page.settings(studio.values())
    job = MovingJob(service, given.clip, Part(0, 2), given.photo,
                    service.chosen(StyleChoice(0), settings), settings)
    going = job.run()
    next(going)
    job.stop()
    *_, loop = going
    assert loop.gif is None and loop.count == 1 and loop.still.png.exists()


@pytest.mark.slow
def test_the_studios_seconds_end_it(folder, given, asked, upload):
    studio = Studio(Service([], Limits(seconds=1e-6), folder, finished, later(asked)))
    assert "ends a painting after" in studio.moving.tell(given.clip, 0.0, 2.0, 384)
    *_, loop = begin(studio, given).job.run()
    assert loop.count == 2 and loop.gif.exists()


@pytest.mark.slow
def test_a_mark_is_that_of_the_picture_at_the_handle(studio, given, asked):
    from nst.web.photo import PhotoFaces

    mark = (0.2, 0.2, 0.3, 0.3)
    for start, marks in ((0.0, (mark,)), (0.5, ())):
        faces = PhotoFaces(given.photo, (), (mark,))
        list(begin(studio, given, start=start, faces=faces).job.run())
        assert asked["marked_faces"] == marks


@pytest.mark.slow
def test_forget_all_deletes_clip_and_loop(studio, given, folder):
    results = studio.visit.results
    visit = results.opened("")
    list(studio.moving.run(begin(studio, given).job, visit))
    assert {file.suffix for file in folder.rglob("*")} >= {".mov", ".gif", ".mp4"}
    results.forget(visit)
    assert not [file for file in folder.rglob("*.*") if "static" not in file.parts]


def test_without_a_clip_or_after_its_hour_it_is_refused(studio, given):
    nothing = begin(studio, SimpleNamespace(clip=None, photo=None))
    assert nothing.job is None and "Give a clip first" in said(nothing.notice)
    given.clip.file.unlink()
    deleted = begin(studio, given)
    assert deleted.job is None and "deleted; give it again" in said(deleted.notice)


@pytest.mark.slow
def test_a_full_disk_is_one_sentence(studio, given):
    going = studio.moving.run(begin(studio, given).job, None)
    next(changes for changes in going if "Picture 3" in str(studio.seen(changes).status))
    with full_disk(100):
        *_, last = going
    assert said(studio.seen(last).notice) == CANNOT_STORE
