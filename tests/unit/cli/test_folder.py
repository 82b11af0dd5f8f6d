"""A folder of photos: failures are named and the rest is painted; a second run resumes."""

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


def test_mistakes_are_one_sentence(tmp_path, photos, capsys, monkeypatch):
    engine = Engine.instead(monkeypatch)
    (tmp_path / "empty").mkdir()

    def refused(folder, out, *more):
        return mistake(capsys, "stylize", folder, *STARRY, "-o", out, *more)

    assert "holds no pictures" in refused(tmp_path / "empty", tmp_path / "out")
    assert "another folder" in refused(photos, photos)
    assert "cannot be made" in refused(photos, photos / "a.jpg")
    assert "--film" in refused(photos, tmp_path / "out", "--film", tmp_path / "f.mp4")
    assert "--face" in refused(photos, tmp_path / "out", "--face", "0,0,1,1")
    assert not engine.calls and not (tmp_path / "out").exists()


def test_pictures_are_known_by_content_and_what_is_left_out_is_named(
        tmp_path, photos, capsys, monkeypatch):
    engine = Engine.instead(monkeypatch)
    small = Image.open(photos / "a.jpg")
    small.rotate(9).save(photos / "c.jfif", "JPEG")
    small.rotate(18).save(photos / "d", "TIFF")
    (photos / "trip").mkdir()
    small.rotate(27).save(photos / "trip" / "a.avif")
    assert run(photos, tmp_path / "out") == 1
    first = capsys.readouterr().err.splitlines()[0]
    assert "notes.txt" in first and "trip/" in first and "--recursive" in first
    assert len(engine.calls) == 6 and {"c.png", "d.png"} <= set(os.listdir(tmp_path / "out"))
    assert run(photos, tmp_path / "out", "--recursive") == 1
    assert len(engine.calls) == 7 and os.listdir(tmp_path / "out" / "trip") == ["a.png"]
    assert run(photos, photos / "out", "--recursive") == 1
    assert run(photos, photos / "out", "--recursive") == 1  # its results are not its photos
    assert len(engine.calls) == 14


def test_a_replaced_photo_or_style_is_painted_again(tmp_path, photos, painting, monkeypatch):
    engine = Engine.instead(monkeypatch)
    (photos / "broken.jpg").unlink()
    wave = tmp_path / "wave.png"
    painting.resize((64, 64)).save(wave)
    argv = ["stylize", str(photos), "--style", str(wave), "-o", str(tmp_path / "out"), *SMALL]
    for change, count in ((lambda: None, 4), (lambda: None, 0),
                          (lambda: painting.resize((64, 64)).rotate(90).save(wave), 4),
                          (lambda: painting.save(photos / "b.png"), 1)):
        change()
        engine.calls.clear()
        assert main(argv) == 0 and len(engine.calls) == count


def test_a_photo_that_does_not_fit_into_memory_is_named_and_the_others_are_painted(
        tmp_path, photos, capsys, monkeypatch):
    engine = Engine.instead(monkeypatch)
    (photos / "broken.jpg").unlink()
    frames = engine.frames

    def second_fails(photo, settings):
        first, last = frames(photo, settings)
        if len(engine.calls) == 3:
            raise MemoryError
        yield first
        if len(engine.calls) == 2:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 9 bytes.")
        yield last

    engine.frames = second_fails
    assert run(photos, tmp_path / "out") == 1
    assert sorted(os.listdir(tmp_path / "out")) == ["a.png", "twin.png.png"]
    first, second = capsys.readouterr().err.splitlines()[-2:]
    assert "b.png" in first and "memory" in first and "twin.jpg" in second and "memory" in second


def test_a_broken_style_is_one_mistake(tmp_path, photos, capsys, monkeypatch):
    Engine.instead(monkeypatch)
    mistake(capsys, "stylize", photos, "--style", photos / "broken.jpg", "-o", tmp_path / "out")
