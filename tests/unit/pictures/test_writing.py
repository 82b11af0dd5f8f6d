"""PNG files are written whole or not at all, and names are safe to show."""

from __future__ import annotations

import os

import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.writing import safe_name, save_png
from tests.full_disk import full_disk

PICTURE = Image.radial_gradient("L").convert("RGB").resize((60, 40))


def test_png_carries_its_text(tmp_path):
    save_png(PICTURE, tmp_path / "a.png", {"Title": "plain", "Artist": "Hokusai 北斎"})
    with Image.open(tmp_path / "a.png") as got:
        assert got.info == {"Title": "plain", "Artist": "Hokusai 北斎"}
        assert got.tobytes() == PICTURE.tobytes()
    assert os.listdir(tmp_path) == ["a.png"]


def refused_to_write(path):
    with pytest.raises(UserError) as caught:
        save_png(PICTURE, path)
    assert str(caught.value).endswith(".") and "cannot be written" in str(caught.value)


def test_a_place_that_cannot_be_written(tmp_path):
    refused_to_write(tmp_path / "missing" / "a.png")
    (tmp_path / "file").touch()
    refused_to_write(tmp_path / "file" / "a.png")
    (tmp_path / "folder").mkdir()
    refused_to_write(tmp_path / "folder")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_full_disk_leaves_the_old_file_alone(tmp_path):
    (tmp_path / "a.png").write_bytes(b"before")
    with full_disk(100):
        refused_to_write(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("path, name", [
    ("/home/someone/a portrait.jpg", "a portrait.jpg"), (r"C:\\secret\\b.png", "b.png"),
    ("<img src=x>.png", "_img src_x_.png"), ("..", "the file"),
    ("x" * 100, "x" * 40 + "..." + "x" * 17)])
def test_a_safe_name_has_no_folder_and_no_markup_and_stays_as_it_is(path, name):
    safe = safe_name(path)
    assert safe == name
    assert safe_name(safe) == safe
