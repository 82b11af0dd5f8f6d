"""From photo to painting in a browser: what a visitor sees, waits for and downloads."""

from __future__ import annotations

import re

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import expect

from nst.gallery.library import find_preset
from nst.pictures.metadata import recall
from nst.web.wall import SAMPLE

from .conftest import ROOT
from .studio_page import DESKTOP, LOW, PHONE, TABLET, StudioPage


def visit(browser, server, shots, name, **more) -> StudioPage:
    return StudioPage(browser, server.url, shots, name, **more)


@pytest.mark.parametrize("view, dark", [(DESKTOP, True), (PHONE, False)])
def test_the_first_visit_shows_an_example_and_never_scrolls_sideways(
        browser, server, shots, view, dark):
    name, motion = f"{'phone' if view == PHONE else 'desktop'}-{'dark' if dark else 'light'}", dark
    with visit(browser, server, shots, f"first-{name}", view=view, dark=dark,
               motion=motion) as visitor:
        expect(visitor.page.locator("#before-after img")).to_have_count(2)
        expect(visitor.compared()).to_have_css("animation-name", "uncover" if motion else "none")
        visitor.shot("page")
        assert visitor.overflow() <= 0
        for words in ("Take a selfie", "Choose a photo", "Paint"):
            expect(visitor.page.get_by_role("button", name=words, exact=True)).to_be_in_viewport()
        expect(visitor.page.locator("#samples img").last).to_be_in_viewport()
        if view == PHONE:
            assert 12 <= visitor.page.locator("#masthead").bounding_box()["x"] <= 18
        assert visitor.errors == []


def test_a_portrait_is_painted_live_and_downloaded(browser, server, shots, portrait, tmp_path):
    with visit(browser, server, shots, "paint") as visitor:
        visitor.upload(portrait)
        visitor.choose("The Starry Night")
        expect(visitor.page.locator("#about")).to_contain_text("Starry Night")
        visitor.small(steps=60)
        visitor.number("Seconds", 5)  # as many steps as this machine makes in that time
        visitor.shot("ready")
        example = visitor.stage()
        visitor.paint()
        previews = [seen for seen in visitor.previews(4) if seen != example]
        assert len(previews) >= 3 and not visitor.idle
        visitor.shot("painting")
        previews += [seen for seen in visitor.previews() if seen not in previews]
        assert len(set(previews)) >= 4  # three previews and the finished picture
        assert re.fullmatch(r"Done in \d+ s\.", visitor.status)
        visitor.shot("done")

        file = visitor.download("#png", tmp_path)
        assert file.name == "selfie-van-gogh-starry-night.png"
        with Image.open(file) as picture:
            assert (picture.format, picture.size) == ("PNG", (96, 128))
            assert not picture.getexif() and "exif" not in picture.info
        record = recall(file)
        assert (record.settings.size, record.styles) == (128, [("van-gogh-starry-night", 1.0)])

        visitor.page.get_by_role("tab", name="Film").click()
        video = visitor.page.locator("#film video")
        video.wait_for()
        visitor.page.wait_for_function(
            "() => { const v = document.querySelector('#film video');"
            " return v.readyState >= 2 && v.duration > 3 && v.videoWidth == 96; }")
        visitor.shot("film")
        film = visitor.download("#mp4", tmp_path)
        assert film.name == "selfie-van-gogh-starry-night.mp4" and film.stat().st_size > 5000

        for tab in ("Before", "Curves", "Details"):
            visitor.open_tab(tab)
            visitor.shot(tab.lower())
        expect(visitor.page.locator("#details")).to_contain_text("Strength")
        before = float(visitor.page.get_by_label("number input for Strength").input_value())
        visitor.page.locator("#stronger").click()
        visitor.page.locator("#stop").wait_for()
        visitor.finish()
        after = visitor.download("#png", tmp_path)
        assert recall(after).settings.strength == pytest.approx(min(1.0, before + 0.2))
        assert visitor.errors == []


