"""``nst stylize`` with one photo: bad files, mistakes, odd pictures, film and mask."""

from __future__ import annotations

import logging
import os
import struct
import zlib

import av
import numpy as np
import pytest
from PIL import Image

from nst.pictures.metadata import recall
from tests.command import STARRY, Engine, mistake, paint
from tests.conftest import EXAMPLES


def test_a_photo_without_a_face_is_painted_with_a_note(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # as in a process of its own
    wave = EXAMPLES.parent / "styles/Ukiyo-e/hokusai-great-wave.jpg"
    assert paint(wave, *STARRY, "-o", tmp_path / "out.png") == 0
    assert os.listdir(tmp_path) == ["out.png"]
    note = capsys.readouterr().err.splitlines()[0]
    assert note == "No face was found; the whole picture is painted alike."


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels and whose data are hardly any."""
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b""))


BAD_PHOTOS = {
    "no-picture.jpg": (b"To whom it may concern", "not a picture"),
    "empty.png": (b"", "not a picture"),
    "truncated.jpg": ((EXAMPLES / "astronaut.jpg").read_bytes()[:20_000], "incomplete"),
    "bomb.png": (png_of_size(30_000, 30_000), "million pixels"),
    "strip.png": (png_of_size(1, 4000), "too small"),
    "thin.png": (png_of_size(20, 4000), "too thin"),
}


@pytest.mark.parametrize("name", BAD_PHOTOS)
@pytest.mark.parametrize("as_", ["photo", "style", "mask"])
def test_a_bad_picture_is_one_sentence(tmp_path, capsys, monkeypatch, astronaut, name, as_):
    engine = Engine.instead(monkeypatch)
    data, words = BAD_PHOTOS[name]
    (tmp_path / name).write_bytes(data)
    bad, out = tmp_path / name, tmp_path / "out.png"
    argv = {"photo": (bad, *STARRY), "style": (astronaut, "--style", bad),
            "mask": (astronaut, *STARRY, "--mask", bad)}[as_]
    assert words in mistake(capsys, "stylize", *argv, "-o", out)
    assert os.listdir(tmp_path) == [name] and not engine.calls


def test_a_mistake_is_found_before_any_work(tmp_path, capsys, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    out, photo = tmp_path / "out.png", tmp_path / "photo.png"
    Image.new("RGB", (64, 64)).save(photo)
    (tmp_path / "folder.png").mkdir()
    kept = sorted(os.listdir(tmp_path))

    def refused(*argv):
        line = mistake(capsys, "stylize", *argv)
        assert sorted(os.listdir(tmp_path)) == kept and not engine.calls
        return line

    assert "did you mean van-gogh-starry-night" in refused(
        astronaut, "--style", "van-gogh-stary-night", "-o", out)
    assert "none.jpg" in refused(tmp_path / "none.jpg", *STARRY, "-o", out)
    assert "wave.jpg" in refused(astronaut, "--style", "wave.jpg", "-o", out)
    assert "cannot be written" in refused(astronaut, *STARRY, "-o", tmp_path / "no" / "out.png")
    assert "film.mp4 cannot be written" in refused(
        astronaut, *STARRY, "-o", out, "--film", tmp_path / "no" / "film.mp4")
    assert "cannot be written" in refused(
        astronaut, *STARRY, "-o", out, "--json", tmp_path / "no" / "report.json")
    assert ".png" in refused(astronaut, *STARRY, "-o", tmp_path / "out.jpg")
    assert "is no file" in refused(astronaut, *STARRY, "-o", tmp_path / "folder.png")
    assert "twice" in refused(photo, *STARRY, "-o", photo)
    assert "twice" in refused(astronaut, *STARRY, "-o", out, "--json", out)
    assert "from 128 to 4096" in refused(astronaut, *STARRY, "-o", out, "--size", "big")
    assert "whole number" in refused(astronaut, *STARRY, "-o", out, "--steps", "2.5")
    assert "draft" in refused(astronaut, *STARRY, "-o", out, "--quality", "best")
    assert "--face 0.1,0.2 marks no face; give LEFT,TOP,WIDTH,HEIGHT" in refused(
        astronaut, *STARRY, "-o", out, "--face", "0,0,1,1", "--face", "0.1,0.2")
    assert "mark 64 at most" in refused(astronaut, *STARRY, "-o", out, *["--face", "0,0,1,1"] * 65)
    assert "above 0" in refused(astronaut, "--style", "munch-the-scream=-1", "-o", out)
    assert "--brush" in refused(astronaut, *STARRY, "-o", out, "--brush", "3")
    assert "--style" in refused(astronaut, "-o", out)


def test_marked_faces_reach_the_engine_and_the_record(tmp_path, monkeypatch, astronaut):
    engine, out = Engine.instead(monkeypatch), tmp_path / "out.png"
    marks = (0.1, 0.2, 0.3, 0.4), (0.5, 0.5, 0.25, 0.5)
    flags = [word for mark in marks for word in ("--face", ",".join(map(str, mark)))]
    assert paint(astronaut, *STARRY, "-o", out, *flags) == 0
    assert engine.marked_faces == recall(out).marked_faces == marks


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="Windows has another one")
def test_the_device_null_is_not_replaced(capsys, astronaut):
    mistake(capsys, "stylize", astronaut, *STARRY, "-o", "/dev/null")
    mistake(capsys, "stylize", astronaut, *STARRY, "-o", "out.png", "--json", "/dev/null")
    assert not os.path.isfile("/dev/null")


def odd_pictures(path, photo):
    small = photo.resize((96, 64))
    small.convert("P").save(path / "palette.png")
    small.convert("CMYK").save(path / "cmyk.jpg")
    small.convert("RGBA").save(path / "transparent.png")
    grey = np.asarray(small.convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(path / "grey16.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    small.save(path / "turned.jpg", exif=exif)


@pytest.mark.slow
def test_odd_pictures_are_painted(tmp_path, photo):
    odd_pictures(tmp_path, photo)
    for file in sorted(tmp_path.iterdir()):
        out = tmp_path / f"{file.stem}-painted.png"
        assert paint(file, *STARRY, "-o", out, "--steps", "1") == 0
        with Image.open(out) as picture:
            assert picture.size == ((85, 128) if file.stem == "turned" else (128, 85))
            assert not picture.getexif()


@pytest.mark.slow
def test_a_film_is_written_and_nothing_outside_the_mask_is_painted(tmp_path, photo, astronaut):
    mask = Image.new("L", (128, 128), 0)
    mask.paste(255, (0, 0, 64, 128))
    mask.save(tmp_path / "mask.png")
    film = tmp_path / "film.mp4"
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png", "--mask", tmp_path / "mask.png",
                 "--film", film, "--film-beside-photo") == 0
    painted = np.asarray(Image.open(tmp_path / "out.png"), np.float32)
    change = np.abs(painted - np.asarray(photo.resize((128, 128), Image.Resampling.LANCZOS)))
    assert change[:, 70:].max() <= 1 and change[:, :58].mean() > 5
    with av.open(str(film)) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == (256, 128)
