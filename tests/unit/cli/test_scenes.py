"""``nst video --cluster``: scenes at once, long ones in pieces, stopped and taken up."""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time

import numpy as np
import pytest
from PIL import Image

import nst.cluster.link
from nst import Settings
from nst.cli.main import main
from nst.cli.scenes import pieces
from nst.run import Pause
from nst.video import VideoFrame
from tests.command import STARRY, mistake

SIZE = 128
SCENES = 3, 2, 4  # pictures of each


class Painters:
    """Two; what they paint is a negative of each picture.

    ``together``: the first two scenes begin together, or never. ``stopped``: by Ctrl-C, after the
    first picture of one scene.
    """

    painters = 2

    def __init__(self, *_, together=False, stopped=False):
        self._both, self.asked = threading.Barrier(2), []
        self._together, self._stopped = together, stopped
        self._numbers = itertools.count(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def video(self, photos, styles, settings, *, mask, after, told):
        self.asked.append((len(photos), after))
        told("ada")
        yield Pause("Waiting.")
        scene = next(self._numbers)
        if self._together and scene <= 2:
            self._both.wait(20)
        for number, photo in enumerate(photos, 1):
            yield VideoFrame(negative(photo), number, 0, SIZE, {}, 1.0, 1.0, True)
            if self._stopped and scene == 1:
                os.kill(os.getpid(), signal.SIGINT)
                yield from waiting()


def waiting():
    """Until it is closed."""
    while True:
        yield Pause("Waiting.")
        time.sleep(0.01)


def negative(picture):
    return Image.eval(picture, lambda level: 255 - level)


@pytest.fixture(scope="module")
def pictures():
    """Blots of colour that move, and others after each cut."""
    chance = np.random.default_rng(0)
    scenes = [Image.fromarray(chance.integers(0, 255, (12, 12, 3), np.uint8)).resize(
        (SIZE + 8, SIZE), Image.Resampling.BICUBIC) for _ in SCENES]
    return [scene.crop((n, 0, n + SIZE, SIZE))
            for scene, count in zip(scenes, SCENES, strict=True) for n in range(count)]


@pytest.fixture
def argv(pictures, tmp_path):
    first, *rest = pictures
    first.save(tmp_path / "clip.png", save_all=True, append_images=rest, duration=100)
    return ["video", str(tmp_path / "clip.png"), *STARRY, "--size", str(SIZE),
            "-o", str(tmp_path / "out.webp"), "--cluster", "local"]


@pytest.fixture
def painters(monkeypatch):
    def painters(**how):
        made = Painters(**how)
        monkeypatch.setattr(nst.cluster.link, "Cluster", lambda *_: made)
        return made
    return painters


def test_a_clip_is_divided_where_it_is_cut_and_where_a_scene_is_long(pictures):
    settings = Settings(size=SIZE)
    whole = list(pieces(pictures, settings))
    assert [(one.first, len(one.photos), one.before) for one in whole] == [
        (0, 3, None), (3, 2, None), (5, 4, None)]
    parts = list(pieces(pictures, settings, pixels=2 * SIZE * SIZE))
    assert [(one.first, len(one.photos)) for one in parts] == [
        (0, 2), (2, 1), (3, 2), (5, 2), (7, 2)]
    assert [one.before for one in parts] == [None, pictures[1], None, None, pictures[6]]


def test_scenes_are_painted_at_once_and_the_film_has_them_in_order(
        argv, painters, pictures, tmp_path, capsys):
    asked = painters(together=True).asked
    assert main(argv) == 0
    assert sorted(asked) == [(2, None), (3, None), (4, None)]
    assert sorted(os.listdir(tmp_path)) == ["clip.png", "out.webp"]
    with Image.open(tmp_path / "out.webp") as film:
        assert film.n_frames == len(pictures)
        for number, picture in enumerate(pictures):
            film.seek(number)
            apart = np.asarray(film.convert("RGB")).astype(int) - np.asarray(negative(picture))
            assert np.abs(apart).mean() < 20
    assert "out.webp: pictures 4 to 5 painted by ada in" in capsys.readouterr().err


def test_a_stopped_run_is_taken_up_in_every_scene(argv, painters, pictures, tmp_path, capsys):
    painters(stopped=True)
    assert main(argv) == 130
    kept = {int(name[:6]) for name in os.listdir(tmp_path / ".out.webp.painted")
            if name.endswith(".png")}
    assert kept and kept < set(range(9))
    done = [sum(first <= number < first + count for number in kept)
            for first, count in zip((0, 3, 5), SCENES, strict=True)]
    asked = painters().asked
    assert main(argv) == 0
    assert sorted((count, after is not None) for count, after in asked) == sorted(
        (count - before, before > 0) for before, count in zip(done, SCENES, strict=True)
        if before < count)
    for _, after in asked:
        if after is not None:
            assert np.array_equal(np.asarray(after[1]), np.asarray(negative(after[0])))
    with Image.open(tmp_path / "out.webp") as film:
        assert film.n_frames == len(pictures)


def test_a_mistake_of_one_scene_ends_all(argv, painters, monkeypatch, capsys):
    def refused(photos, *_, **__):
        if len(photos) == SCENES[0]:
            raise nst.UserError("That cannot be painted.")
        yield from waiting()

    monkeypatch.setattr(painters(), "video", refused)
    assert "That cannot be painted." in mistake(capsys, *argv)
