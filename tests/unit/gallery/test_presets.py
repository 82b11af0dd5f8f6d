"""One preset: its crop, and a file that cannot be read."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nst.gallery.catalogue import catalogue_presets
from nst.gallery.presets import BrokenPicture


def test_the_crop_takes_fractions_of_each_side(tmp_path):
    pixels = np.arange(100 * 200 * 3, dtype=np.uint32).reshape(100, 200, 3) % 251
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "a.png")
    preset = replace(catalogue_presets()[0], file=tmp_path / "a.png", crop=(0.1, 0.2, 0.3, 0.4))
    assert np.array_equal(np.asarray(preset.open()), pixels[20:60, 20:140])


def test_a_broken_picture_is_named_in_the_log(tmp_path, caplog):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    preset = replace(catalogue_presets()[0], file=tmp_path / "a.jpg")
    for attempt in (preset.open, preset.thumbnail):
        caplog.clear()
        with pytest.raises(BrokenPicture, match=preset.name):
            attempt()
        assert "a.jpg" in caplog.text
