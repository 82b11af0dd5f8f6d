"""The styles that come with the program: each is there, credited, described, and opens."""

import tomllib

import pytest

from nst.gallery.catalogue import catalogue_presets, movement_named, movements
from nst.gallery.data import STYLES
from nst.settings import Settings


def test_every_picture_in_styles_is_in_the_catalogue_once():
    files = {path for path in STYLES.glob("*/*") if path.suffix in (".jpg", ".webp", ".png")}
    presets = catalogue_presets()
    assert sorted(preset.file for preset in presets) == sorted(files)
    assert len({preset.name for preset in presets}) == len(presets)


def test_every_preset_is_credited_described_and_opens():
    for preset in catalogue_presets():
        assert preset.name == preset.file.stem
        assert movement_named(preset.file.parent.name)[0] == preset.movement
        for text in (preset.title, preset.artist, preset.year, preset.licence, preset.source):
            assert text.strip()
        for sentence in (preset.about, preset.alt):
            assert sentence.endswith(".") and 30 < len(sentence) < 200
        width, height = preset.open().size
        assert min(width, height) >= 256, preset.name


def test_every_painter_died_long_enough_ago():
    entries = tomllib.loads((STYLES / "catalog.toml").read_text(encoding="utf-8"))["style"]
    died = {entry["file"]: entry["artist_died"] for entry in entries if entry["artist"] != "Study"}
    assert len(died) > 10
    assert [file for file, year in died.items() if year >= 2026 - 70] == []


def test_recommended_settings_are_settings_and_change_something():
    recommended = [preset.settings for preset in catalogue_presets() if preset.settings]
    assert recommended
    for settings in recommended:
        made = vars(Settings(**settings))  # raises for a name or a value that is none
        assert settings.items() <= made.items()
        assert not settings.items() & vars(Settings()).items()


def test_movements_stand_in_the_catalogues_order_with_their_sentence():
    names = list(movements())
    assert names[:2] == ["Impressionism", "Post-Impressionism"]
    assert list(dict.fromkeys(preset.movement for preset in catalogue_presets())) == names
    assert all(movements().values())


@pytest.mark.parametrize("folder, name", [
    ("Post_Impressionism", "Post-Impressionism"), ("Art-Nouveau", "Art Nouveau"),
    ("Art_Nouveau_Modern", "Art Nouveau"), ("ukiyo_e", "Ukiyo-e"),
    ("Color_Field_Painting", "Color Field Painting"), ("<b>x\n", "b x"), ("\udcff", "Other"),
])
def test_a_folders_movement(folder, name):
    assert movement_named(folder)[0] == name
