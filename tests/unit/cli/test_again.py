"""``nst again``: a picture is made once more from the settings inside it."""

from __future__ import annotations

import os

import pytest
from PIL import Image

from nst.cli.main import main
from nst.gallery.library import find_preset
from nst.pictures.cover import Cover
from nst.pictures.metadata import recall
from nst.pictures.reading import style_side
from nst.run import NamedStyle
from nst.settings import Settings
from nst.web.cover import over_photo
from nst.web.job import Job
from nst.web.wall import Painted
from tests.command import STARRY, Engine, mistake, paint


@pytest.mark.slow
def test_again_repeats_a_picture(tmp_path, astronaut, painting):
    painting.resize((200, 160)).save(tmp_path / "my wave.png")
    first = tmp_path / "first.png"
    assert paint(astronaut, "--style", "munch-the-scream=2", "--style", tmp_path / "my wave.png",
                 "--seed", "3", "--strength", "0.9", "--init", "noise", "-o", first,
                 "--face", "0.7,0.1,0.2,0.25") == 0
    assert main(["again", str(first), str(astronaut)]) == 0
    second = tmp_path / "first-again.png"
    assert recall(first) == recall(second)
    assert recall(first).marked_faces == ((0.7, 0.1, 0.2, 0.25),)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.slow
def test_again_repeats_a_picture_of_the_web_in_every_pixel(tmp_path, photo):
    sent = tmp_path / "sent.jpg"
    photo.resize((2048, 2400), Image.Resampling.LANCZOS).save(sent, quality=95)
    (tmp_path / "results").mkdir()
    settings = Settings(size=128, steps=3)
    name = "van-gogh-starry-night"
    style = NamedStyle(name, find_preset(name).open(max_side=style_side(settings)))
    *_, last = Job(sent, [style], settings, tmp_path / "results", extras=False).run()
    painted = Painted(last.result, settings, sent, "", "", "")
    softer = over_photo(painted, Cover(0.8, 0.5))  # with its sliders
    assert last.result.png.read_bytes() != softer.file.read_bytes()
    for file in (painted.file, softer.file):
        again = tmp_path / "again.png"
        assert main(["again", str(file), str(sent), "-o", str(again)]) == 0
        with Image.open(file) as of_the_web, Image.open(again) as of_the_command:
            assert of_the_web.size == (109, 128)
            assert of_the_web.tobytes() == of_the_command.tobytes()
        assert recall(again).cover == recall(file).cover


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