def test_a_style_sets_the_controls_that_it_recommends_and_no_others(browser, server, shots):
    with visit(browser, server, shots, "recommended") as visitor:
        visitor.small()
        visitor.number("Likeness", 0.3)
        said = find_preset("cassatt-summertime")
        visitor.choose(said.title)
        expect(visitor.field("Strength")).to_have_value(str(said.settings["strength"]))
        expect(visitor.field("Style scale")).to_have_value(str(said.settings["style_scale"]))
        visitor.number("Strength", 0.9)
        visitor.choose("The Starry Night")
        expect(visitor.field("Style scale")).to_have_value("1")
        assert visitor.field("Strength").input_value() == "0.9"
        assert visitor.field("Likeness").input_value() == "0.3"
        assert visitor.field("Size").input_value() == "128"


def test_a_sample_photo_in_a_style_shows_the_result_that_comes_with_the_program(
        browser, server, shots, portrait):
    with visit(browser, server, shots, "beforehand") as visitor:
        visitor.page.locator("#samples img").nth(1).click()
        expect(visitor.compared()).to_have_attribute("src", re.compile("hopper-van-gogh-star"))
        # The last of two quick taps counts, also where the first is not answered yet.
        visitor.page.evaluate("""async () => {
            for (const title of ['Summertime', 'The Scream']) {
                document.querySelector(`#gallery img[alt*='${title}']`).click();
                await new Promise(done => setTimeout(done, 4));
            }
        }""")
        expect(visitor.page.locator("#about")).to_contain_text("The Scream")
        expect(visitor.compared()).to_have_attribute("src", re.compile("grace-hopper-munch"))
        expect(visitor.page.locator("#status")).to_have_text(SAMPLE)
        visitor.shot("shown")
        assert visitor.idle
        visitor.small()
        expect(visitor.field("Style scale")).to_have_value("1")  # as of the last tap
        visitor.paint()
        visitor.finish()
        painted = visitor.compared().get_attribute("src")
        visitor.choose("The Starry Night")  # the visitor's own result stays
        expect(visitor.page.locator("#about")).to_contain_text("Starry Night")
        assert visitor.compared().get_attribute("src") == painted
        # Who gives another photo and presses Paint, before the server knows of it, means that one.
        held = []
        visitor.page.route("**/run/predict*", lambda asked: held.append(asked), times=1)
        visitor.page.locator("#samples img").first.click()
        while not held:
            visitor.page.wait_for_timeout(20)
        visitor.page.locator("#paint").click()
        held[0].continue_()
        visitor.page.locator("#stop").wait_for()
        visitor.finish()
        expect(visitor.compared()).to_have_attribute("src", re.compile("astronaut-van-gogh-star"))
        assert visitor.errors == []


def test_stop_keeps_what_was_painted_and_controls_may_be_moved_meanwhile(
        browser, server, shots, portrait, tmp_path):
    with visit(browser, server, shots, "stop", view=PHONE) as visitor:
        visitor.upload(portrait)
        visitor.small(steps=5000)
        visitor.shot("ready")
        visitor.paint()
        visitor.previews(3)
        visitor.number("Size", 512)
        visitor.choose("Great Wave")
        visitor.shot("painting")
        expect(visitor.page.locator("#status")).not_to_be_in_viewport()
        for _ in range(2):  # the bar goes on beside Stop
            done = visitor.page.locator("#going i").get_attribute("style")
            expect(visitor.page.locator("#going i")).not_to_have_attribute("style", done)
        visitor.page.locator("#stop").click()
        assert "Stopped at step" in visitor.finish()
        expect(visitor.page.locator("#going")).to_contain_text("Stopped at step")
        expect(visitor.page.locator("#going")).to_be_in_viewport(ratio=1)
        visitor.shot("stopped")
        visitor.page.evaluate("scrollTo(0, 0)")
        expect(visitor.page.locator("#going")).to_be_hidden()
        visitor.page.evaluate("scrollTo(0, 10_000)")  # it has been seen
        expect(visitor.page.locator("#status")).not_to_be_in_viewport()
        expect(visitor.page.locator("#going")).to_be_hidden()
        assert visitor.overflow() <= 0
        file = visitor.download("#png", tmp_path)
        with Image.open(file) as picture:
            assert picture.size == (96, 128)
            assert "Stopped at step" in picture.info["Comment"]


