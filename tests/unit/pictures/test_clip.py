"""Clips of any kind: at which times their pictures come, and which sizes are refused."""

from __future__ import annotations

import pytest
from PIL import Image

from nst.pictures.open_clip import open_clip
from tests.unit.pictures.clip_checks import numbers, refused
from tests.unit.pictures.made_clips import greys, made_film


def test_every_picture_of_a_film_comes_once(tmp_path):
    path = made_film(tmp_path / "a.mp4", greys(12))
    assert numbers(path) == list(range(12))
    with open_clip(path) as clip:
        assert clip.size == (64, 48) and clip.fps == 10
        assert clip.seconds == pytest.approx(1.2)


def test_a_part_of_it(tmp_path):
    path = made_film(tmp_path / "a.mp4", greys(12))
    assert numbers(path, start=0.5, seconds=0.4) == [5, 6, 7, 8]
    assert numbers(path, start=0.5, seconds=0.4, skip=2) == [7, 8]
    assert numbers(path, fps=5) == [0, 2, 4, 6, 8, 10]
    assert numbers(path, fps=20, seconds=0.3) == [0, 0, 1, 1, 2, 2]
    assert numbers(path, start=5) == []


def test_a_variable_rate_is_made_even(tmp_path):
    """Phones skip pictures in the dark; what is painted keeps the time."""
    path = made_film(tmp_path / "a.mp4", greys(5), times=[0, 100, 400, 500, 600], rate=10)
    assert numbers(path, fps=10)[:7] == [0, 1, 1, 1, 2, 3, 4]


def test_times_in_whole_milliseconds(tmp_path):
    path = made_film(tmp_path / "a.mkv", greys(10), rate=30,
                     times=[round(1000 * n / 30) for n in range(10)])
    assert numbers(path, fps=30) == list(range(10))


def test_eight_k_is_refused(tmp_path):
    large = made_film(tmp_path / "large.mp4", [Image.new("RGB", (4608, 2592))],
                      codec="mpeg4")
    assert "4608 x 2592" in refused(large)


def test_a_thin_clip_is_refused(tmp_path):
    assert "too small" in refused(made_film(tmp_path / "tiny.mp4", greys(2, (64, 8))))
