"""A selfie with a fake camera, whose picture shows whether it was mirrored."""

from __future__ import annotations

import contextlib
import http.server
import io
import re
import threading
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import expect

from .conftest import chromium
from .fake_camera import SIZE, camera_flags, red_side
from .studio_page import DESKTOP, LOW, StudioPage
from .test_axe import serious


@pytest.fixture(scope="module")
def camera(playwright, tmp_path_factory):
    with chromium(playwright, *camera_flags(tmp_path_factory.mktemp("camera")),
                  "--host-resolver-rules=MAP studio.lan 127.0.0.1") as browser:
        yield browser


def opened(visitor: StudioPage):
    """The box with the camera's picture in it."""
    page = visitor.page
    page.get_by_role("button", name="Take a selfie").click()
    box = page.get_by_role("dialog", name="Take a selfie")
    box.wait_for()
    page.wait_for_function("(video => video.videoWidth == 640 && video.currentTime > 0.2)"
                           "(document.querySelector('#camera-box video'))")
    return box


def test_a_selfie_stays_as_the_person_saw_it_and_is_painted(camera, server, shots, tmp_path):
    with StudioPage(camera, server.url, shots, "webcam", dark=True,
                    permissions=["camera"]) as visitor:
        page = visitor.page
        box = opened(visitor)
        expect(box.get_by_role("button")).to_have_text(["Cancel", "Take the picture"])
        for width, height in (DESKTOP, LOW):
            page.set_viewport_size({"width": width, "height": height})
            visitor.settled()
            visitor.shot(f"camera-{width}")
        seen = Image.open(io.BytesIO(page.locator("#camera-box video").screenshot()))
        beside = (seen.width - seen.height * SIZE[0] / SIZE[1]) / 2  # the picture is in the middle
        seen = seen.crop((round(beside), 0, round(seen.width - beside), seen.height))
        box.get_by_role("button", name="Take the picture").click()
        for count in "321":
            expect(box.locator("output")).to_have_text(count)
            if count == "2":
                visitor.shot("counting")
        expect(box.get_by_role("button")).to_have_text(["Cancel", "Again", "Use this one"])
        assert serious(page) == []
        visitor.shot("taken")
        box.get_by_role("button", name="Again").click()
        box.get_by_role("button", name="Take the picture").click()
        box.get_by_role("button", name="Use this one").click()
        expect(box).to_be_hidden()
        expect(page.locator("#stage img").first).to_have_attribute("src", re.compile("photo-"))
        taken = page.locator("#photo img[src*='file=']")
        photo = Image.open(io.BytesIO(page.request.get(taken.get_attribute("src")).body()))
        assert photo.size == SIZE
        assert red_side(photo) == red_side(seen)
        visitor.small(steps=12)
        visitor.paint()
        visitor.finish()
        visitor.shot("painted")
        file = visitor.download("#png", tmp_path)
        assert file.name == "portrait-van-gogh-starry-night.png"
        with Image.open(file) as picture:
            assert picture.size == (128, 96)
        assert visitor.errors == []


def test_a_selfie_may_be_given_up_at_any_moment(camera, server, shots):
    with StudioPage(camera, server.url, shots, "webcam-cancel", permissions=["camera"]) as visitor:
        page, before = visitor.page, visitor.stage()
        box = opened(visitor)
        box.get_by_role("button", name="Take the picture").click()
        expect(box.locator("output")).to_have_text("2")
        page.keyboard.press("Escape")
        expect(box).to_be_hidden()
        expect(page.locator("#selfie")).to_be_focused()
        assert page.evaluate("document.querySelector('#camera-box video').srcObject") is None
        box = opened(visitor)  # the count that was given up takes no picture of this one
        expect(box.get_by_role("button")).to_have_text(["Cancel", "Take the picture"])
        box.get_by_role("button", name="Cancel").click()
        expect(box).to_be_hidden()
        assert visitor.stage() == before and visitor.errors == []


def test_where_there_is_no_camera_a_sentence_says_what_to_do(camera, server, shots):
    with StudioPage(camera, server.url, shots, "webcam-none") as visitor:
        page = visitor.page
        for error, sentence in (("NotAllowedError", "Allow it beside the page's address"),
                                ("NotFoundError", "No camera was found"),
                                ("NotReadableError", "in use by another program"),
                                ("SomethingNewError", "The camera gives no picture")):
            page.evaluate("""name => { navigator.mediaDevices.getUserMedia =
                () => Promise.reject(new DOMException('', name)); }""", error)
            page.get_by_role("button", name="Take a selfie").click()
            expect(page.locator("#no-camera p").filter(visible=True)).to_contain_text(sentence)
            expect(page.get_by_role("dialog", name="Take a selfie")).to_be_hidden()
            visitor.shot(error)
        assert serious(page) == [] and visitor.errors == []


@contextlib.contextmanager
def page_around(url: str) -> Iterator[str]:
    """The address of a page of another origin that shows the studio in a frame."""
    class Around(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f"<iframe src='{url}' width=1200 height=800></iframe>".encode())

        def log_message(self, *_) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Around) as around:
        threading.Thread(target=around.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{around.server_port}/"
        around.shutdown()


def test_a_frame_without_a_camera_leads_to_a_tab_of_its_own(camera, server, shots):
    with page_around(server.url) as around, StudioPage(
            camera, server.url, shots, "webcam-frame", permissions=["camera"]) as visitor:
        page = visitor.page
        page.goto(around)
        frame = page.frame_locator("iframe")
        expect(frame.locator("#paint")).to_be_enabled()
        frame.get_by_role("button", name="Take a selfie").click()
        link = frame.get_by_role("link", name="Open the studio in a tab of its own")
        expect(link).to_have_attribute("href", f"{server.url}/")
        with page.expect_popup() as popup:
            link.click()
        expect(popup.value.locator("#selfie")).to_be_visible()


def test_a_page_without_https_says_that_it_gets_no_camera(camera, server, shots):
    with StudioPage(camera, server.url, shots, "localhost") as visitor:
        expect(visitor.page.locator("#no-camera p").filter(visible=True)).to_have_count(0)
    # A name that is neither localhost nor a loopback address stands for one in the local network.
    url = server.url.replace("127.0.0.1", "studio.lan")
    with StudioPage(camera, url, shots, "lan") as visitor:
        expect(visitor.page.locator("#no-camera p").filter(visible=True)).to_contain_text(
            "secure connection")
        visitor.shot("page")