def test_a_style_of_ones_own_is_blended_with_one_of_the_gallery(
        browser, server, shots, portrait, example, tmp_path):
    with visit(browser, server, shots, "blend") as visitor:
        visitor.upload(portrait)
        visitor.page.get_by_text("Your own style, or a blend").click()
        heic = tmp_path / "portrait.heic"  # Chromium gives it no type
        with Image.open(example) as picture:
            pillow_heif.from_pillow(picture).save(heic)
        with visitor.page.expect_file_chooser() as chooser:
            visitor.page.locator("#own-file").click()
        chooser.value.set_files(str(heic))
        expect(visitor.page.locator("#about")).to_contain_text("portrait.heic")
        expect(visitor.page.locator("#own img")).to_have_js_property("complete", True)
        assert visitor.page.locator("#own img").evaluate("image => image.naturalWidth")
        visitor.page.locator("#own").get_by_label("Remove").click()
        expect(visitor.page.locator("#own")).to_be_hidden()  # the button is the one way to give it
        dropped = visitor.page.evaluate_handle("""data => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(data)], 'portrait.jpg', {
                type: 'image/jpeg'}));
            return transfer;
        }""", list(example.read_bytes()))
        visitor.page.locator("#second").dispatch_event("drop", {"dataTransfer": dropped})
        visitor.page.locator("#own img").wait_for()
        expect(visitor.page.locator("#about")).to_contain_text("portrait.jpg")
        visitor.page.locator("#second input").click()
        visitor.page.get_by_role("option", name=re.compile("Great Wave")).click()
        visitor.number("How much of it", 0.25)
        visitor.small()
        visitor.paint()
        visitor.finish()
        visitor.shot("done")
        styles = recall(visitor.download("#png", tmp_path)).styles
        assert styles == [("portrait.jpg", 0.75), ("hokusai-great-wave", 0.25)]
        visitor.page.locator("#own").get_by_label("Remove").click()
        expect(visitor.page.locator("#about")).to_contain_text("Starry Night")


def test_a_mistake_is_shown_and_paint_is_in_view_wherever_the_page_is_scrolled(
        browser, server, shots, tmp_path):
    with visit(browser, server, shots, "mistakes", view=PHONE) as visitor:
        page = visitor.page
        for width, height in (PHONE, LOW, TABLET, DESKTOP):
            page.set_viewport_size({"width": width, "height": height})
            visitor.settled()
            for where in (0, 700, 10_000):
                page.evaluate("y => scrollTo(0, y)", where)
                at = page.evaluate("scrollY")
                expect(page.locator("#paint")).to_be_in_viewport(ratio=1)
                page.locator("#paint").click()
                expect(page.locator("#notice")).to_contain_text("Give a photo first")
                expect(page.locator("#notice")).to_be_in_viewport(ratio=1)
                assert page.evaluate("scrollY") == at
            visitor.shot(f"no-photo-{width}")
            # None behind a menu, and none that has nothing to show yet.
            expect(page.locator("#wall [role=tab]").filter(visible=True)).to_have_text(
                ["Result", "Before / after", "Details"])
        page.evaluate("scrollTo(0, 0)")
        shown = visitor.compared().get_attribute("src")
        for name, content in (("holiday.jpg", b"no picture at all"), ("notes.txt", b"words")):
            (tmp_path / name).write_bytes(content)
            with page.expect_file_chooser() as chooser:
                page.locator("#upload").click()
            chooser.value.set_files(str(tmp_path / name))
            expect(page.locator("#notice")).to_contain_text(f"{name} is not a picture")
        visitor.shot("no-picture")
        expect(page.locator("#paint")).to_have_text("Paint")
        assert visitor.compared().get_attribute("src") == shown
        assert visitor.errors == []


