"""Thumbnails are small, made once, and made anew when the picture changes."""

from dataclasses import replace

import numpy as np
from PIL import Image

from nst.gallery import thumbnails
from nst.gallery.catalogue import catalogue_presets


def test_thumbnails_are_small_and_made_once(monkeypatch):
    for preset in catalogue_presets():
        path = preset.thumbnail()
        assert path.stat().st_size < thumbnails.MAX_BYTES
        with Image.open(path) as small:
            assert max(small.size) == thumbnails.LONGER_SIDE
    monkeypatch.setattr("nst.gallery.presets.open_picture", None)
    assert preset.thumbnail() == path
    assert not list(thumbnails.cache_dir().rglob("*.part"))


def test_a_thumbnail_follows_its_picture(tmp_path):
    file = tmp_path / "a.png"
    noise = np.random.default_rng(0).integers(0, 256, (240, 240, 3), dtype=np.uint8)
    preset = replace(catalogue_presets()[0], file=file, crop=(0.0,) * 4)
    Image.fromarray(noise).save(file)
    first = preset.thumbnail()
    assert first.stat().st_size < thumbnails.MAX_BYTES  # noise is the worst case
    Image.new("RGB", (600, 400), "red").save(file)
    with Image.open(preset.thumbnail()) as small:
        assert small.getpixel((9, 9))[0] > 250
    with Image.open(replace(preset, crop=(0.5, 0.0, 0.0, 0.0)).thumbnail()) as half:
        assert half.width < half.height  # not the whole picture's, which is there too


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "file" / "below"))
    assert catalogue_presets()[0].thumbnail().exists()
