"""A folder on a cluster's painters: pictures at once, failures, Ctrl-C. Ray's part is imitated."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

import nst.cluster.link
from nst.cli.main import main
from nst.run import Pause
from tests.command import SMALL, STARRY, Engine, mistake


class Painters:
    """Two: each paints on when the other has begun, so that one alone would never end."""

    painters = 2

    def __init__(self, *_):
        self._both, self._engine = threading.Barrier(2), Engine([])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def frames(self, photo, styles, settings, *, mask, marked_faces, told):
        yield Pause("Waiting.")
        self._both.wait(20)
        told("ada")
        yield from self._engine.frames(photo, settings)


@pytest.fixture
def photos(tmp_path, photo):
    (tmp_path / "photos").mkdir()
    for number in range(4):
        photo.resize((64 + number, 64)).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path / "photos"


@pytest.fixture
def argv(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(nst.cluster.link, "Cluster", Painters)
    return ["stylize", str(photos), *STARRY, "-o", str(tmp_path / "out"), *SMALL,
            "--cluster", "local"]


def test_two_are_painted_at_once_and_a_broken_one_is_named(photos, argv, tmp_path, capsys):
    (photos / "broken.jpg").write_bytes(b"no picture")
    assert main(argv) == 1
    assert sorted(os.listdir(tmp_path / "out")) == [f"{number}.png" for number in range(4)]
    err = capsys.readouterr().err
    assert err.count("painted by ada") == 4 and "broken.jpg was not painted" in err
    assert main(argv) == 1 and capsys.readouterr().err.count("painted before") == 4


def test_ctrl_c_ends_all_and_keeps_what_is_finished(argv, tmp_path, monkeypatch, capsys):
    frames, once = Painters.frames, threading.Lock()

    def third_is_interrupted(self, photo, *rest, **named):
        if photo.size[0] < 66:
            yield from frames(self, photo, *rest, **named)
            return
        while True:
            yield Pause("Waiting.")
            time.sleep(0.01)
            if len(os.listdir(tmp_path / "out")) == 2 and once.acquire(blocking=False):
                os.kill(os.getpid(), signal.SIGINT)  # the main thread takes it

    monkeypatch.setattr(Painters, "frames", third_is_interrupted)
    assert main(argv) == 130
    assert sorted(os.listdir(tmp_path / "out")) == ["0.png", "1.png"]
    assert "pictures that were finished are kept" in capsys.readouterr().err


def test_what_cannot_go_to_a_cluster_is_said_before_anything_is_painted(
        argv, photos, tmp_path, capsys):
    assert "leave it out for one photo" in mistake(capsys, *[
        argv[0], str(photos / "0.png"), *argv[2:]])
    assert "no painter of a cluster can read" in mistake(capsys, *argv, "--weights", "vgg.pth")
    assert "--painter-cpus" in mistake(capsys, *argv, "--painter-cpus", "none")
    assert not (tmp_path / "out").exists()
