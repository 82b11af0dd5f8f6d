"""PNG files are written whole or not at all, and names are safe to show."""

from __future__ import annotations

import os

import pytest
from PIL import Image, ImageChops

from nst.errors import UserError
from nst.pictures.writing import safe_name, save_jpeg, save_png
from tests.full_disk import full_disk

PICTURE = Image.radial_gradient("L").convert("RGB").resize((60, 40))


def test_png_carries_its_text(tmp_path):
    save_png(PICTURE, tmp_path / "a.png", {"Title": "plain", "Artist": "Hokusai 北斎"})
    with Image.open(tmp_path / "a.png") as got:
        assert got.info == {"Title": "plain", "Artist": "Hokusai 北斎"}
        assert got.tobytes() == PICTURE.tobytes()
    assert os.listdir(tmp_path) == ["a.png"]


def test_jpeg_carries_its_pixels_alone(tmp_path):
    picture = PICTURE.convert("RGBA")
    picture.info.update(icc_profile=b"a profile", comment=b"a comment", exif=b"Exif\0\0")
    save_jpeg(picture, tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as got:
        assert (got.size, got.mode) == (PICTURE.size, "RGB")
        assert not {"icc_profile", "comment", "exif"} & set(got.info)
        difference = ImageChops.difference(got, PICTURE)
    assert max(high for _, high in difference.getextrema()) < 12
    assert picture.info["comment"] == b"a comment"  # the caller's picture is left alone
    assert os.listdir(tmp_path) == ["a.jpg"]


def test_a_mask_stays_grey(tmp_path):
    mask = Image.radial_gradient("L")
    save_png(mask, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as got:
        assert got.mode == "L" and got.tobytes() == mask.tobytes()


def refused_to_write(path, save=save_png):
    with pytest.raises(UserError) as caught:
        save(PICTURE, path)
    assert str(caught.value).endswith(".") and "cannot be written" in str(caught.value)


def test_a_place_that_cannot_be_written(tmp_path):
    refused_to_write(tmp_path / "missing" / "a.png")
    (tmp_path / "file").touch()
    refused_to_write(tmp_path / "file" / "a.png")
    (tmp_path / "folder").mkdir()
    refused_to_write(tmp_path / "folder")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


@pytest.mark.parametrize("save", [save_png, save_jpeg])
def test_a_full_disk_leaves_the_old_file_alone(tmp_path, save):
    (tmp_path / "a").write_bytes(b"before")
    with full_disk(100):
        refused_to_write(tmp_path / "a", save)
    assert (tmp_path / "a").read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("save", [save_png, save_jpeg])
def test_a_full_disk_leaves_no_part_of_a_new_file(tmp_path, save):
    with full_disk(100):
        refused_to_write(tmp_path / "a", save)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("path, name", [
    ("/home/someone/a portrait.jpg", "a portrait.jpg"), (r"C:\\secret\\b.png", "b.png"),
    ("<img src=x>.png", "_img src_x_.png"), ("..", "the file"),
    ("x" * 100, "x" * 40 + "..." + "x" * 17)])
def test_a_safe_name_has_no_folder_and_no_markup_and_stays_as_it_is(path, name):
    safe = safe_name(path)
    assert safe == name
    assert safe_name(safe) == safe
