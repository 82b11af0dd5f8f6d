"""The photo: taken, checked, shown, and its faces marked, without a browser."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image, ImageChops

from nst.web.photo import Photo, PhotoFaces, display_copy, faces_found
from nst.web.queue import QUEUE_NAME
from nst.web.service import FIRST_STYLE
from nst.web.uploads import CANNOT_STORE
from nst.web.wall import PHOTO
from tests.conftest import EXAMPLES
from tests.full_disk import full_disk

from .conftest import SAME, VISITOR, said, tap


@pytest.fixture
def photos(studio) -> Photo:
    return studio.photo


def test_the_faces_of_a_photo_are_counted_in_a_quiet_note(photos, service, upload):
    note, faces = photos.check(upload)
    assert "quiet" in said(note) and "1 face found. Tap on any that is" in said(note)
    assert (faces.photo, len(faces.found), faces.marked) == (upload["path"], 1, ())
    assert said(photos.check({"path": service.samples[0].photo})[0]).endswith(
        "1 face found.</span>")  # its result is on the wall, where no tap counts
    Image.new("RGB", (300, 200), "teal").save(upload["path"])
    note, faces = photos.check(upload)
    assert "No face found: tap on the face in the photo" in said(note) and not faces.found
    note, faces = photos.check(None)
    assert said(note) == "" and faces == PhotoFaces()


def test_samples_are_offered_to_whoever_has_no_photo_or_tries_them(photos, service, upload):
    for photo, offered in ((None, True), ({"path": service.samples[1].photo}, True),
                           (upload, False)):
        assert photos.offer_samples(photo).visible is offered


@pytest.mark.slow
def test_a_tap_marks_a_face_and_another_takes_the_mark_away(photos, upload):
    Image.new("RGB", (300, 200), "teal").save(upload["path"])
    stage, faces = {"path": display_copy(upload["path"])}, photos.check(upload)[1]
    faces, marked, note = photos.mark_face(tap([512, 300]), stage, upload, faces)
    [(left, top, width, height)] = faces.marked_in(upload["path"])
    assert left < 512 / 1024 < left + width and top < 300 / 683 < top + height
    assert "No face found, 1 marked" in said(note) and faces.marked_in("another.jpg") == ()
    with Image.open(marked) as now, Image.open(stage["path"]) as before:
        assert now.size == before.size == (1024, 683)
        drawn = ImageChops.difference(now, before).getbbox()
    assert drawn == pytest.approx((1024 * left, 683 * top, 1024 * (left + width),
                                   683 * (top + height)), abs=18)  # JPEG, in blocks of 16 px
    faces, after, note = photos.mark_face(tap([500, 310]), {"path": marked}, upload, faces)
    assert faces.marked == () and after == stage["path"]
    assert "No face found" in said(note)


def test_a_tap_counts_on_the_photo_alone_and_not_on_a_face_that_was_found(photos, upload):
    faces = photos.check(upload)[1]
    stage = {"path": display_copy(upload["path"])}
    left, top, width, height = faces.found[0]
    on_face = [round(1024 * (left + width / 2)), round(1024 * (top + height / 2))]
    assert photos.mark_face(tap(on_face), stage, upload, faces)[0] == faces
    result = {"path": upload["path"].replace("selfie", "result")}
    for wall, of in ((result, faces), (None, faces), (stage, PhotoFaces("another.jpg"))):
        assert photos.mark_face(tap([9, 9]), wall, upload, of) == (SAME,) * 3
    outside = {"path": "/etc/passwd"}
    assert photos.mark_face(tap([9, 9]), {"path": "/etc/photo-shown.jpg"}, outside,
                            PhotoFaces("/etc/passwd")) == (SAME,) * 3


def test_a_full_disk_is_said_beside_the_photo_and_leaves_nothing(studio, photos, upload):
    Image.new("RGB", (300, 200), "teal").save(upload["path"])
    faces, stage = photos.check(upload)[1], {"path": display_copy(upload["path"])}
    there = sorted(Path(upload["path"]).parent.iterdir())
    with full_disk(100):
        kept, wall, note = photos.mark_face(tap([512, 300]), stage, upload, faces)
    assert kept == wall == SAME and said(note) == CANNOT_STORE
    Path(stage["path"]).unlink()
    with full_disk(100):
        changes = photos.show(studio.values(photo=upload, chosen=0))
    assert studio.told(changes) == {"notice"}
    assert said(studio.seen(changes).notice) == CANNOT_STORE
    assert sorted(Path(upload["path"]).parent.iterdir()) == [
        file for file in there if file != Path(stage["path"])]


def test_what_is_no_picture_is_said_beside_it(photos, folder):
    (folder / "notes.png").write_text("no picture")
    assert "notes.png is not a picture" in said(
        photos.check({"path": str(folder / "notes.png")})[0])


def test_a_photo_that_breaks_off_near_its_end_is_said(photos, folder):
    data = (EXAMPLES / "astronaut.jpg").read_bytes()
    (folder / "short.jpg").write_bytes(data[:int(len(data) * 0.97)])
    assert "short.jpg is incomplete" in said(
        photos.check({"path": str(folder / "short.jpg")})[0])


def test_an_upload_becomes_the_photo_unless_it_is_no_picture(photos, upload, folder):
    path, _, mask, clear = photos.take(upload, None)
    assert path == upload["path"] and said(clear) == ""
    assert mask is None  # one that was corrected is of the photo before
    (folder / "notes.txt").write_text("words")
    kept, _, mask, wrong = photos.take({"path": str(folder / "notes.txt")}, upload)
    assert kept == mask == SAME and "notes.txt is not a picture" in said(wrong)
    assert said(wrong).endswith("Your photo before it is still here.")
    assert "was not uploaded here" in said(photos.take({"path": "/etc/passwd"}, None)[-1])


def test_a_photo_of_few_pixels_is_said(photos, folder):
    Image.new("RGB", (20, 30), "teal").save(folder / "tiny.png")
    assert "only 20 x 30 pixels" in said(photos.check({"path": str(folder / "tiny.png")})[0])


def test_a_sample_is_a_file_the_page_may_send_back(photos, service):
    path, _, mask, clear = photos.take_sample(tap(1))
    assert mask is None and said(clear) == ""
    assert service.picture(path) and service.sample(path) is service.samples[1]


def test_four_samples_are_sent_as_thumbnails(service):
    assert len(service.samples) == 4
    for sample in service.samples:
        assert sample.portrait.licence and faces_found(sample.photo)
        with Image.open(sample.thumbnail) as small, Image.open(sample.photo) as photo:
            assert max(small.size) <= 240 < max(photo.size)


def test_an_own_photo_is_on_the_wall_at_once_and_without_its_metadata(
        studio, photos, service, upload):
    shown = studio.seen(photos.show(studio.values(photo=upload)))
    assert shown.status.count(PHOTO) == 1 and shown.compare == ""
    with Image.open(service.picture(shown.stage)) as small:
        assert max(small.size) <= 1024 and not small.getexif()
    assert studio.told(photos.show(studio.values(photo={"path": "/etc/passwd"}, chosen=0))) == set()


def test_a_sample_shows_its_example_unless_something_is_painted(studio, photos, service, upload):
    first, hopper = service.number[FIRST_STYLE], {"path": service.samples[1].photo}
    going, over = SimpleNamespace(over=False), SimpleNamespace(over=True)
    assert studio.told(photos.show(studio.values(chosen=first, photo=hopper, job=going))) == set()
    shown = photos.show(studio.values(chosen=first, photo=hopper, job=over))
    assert "hopper" in studio.seen(shown).stage
    kept = photos.show(studio.values(chosen=first, photo=hopper, kept=hopper["path"]))
    assert studio.told(kept) == set()  # it came back below a result


def test_a_photo_that_comes_after_paint_was_pressed_does_not_end_the_painting(
        studio, photos, upload):
    values = studio.values(photo=upload)  # the page had no job yet when it asked
    studio.page.demo._queue.active_jobs = [[SimpleNamespace(
        session_hash=VISITOR.session_hash, concurrency_id=QUEUE_NAME)]]
    assert studio.told(photos.show(values, VISITOR)) == set()
    assert studio.told(photos.show(values, SimpleNamespace(session_hash="other"))) != set()
    # A painting may begin between that look and the answer: its job is left alone.
    assert studio.page.job not in photos.show(values)
    assert photos.show(values | {studio.page.job: SimpleNamespace(over=True)})[
        studio.page.job] is None
