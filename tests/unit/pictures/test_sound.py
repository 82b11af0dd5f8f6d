"""What is heard in a part of a clip."""

from __future__ import annotations

import numpy as np
import pytest

from nst.pictures.open_clip import open_clip
from tests.unit.pictures.made_clips import greys, made_film


def test_the_sound_of_a_part(tmp_path):
    path = made_film(tmp_path / "a.mp4", greys(20), sound_seconds=2.0)
    with open_clip(path) as clip:
        sound = clip.sound(0.5, 1.0)
        assert sound is not None and (sound.rate, sound.layout) == (48_000, "mono")
        parts = list(sound.until(10))
        sound.close()
    assert sum(part.samples for part in parts) / 48_000 == pytest.approx(1.0, abs=0.06)
    assert [part.pts for part in parts] == list(
        np.cumsum([0] + [part.samples for part in parts[:-1]]))
    with open_clip(made_film(tmp_path / "silent.mp4", greys(3))) as clip:
        assert clip.sound() is None
