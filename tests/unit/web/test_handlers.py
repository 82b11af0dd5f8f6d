"""What the page answers, handler by handler, without a browser."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pillow_heif
import pytest
from PIL import Image, ImageChops

from nst.gallery.library import find_preset
from nst.pictures.metadata import recall
from nst.web.handlers_paint import NO_SECOND, PaintHandlers, changed_strength
from nst.web.handlers_photo import PhotoHandlers, correct_mask
from nst.web.handlers_style import ALL, StyleHandlers
from nst.web.panel import EXAMPLE, PHOTO, Panel
from nst.web.photos import PhotoFaces, display_copy, faces_found, original_of
from nst.web.server import BUSY, FAULT
from nst.web.service import FIRST_STYLE
from nst.web.storing import CANNOT_STORE
from tests.conftest import EXAMPLES
from tests.full_disk import full_disk

SAME = gr.skip()
NOBODY = PhotoFaces()
VISIT = SimpleNamespace(session_hash="a visit")


def said(note: gr.Markdown) -> str:
    assert note.visible == bool(note.value)
    return note.value or ""


def click(index: int) -> SimpleNamespace:
    return SimpleNamespace(index=index)


def told(panel: Panel) -> set[str]:
    """The components that change."""
    return {name for name, value in panel._asdict().items()
            if not (isinstance(value, dict) and value == SAME)}


class TestPhoto:
    @pytest.fixture
    def photos(self, service) -> PhotoHandlers:
        return PhotoHandlers(service)

    def test_the_faces_of_a_photo_are_counted_in_a_quiet_note(self, photos, service, upload):
        note, faces = photos.check_photo(upload)
        assert "quiet" in said(note) and "1 face found. Tap on any that is" in said(note)
        assert (faces.photo, len(faces.found), faces.marked) == (upload["path"], 1, ())
        assert said(photos.check_photo({"path": service.samples[0].photo})[0]).endswith(
            "1 face found.</span>")  # its result is on the wall, where no tap counts
        Image.new("RGB", (300, 200), "teal").save(upload["path"])
        note, faces = photos.check_photo(upload)
        assert "No face found: tap on the face in the photo" in said(note) and not faces.found
        note, faces = photos.check_photo(None)
        assert said(note) == "" and faces == PhotoFaces()

    def test_a_tap_marks_a_face_and_another_takes_the_mark_away(self, photos, upload):
        Image.new("RGB", (300, 200), "teal").save(upload["path"])
        stage, faces = {"path": display_copy(upload["path"])}, photos.check_photo(upload)[1]
        faces, marked, note = photos.mark_face(click([512, 300]), stage, upload, faces)
        [(left, top, width, height)] = faces.marked_in(upload["path"])
        assert left < 512 / 1024 < left + width and top < 300 / 683 < top + height
        assert "No face found, 1 marked" in said(note) and faces.marked_in("another.jpg") == ()
        with Image.open(marked) as now, Image.open(stage["path"]) as before:
            assert now.size == before.size == (1024, 683)
            drawn = ImageChops.difference(now, before).getbbox()
        assert drawn == pytest.approx((1024 * left, 683 * top, 1024 * (left + width),
                                       683 * (top + height)), abs=18)  # JPEG, in blocks of 16 px
        faces, after, note = photos.mark_face(click([500, 310]), {"path": marked}, upload, faces)
        assert faces.marked == () and after == stage["path"]
        assert "No face found" in said(note)

    def test_a_tap_counts_on_the_photo_alone_and_not_on_a_face_that_was_found(
            self, photos, upload, service):
        faces = photos.check_photo(upload)[1]
        stage = {"path": display_copy(upload["path"])}
        left, top, width, height = faces.found[0]
        on_face = [round(1024 * (left + width / 2)), round(1024 * (top + height / 2))]
        assert photos.mark_face(click(on_face), stage, upload, faces)[0] == faces
        result = {"path": upload["path"].replace("selfie", "result")}
        for wall, of in ((result, faces), (None, faces), (stage, PhotoFaces("another.jpg"))):
            assert photos.mark_face(click([9, 9]), wall, upload, of) == (SAME,) * 3
        outside = {"path": "/etc/passwd"}
        assert photos.mark_face(click([9, 9]), {"path": "/etc/photo-shown.jpg"}, outside,
                                PhotoFaces("/etc/passwd")) == (SAME,) * 3

    def test_a_full_disk_is_said_beside_the_photo_and_leaves_nothing(
            self, photos, upload, service):
        Image.new("RGB", (300, 200), "teal").save(upload["path"])
        faces, stage = photos.check_photo(upload)[1], {"path": display_copy(upload["path"])}
        there = sorted(Path(upload["path"]).parent.iterdir())
        with full_disk(100):
            kept, wall, note = photos.mark_face(click([512, 300]), stage, upload, faces)
        assert kept == wall == SAME and said(note) == CANNOT_STORE
        Path(stage["path"]).unlink()
        with full_disk(100):
            panel = StyleHandlers(service).show_photo(0, None, upload, None)
        assert told(panel) == {"notice"} and said(panel.notice) == CANNOT_STORE
        assert sorted(Path(upload["path"]).parent.iterdir()) == [
            file for file in there if file != Path(stage["path"])]

    def test_what_is_no_picture_is_said_beside_it(self, photos, upload, folder):
        (folder / "notes.png").write_text("no picture")
        fake = {"path": str(folder / "notes.png")}
        assert "notes.png is not a picture" in said(photos.check_photo(fake)[0])
        assert "notes.png is not a picture" in said(photos.check_own_style(fake))
        assert "was not uploaded here" in said(photos.check_own_style({"path": "/etc/passwd"}))
        assert said(photos.check_own_style(upload)) == said(photos.check_own_style(None)) == ""

    def test_a_photo_that_breaks_off_near_its_end_is_said(self, photos, upload, folder):
        data = (EXAMPLES / "astronaut.jpg").read_bytes()
        (folder / "short.jpg").write_bytes(data[:int(len(data) * 0.97)])
        assert "short.jpg is incomplete" in said(
            photos.check_photo({"path": str(folder / "short.jpg")})[0])

    def test_an_upload_becomes_the_photo_unless_it_is_no_picture(self, photos, upload, folder):
        path, clear = photos.take_photo(upload)
        assert path == upload["path"] and said(clear) == ""
        (folder / "notes.txt").write_text("words")
        kept, wrong = photos.take_photo({"path": str(folder / "notes.txt")})
        assert kept == SAME and "notes.txt is not a picture" in said(wrong)
        assert "was not uploaded here" in said(photos.take_photo({"path": "/etc/passwd"})[1])

    def test_an_own_style_that_browsers_do_not_show_becomes_a_png(self, photos, upload, folder):
        assert photos.take_own_style(upload)[0] == upload["path"]
        heic = folder / "IMG 1.HEIC"
        pillow_heif.from_pillow(Image.new("RGB", (64, 48), "teal")).save(heic)
        path, clear = photos.take_own_style({"path": str(heic)})
        assert path == f"{heic}.png" and said(clear) == "" and original_of(path) == str(heic)
        with Image.open(path) as shown:
            assert shown.size == (64, 48)
        with full_disk(50):
            kept, wrong = photos.take_own_style({"path": str(heic)})
        assert kept == SAME and said(wrong) == CANNOT_STORE
        (folder / "words.heic").write_text("words")
        kept, wrong = photos.take_own_style({"path": str(folder / "words.heic")})
        assert kept == SAME and "is not a picture" in said(wrong)

    def test_a_sample_is_a_file_the_page_may_send_back(self, photos, service):
        path = photos.take_sample(click(1))
        assert service.picture(path) and service.sample(path) is service.samples[1]

    def test_four_samples_are_sent_as_thumbnails(self, service):
        assert len(service.samples) == 4
        for sample in service.samples:
            assert sample.portrait.licence and faces_found(sample.photo)
            with Image.open(sample.thumbnail) as small, Image.open(sample.photo) as photo:
                assert max(small.size) <= 240 < max(photo.size)

    def test_a_mask_is_found_where_a_region_is_asked_for(self, photos, upload):
        for region, photo in (("everything", upload), ("subject", None),
                              ("subject", {"path": "/etc/passwd"})):
            found, corrected, editor = photos.find_mask(region, photo, PhotoFaces())
            assert found is None and corrected is None and not editor.visible
        found, corrected, editor = photos.find_mask("background", upload, PhotoFaces())
        assert found.mode == "L" and corrected is None and editor.visible
        assert correct_mask({"layers": []}, found) is correct_mask(None, found) is None
        drawn = Image.new("RGBA", found.size, "white")
        assert correct_mask({"layers": [drawn]}, found).getextrema() == (255, 255)

    def test_the_mask_shows_whoever_has_a_face_or_is_marked(self, photos, upload):
        found, *_ = photos.find_mask("subject", upload, PhotoFaces())
        assert max(found.size) <= 512
        width, height = found.size
        assert found.getpixel((width * 45 // 100, height // 4)) > 200  # her face
        assert found.getpixel((width * 95 // 100, 5)) < 50
        Image.new("RGB", (300, 200), "teal").save(upload["path"])
        found, *_ = photos.find_mask("subject", upload, PhotoFaces())
        assert found.getextrema() == (0, 0)  # nobody: all to be drawn
        marked = PhotoFaces(upload["path"], (), ((0.4, 0.4, 0.2, 0.3),))
        found, *_ = photos.find_mask("subject", upload, marked)
        assert found.getpixel((found.width // 2, found.height * 55 // 100)) > 200


class TestStyle:
    @pytest.fixture
    def styles(self, service) -> StyleHandlers:
        return StyleHandlers(service)

    def test_a_page_shows_what_was_searched_for(self, styles, service):
        gallery, numbers, slider, note = styles.show_page(ALL, "great wave", 0)
        assert [service.presets[n].name for n in numbers] == ["hokusai-great-wave"]
        assert len(gallery.value) == 1 and not slider.interactive and said(note) == ""
        _, numbers, _, note = styles.show_page("Impressionism", "great wave", 0)
        assert numbers == [] and said(note).startswith("No style matches")
        assert styles.choose(click(1), [7, 5, 3]) == (5, None)

    def test_surprise_chooses_among_what_was_searched_for(self, styles, service):
        number, own = styles.surprise(ALL, "great wave")
        assert service.presets[number].name == "hokusai-great-wave" and own is None
        assert styles.surprise(ALL, "no such thing") == (SAME, SAME)

    def test_an_own_style_is_named_in_place_of_the_preset(self, styles, service, upload):
        number = service.number["munch-the-scream"]
        assert "Edvard Munch" in styles.describe(number, None)
        upload["orig_name"] = "<b>mine</b>.jpg"
        own = styles.describe(number, upload)
        assert "&lt;b&gt;mine&lt;/b&gt;.jpg" in own and "Munch" not in own

    def test_a_style_sets_what_it_recommends_and_the_next_one_sets_it_back(self, styles, service,
                                                                         upload):
        said = dict(find_preset("cassatt-summertime").settings)
        assert said == {"strength": 0.65, "style_scale": 0.75}
        number, plain = service.number["cassatt-summertime"], service.number[FIRST_STYLE]
        assert not service.presets[plain].settings

        def moved(style, own, before, values):
            now, *new = styles.recommend(style, own, before, *values.values())
            return now, {name: value for name, value in zip(values, new, strict=True)
                         if value != SAME}

        home = service.defaults
        assert moved(number, None, {}, home) == (said, said)
        assert moved(number, None, said, home | said | {"strength": 0.9}) == (said, {})
        # The visitor moved the strength: only the other one goes home.
        assert moved(plain, None, said, home | said | {"strength": 0.9}) == (
            {}, {"style_scale": 1.0})
        assert moved(number, upload, said, home | said) == (
            {}, {"strength": home["strength"], "style_scale": 1.0})

    def test_an_example_is_shown_until_there_is_a_result(self, styles, service, upload):
        first = service.number[FIRST_STYLE]
        example = styles.show_example(first, None, None, None)
        assert EXAMPLE in example.status and service.picture(example.stage)
        assert "steps" not in example.details and example.job is None
        hopper = {"path": service.samples[1].photo}
        assert "hopper" in styles.show_example(first, None, hopper, None).stage
        going, over = SimpleNamespace(over=False), SimpleNamespace(over=True)
        for job in (going, over):
            assert told(styles.show_example(first, None, hopper, job)) == set()
        assert told(styles.show_photo(first, None, hopper, going)) == set()
        assert "hopper" in styles.show_photo(first, None, hopper, over).stage
        for own, photo in ((upload, hopper), (None, upload)):  # painted by nobody beforehand
            assert told(styles.show_example(first, own, photo, None)) == set()

    def test_an_own_photo_is_on_the_wall_at_once_and_without_its_metadata(
            self, styles, service, upload):
        shown = styles.show_photo(service.number[FIRST_STYLE], None, upload, None)
        assert shown.status.count(PHOTO) == 1 and shown.compare == ""
        with Image.open(service.picture(shown.stage)) as small:
            assert max(small.size) <= 1024 and not small.getexif()
        assert told(styles.show_photo(0, None, {"path": "/etc/passwd"}, None)) == set()

    def test_captions_say_title_painter_and_year(self, styles, service):
        number = service.number[FIRST_STYLE]
        assert styles.pictures([(number, "a.jpg")]) == [
            ("a.jpg", "The Starry Night, Vincent van Gogh, 1889")]

    def test_the_chosen_style_stays_marked_on_another_page(self, styles, service):
        number = service.number["hokusai-great-wave"]
        gallery, numbers, *_ = styles.show_page("Ukiyo-e", "", number)
        assert numbers[gallery.selected_index] == number
        elsewhere = styles.show_page("Ukiyo-e", "", service.number[FIRST_STYLE])[0]
        assert elsewhere.selected_index is None


class TestPaint:
    @pytest.fixture
    def people(self) -> list[int]:
        """How many are before the visitor, to be changed."""
        return [0]

    @pytest.fixture
    def painting(self, service, people, visits) -> PaintHandlers:
        return PaintHandlers(service, lambda session: people[0] if session == "a visit" else -1,
                             visits)

    @pytest.fixture
    def begin(self, painting, service, upload):
        def begin(photo=upload, faces=NOBODY, **settings) -> Panel:
            values = service.defaults | dict(size=128) | settings
            return painting.begin(VISIT, photo, None, service.number["munch-the-scream"],
                                  NO_SECOND, 0.5, None, faces, *values.values())
        return begin

    def test_from_paint_to_the_result(self, painting, begin):
        started = begin()
        assert not started.paint.visible and started.stop.visible and not started.png.interactive
        assert started.place.active and "Starting." in started.status
        *frames, last = painting.run(started.job)
        assert frames and all(told(frame) == {"stage", "status"} for frame in frames)
        assert last.png.interactive and last.stronger.interactive and last.paint.visible
        assert not last.place.active and "width:100.0%" in last.status
        assert "Brushwork · 2 s left" in frames[0].status and "Done in 3 s." in last.status
        assert last.share.interactive and last.compare.count("gradio_api/file=") == 2
        assert list(last.curves.columns) == ["step", "term", "loss"]
        assert set(last.curves["term"]) == {"content", "style", "tv"}
        assert "3 steps" in last.details and "<th>seconds</th>" not in last.details
        assert "<th>steps</th>" not in last.details and "Edvard Munch" in last.details
        assert [told(panel) for panel in painting.run(started.job)] == [set()]  # once

    def test_marked_faces_are_painted_and_recorded(self, painting, begin, upload):
        mark = (0.1, 0.2, 0.3, 0.4)
        for faces, recorded in ((PhotoFaces(upload["path"], (), (mark,)), (mark,)),
                                (PhotoFaces("another.jpg", (), (mark,)), ())):
            *_, last = painting.run(begin(faces=faces).job)
            assert recall(last.png.value["path"]).marked_faces == recorded

    def test_a_waiting_visitor_is_told_how_many_are_before_him(self, painting, begin, people):
        people[0] = 1
        started = begin()
        assert "Waiting for a turn: 1 person before you." in started.status
        people[0] = 3
        assert "3 people before you" in painting.show_place(VISIT, started.job).status
        list(painting.run(begin().job))  # so now it is known how long a turn takes
        assert "3 people before you, about " in painting.show_place(VISIT, started.job).status
        people[0] = 0
        assert "before you" not in painting.show_place(VISIT, started.job).status
        list(painting.run(started.job))
        for job in (started.job, None):
            after = painting.show_place(VISIT, job)
            assert told(after) == {"place"} and not after.place.active

    @pytest.mark.parametrize("wrong, sentence", [
        (dict(photo=None), "Give a photo first"),
        (dict(photo={"path": "/etc/passwd"}), "was not uploaded here"),
        (dict(size=4096), "paints up to 1024"),
    ])
    def test_a_mistake_is_told_before_the_visitor_waits(self, painting, begin, wrong, sentence):
        refused = begin(**wrong)
        assert sentence in said(refused.notice) and refused.job is None
        assert refused.status == SAME and not refused.place.active and refused.paint.visible
        assert [told(panel) for panel in painting.run(refused.job)] == [set()]

    def test_stop_keeps_the_bar_where_it_was(self, painting, begin):
        started = begin()
        run = painting.run(started.job)
        next(run)
        stopping = painting.stop(started.job)
        assert told(stopping) == {"stop"} and stopping.stop.value == "Stopping"
        *_, last = run
        assert "Stopped at step 1 of 3" in last.status and "width:33.3%" in last.status
        assert last.stop.value == "Stop" and last.png.interactive
        assert told(painting.stop(started.job)) == set()
        assert begin().stop.interactive

    def test_stop_while_waiting_leaves_the_queue(self, painting, begin):
        started = begin()
        left = painting.stop(started.job)
        assert "Stopped before anything was painted" in left.status and left.paint.visible
        assert told(painting.show_place(VISIT, started.job)) == {"place"}
        [panel] = painting.run(started.job)
        assert "Stopped before anything was painted" in panel.status

    @pytest.mark.parametrize("error, sentence", [
        (gr.Error("No GPU is free.", title="ZeroGPU quota exceeded"),
         "ZeroGPU quota exceeded: No GPU is free."),
        (RuntimeError("secret"), FAULT),
    ])
    def test_an_error_while_painting_is_one_sentence(
            self, painting, begin, service, monkeypatch, error, sentence):
        def broken(*_, **__):
            raise error
            yield

        monkeypatch.setattr(service, "_frames", broken)
        [panel] = painting.run(begin().job)
        assert said(panel.notice) == sentence and panel.paint.visible

    def test_a_full_queue_is_told_apart_from_a_fault(self, painting, begin):
        waiting = begin().job
        refused = painting.fail(waiting)
        assert said(refused.notice) == BUSY and refused.job is None
        list(painting.run(waiting))
        assert said(painting.fail(waiting).notice) == FAULT

    def test_stronger_and_softer_keep_the_strength_between_0_and_1(self):
        assert changed_strength(0.2, 0.7) == 0.9
        assert changed_strength(0.2, 0.95) == 1.0
        assert changed_strength(-0.2, 0.1) == 0.0
        assert changed_strength(0.0, 0.65) == 0.65
