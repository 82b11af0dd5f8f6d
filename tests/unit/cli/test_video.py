"""``nst video``: from a clip to a film, stopped and taken up, and its mistakes in one sentence."""

from __future__ import annotations

import json
import os
import signal

import av
import numpy as np
import pytest
from PIL import Image

import nst.cli.video as command_module
from nst.cli.main import main
from nst.pictures.film_writer import recall_text
from nst.pictures.open_clip import open_clip
from nst.video import VideoFrame
from tests.command import STARRY, command, mistake
from tests.unit.pictures.made_clips import greys, made_film

SMALL = ("--size", "128")


class Painter:
    """Takes stylize_video()'s place: a negative of each picture."""

    def __init__(self, monkeypatch, stop_after=None, fail_after=None):
        self.calls, self.taken, self.stop_after, self.fail_after = [], [], stop_after, fail_after
        monkeypatch.setattr(command_module, "stylize_video", self)

    def __call__(self, frames, styles, settings, *, count, mask, after):
        self.calls.append((settings, count, mask, after))
        return self.frames(frames)

    def frames(self, frames):
        for number, frame in enumerate(frames, 1):
            self.taken.append(round((np.asarray(frame).mean() - 20) / 10))
            if number == self.stop_after:
                os.kill(os.getpid(), signal.SIGINT)
            if number == self.fail_after:
                raise ArithmeticError
            image = Image.eval(frame, lambda level: 255 - level)
            yield VideoFrame(image, number, 0, 128, {}, 1.0, 1.0, True)


def run(*argv):
    return main([str(arg) for arg in ("video", *argv, *STARRY, *SMALL)])


def levels(path):
    with open_clip(path) as clip:
        return [round((235 - np.asarray(picture).mean()) / 10)
                for picture in clip.pictures(clip.size)]


@pytest.fixture
def clip(tmp_path):
    return made_film(tmp_path / "clip.mp4", greys(10), sound_seconds=1.0)


@pytest.mark.parametrize("name", ["out.mp4", "out.gif", "out.webp"])
def test_a_clip_becomes_a_film(tmp_path, monkeypatch, clip, name):
    painter = Painter(monkeypatch)
    assert run(clip, "-o", tmp_path / name) == 0
    assert sorted(os.listdir(tmp_path)) == sorted(["clip.mp4", name])
    assert levels(tmp_path / name) == list(range(10))
    settings, count, mask, after = painter.calls[0]
    assert (settings.size, count, mask, after) == (128, 10, None, None)
    record = json.loads(recall_text(tmp_path / name))
    assert record["settings"]["size"] == 128
    assert record["clip"] == {"fps": "10", "start": 0.0, "seconds": None}
    assert record["styles"][0]["name"] == "van-gogh-starry-night"
    with av.open(str(tmp_path / name)) as film:
        assert len(film.streams.audio) == (name == "out.mp4")


def test_a_part_at_another_rate(tmp_path, monkeypatch, clip):
    painter = Painter(monkeypatch)
    assert run(clip, "-o", tmp_path / "a.mp4", "--start", ".3", "--seconds", ".4",
               "--fps", "5") == 0
    assert painter.taken == [3, 5]
    with open_clip(tmp_path / "a.mp4") as film:
        assert film.fps == 5 and film.seconds == pytest.approx(0.4)


def test_ctrl_c_keeps_what_is_done_and_the_same_command_goes_on(tmp_path, monkeypatch, capsys,
                                                               clip):
    Painter(monkeypatch, stop_after=4)
    assert run(clip, "-o", tmp_path / "out.mp4") == 130
    assert "stopped after picture 4" in capsys.readouterr().err
    assert levels(tmp_path / "out.mp4") == [0, 1, 2, 3]
    painter = Painter(monkeypatch)
    assert run(clip, "-o", tmp_path / "out.mp4") == 0
    assert painter.taken == [4, 5, 6, 7, 8, 9] and painter.calls[0][1] == 6
    photo, painted = painter.calls[0][3]
    assert round((np.asarray(photo).mean() - 20) / 10) == 3
    assert round((235 - np.asarray(painted).mean()) / 10) == 3
    assert levels(tmp_path / "out.mp4") == list(range(10))
    assert sorted(os.listdir(tmp_path)) == ["clip.mp4", "out.mp4"]


def test_after_a_crash_too(tmp_path, monkeypatch, clip):
    Painter(monkeypatch, fail_after=6)
    with pytest.raises(ArithmeticError):
        run(clip, "-o", tmp_path / "out.mp4")
    painter = Painter(monkeypatch)
    assert run(clip, "-o", tmp_path / "out.mp4") == 0 and painter.taken[0] == 5


