"""The photo booth with a fake camera: a guest is painted and fetches the picture with a phone."""

from __future__ import annotations

import contextlib
import io

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from .conftest import chromium
from .fake_camera import camera_flags, red_side
from .studio_page import DESKTOP, LOW, PHONE
from .test_axe import serious

# Chromium lets a page of this name use the camera; for the studio it is a name in the network, like
# any at which a phone finds it.
BOOTH = "studio.localhost"


@pytest.fixture(scope="module")
def screen(playwright, gallery, tmp_path_factory):
    """The browser of a booth, which lets its page use the camera."""
    address = gallery.url.replace("127.0.0.1", BOOTH)
    with chromium(playwright, *camera_flags(tmp_path_factory.mktemp("camera"))) as browser:
        yield browser, address


@contextlib.contextmanager
def opened(screen, query: str = "booth", camera: bool = True):
    """The page as a booth; without a camera it says why."""
    browser, address = screen
    context = browser.new_context(viewport={"width": DESKTOP[0], "height": DESKTOP[1]},
                                  permissions=["camera"])
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.clock.install()
    if not camera:
        page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject('none')")
    page.goto(f"{address}/?{query}")
    yield page
    assert page.errors == []
    context.close()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog", name="Photo booth").get_by_role("button", name=name)


def seen(locator: Locator) -> Image.Image:
    return Image.open(io.BytesIO(locator.screenshot()))


def read(qr: Image.Image) -> str:
    """What a phone's camera reads there."""
    return cv2.QRCodeDetector().detectAndDecode(np.array(qr.convert("RGB")))[0]


def test_a_guest_is_painted_and_the_phone_fetches_the_picture(screen, gallery, shots, tmp_path):
    with opened(screen) as page:
        box = page.locator("#booth dialog")
        button(page, "Take my picture").wait_for()
        page.wait_for_function("document.querySelector('#booth video').currentTime > .2")
        assert serious(page) == []
        mirrored = red_side(seen(page.locator("#booth video")))
        page.screenshot(path=shots / "booth-1-mirror.png")
        button(page, "Take my picture").click()
        for count in "321":
            expect(box.locator("output")).to_have_text(count)
        expect(box.locator(".styles button")).to_have_count(6)
        assert red_side(seen(page.locator("#booth canvas"))) != mirrored  # as others see the guest
        page.screenshot(path=shots / "booth-3-choose.png")
        page.evaluate("document.exitFullscreen()")  # a window that fills the screen has one size
        page.set_viewport_size({"width": LOW[0], "height": LOW[1]})
        for what in (box.get_by_role("heading", name="Choose a style"),
                     button(page, "Take another picture")):
            expect(what).to_be_in_viewport(ratio=1)
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        assert serious(page) == []
        box.get_by_role("button", name="The Kiss").click()
        expect(button(page, "Print")).to_be_visible()
        page.screenshot(path=shots / "booth-5-done.png")
        assert serious(page) == []
        code, buttons = (page.locator(f"#booth {what}").bounding_box()
                         for what in (".qr", "[data-in=done] p"))
        assert (code["x"], code["width"]) == (buttons["x"], buttons["width"])
        address = read(seen(page.locator("#booth .qr")))
        assert address.startswith(f"{screen[1]}/takeaway/")
        page.emulate_media(media="print")
        expect(page.locator("#booth .painting")).to_be_visible()
        expect(box.get_by_text("Point your phone's camera here")).not_to_be_visible()
        page.screenshot(path=shots / "booth-6-print.png")
        page.emulate_media(media="screen")
        uploaded = list(gallery.folder.glob("*/booth.jpg"))
        assert uploaded
        with page.expect_response("**/booth_forget"):
            page.clock.fast_forward(61_000)
        button(page, "Take my picture").wait_for()  # the next guest's turn
        expect(page.locator("#booth .painting")).not_to_be_visible()
        page.wait_for_function("document.querySelector('#booth video').srcObject.active")
        assert not any(file.exists() for file in uploaded)
    fetched(screen[0], address, shots, tmp_path)


def fetched(browser, address: str, shots, folder) -> None:
    """A guest's phone, a German one, opens the address, shares the picture, and saves it."""
    phone = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]},
                                accept_downloads=True, locale="de-DE").new_page()
    phone.add_init_script("""navigator.canShare = ({files}) => files.length == 1;
        navigator.share = async ({files}) => { window.shared = [files[0].name, files[0].type]; }""")
    phone.goto(address)
    phone.get_by_role("button", name="Teilen").click()
    phone.wait_for_function("window.shared")
    assert phone.evaluate("window.shared") == ["portrait.jpg", "image/jpeg"]
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Speichern").click()
    download.value.save_as(folder / "portrait.jpg")
    with Image.open(folder / "portrait.jpg") as picture:
        assert picture.size == (128, 96)
    assert serious(phone) == []
    phone.screenshot(path=shots / "booth-7-phone.png")
    phone.set_viewport_size({"width": LOW[0], "height": LOW[1]})
    expect(phone.get_by_text("Oder halten Sie das Bild gedrückt")).to_be_in_viewport(ratio=1)
    phone.context.close()


def test_a_fixed_style_is_painted_without_a_question_and_stop_forgets_it(screen, gallery):
    with opened(screen, "booth=klimt-the-kiss") as page:
        button(page, "Take my picture").click()
        button(page, "Stop").wait_for()
        page.wait_for_function("document.querySelector('#booth .painting').src")
        with page.expect_response("**/booth_forget"):
            button(page, "Stop").click()
        expect(button(page, "Take my picture")).to_be_visible()
        assert not list(gallery.folder.glob("*/booth.jpg"))


def test_a_booth_without_a_camera_or_with_a_wrong_style_says_so(screen):
    with opened(screen, camera=False) as page:
        expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("gets no camera")
        expect(button(page, "Start again")).to_be_visible()
    with opened(screen, "booth=rembrandt") as page:
        expect(page.get_by_role("alert").filter(visible=True)).to_contain_text("no style")
