"""The command line as a person or a script meets it."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import struct
import subprocess
import sys
import zlib

import av
import numpy as np
import pytest
from PIL import Image

import nst.cli.sources
import nst.cli.styles
from nst.cli.main import main
from nst.gallery.library import find_preset, load_presets
from nst.pictures.metadata import recall
from nst.pictures.reading import style_side
from nst.run import NamedStyle
from nst.settings import Settings, knobs
from nst.web.job import Job
from tests.command import SMALL, STARRY, Engine, mistake
from tests.conftest import EXAMPLES
from tests.full_disk import full_disk


def command(*argv, cwd) -> subprocess.CompletedProcess:
    env = os.environ | {"PYTHONPATH": str(EXAMPLES.parent)}
    return subprocess.run([sys.executable, "-m", "nst", *map(str, argv)], cwd=cwd, env=env,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)


def paint(*argv) -> int:
    return main([str(arg) for arg in ("stylize", *argv, *SMALL)])


def test_the_real_command_paints_and_reports(tmp_path, astronaut):
    done = command("stylize", astronaut, *STARRY, "-o", "out.png", "--json", "report.json", *SMALL,
                   cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert 2 <= len(lines) <= 5 and "step 3 of 3" in lines[-1]
    assert "No face" not in done.stderr
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (128, 128) and out.mode == "RGB"
    settings, styles = recall(tmp_path / "out.png")
    assert (settings.size, settings.steps) == (128, 3)
    assert styles == [("van-gogh-starry-night", 1.0)]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["seconds"] > report["painting_seconds"] > 0
    assert report["first_frame_seconds"] >= report["painting_first_frame_seconds"] > 0
    assert report["steps"] == 3 and report["size"] == 128 and report["peak_rss_mb"] > 100
    assert report["device"] in ("cpu", "cuda") and report["dtype"] in ("float32", "bfloat16")
    assert Settings(**report["settings"]) == settings
    assert report["losses"][-1]["step"] == 3
    assert report["losses"][-1]["style"] < report["losses"][0]["style"]


def test_a_photo_without_a_face_is_painted_with_a_note(tmp_path):
    wave = EXAMPLES.parent / "styles/Ukiyo-e/hokusai-great-wave.jpg"
    done = command("stylize", wave, *STARRY, "-o", "out.png", *SMALL, cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "out.png").exists()
    assert done.stderr.splitlines()[0] == "No face was found; the whole picture is painted alike."


def test_the_real_command_makes_one_line_of_a_mistake(tmp_path, astronaut):
    done = command("stylize", "none.jpg", *STARRY, "-o", "out.png", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "none.jpg" in done.stderr
    assert not os.listdir(tmp_path)


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
    assert "above 0" in refused(astronaut, "--style", "munch-the-scream=-1", "-o", out)
    assert "--brush" in refused(astronaut, *STARRY, "-o", out, "--brush", "3")
    assert "--style" in refused(astronaut, "-o", out)


def test_the_device_null_is_not_replaced(capsys, astronaut):
    if not os.path.exists("/dev/null"):
        return
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


def test_odd_pictures_are_painted(tmp_path, photo):
    odd_pictures(tmp_path, photo)
    for file in sorted(tmp_path.iterdir()):
        out = tmp_path / f"{file.stem}-painted.png"
        assert paint(file, *STARRY, "-o", out, "--steps", "1") == 0
        with Image.open(out) as picture:
            assert picture.size == ((85, 128) if file.stem == "turned" else (128, 85))
            assert not picture.getexif()


def test_every_setting_is_a_flag(tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    texts = {"weights": "w.pth", "content_layers": "conv3_1", "style_layers": "conv1_1:2,conv2_1"}
    wanted = {}
    for knob in knobs():
        if knob.choices:
            wanted[knob.name] = next(c for c in knob.choices if c != knob.default)
        elif knob.type is bool:
            wanted[knob.name] = not knob.default
        elif knob.type is str:
            wanted[knob.name] = texts[knob.name]
        else:
            wanted[knob.name] = knob.type(knob.default + knob.step)
    flags = []
    for name, value in wanted.items():
        flag = name.replace("_", "-")
        flags += ([f"--{'' if value else 'no-'}{flag}"] if isinstance(value, bool)
                  else [f"--{flag}", str(value)])
    assert main(["stylize", str(astronaut), *STARRY, "-o", str(tmp_path / "o.png"), *flags]) == 0
    assert engine.settings == Settings(**wanted)


def test_help_shows_every_setting_with_its_default(capsys):
    with pytest.raises(SystemExit) as end:
        main(["stylize", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    for knob in knobs():
        assert f"--{knob.name.replace('_', '-')}" in text and knob.help[:30] in text
    assert "[128 to 4096, default: 512]" in text


def test_the_first_styles_advice_holds_where_nothing_else_was_asked(
        tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    advice = {"munch-the-scream": {"strength": 0.9, "style_scale": 1.5},
              "hokusai-great-wave": {"strength": 0.1, "colors": "photo"}}
    monkeypatch.setattr(nst.cli.sources, "find_preset", lambda name, dirs: dataclasses.replace(
        find_preset(name), settings=advice[name]))
    assert paint(astronaut, "--style", "munch-the-scream", "--style", "hokusai-great-wave=0.5",
                 "--style-scale", "2", "-o", tmp_path / "out.png") == 0
    assert engine.settings == Settings(size=128, steps=3, strength=0.9, style_scale=2.0)
    assert [weight for _, weight in engine.calls[-1][1]] == [1.0, 0.5]


def test_a_style_may_be_a_file_and_a_folder_of_styles(tmp_path, monkeypatch, astronaut, painting):
    engine = Engine.instead(monkeypatch)
    (tmp_path / "Naive-Art").mkdir()
    painting.save(tmp_path / "Naive-Art" / "henri-rousseau_tiger.png")
    painting.save(tmp_path / "a=b.png")
    assert paint(astronaut, "--styles", tmp_path, "--style", "henri-rousseau_tiger=2",
                 "--style", tmp_path / "a=b.png", "-o", tmp_path / "out.png") == 0
    assert [weight for _, weight in engine.calls[-1][1]] == [2.0, 1.0]
    assert recall(tmp_path / "out.png")[1] == [("henri-rousseau_tiger", 2.0), ("a_b.png", 1.0)]


def test_film_and_mask(tmp_path, photo, astronaut):
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


def test_again_repeats_a_picture(tmp_path, astronaut, painting):
    painting.resize((200, 160)).save(tmp_path / "my wave.png")
    first = tmp_path / "first.png"
    assert paint(astronaut, "--style", "munch-the-scream=2", "--style", tmp_path / "my wave.png",
                 "--seed", "3", "--strength", "0.9", "--init", "noise", "-o", first) == 0
    assert main(["again", str(first), str(astronaut)]) == 0
    second = tmp_path / "first-again.png"
    assert np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(second)))
    assert recall(first) == recall(second)


def test_again_repeats_a_picture_of_the_web_in_every_pixel(tmp_path, photo):
    sent = tmp_path / "sent.jpg"
    photo.resize((2048, 2400), Image.Resampling.LANCZOS).save(sent, quality=95)
    (tmp_path / "results").mkdir()
    settings = Settings(size=128, steps=3)
    name = "van-gogh-starry-night"
    style = NamedStyle(name, find_preset(name).open(max_side=style_side(settings)))
    *_, last = Job(sent, [style], settings, tmp_path / "results", keepsakes=False).run()
    again = tmp_path / "again.png"
    assert main(["again", str(last.result.png), str(sent), "-o", str(again)]) == 0
    with Image.open(last.result.png) as of_the_web, Image.open(again) as of_the_command:
        assert of_the_web.size == (109, 128)
        assert of_the_web.tobytes() == of_the_command.tobytes()


def test_again_says_what_it_misses(tmp_path, capsys, monkeypatch, astronaut, painting):
    Engine.instead(monkeypatch)
    first, wave = tmp_path / "first.png", tmp_path / "wave.png"
    painting.resize((64, 64)).save(wave)
    assert paint(astronaut, "--style", wave, "-o", first) == 0
    wave.unlink()
    capsys.readouterr()
    assert "wave.png" in mistake(capsys, "again", first, astronaut)
    assert "no settings" in mistake(capsys, "again", astronaut, astronaut, "-o", wave)
    assert os.listdir(tmp_path) == ["first.png"]


def test_again_asks_for_the_mask_that_a_picture_was_painted_within(
        tmp_path, capsys, monkeypatch, astronaut):
    Engine.instead(monkeypatch)
    first, mask, other = (tmp_path / name for name in ("first.png", "mask.png", "other.png"))
    drawn = Image.linear_gradient("L").resize((64, 64))
    drawn.save(mask)
    drawn.rotate(90).save(other)
    assert paint(astronaut, *STARRY, "-o", first, "--mask", mask) == 0
    capsys.readouterr()
    assert "--mask FILE" in mistake(capsys, "again", first, astronaut)
    assert "other.png is not the mask" in mistake(
        capsys, "again", first, astronaut, "--mask", other)
    drawn.convert("RGB").save(tmp_path / "mask.bmp")  # the same, as another program keeps it
    assert main(["again", str(first), str(astronaut), "--mask", str(tmp_path / "mask.bmp")]) == 0
    assert main(["again", str(tmp_path / "first-again.png"), str(astronaut), "--mask", str(mask),
                 "-o", str(tmp_path / "third.png")]) == 0


class Interrupted(Engine):
    """Ctrl-C between the two frames, or before the first."""

    before_first = False

    def frames(self, photo, settings):
        first, last = super().frames(photo, settings)
        if self.before_first:
            signal.raise_signal(signal.SIGINT)
        yield first
        signal.raise_signal(signal.SIGINT)
        yield dataclasses.replace(first, image=first.image.rotate(180))
        yield last


def test_ctrl_c_keeps_what_has_been_painted(tmp_path, capsys, monkeypatch, astronaut):
    Interrupted.instead(monkeypatch)
    before = signal.getsignal(signal.SIGINT)
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png", "--film", tmp_path / "f.mp4",
                 "--json", tmp_path / "r.json") == 130
    assert signal.getsignal(signal.SIGINT) is before
    assert "step 1 of 2" in capsys.readouterr().err.splitlines()[-1]
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (128, 128) and "Stopped at step 1 of 2" in out.info["Comment"]
    assert json.loads((tmp_path / "r.json").read_text())["finished"] is False
    with av.open(str(tmp_path / "f.mp4")) as film:
        assert film.streams.video[0].frames > 100


def test_ctrl_c_before_the_first_frame_leaves_nothing(tmp_path, capsys, monkeypatch, astronaut):
    Interrupted.instead(monkeypatch).before_first = True
    film = tmp_path / "f.mp4"
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png", "--film", film) == 130
    assert capsys.readouterr().err.count("\n") == 1 and not os.listdir(tmp_path)


class Noisy(Engine):
    """Frames that make a large film, and a last one that makes a small PNG."""

    def frames(self, photo, settings):
        first, last = super().frames(photo, settings)
        chance = np.random.default_rng(0)
        for step in range(1, 60):
            pixels = chance.integers(0, 255, (128, 128, 3), dtype=np.uint8)
            yield dataclasses.replace(first, image=Image.fromarray(pixels), step=step, steps=60)
        yield dataclasses.replace(last, image=Image.new("RGB", last.image.size), step=60, steps=60)


def test_a_disk_that_is_full_at_the_film_does_not_lose_the_picture(
        tmp_path, capsys, monkeypatch, astronaut):
    Noisy.instead(monkeypatch)
    out = tmp_path / "out.png"
    with full_disk(50_000):
        assert paint(astronaut, *STARRY, "-o", out, "--film", tmp_path / "film.mp4") == 1
    assert os.listdir(tmp_path) == ["out.png"] and recall(out)[0].size == 128
    line = capsys.readouterr().err.splitlines()[-1]
    assert "out.png" in line and "film.mp4 cannot be written" in line


def test_help_and_the_list_of_styles_do_not_load_torch():
    for argv in (["--help"], ["styles"]):
        code = ("import sys; from nst.cli.main import main\n"
                f"try: main({argv})\nexcept SystemExit: pass\n"
                "sys.exit('torch' in sys.modules)")
        assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL,
                              cwd=EXAMPLES.parent).returncode == 0, argv


def test_a_terminal_gets_a_bar(tmp_path, capsys, monkeypatch, astronaut):
    Engine.instead(monkeypatch)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png") == 0
    text = capsys.readouterr().err
    assert "\r" in text and "1/2" in text
    assert all(word in text for word in ("64 px", "content", "style", "tv", "1 s left"))


def test_styles_are_listed(capsys):
    presets = load_presets()
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(presets)
    for line, preset in zip(lines, presets, strict=True):
        assert line.split()[0] == preset.name
        assert all(word in line for word in (preset.movement, preset.title, preset.artist))
    assert main(["styles", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(entry["name"], entry["movement"], entry["title"], entry["artist"], entry["year"])
            for entry in listed] == [(p.name, p.movement, p.title, p.artist, p.year)
                                     for p in presets]


def test_the_collection_on_a_sheet_with_every_photo_in_every_style(
        tmp_path, capsys, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    three = [dataclasses.replace(preset, settings={"strength": 0.3})
             for preset in load_presets()[:3]]
    monkeypatch.setattr(nst.cli.styles, "load_presets", lambda dirs: three)
    assert main(["styles", "--sheet", str(tmp_path / "a.png")]) == 0
    assert not engine.calls
    assert main(["styles", "--sheet", str(tmp_path / "b.png"), "--photo", str(astronaut),
                 "--photo", str(EXAMPLES / "grace-hopper.jpg"), "--size", "128"]) == 0
    assert [call[2] for call in engine.calls] == [Settings(size=128, strength=0.3)] * 6
    small, large = Image.open(tmp_path / "a.png"), Image.open(tmp_path / "b.png")
    assert large.width > 1.8 * small.width
    capsys.readouterr()
    assert "--sheet" in mistake(capsys, "styles", "--photo", astronaut)
