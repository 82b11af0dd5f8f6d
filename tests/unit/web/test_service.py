"""The styles of a job, and how a result records them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from nst.cli.main import main
from nst.gallery.library import find_preset
from nst.pictures.metadata import file_digest, recall
from nst.settings import Settings
from nst.web.service import FIRST_STYLE, StyleChoice
from tests.command import Engine

SMALL = Settings(size=128, steps=3)


@pytest.fixture
def own(folder, painting) -> dict:
    """A style of the visitor's own, as the page names it."""
    (folder / "own").mkdir()
    painting.resize((64, 64)).save(folder / "own" / "wave.png")
    return {"path": str(folder / "own" / "wave.png")}


def test_styles_carry_the_digests_of_their_files(service, own):
    of_preset = file_digest(find_preset(FIRST_STYLE).local_file())
    number = service.number[FIRST_STYLE]
    [style] = service.named(FIRST_STYLE, SMALL)
    assert style.digest == of_preset != ""
    blended = service.chosen(StyleChoice(number, own["path"], number, 0.25), SMALL)
    assert [(style.digest, style.weight) for style in blended] == [
        (file_digest(own["path"]), 0.75), (of_preset, 0.25)]


def test_again_finds_the_own_style_of_a_web_result_by_its_content(
        tmp_path, monkeypatch, service, upload, own):
    engine = Engine.instead(monkeypatch)
    styles = service.chosen(StyleChoice(0, own["path"], None, 0.5), SMALL)
    wanted = styles[0].picture.tobytes()
    *_, last = service.job(upload["path"], styles, SMALL).run()
    assert recall(last.result.png).digests == (file_digest(own["path"]),)
    shutil.copy(upload["path"], tmp_path / "selfie.jpg")
    shutil.copy(own["path"], tmp_path / "renamed.png")
    Image.new("RGB", (64, 64)).save(tmp_path / "wave.png")  # another picture of the same name
    assert main(["again", str(last.result.png), str(tmp_path / "selfie.jpg"),
                 "-o", str(tmp_path / "again.png")]) == 0
    assert engine.calls[-1][1][0][0].tobytes() == wanted


def test_a_style_shown_as_png_is_recorded_as_the_file_that_was_uploaded(service, own):
    file = Path(own["path"])
    heic = file.with_suffix(".heic")
    shutil.copy(file, heic)
    shutil.copy(file, f"{heic}.png")
    style, = service.chosen(StyleChoice(0, f"{heic}.png", None, 0.5), SMALL)
    assert style.name == heic.name and style.digest == file_digest(heic)
