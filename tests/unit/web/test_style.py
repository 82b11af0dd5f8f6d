"""A style looked for, chosen, described, and what it recommends and shows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pillow_heif
import pytest
from PIL import Image, ImageOps

from nst.errors import UserError
from nst.gallery.library import find_preset
from nst.hub import HubError
from nst.web.limits import Limits
from nst.web.service import FIRST_STYLE, Service
from nst.web.style import Style
from nst.web.uploads import CANNOT_STORE, STATIC, original_of
from nst.web.wall import EXAMPLE, SAMPLE, UNPAINTED
from tests.full_disk import full_disk

from .conftest import SAME, Studio, frames, said, tap


@pytest.fixture
def styles(studio) -> Style:
    return studio.style


def test_a_page_shows_what_was_searched_for(studio, styles, service):
    page = studio.seen(styles.show_page(0, studio.values(search="great wave")))
    assert [service.presets[n].name for n in page.on_page] == ["hokusai-great-wave"]
    assert len(page.gallery.value) == 1 and not page.next.interactive
    assert said(page.nothing) == ""
    page = studio.seen(styles.show_first_page(
        studio.values(movement="Impressionism", search="great wave", number=3)))
    assert page.on_page == [] and said(page.nothing).startswith("No style matches")
    assert page.number == 1
    assert styles.choose(tap(1), [7, 5, 3]) == (5, None)


def test_next_and_previous_end_where_the_pages_do(studio, styles, service, monkeypatch):
    monkeypatch.setattr("nst.web.style.PAGE_SIZE", len(service.presets) // 2)
    second = studio.seen(styles.show_page(1, studio.values()))
    assert "Page 2 of" in second.page_told and second.previous.interactive
    *_, last = (studio.seen(styles.show_page(1, studio.values(number=number)))
                for number in (2, 3, 4))
    assert not last.next.interactive and last.number in (2, 3)
    first = studio.seen(styles.show_page(-1, studio.values(number=1)))
    assert "Page 1 of" in first.page_told and not first.previous.interactive


def test_surprise_chooses_among_what_was_searched_for(styles, service):
    number, *others = styles.draw("Ukiyo-e", "great wave")
    assert service.presets[number].name == "hokusai-great-wave"
    assert others == [None, SAME, SAME, SAME]
    number, *others = styles.draw("Ukiyo-e", "no such thing")  # then among all
    assert number in range(len(service.presets)) and others == [None, "All", "", ("All", "")]


def test_a_search_that_was_cleared_for_what_was_drawn_does_not_turn_back_to_the_first_page(
        studio, styles):
    found = studio.seen(styles.show_first_page(studio.values(search="great wave")))
    assert found.pages_of == ("All", "great wave")
    assert studio.told(styles.show_first_page(studio.values(number=3))) == set()


def test_the_gallery_turns_to_the_page_of_what_was_drawn(studio, styles, service, monkeypatch):
    monkeypatch.setattr("nst.web.style.PAGE_SIZE", 5)
    last = len(service.presets) - 1
    seen = studio.seen(styles.turn(studio.values(chosen=last, on_page=[0, 1])))
    assert seen.number == last // 5 + 1 and seen.on_page[seen.gallery.selected_index] == last
    marked = {"gallery"}  # and nothing else changes
    for values in (dict(on_page=[3, last]), dict(on_page=[0], own={"path": "mine.jpg"}),
                   dict(on_page=[0], search="no such thing")):
        assert studio.told(styles.turn(studio.values(chosen=last, **values))) == marked


@pytest.fixture
def described(studio, styles):
    """What is said of the style with this number, after changes by name."""
    return lambda number, **changed: styles.describe(studio.values(**dict(
        chosen=number, on_page=[number]) | changed))


def test_an_own_style_is_named_in_place_of_the_preset(styles, described, service, upload):
    number = service.number["munch-the-scream"]
    assert "Edvard Munch" in described(number)
    upload["orig_name"] = "<b>mine</b>.jpg"
    own = described(number, own=upload)
    assert "&lt;b&gt;mine&lt;/b&gt;.jpg" in own and "Munch" not in own
    assert styles.marked(number, None, [3, number]).selected_index == 1
    assert styles.marked(number, upload, [3, number]).selected_index is None


def test_a_blend_and_a_style_that_the_gallery_leaves_out_are_told(described, service):
    number, second = service.number["munch-the-scream"], service.number["klimt-the-kiss"]
    told = described(number, second=second, blend=0.25)
    assert "75% of it, 25% of <b>The Kiss</b>" in told and "Still chosen" not in told
    assert "Still chosen" in described(number, on_page=[second])
    drawn = next(preset for preset in service.presets if preset.name.startswith("study-"))
    assert "drawn by this project, 2026" in described(service.number[drawn.name])


def test_an_own_style_that_cannot_be_read_is_said_beside_it(styles, upload, folder):
    (folder / "notes.png").write_text("no picture")
    fake = {"path": str(folder / "notes.png")}
    assert "notes.png is not a picture" in said(styles.check_own(fake))
    assert "was not uploaded here" in said(styles.check_own({"path": "/etc/passwd"}))
    assert said(styles.check_own(upload)) == said(styles.check_own(None)) == ""


def test_a_plain_border_is_told_beside_an_own_style_and_in_words_about_a_found_one(
        styles, upload, folder):
    for name in ("scan.png", "scan.heic"):
        with Image.open(upload["path"]) as picture:
            ImageOps.expand(picture, 60, "white").save(folder / name)
    assert said(styles.check_own({"path": str(folder / "scan.png")})).startswith(
        "The plain border of scan.png is left out; Keep border")
    path, told = styles.take_own({"path": str(folder / "scan.heic")})
    assert "scan.heic is left out" in said(told) == said(styles.check_own({"path": path}))
    (folder / "found" / "Scans").mkdir(parents=True)
    (folder / "scan.png").rename(folder / "found" / "Scans" / "a-b_c.png")
    studio = Studio(Service([folder / "found"], Limits(), folder, frames))
    number = studio.service.number["a-b_c"]
    describe = studio.style.describe
    assert "Scans. The plain border of a-b_c is left out" in describe(
        studio.values(chosen=number, on_page=[number]))
    assert "border" not in describe(studio.values(chosen=0, on_page=[0]))


def test_an_own_style_that_browsers_do_not_show_becomes_a_png(styles, upload, folder):
    assert styles.take_own(upload)[0] == upload["path"]
    heic = folder / "IMG 1.HEIC"
    pillow_heif.from_pillow(Image.new("RGB", (64, 48), "teal")).save(heic)
    path, clear = styles.take_own({"path": str(heic)})
    assert path == f"{heic}.png" and said(clear) == "" and original_of(path) == str(heic)
    with Image.open(path) as shown:
        assert shown.size == (64, 48)
    with full_disk(50):
        kept, wrong = styles.take_own({"path": str(heic)})
    assert kept == SAME and said(wrong) == CANNOT_STORE
    (folder / "words.heic").write_text("words")
    kept, wrong = styles.take_own({"path": str(folder / "words.heic")})
    assert kept == SAME and "is not a picture" in said(wrong)


def test_a_style_sets_what_it_recommends_and_the_next_one_sets_it_back(
        studio, styles, service, upload):
    said = dict(find_preset("cassatt-summertime").settings)
    assert said == {"strength": 0.65, "style_scale": 0.75}
    number, plain = service.number["cassatt-summertime"], service.number[FIRST_STYLE]
    assert not service.presets[plain].settings

    def moved(style, own, before, values):
        """(what is recommended now, the controls that move to another value)."""
        changes = styles.recommend(studio.values(chosen=style, own=own, recommended=before,
                                                 **values))
        seen = vars(studio.seen(changes))
        now = before if seen["recommended"] == SAME else seen["recommended"]
        return now, {name: seen[name] for name in service.defaults if seen[name] != SAME}

    home = service.defaults
    assert moved(number, None, {}, home) == (said, said)
    assert moved(number, None, said, home | said | {"strength": 0.9}) == (said, {})
    # The visitor moved the strength: only the other one goes home.
    assert moved(plain, None, said, home | said | {"strength": 0.9}) == (
        {}, {"style_scale": 1.0})
    assert moved(number, upload, said, home | said) == (
        {}, {"strength": home["strength"], "style_scale": 1.0})


def test_an_example_is_shown_until_there_is_a_result(studio, styles, service, upload):
    def example(**values) -> SimpleNamespace:
        return studio.seen(styles.show_example(studio.values(chosen=first, **values)))

    first = service.number[FIRST_STYLE]
    shown = example()
    assert EXAMPLE in shown.status and service.picture(shown.stage)
    assert "steps" not in shown.details and shown.job == SAME  # one may have begun meanwhile
    hopper = {"path": service.samples[1].photo}
    sample = example(photo=hopper)
    assert "hopper" in sample.stage and SAMPLE in sample.status
    nothing = studio.seen({})
    for job in (SimpleNamespace(over=False), SimpleNamespace(over=True)):
        assert example(photo=hopper, job=job) == nothing
    assert example(photo=upload) == nothing  # painted by nobody beforehand
    lisa = {"path": service.samples[2].photo}
    for own, photo in ((upload, hopper), (None, lisa)):  # a sample is not the visitor's own photo
        alone = example(own=own, photo=photo)
        assert alone.stage == photo["path"] and UNPAINTED in alone.status
        assert alone.tabs.selected == "result" and alone.compare == ""


def test_a_full_disk_is_said_when_a_style_is_chosen_and_leaves_nothing(
        studio, styles, service, folder):
    number, hopper = service.number["munch-the-scream"], {"path": service.samples[1].photo}
    choosing = studio.values(chosen=number, photo=hopper)
    before = sorted(Path(folder, STATIC, "light").iterdir())
    with full_disk(100):
        changes = styles.show_example(choosing)
        on_wall = studio.photo.show(choosing)  # the same sample tapped
    for seen in (changes, on_wall):
        assert studio.told(seen) == {"notice"} and said(studio.seen(seen).notice) == CANNOT_STORE
    assert sorted(Path(folder, STATIC, "light").iterdir()) == before
    assert "grace-hopper-munch" in studio.seen(styles.show_example(choosing)).stage


def test_a_full_disk_is_said_below_a_page_of_the_gallery(studio, styles, service, folder):
    for file in Path(folder, STATIC).rglob("*.webp"):
        file.unlink()
    with full_disk(100):
        changes = styles.show_page(0, studio.values(movement="Ukiyo-e"))
    assert studio.told(changes) == {"nothing"}
    assert said(studio.seen(changes).nothing) == CANNOT_STORE
    assert studio.seen(styles.show_page(0, studio.values(movement="Ukiyo-e"))).gallery.value


def test_a_hub_that_gives_no_answer_is_said_below_the_gallery(
        studio, styles, service, monkeypatch):
    def no_answer(self):
        raise UserError("The dataset cannot be reached; try again.") from HubError("no answer")

    monkeypatch.setattr(type(service.presets[0]), "thumbnail", no_answer)
    changes = styles.show_page(0, studio.values())
    assert studio.told(changes) == {"nothing"}
    assert said(studio.seen(changes).nothing) == "The dataset cannot be reached; try again."


def test_captions_say_title_painter_and_year(styles, service):
    number = service.number[FIRST_STYLE]
    assert styles.thumbnails([(number, "a.jpg")]) == [
        ("a.jpg", "The Starry Night, Vincent van Gogh, 1889")]


def test_the_chosen_style_stays_marked_on_another_page(studio, styles, service):
    number = service.number["hokusai-great-wave"]
    page = studio.seen(styles.show_page(0, studio.values(movement="Ukiyo-e", chosen=number)))
    assert page.on_page[page.gallery.selected_index] == number
    elsewhere = studio.seen(styles.show_page(0, studio.values(movement="Ukiyo-e")))
    assert elsewhere.gallery.selected_index is None
