"""The museum's own catalogue: every picture is there, credited, described and opens cropped."""

import os
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.gallery import thumbnails
from nst.gallery.data import EXAMPLES, STYLES
from nst.gallery.presets import (
    BrokenPicture,
    find_preset,
    load_presets,
    movement_named,
    movements,
)
from nst.settings import Settings


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NST_STYLES", raising=False)


def test_every_picture_in_styles_is_in_the_catalogue_once():
    files = {path for path in STYLES.glob("*/*") if path.suffix in (".jpg", ".webp", ".png")}
    presets = load_presets()
    assert sorted(preset.file for preset in presets) == sorted(files)
    assert len({preset.name for preset in presets}) == len(presets)


def test_every_preset_is_credited_described_and_opens():
    for preset in load_presets():
        assert preset.name == preset.file.stem
        assert movement_named(preset.file.parent.name)[0] == preset.movement
        for text in (preset.title, preset.artist, preset.year, preset.licence, preset.source):
            assert text.strip()
        for sentence in (preset.about, preset.alt):
            assert sentence.endswith(".") and 30 < len(sentence) < 200
        width, height = preset.open().size
        assert min(width, height) >= 256, preset.name


def test_every_painter_died_long_enough_ago():
    for entry in tomllib.loads((STYLES / "catalog.toml").read_text(encoding="utf-8"))["style"]:
        if entry["artist"] != "Study":
            assert entry["artist_died"] < 2026 - 70, entry["file"]


def test_recommended_settings_are_settings():
    for preset in load_presets():
        Settings(**preset.settings)  # raises for a name or a value that is none


def test_movements_stand_in_the_catalogues_order_with_their_sentence():
    names = list(movements())
    assert names[:2] == ["Impressionism", "Post-Impressionism"]
    assert list(dict.fromkeys(preset.movement for preset in load_presets())) == names
    assert all(movements().values())


@pytest.mark.parametrize("folder, name", [
    ("Post_Impressionism", "Post-Impressionism"), ("Art-Nouveau", "Art Nouveau"),
    ("Art_Nouveau_Modern", "Art Nouveau"), ("ukiyo_e", "Ukiyo-e"),
    ("Color_Field_Painting", "Color Field Painting"), ("<b>x\n", "b x"), ("\udcff", "Other"),
])
def test_a_folders_movement(folder, name):
    assert movement_named(folder)[0] == name


def test_names_are_found_and_near_ones_suggested():
    assert find_preset("van-gogh-starry-night").credit == \
        "Vincent van Gogh, The Starry Night, 1889"
    assert find_preset("Van-Gogh-STARRY-night") == find_preset("van-gogh-starry-night")
    for wrong in ("van-gogh-stary-night", "starry", "STARY NIGHT"):
        with pytest.raises(UserError, match="did you mean van-gogh-starry-night"):
            find_preset(wrong)
    with pytest.raises(UserError, match="list them with"):
        find_preset("qqqq")
    with pytest.raises(UserError) as error:
        find_preset("x\n" * 5000)
    assert len(str(error.value)) < 200 and "\n" not in str(error.value)


def test_the_crop_takes_fractions_of_each_side(tmp_path):
    pixels = np.arange(100 * 200 * 3, dtype=np.uint32).reshape(100, 200, 3) % 251
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "a.png")
    preset = replace(load_presets()[0], file=tmp_path / "a.png", crop=(0.1, 0.2, 0.3, 0.4))
    assert np.array_equal(np.asarray(preset.open()), pixels[20:60, 20:140])


def test_thumbnails_are_small_and_made_once(monkeypatch):
    for preset in load_presets():
        path = preset.thumbnail()
        assert path.stat().st_size < thumbnails.MOST_BYTES
        with Image.open(path) as small:
            assert max(small.size) == thumbnails.LONGER_SIDE
    monkeypatch.setattr("nst.gallery.presets.open_picture", None)
    assert preset.thumbnail() == path
    assert not list(thumbnails.cache_dir().rglob("*.part"))


def test_a_thumbnail_follows_its_picture(tmp_path):
    file = tmp_path / "a.png"
    noise = np.random.default_rng(0).integers(0, 256, (240, 240, 3), dtype=np.uint8)
    preset = replace(load_presets()[0], file=file, crop=(0.0,) * 4)
    Image.fromarray(noise).save(file)
    first = preset.thumbnail()
    assert first.stat().st_size < thumbnails.MOST_BYTES  # noise is the worst case
    Image.new("RGB", (600, 400), "red").save(file)
    with Image.open(preset.thumbnail()) as small:
        assert small.getpixel((9, 9))[0] > 250
    assert replace(preset, crop=(0.5, 0.0, 0.0, 0.0)).thumbnail() != preset.thumbnail()


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "file" / "below"))
    assert load_presets()[0].thumbnail().exists()


def test_a_broken_picture_is_named_in_the_log(tmp_path, caplog):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    preset = replace(load_presets()[0], file=tmp_path / "a.jpg")
    for attempt in (preset.open, preset.thumbnail):
        caplog.clear()
        with pytest.raises(BrokenPicture, match=preset.name):
            attempt()
        assert "a.jpg" in caplog.text


def test_the_examples_are_described():
    table = tomllib.loads((EXAMPLES / "catalog.toml").read_text(encoding="utf-8"))
    for entry in table["portrait"]:
        assert (EXAMPLES / entry["file"]).is_file() and Path(entry["file"]).name == entry["file"]
        assert all(entry[key] for key in ("title", "author", "licence", "source", "alt"))
    named = {entry["file"] for entry in table["portrait"]}
    assert named == {n for n in os.listdir(EXAMPLES) if n.endswith((".jpg", ".png", ".webp"))}
