"""A job of the page or the API: previews, stopping, limits, and which files it leaves."""

from __future__ import annotations

import dataclasses
import itertools
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from nst import Frame, Settings, UserError
from nst.pictures.metadata import recall
from nst.run import NamedStyle, Pause, status_line
from nst.web.job import NO_ROOM_FOR_FILM, Job, file_name
from nst.web.limits import Limits
from nst.web.service import Service, StyleChoice
from tests.full_disk import full_disk

ROOT = Path(__file__).resolve().parents[3]
SIZE = (192, 256)


class Engine:
    """Stands for nst.stylize: frames at half size, then a finished one; notes its closing."""

    def __init__(self, steps: int = 6, pause: float = 0.0):
        self.steps, self.pause, self.closed = steps, pause, 0
        self.begun = 0

    def __call__(self, photo, styles, settings, mask=None, marked_faces=()):
        self.begun += 1
        try:
            for step in range(1, self.steps + 1):
                time.sleep(self.pause)
                last = step == self.steps
                yield Frame(
                    Image.new("RGB", SIZE if last else (96, 128), (40 * step % 256, 0, 0)), step,
                    self.steps, 256, dict(content=0.5, style=0.2, tv=0.01, total=1.0),
                    step * self.pause, 0.0, finished=last)
        finally:
            self.closed += 1


@pytest.fixture
def photo(tmp_path) -> Path:
    file = tmp_path / "me at sea.jpg"
    Image.new("RGB", (600, 800), "teal").save(file)
    return file


@pytest.fixture
def results(tmp_path) -> Path:
    return tmp_path / "results"


def job(photo, results, engine, **more) -> Job:
    styles = [NamedStyle("munch-the-scream", Image.new("RGB", (64, 64)))]
    return Job(photo, styles, Settings(size=256), results, frames=engine, **more)


def test_what_is_kept_is_a_png_with_its_settings_a_film_and_curves(photo, results):
    *_, last = job(photo, results, Engine()).run()
    result = last.result
    assert result.png.name == "me-at-sea-munch-the-scream.png"
    with Image.open(result.png) as picture, Image.open(result.before) as before:
        assert picture.size == before.size == SIZE
        assert picture.getpixel((5, 5)) == (240, 0, 0)
    record = recall(result.png)
    assert (record.settings, record.styles) == (Settings(size=256), [("munch-the-scream", 1.0)])
    with av.open(str(result.film)) as film:
        assert film.streams.video[0].frames > 100
    assert {name for _, name, _ in result.curves} == {"content", "style", "tv"}
    assert [step for step, name, _ in result.curves if name == "tv"] == [1, 2, 3, 4, 5, 6]


def test_previews_are_small_and_at_most_two_a_second(photo, results):
    start = time.monotonic()
    updates = list(job(photo, results, Engine(steps=40, pause=0.02)).run())
    seconds = time.monotonic() - start
    previews = [update.preview for update in updates if update.preview]
    assert 1 <= len(previews) <= 2 * seconds + 1
    for preview in previews:  # they are still there when the painting is done
        with Image.open(preview) as picture:
            assert max(picture.size) <= 512
    assert [update.result is not None for update in updates] == [*[False] * len(previews), True]


def test_without_extras_only_the_picture_is_written(photo, results):
    *_, last = job(photo, results, Engine(), extras=False).run()
    assert last.result.before is last.result.film is None
    assert not [*results.rglob("*.mp4"), *results.rglob("photo.jpg")]


@pytest.mark.parametrize("extras", [True, False])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(photo, results, extras):
    made = job(photo, results, engine := Engine(), extras=extras)
    with full_disk(100), pytest.raises(UserError, match="cannot store pictures now"):
        list(made.run())
    assert engine.closed == engine.begun and made.over
    assert list(results.iterdir()) == []


def test_a_disk_that_is_full_at_the_film_does_not_lose_the_picture(photo, results):
    chance = np.random.default_rng(0)

    def noise(request_photo, styles, settings, mask=None, marked_faces=()):
        for frame in Engine(steps=60)(request_photo, styles, settings):
            if not frame.finished:
                pixels = chance.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
                frame = dataclasses.replace(frame, image=Image.fromarray(pixels))
            yield frame

    made = job(photo, results, noise)
    with full_disk(100_000):
        *_, last = made.run()
    assert last.result.film is None and last.result.film_error == NO_ROOM_FOR_FILM
    assert recall(last.result.png).settings == Settings(size=256) and last.result.before.exists()
    assert not list(results.rglob("*.mp4")) and not list(results.rglob("*.part"))


def test_the_photo_is_read_when_it_is_painted(photo, results):
    made = job(photo, results, Engine())
    photo.unlink()
    with pytest.raises(UserError, match="no picture file"):
        list(made.run())
    assert list(results.iterdir()) == []
    with pytest.raises(UserError, match="no picture file"):
        job(photo, results, Engine())


def test_every_term_of_the_objective_is_in_the_curves_and_the_status(photo, results):
    def shaded(*_, **__):
        for frame in Engine()(None, None, None):
            yield dataclasses.replace(frame, losses=dict(content=0.5, shading=0.125, total=1.0))

    *_, last = job(photo, results, shaded).run()
    assert {name for _, name, _ in last.result.curves} == {"content", "shading"}
    assert "content 0.500 · shading 0.125" in status_line(last.frame)


def test_no_folder_for_the_results_is_one_sentence(photo, results):
    results.write_text("a file where the folder should be")
    with pytest.raises(UserError, match="cannot store pictures now"):
        list(job(photo, results, Engine()).run())


