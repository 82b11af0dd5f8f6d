"""A photo on its way, seen and told of while Paint waits for it; and the page on its way."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image
from playwright.sync_api import expect

from .conftest import Server
from .studio_page import PHONE, StudioPage

UPLOAD = 200_000  # bytes a second


def noisy(file: Path, size: tuple[int, int], quality: int, **more) -> Path:
    """A picture that takes many bytes."""
    noise = np.random.default_rng(0).integers(0, 255, (size[1] // 8, size[0] // 8, 3), "uint8")
    Image.fromarray(noise).resize(size).save(file, quality=quality, **more)
    return file


def give(page, file: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#upload").click()
    chooser.value.set_files(str(file))


def test_a_photo_is_seen_at_once_and_paint_waits_until_it_has_been_sent(
        browser, server, shots, tmp_path):
    photo = noisy(tmp_path / "slow.jpg", (1400, 1000), 97)
    assert photo.stat().st_size > 2 * UPLOAD
    own = Image.new("RGB", (64, 64), "teal")
    own.save(tmp_path / "own.png")
    with StudioPage(browser, server.url, shots, "arriving", view=PHONE) as visitor:
        page = visitor.page
        visitor.small(steps=400)
        page.get_by_text("Your own style, or a blend").click()
        page.locator("#own-file").wait_for()
        page.evaluate("scrollTo(0, 0)")
        net = page.context.new_cdp_session(page)
        net.send("Network.enable")
        net.send("Network.emulateNetworkConditions", dict(
            offline=False, latency=0, downloadThroughput=-1, uploadThroughput=UPLOAD))
        example = visitor.stage()
        give(page, photo)
        expect(page.locator("#arriving img")).to_be_visible()
        assert page.locator("#arriving img").evaluate("image => image.naturalWidth") == 1400
        assert visitor.stage() == example  # the server has not got it yet
        expect(page.locator("#sending")).to_contain_text("%")
        # An own style that cannot be sent meanwhile is not taken for the photo.
        page.route("**/upload", lambda route: route.abort(), times=1)
        with page.expect_event("requestfailed"):
            page.locator("#own-style input[type=file]").last.set_input_files(
                tmp_path / "own.png")
        page.locator("#paint").click()
        expect(page.locator("#sending")).to_have_text(
            re.compile(r"Sending your photo: \d+ %\. Then it is painted\."))
        visitor.shot("sending")
        page.locator("#stop").wait_for()
        expect(page.locator("#sending")).to_be_hidden()
        expect(page.locator("#arriving img")).to_be_hidden()
        expect(page.locator("#story")).to_contain_text("The Starry Night")
        visitor.shot("painting")
        page.locator("#stop").click()
        visitor.finish()
        # A file that is no picture: what it is stands beside Paint, and the photo stays.
        (tmp_path / "notes.jpg").write_text("words")
        give(page, tmp_path / "notes.jpg")
        expect(page.locator("#notice")).to_contain_text("notes.jpg is not a picture")
        expect(page.locator("#notice")).to_contain_text("Your photo before it is still here.")
        expect(page.locator("#sending")).to_be_hidden()
        # One that is too large is not sent, and Paint does not wait for it. The newest message is
        # the only one, and goes with the next try.
        with (tmp_path / "large.heic").open("wb") as large:
            large.truncate(101 * 1024 * 1024)
        give(page, tmp_path / "large.heic")
        expect(page.locator("#sending")).to_have_text(
            "large.heic is larger than 100 MB; give a smaller file.")
        expect(page.locator("#notice")).to_be_hidden()
        page.locator("#paint").click()
        page.locator("#stop").wait_for()
        expect(page.locator("#sending")).to_be_hidden()
        assert visitor.errors == []


def test_a_large_photo_arrives_upright_and_smaller_and_heic_as_it_is(
        browser, server: Server, shots, portrait, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    large = noisy(tmp_path / "large-one.jpg", (5000, 2000), 70, exif=exif)
    heic = tmp_path / "a-heic.heic"
    with Image.open(portrait) as picture:
        pillow_heif.from_pillow(picture).save(heic)
    with StudioPage(browser, server.url, shots, "large") as visitor:
        visitor.upload(large)
        [sent] = server.folder.rglob("large-one.jp*g")
        with Image.open(sent) as picture:
            assert picture.size == (1638, 4096) and 0x0112 not in picture.getexif()
        visitor.upload(heic)
        [sent] = server.folder.rglob("a-heic.heic")
        assert sent.read_bytes() == heic.read_bytes()
        assert visitor.errors == []


def test_something_is_painted_before_any_other_file_has_come_and_nothing_jumps(
        browser, server, shots):
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True)
    page = context.new_page()
    page.add_init_script("""window.moved = 0; new PerformanceObserver(list => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) window.moved += one.value;
    }).observe({type: 'layout-shift', buffered: true});""")
    held, free = [], []
    page.route(lambda url: url != f"{server.url}/",
               lambda route: route.continue_() if free else held.append(route))
    page.goto(server.url, wait_until="commit")
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    expect(page.locator("#shell")).to_contain_text("Neural style studio")
    page.screenshot(path=shots / "shell.png")
    free.append(True)
    for route in held:
        route.continue_()
    expect(page.locator("#paint")).to_be_enabled()
    page.locator("#gallery img").first.wait_for()
    expect(page.locator("#shell")).to_have_count(0)
    page.wait_for_function(  # those out of view may wait for ever
        "[...document.querySelectorAll('.compare img')].every(image => image.complete)")
    page.wait_for_timeout(500)
    assert page.evaluate("window.moved") < 0.1
    context.close()
