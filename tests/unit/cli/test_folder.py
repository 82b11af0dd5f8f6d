"""A folder of photos: goes on, names what failed, and takes up where it stopped."""

from __future__ import annotations

import os
import signal

import pytest
from PIL import Image

from nst.cli.main import main
from tests.command import SMALL, STARRY, Engine, mistake


@pytest.fixture
def photos(tmp_path, photo):
    folder = tmp_path / "photos"
    folder.mkdir()
    small = photo.resize((64, 64))
    for name in ("a.jpg", "b.png", "twin.jpg", "twin.png"):
        small.save(folder / name)
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture, and not meant to be one")
    (folder / ".hidden.png").write_bytes(b"")
    return folder


def run(photos, out, *more) -> int:
    return main(["stylize", str(photos), *STARRY, "-o", str(out), *SMALL, *more])


DONE = ["a.png", "b.png", "twin.jpg.png", "twin.png.png"]


def test_all_are_painted_and_the_broken_one_is_named(tmp_path, photos, capsys, monkeypatch):
    engine = Engine.instead(monkeypatch)
    assert run(photos, tmp_path / "made" / "out") == 1
    assert sorted(os.listdir(tmp_path / "made" / "out")) == DONE and len(engine.calls) == 4
    last = capsys.readouterr().err.splitlines()[-1]
    assert "broken.jpg" in last and "not a picture" in last


@pytest.mark.slow
def test_the_real_engine_paints_a_folder(tmp_path, photo):
    (tmp_path / "in").mkdir()
    for name in ("a.png", "b.png"):
        photo.resize((64, 64)).save(tmp_path / "in" / name)
    assert run(tmp_path / "in", tmp_path / "out", "--steps", "1") == 0
    with Image.open(tmp_path / "out" / "b.png") as out:
        assert out.size == (128, 128)


def test_a_second_run_paints_only_what_is_missing_or_was_asked_differently(
        tmp_path, photos, capsys, monkeypatch):
    engine = Engine.instead(monkeypatch)
    out = tmp_path / "out"
    run(photos, out)
    (photos / "broken.jpg").unlink()
    (out / "b.png").unlink()
    engine.calls.clear()
    assert run(photos, out) == 0
    assert len(engine.calls) == 1 and sorted(os.listdir(out)) == DONE
    assert run(photos, out, "--strength", "0.2") == 0
    assert len(engine.calls) == 1 + 4


def test_ctrl_c_keeps_finished_pictures_and_no_half_painted_one(tmp_path, photos, monkeypatch):
    engine = Engine.instead(monkeypatch)
    frames = engine.frames

    def second_is_interrupted(photo, settings):
        first, last = frames(photo, settings)
        yield first
        if len(engine.calls) == 2:
            signal.raise_signal(signal.SIGINT)
            yield first
        yield last

    engine.frames = second_is_interrupted
    assert run(photos, tmp_path / "out") == 130
    assert os.listdir(tmp_path / "out") == ["a.png"]


def test_somebody_elses_picture_is_not_replaced(tmp_path, photos, capsys, monkeypatch):
    Engine.instead(monkeypatch)
    (tmp_path / "out").mkdir()
    Image.new("RGB", (20, 20), "teal").save(tmp_path / "out" / "a.png")
    before = (tmp_path / "out" / "a.png").read_bytes()
    assert run(photos, tmp_path / "out") == 1
    assert (tmp_path / "out" / "a.png").read_bytes() == before
    assert "a.jpg was not painted" in capsys.readouterr().err


def test_mistakes(tmp_path, photos, capsys, monkeypatch):
    engine = Engine.instead(monkeypatch)
    (tmp_path / "empty").mkdir()

    def refused(folder, out, *more):
        return mistake(capsys, "stylize", folder, *STARRY, "-o", out, *more)

    assert "holds no pictures" in refused(tmp_path / "empty", tmp_path / "out")
    assert "another folder" in refused(photos, photos)
    assert "cannot be made" in refused(photos, photos / "a.jpg")
    assert "--film" in refused(photos, tmp_path / "out", "--film", tmp_path / "f.mp4")
    assert not engine.calls and not (tmp_path / "out").exists()
