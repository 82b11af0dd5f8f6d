"""A selfie with a fake camera, whose picture shows whether it was mirrored."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from .conftest import ROOT, chromium
from .studio_page import StudioPage

SIZE = (640, 480)


def camera_film(file: Path, frames: int = 10) -> Path:
    """A portrait with a red stripe at its left and a blue one at its right, as YUV4MPEG2."""
    picture = Image.new("RGB", SIZE)
    with Image.open(ROOT / "examples" / "astronaut.jpg") as portrait:
        picture.paste(portrait.resize((480, 480)), (80, 0))
    picture.paste((220, 20, 20), (0, 0, 80, 480))
    picture.paste((20, 20, 220), (560, 0, 640, 480))
    luma, blue, red = picture.convert("YCbCr").split()
    half = (SIZE[0] // 2, SIZE[1] // 2)
    planes = b"".join(plane.tobytes() for plane in (luma, blue.resize(half), red.resize(half)))
    with file.open("wb") as out:
        out.write(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % SIZE)
        out.writelines(b"FRAME\n" + planes for _ in range(frames))
    return file


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    film = camera_film(tmp_path_factory.mktemp("camera") / "portrait.y4m")
    with chromium("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                  "--host-resolver-rules=MAP studio.lan 127.0.0.1",
                  f"--use-file-for-fake-video-capture={film}") as browser:
        yield browser


def red_side(image: Image.Image) -> str:
    """On which side the red stripe is."""
    small = image.convert("RGB").resize((16, 12))
    left, right = small.getpixel((0, 6)), small.getpixel((15, 6))
    assert abs(left[0] - right[0]) > 60 and abs(left[2] - right[2]) > 60, (left, right)
    return "left" if left[0] > right[0] else "right"


def test_a_selfie_stays_as_the_person_saw_it_and_is_painted(camera, server, shots, tmp_path):
    with StudioPage(camera, server.url, shots, "webcam",
                    permissions=["camera"]) as visitor:
        page = visitor.page
        page.get_by_role("button", name="Take a selfie").click()
        video = page.locator("#photo video")
        video.wait_for()
        page.wait_for_function("(video => video.videoWidth == 640 && video.currentTime > 0.2)"
                               "(document.querySelector('#photo video'))")
        visitor.shot("camera")
        seen = Image.open(io.BytesIO(video.screenshot()))
        beside = (seen.width - seen.height * SIZE[0] / SIZE[1]) / 2  # the picture is in the middle
        seen = seen.crop((round(beside), 0, round(seen.width - beside), seen.height))
        page.locator("#photo button[aria-label*='capture' i], #photo .button-wrap button"
                     ).first.click()
        taken = page.locator("#photo img[src*='file=']")
        taken.wait_for(state="attached")
        expect(page.locator("#photo")).to_be_hidden()  # it is on the wall
        expect(page.locator("#stage img").first).to_have_attribute("src", re.compile("photo-"))
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


def test_a_page_without_https_says_that_it_gets_no_camera(camera, server, shots):
    with StudioPage(camera, server.url, shots, "localhost") as visitor:
        expect(visitor.page.locator("#camera-note")).to_be_hidden()
    # A name that is neither localhost nor a loopback address stands for one in the local network.
    url = server.url.replace("127.0.0.1", "studio.lan")
    with StudioPage(camera, url, shots, "lan") as visitor:
        expect(visitor.page.locator("#camera-note")).to_be_visible()
        visitor.shot("page")