def test_before_the_first_picture_nothing_is_left(tmp_path, monkeypatch, clip):
    Painter(monkeypatch, stop_after=1)
    assert run(clip, "-o", tmp_path / "out.mp4") == 130
    assert os.listdir(tmp_path) == ["clip.mp4"]
    assert run(clip, "-o", tmp_path / "out.mp4", "--region", "subject") == 130
    assert os.listdir(tmp_path) == ["clip.mp4"]


def test_with_other_settings_it_is_painted_anew(tmp_path, monkeypatch, clip):
    Painter(monkeypatch, stop_after=4)
    run(clip, "-o", tmp_path / "out.mp4")
    painter = Painter(monkeypatch)
    assert run(clip, "-o", tmp_path / "out.mp4", "--strength", ".5") == 0
    assert len(painter.taken) == 10


def test_a_clip_that_breaks_off_is_painted_until_there(tmp_path, monkeypatch, caplog):
    noise = [Image.effect_noise((64, 48), 60).convert("RGB") for _ in range(40)]
    whole = made_film(tmp_path / "a.mp4", noise, options={"movflags": "+faststart"})
    data = whole.read_bytes()
    whole.write_bytes(data[:len(data) * 2 // 3])
    Painter(monkeypatch)
    assert run(whole, "-o", tmp_path / "out.mp4") == 1
    assert "a.mp4 is damaged after" in caplog.text and (tmp_path / "out.mp4").exists()


def test_mistakes_are_one_sentence(tmp_path, capsys, monkeypatch, clip, astronaut):
    painter = Painter(monkeypatch)
    kept = sorted(os.listdir(tmp_path))

    def refused(*argv):
        line = mistake(capsys, "video", *argv, *STARRY)
        assert sorted(os.listdir(tmp_path)) == kept and not painter.taken
        return line

    out = tmp_path / "out.mp4"
    assert "does not end in .mp4" in refused(clip, "-o", tmp_path / "out.avi")
    assert "used twice" in refused(clip, "-o", clip)
    assert "no clip" in refused(tmp_path / "none.mp4", "-o", out)
    assert "not a clip" in refused(astronaut, "-o", out)
    assert "lasts 1.0 s" in refused(clip, "-o", out, "--start", "3")
    assert "--fps is '0'" in refused(clip, "-o", out, "--fps", "0")
    assert "--fps is '60'" in refused(clip, "-o", tmp_path / "out.gif", "--fps", "60")
    assert "--seconds is 'ten'" in refused(clip, "-o", out, "--seconds", "ten")
    assert "size is 9" in refused(clip, "-o", out, "--size", "9")


def test_an_hour_is_painted_only_if_asked_for(tmp_path, capsys, monkeypatch):
    Painter(monkeypatch)
    hour = made_film(tmp_path / "hour.mkv", greys(2), times=[0, 3_600_000])
    line = mistake(capsys, "video", hour, *STARRY, "-o", tmp_path / "out.mp4")
    assert "hour.mkv lasts 60 minutes; say with --seconds how much" in line
    assert run(hour, "-o", tmp_path / "out.mp4", "--seconds", ".2", "--fps", "10") == 0


def test_without_pyav_one_sentence_says_what_to_install(tmp_path, capsys, monkeypatch, clip):
    import sys

    monkeypatch.setitem(sys.modules, "av", None)
    assert "pip install 'neural-style-studio[film]'" in mistake(
        capsys, "video", clip, *STARRY, "-o", tmp_path / "out.mp4")


@pytest.mark.slow
def test_a_real_clip_is_painted(tmp_path, photo):
    """The whole way, without a stand-in: GIF in, MP4 out, in a process of its own."""
    small = photo.resize((96, 96))
    frames = [small.crop((n, 0, n + 80, 80)) for n in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:], duration=100)
    done = command("video", "a.gif", *STARRY, *SMALL, "--steps", "6", "-o", "out.mp4",
                   cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == ""
    assert "picture 3 of 3" in done.stderr and "Traceback" not in done.stderr
    with open_clip(tmp_path / "out.mp4") as film:
        shown = [np.asarray(picture) for picture in film.pictures(film.size)]
    assert len(shown) == 3 and film.size == (128, 128)
    clip = np.asarray(frames[0].resize((128, 128))).astype(int)
    assert np.abs(shown[0] - clip).mean() > 10  # painted
