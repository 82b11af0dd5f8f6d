"""Animated GIF, WebP and PNG: their times, and what lies under transparent places."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nst.pictures.open_clip import open_clip
from tests.unit.pictures.clip_checks import numbers, refused
from tests.unit.pictures.made_clips import greys


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animated_pictures(tmp_path, name):
    frames = greys(6)
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100,
                   lossless=True)
    assert numbers(tmp_path / name) == list(range(6))
    with open_clip(tmp_path / name) as clip:
        assert clip.fps == 10 and clip.seconds == pytest.approx(0.6)


def test_an_animation_keeps_its_times_and_lies_on_white(tmp_path):
    frames = [Image.new("RGBA", (64, 48), (0, 0, 0, 0)), Image.new("RGBA", (64, 48), "black")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:],
                   duration=[300, 100], lossless=True)
    with open_clip(tmp_path / "a.webp") as clip:
        shown = [np.asarray(picture).mean() for picture in clip.pictures((64, 48), fps=10)]
    assert [level > 250 for level in shown] == [True, True, True, False]


def test_a_single_picture_is_refused(tmp_path):
    Image.new("RGB", (64, 48)).save(tmp_path / "one.gif")
    assert "single picture" in refused(tmp_path / "one.gif")