def test_three_taps_from_landing_to_a_result_and_one_more_to_share_it(
        browser, server, shots, portrait):
    with visit(browser, server, shots, "taps", view=PHONE) as visitor:
        page = visitor.page
        visitor.small(steps=40, size=256)  # quicker; a visitor need not touch them
        page.evaluate("scrollTo(0, 0)")
        page.evaluate("navigator.canShare = () => true;"
                      "navigator.share = async what => { window.shared = what; }")
        with page.expect_file_chooser() as camera:
            page.locator("#selfie").tap()
        assert camera.value.element.get_attribute("capture") == "user"
        camera.value.set_files(str(portrait))  # the camera's own shutter is a tap
        expect(page.locator("#status")).to_contain_text("Your photo")
        assert "photo-" in visitor.stage() and visitor.overflow() <= 0
        visitor.shot("photo")
        page.locator("#paint").tap()
        expect(page.locator("#stop")).to_be_visible()
        expect(page.locator("#going")).to_be_hidden()
        page.evaluate("scrollTo(0, 10_000)")
        expect(page.locator("#going")).to_be_in_viewport(ratio=1)
        assert page.locator("#going p").inner_text()
        page.evaluate("scrollTo(0, 0)")
        expect(page.locator("#going")).to_be_hidden()
        seen = set()
        while not visitor.idle:
            seen.add(page.locator("#status p").inner_text().split(" · ")[0])
            expect(page.locator("#wall")).to_be_in_viewport()
            page.wait_for_timeout(100)
        assert seen >= {"First shapes", "Brushwork", "Details"}
        assert not [words for words in seen if "Waiting" in words]  # nobody else is there
        expect(visitor.compared()).to_be_in_viewport()
        visitor.shot("result")
        page.locator("#share").tap()
        page.wait_for_function("window.shared")
        name, kind, size = page.evaluate(
            "[shared.files[0].name, shared.files[0].type, shared.files[0].size]")
        assert (name, kind) == ("selfie-van-gogh-starry-night.png", "image/png") and size > 50_000
        assert visitor.errors == []


def test_a_browser_that_cannot_share_copies_the_result(browser, server, shots, portrait):
    with visit(browser, server, shots, "copy", view=LOW, dark=True, permissions=[
            "clipboard-read", "clipboard-write"]) as visitor:
        page = visitor.page
        page.evaluate("navigator.canShare = undefined")
        visitor.upload(portrait)
        visitor.shot("photo")
        visitor.small()
        visitor.paint()
        visitor.shot("painting")
        visitor.finish()
        # Wherever the steps are scrolled, the picture has most of the height, and what it can give
        # begins below it.
        picture = page.locator("#before-after figure")
        expect(picture).to_be_in_viewport(ratio=1)
        assert picture.bounding_box()["height"] > 0.65 * LOW[1]
        expect(page.locator("#share")).to_be_in_viewport()
        visitor.shot("result")
        visitor.open_tab("Result")  # nothing lies over it, nor over the language
        page.evaluate("scrollTo(0, 0)")
        page.locator("#language").click(trial=True)
        page.locator("#share").click()
        expect(page.locator("#share")).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.read().then(all => all[0].types)") == [
            "image/png"]


def test_the_border_of_before_and_after_moves_by_keys(browser, server, shots):
    with visit(browser, server, shots, "border", view=PHONE) as visitor:
        border = visitor.page.get_by_label("Border of before and after")
        border.focus()
        before = border.input_value()
        visitor.page.keyboard.press("ArrowRight")
        assert float(border.input_value()) == float(before) + 1
        assert visitor.page.evaluate(
            "document.querySelector('.compare figure').style.getPropertyValue('--at')") == "31%"


def test_a_photo_without_a_face_gets_a_note_and_is_painted(browser, server, shots, portrait):
    with visit(browser, server, shots, "faceless", dark=True) as visitor:
        note = visitor.page.get_by_text("No face found: tap on the face in the photo")
        visitor.upload(ROOT / "styles/Ukiyo-e/hokusai-great-wave.jpg")
        expect(note).to_be_visible()
        expect(visitor.page.locator("#try")).to_be_hidden()  # there is a photo
        visitor.shot("told")
        visitor.small()
        visitor.paint()
        assert "Done in" in visitor.finish()
        visitor.shot("result")
        visitor.upload(portrait)
        expect(note).to_be_hidden()


def test_whoever_left_for_good_gives_way_and_keeps_what_was_painted(
        browser, server, shots, portrait):
    with (visit(browser, server, shots, "left") as left,
          visit(browser, server, shots, "after") as other):
        left.upload(portrait)
        left.small(steps=5000)
        left.paint()
        left.previews(3)
        left.page.goto("about:blank")
        other.upload(portrait)
        other.small(steps=6)
        other.paint()
        assert "Done in" in other.finish()
        left.page.goto(server.url)
        expect(left.page.locator("#strip img")).to_have_count(1)
        assert "Stopped at step" in left.finish()
    folders = [folder for folder in server.folder.glob("nst-*") if not any(folder.glob("*.png"))]
    assert folders == []
