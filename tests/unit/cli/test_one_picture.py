"""What is kept after Ctrl-C and on a full disk."""

from __future__ import annotations

import dataclasses
import json
import os
import signal

import av
import numpy as np
import pytest
from PIL import Image

from nst.pictures.metadata import recall
from tests.command import STARRY, Engine, paint
from tests.full_disk import full_disk


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
    assert os.listdir(tmp_path) == ["out.png"] and recall(out).settings.size == 128
    line = capsys.readouterr().err.splitlines()[-1]
    assert "out.png" in line and "film.mp4 cannot be written" in line


@pytest.mark.parametrize("engine", [Engine, Noisy])
@pytest.mark.parametrize("room", [1, 1000])
def test_a_disk_without_room_for_picture_and_film_names_both(
        tmp_path, capsys, monkeypatch, astronaut, engine, room):
    engine.instead(monkeypatch)
    with full_disk(room):
        assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png",
                     "--film", tmp_path / "film.mp4") == 2
    assert not os.listdir(tmp_path)
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("nst: Neither out.png nor film.mp4 is saved: out.png cannot be written")
