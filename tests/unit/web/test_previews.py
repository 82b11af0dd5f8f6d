"""What the page is told to ask for, and what it gets; never in front of somebody's painting."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import gradio as gr
import pytest
from PIL import Image

from nst.web import previews as module
from nst.web.limits import Limits
from nst.web.photo import PhotoFaces
from nst.web.previews import BUSY, HINT, NOTHING, TURNING, Previews
from nst.web.queue import Place
from nst.web.service import FIRST_STYLE, Service

from .conftest import Studio, frames

FACE = (0.3, 0.1, 0.2, 0.3)


@pytest.fixture
def previews(studio) -> Previews:
    return studio.previews


@pytest.fixture
def crop(previews, upload) -> str:
    line, _ = previews.offer(upload, PhotoFaces(upload["path"], (FACE,)), [0], None)
    return cropped(line)


def cropped(line: str) -> str:
    return unescape(re.search("data-crop='([^']+)'", line)[1])


def test_a_photo_is_offered_in_the_styles_of_the_gallery(previews, upload, service):
    line, own = previews.offer(upload, PhotoFaces(upload["path"], (FACE,)), [3, 1], None)
    assert TURNING in line and not own.visible
    assert service.presets[3].title in unescape(line) and "[[3, " in unescape(line)
    file = Path(cropped(line))
    assert file.parent == Path(upload["path"]).parent  # it is deleted with the photo
    with Image.open(file) as picture:
        assert picture.size == (256, 256)
    other, _ = previews.offer(upload, PhotoFaces(upload["path"], (), (FACE,)), [3], None)
    assert cropped(other) == str(file)  # found or marked, it is the same face


def test_without_a_photo_there_is_a_hint(previews, upload):
    line, own = previews.offer(None, PhotoFaces(), [3], None)
    assert HINT in line and "data-crop" not in line and not own.visible
    broken = Path(upload["path"]).with_name("broken.jpg")
    broken.write_bytes(b"no picture")
    line, _ = previews.offer({"path": str(broken)}, PhotoFaces(str(broken)), [3], None)
    assert HINT in line


def test_a_photo_is_shown_in_a_style_of_the_gallery_and_in_an_own_one(
        previews, upload, crop, service, folder):
    first = previews.made(crop, service.number[FIRST_STYLE], "")["file"]
    scream = previews.made(crop, service.number["munch-the-scream"], "")["file"]
    own = previews.made(crop, 0, upload["path"])["file"]
    assert len({first, scream, own}) == 3
    for file in (first, scream, own):
        assert Path(file).parent == Path(upload["path"]).parent
        with Image.open(file) as picture:
            assert picture.size == (256, 256) and not picture.getexif()
    _, block = previews.offer(upload, PhotoFaces(upload["path"]), [0], upload)
    assert block.visible and upload["path"] in block.value


def test_it_is_made_once_and_not_while_somebody_paints(previews, crop, monkeypatch):
    made = previews.made(crop, 0, "")
    monkeypatch.setattr(module, "place_in_line", lambda demo, session: Place(1))
    assert previews.made(crop, 0, "") == made
    assert previews.made(crop, 1, "") == BUSY


def test_nothing_is_read_that_was_not_offered(previews, upload, crop, folder, astronaut):
    for other in (upload["path"], str(astronaut), "", str(folder / ".." / "x"), None, 5):
        assert previews.made(other, 0, "") == NOTHING
    assert previews.made(crop, 9999, "") == previews.made(crop, "0", "") == NOTHING
    assert previews.made(crop, 0, str(astronaut)) == NOTHING
    Path(crop).unlink()
    assert previews.made(crop, 0, "") == NOTHING


def test_a_studio_without_previews_wires_none(folder):
    studio = Studio(Service([], Limits(previews=False), folder, frames))
    with gr.Blocks() as demo:
        studio.previews.build()
        studio.previews.wire()
    assert not studio.previews.line.visible and not demo.fns