def test_stopping_keeps_what_was_painted_at_full_size(photo, results):
    made = job(photo, results, engine := Engine(steps=10_000))
    run = made.run()
    next(run)
    made.stop()
    *_, last = run
    assert not last.frame.finished and engine.closed == 1
    with Image.open(last.result.png) as picture:
        assert picture.size == SIZE
        assert picture.info["Comment"].startswith("Stopped at step")
    assert last.result.film.exists()


def test_a_job_past_its_time_ends_with_what_it_has(photo, results):
    limits = Limits(seconds=0.2)
    *_, last = job(photo, results, Engine(steps=10_000, pause=0.01), limits=limits).run()
    assert last.result.png.exists() and last.frame.step < 200


def test_a_visitor_who_leaves_stops_the_engine_and_leaves_nothing(photo, results):
    run = job(photo, results, engine := Engine(steps=10_000)).run()
    next(run)
    run.close()
    assert engine.closed == 1
    assert list(results.iterdir()) == []


def test_a_fault_of_the_engine_leaves_nothing(photo, results):
    def broken(*_, **__):
        yield from itertools.islice(Engine()(None, None, None), 2)
        raise RuntimeError("a fault")

    with pytest.raises(RuntimeError, match="^a fault$"):
        list(job(photo, results, broken).run())
    assert list(results.iterdir()) == []


def test_a_job_is_painted_once_and_not_at_all_when_stopped_before(photo, results):
    made = job(photo, results, engine := Engine())
    assert len(list(made.run())) >= 1 and list(made.run()) == []
    made = job(photo, results, engine)
    made.stop()
    assert list(made.run()) == []
    assert engine.closed == 1


@pytest.mark.parametrize("settings, said", [
    (Settings(size=2048), "paints up to 1024"),
    (Settings(seconds=400), "for up to 300"),
    (Settings(weights="/somewhere/weights.pth"), "leave it empty"),
])
def test_more_than_the_limits_allow_is_refused(settings, said):
    with pytest.raises(UserError, match=said):
        Limits().check(settings)


def test_a_download_has_a_name_that_says_what_it_is():
    assert file_name("/x/image.png", ["klimt-the-kiss"]) == "portrait-klimt-the-kiss"
    assert file_name("/x/../Ann's <b>.jpg", ["my own.png", "b"]) == "Ann_s-_b-my-own-b"
    assert len(file_name("x" * 300, ["y" * 300] * 8)) <= 120


def test_the_status_says_scale_step_losses_and_time_left():
    frame = Frame(Image.new("RGB", (8, 8)), 7, 30, 256, dict(content=0.5, style=0.25, tv=0.125),
                  3.0, 11.6)
    assert status_line(frame) == ("256 px · step 7 of 30 · content 0.500 · style 0.250 · "
                                  "tv 0.125 · 12 s left")


@pytest.fixture
def studio(tmp_path) -> Service:
    (tmp_path / "uploads").mkdir()
    return Service([], Limits(), tmp_path / "uploads", Engine())


def test_only_what_was_uploaded_is_opened(studio, tmp_path, photo):
    uploaded = tmp_path / "uploads" / "a.jpg"
    uploaded.write_bytes(photo.read_bytes())
    assert studio.picture(str(uploaded)) == str(uploaded.resolve())
    (tmp_path / "uploads" / "link.jpg").symlink_to(photo)
    for path in (str(photo), f"{tmp_path}/uploads/../me at sea.jpg", "file://" + str(uploaded),
                 str(tmp_path / "uploads" / "link.jpg"), str(tmp_path / "uploads"), "", None, 7,
                 str(tmp_path / "uploads-elsewhere" / "a.jpg")):
        with pytest.raises(UserError):
            studio.picture(path)


def test_styles_are_chosen_by_number_or_name_never_by_path(studio, photo):
    number = studio.number["munch-the-scream"]
    settings = Settings(size=128)
    [style] = studio.chosen(StyleChoice(number), settings)
    assert (style.name, style.weight) == ("munch-the-scream", 1.0)
    assert max(style.picture.size) <= 2.5 * 128
    both = studio.chosen(StyleChoice(number, None, number + 1, 0.25), settings)
    assert [style.weight for style in both] == [0.75, 0.25]
    named = studio.named("munch-the-scream=3, klimt-the-kiss", settings)
    assert [style.weight for style in named] == [3, 1]
    for wrong in (-1, len(studio.presets), True, "0", str(photo), None, 0.5):
        with pytest.raises(UserError):
            studio.chosen(StyleChoice(wrong), settings)
    for wrong in (str(photo), "examples/astronaut.jpg", 7, "munch-the-scream=x", "a," * 20):
        with pytest.raises(UserError):
            studio.named(wrong, settings)


def test_the_details_credit_who_painted_what(studio):
    credits = studio.credits([("klimt-the-kiss", 1.0), ("mine.png", 3.0)])
    assert credits[0].startswith("Gustav Klimt, The Kiss") and credits[0].endswith("25%")
    assert credits[1] == "mine.png, 75%"


def test_a_pause_is_passed_on_and_may_be_stopped(photo, results):
    pause = Pause("A machine is waited for.")

    def waits(*args, **more):
        yield pause
        yield from Engine()(*args, **more)

    first, *_, last = job(photo, results, waits).run()
    assert first == pause and last.result.png.exists()
    stopped = job(photo, results, waits)
    updates = stopped.run()
    assert next(updates) == pause
    stopped.stop()
    assert list(updates) == [] and stopped.over
