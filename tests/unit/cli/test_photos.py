"""Photos from stdin, with transparency, at their own size; signals, memory, encodings, paths."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from nst.cli.main import main
from nst.pictures.metadata import recall
from tests.command import STARRY, Engine, mistake, paint


def test_a_photo_comes_in_on_stdin(tmp_path, capsys, monkeypatch, photo):
    engine = Engine.instead(monkeypatch)
    file = io.BytesIO()
    photo.resize((64, 48)).save(file, "HEIF")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(file.getvalue())))
    assert paint("-", *STARRY, "-o", tmp_path / "out.png") == 0
    assert engine.calls[-1][0].size == (64, 48)
    assert "stdin" in capsys.readouterr().err
    assert "stdin" in mistake(capsys, "stylize", "-", *STARRY, "-o", tmp_path / "b.png")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"no picture")))
    assert "not a picture" in mistake(capsys, "stylize", "-", *STARRY, "-o", tmp_path / "b.png")


def test_a_cut_out_keeps_its_alpha_on_wish(tmp_path, monkeypatch, photo):
    Engine.instead(monkeypatch)
    cut_out = photo.resize((64, 64)).convert("RGBA")
    cut_out.paste((255, 255, 255, 0), (32, 0, 64, 64))
    cut_out.save(tmp_path / "cut.png")
    assert paint(tmp_path / "cut.png", *STARRY, "-o", tmp_path / "white.png") == 0
    assert paint(tmp_path / "cut.png", *STARRY, "-o", tmp_path / "kept.png", "--keep-alpha") == 0
    assert Image.open(tmp_path / "white.png").mode == "RGB"
    kept = Image.open(tmp_path / "kept.png")
    assert kept.mode == "RGBA" and kept.size == (128, 128)
    assert (kept.getpixel((9, 9))[3], kept.getpixel((120, 9))[3]) == (255, 0)
    for name, mode in (("white", "RGB"), ("kept", "RGBA")):
        again = tmp_path / f"{name}-again.png"
        assert main(["again", str(tmp_path / f"{name}.png"), str(tmp_path / "cut.png")]) == 0
        assert Image.open(again).mode == mode
    assert Image.open(again).getchannel("A").tobytes() == kept.getchannel("A").tobytes()


def test_a_folder_painted_again_with_its_transparency(tmp_path, capsys, monkeypatch):
    Engine.instead(monkeypatch)
    (tmp_path / "photos").mkdir()
    Image.new("RGBA", (64, 64), (90, 120, 150, 0)).save(tmp_path / "photos" / "cut.png")
    folder = (tmp_path / "photos", *STARRY, "-o", tmp_path / "out")
    for flags, mode, before in (((), "RGB", False), (("--keep-alpha",), "RGBA", False),
                                (("--keep-alpha",), "RGBA", True)):
        capsys.readouterr()
        assert paint(*folder, *flags) == 0
        assert Image.open(tmp_path / "out" / "cut.png").mode == mode
        assert ("painted before" in capsys.readouterr().err) == before


@pytest.mark.parametrize("size, painted", [((300, 200), 300), ((64, 64), 128), ((4400, 600), 4096)])
def test_size_photo_paints_at_the_photos_own_size(tmp_path, monkeypatch, size, painted):
    engine = Engine.instead(monkeypatch)
    Image.new("RGB", size, "teal").save(tmp_path / "a.jpg")
    monkeypatch.setattr(engine, "frames", lambda photo, settings: iter(()))
    monkeypatch.setattr("nst.cli.stylize.paint_picture", lambda request, *_, **__:
                        engine.calls.append((0, 0, request.settings)) or SimpleNamespace())
    monkeypatch.setattr("nst.cli.stylize.exit_status", lambda *_: 0)
    assert main(["stylize", str(tmp_path / "a.jpg"), *STARRY, "-o", str(tmp_path / "o.png"),
                 "--size", "photo"]) == 0
    assert engine.settings.size == painted


def test_a_mask_with_alpha_paints_where_it_is_marked(tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    mask = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    mask.paste((255, 255, 255, 255), (0, 0, 32, 64))
    mask.save(tmp_path / "mask.png")
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png", "--mask",
                 tmp_path / "mask.png") == 0
    seen = engine.calls[-1][3]
    assert (seen.getpixel((9, 9)), seen.getpixel((60, 9))) == (255, 0)


def test_memory_that_runs_out_leaves_the_largest_finished_scale(
        tmp_path, capsys, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    frames = engine.frames

    def fails(photo, settings):
        yield next(frames(photo, settings))
        raise MemoryError

    engine.frames = fails
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png") == 1
    assert Image.open(tmp_path / "out.png").size == (64, 64)
    assert "not enough memory for 128 pixels" in capsys.readouterr().err.splitlines()[-1]
    recall(tmp_path / "out.png")

    def fails_at_once(photo, settings):
        raise RuntimeError("could not create a primitive")
        yield

    engine.frames = fails_at_once
    assert "smaller size" in mistake(capsys, "stylize", astronaut, *STARRY, "-o",
                                     tmp_path / "none.png")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_sigterm_and_sighup_count_as_ctrl_c(tmp_path, monkeypatch, astronaut, name, request):
    if not hasattr(signal, name):
        pytest.skip("not on Windows")
    number = getattr(signal, name)
    # Under nohup a process starts with SIGHUP ignored, and the command leaves it so.
    inherited = signal.signal(number, signal.SIG_DFL)
    request.addfinalizer(lambda: signal.signal(number, inherited))
    before = signal.getsignal(number)
    engine = Engine.instead(monkeypatch)
    frames = engine.frames

    def ended(photo, settings):
        first, last = frames(photo, settings)
        yield first
        signal.raise_signal(number)
        yield first
        yield last

    engine.frames = ended
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png", "--film",
                 tmp_path / "f.mp4") == 130
    assert sorted(os.listdir(tmp_path)) == ["f.mp4", "out.png"]
    assert signal.getsignal(number) is before

    def ended_early(photo, settings):
        signal.raise_signal(number)
        yield from frames(photo, settings)

    engine.frames = ended_early
    assert paint(astronaut, *STARRY, "-o", tmp_path / "b.png", "--film", tmp_path / "g.mp4") == 130
    assert sorted(os.listdir(tmp_path)) == ["f.mp4", "out.png"]


@pytest.mark.parametrize("encoding", ["cp1251", "cp932", "ascii"])
def test_a_list_of_styles_in_any_encoding(monkeypatch, encoding):
    def listed(*flags: str) -> str:
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
        assert main(["styles", *flags]) == 0
        sys.stdout.flush()
        return written.getvalue().decode(encoding)

    entries = json.loads(listed("--json"))
    assert any("é" in entry["artist"] + entry["title"] + entry["movement"] for entry in entries)
    assert [line.split()[0] for line in listed().splitlines()] == [
        entry["name"] for entry in entries]


def test_a_name_of_256_bytes_is_one_sentence(tmp_path, capsys, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    png, out = tmp_path / ("a" * 252 + ".png"), tmp_path / "out.png"
    for flags in (["-o", png], ["-o", out, "--json", png],
                  ["-o", out, "--film", tmp_path / ("a" * 252 + ".mp4")]):
        assert "cannot be written" in mistake(capsys, "stylize", astronaut, *STARRY, *flags)
    assert "cannot be written" in mistake(capsys, "styles", "--sheet", png)
    assert not engine.calls and not os.listdir(tmp_path)
    assert paint(astronaut, *STARRY, "-o", out) == 0
    capsys.readouterr()
    assert "cannot be written" in mistake(capsys, "again", out, astronaut, "-o", png)


def test_a_folder_that_may_not_be_entered_is_one_sentence(
        tmp_path, capsys, monkeypatch, astronaut):
    Engine.instead(monkeypatch)

    def closed(path, **_):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "exists", closed)
        line = mistake(capsys, "stylize", astronaut, *STARRY, "-o", tmp_path / "out.png")
        assert "Permission denied" in line
    patched = os.stat

    def stat(path, *args, **options):
        return closed(path) if "closed" in str(path) else patched(path, *args, **options)

    monkeypatch.setattr(os, "stat", stat)
    line = mistake(capsys, "stylize", tmp_path / "closed" / "a.jpg", *STARRY, "-o",
                   tmp_path / "out.png")
    assert "may not be read" in line


def test_a_missing_style_file_with_a_sign_of_equality_in_its_path(tmp_path, capsys, astronaut):
    line = mistake(capsys, "stylize", astronaut, "--style", "a=b/missing.jpg", "-o",
                   tmp_path / "o.png")
    assert "missing.jpg" in line and "weight" not in line


def test_again_finds_styles_by_their_content(tmp_path, capsys, monkeypatch, astronaut, painting):
    engine = Engine.instead(monkeypatch)
    small = painting.resize((64, 64))
    small.save(tmp_path / "a#b.png")
    small.rotate(90).save(tmp_path / "a!b.png")  # is called the same in a record
    first = tmp_path / "first.png"
    assert paint(astronaut, "--style", tmp_path / "a#b.png", "-o", first) == 0
    wanted = engine.calls[-1][1][0][0].tobytes()
    assert main(["again", str(first), str(astronaut)]) == 0
    assert engine.calls[-1][1][0][0].tobytes() == wanted
    os.rename(tmp_path / "a#b.png", tmp_path / "renamed.png")
    assert main(["again", str(first), str(astronaut)]) == 0
    assert engine.calls[-1][1][0][0].tobytes() == wanted
    os.unlink(tmp_path / "renamed.png")
    capsys.readouterr()
    assert "not at hand" in mistake(capsys, "again", first, astronaut)
