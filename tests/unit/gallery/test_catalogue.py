"""The styles that come with the program: each is there and opens; mistakes are one sentence."""

from __future__ import annotations

import pytest

from nst.errors import UserError
from nst.gallery import catalogue
from nst.gallery.catalogue import catalogue_presets, movement_named, movements
from nst.gallery.data import STYLES
from nst.settings import Settings

ABOUT = "Cubism takes its subject apart into facets."
ENTRY = {
    "file": '"Cubism/gris-guitar.jpg"', "movement": '"Cubism"', "title": '"Guitar"',
    "artist": '"Juan Gris"', "artist_died": "1927", "year": '"1913"',
    "licence": '"Public domain"', "source": '"a museum"',
    "alt": '"A guitar in pieces lies on a table in brown and grey."',
}


@pytest.fixture
def loaded(tmp_path, monkeypatch):
    """``loaded(text)``: the presets of a catalogue with that text."""
    def load(text: str):
        (tmp_path / "styles").mkdir(exist_ok=True)
        (tmp_path / "styles" / "catalog.toml").write_text(text)
        forget()
        return catalogue_presets()

    def forget():
        for cached in (catalogue_presets, catalogue._catalogue, catalogue._movements,
                       catalogue._aliases):
            cached.cache_clear()

    monkeypatch.setattr(catalogue, "STYLES", tmp_path / "styles")
    yield load
    forget()


def text(**changes: str | None) -> str:
    """A catalogue with one movement and ENTRY, changed; None leaves a field out."""
    fields = {field: value for field, value in (ENTRY | changes).items() if value is not None}
    return "\n".join([f"[movements.Cubism]\nabout = '{ABOUT}'", "[[style]]",
                      *(f"{field} = {value}" for field, value in fields.items())])


def test_an_entry_becomes_a_preset(loaded):
    [preset] = loaded(text(crop="[0.1, 0, 0, 0.2]", settings="{ strength = 0.5 }"))
    assert preset.credit == "Juan Gris, Guitar, 1913" and preset.about == ABOUT
    assert (preset.name, preset.crop) == ("gris-guitar", (0.1, 0.0, 0.0, 0.2))
    assert preset.settings == {"strength": 0.5}
    [drawn] = loaded(text(artist='"Neural style studio"', artist_died=None))
    assert drawn.credit == "Neural style studio, Guitar, 1913"


@pytest.mark.parametrize("field", ENTRY)
def test_a_missing_field_is_one_sentence_that_names_preset_and_field(loaded, field):
    with pytest.raises(UserError) as error:
        loaded(text(**{field: None}))
    named = "number 1" if field == "file" else "gris-guitar"
    assert str(error.value) == f"The style {named} in styles/catalog.toml has no {field}; add it."


@pytest.mark.parametrize(("field", "value", "wanted"), [
    ("year", "1913", "a text in quotes"), ("title", '" "', "a text in quotes"),
    ("alt", '"A guitar."', "30 to 200 characters"),
    ("alt", '"A guitar in pieces lies on a table in brown and grey"', "full stop"),
    ("artist_died", "1970", "before 1956"), ("artist_died", '"1927"', "before 1956"),
    ("movement", '"Cubsim"', "has a table"), ("file", '"Fauvism/gris-guitar.jpg"', "Cubism"),
    ("file", '"gris-guitar.jpg"', "Cubism"), ("crop", "[0.5, 0, 0.5, 0]", "four fractions"),
    ("crop", "[0.1]", "four fractions"), ("crop", "[0, 0, 0, -1]", "four fractions"),
    ("settings", "{ sparkle = 1 }", "nst.Settings"), ("settings", "3", "nst.Settings"),
    ("settings", "{ strength = 7 }", "strength is 7"), ("licens", '"CC0"', "licence"),
])
def test_a_wrong_field_is_one_sentence_that_says_what_is_wanted(loaded, field, value, wanted):
    with pytest.raises(UserError) as error:
        loaded(text(**{field: value}))
    message = str(error.value)
    assert message.startswith("The style gris-guitar in styles/catalog.toml has ")
    assert field in message and wanted in message and message.endswith(".")


@pytest.mark.parametrize(("whole", "words"), [
    ("= =", "is no TOML"), ("", "no tables under movements"), ("movements = 3", "under movements"),
    (f"[movements.Cubism]\nabout = '{ABOUT}'", "no tables under style"),
    (text().replace(ABOUT, "Facets."), "The movement Cubism in styles/catalog.toml")])
def test_a_broken_catalogue_is_one_sentence(loaded, whole, words):
    with pytest.raises(UserError, match=words) as error:
        loaded(whole)
    assert "\n" not in str(error.value) and str(error.value).endswith(".")


def test_every_picture_in_styles_is_in_the_catalogue_once():
    files = {path for path in STYLES.glob("*/*") if path.suffix in (".jpg", ".webp", ".png")}
    presets = catalogue_presets()
    assert sorted(preset.file for preset in presets) == sorted(files)
    assert len({preset.name for preset in presets}) == len(presets)


def test_every_preset_opens():
    for preset in catalogue_presets():
        assert preset.name == preset.file.stem
        width, height = preset.open().size
        assert min(width, height) >= 256, preset.name


def test_recommended_settings_change_something():
    recommended = [preset.settings for preset in catalogue_presets() if preset.settings]
    assert recommended
    for settings in recommended:
        assert settings.items() <= vars(Settings(**settings)).items()
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
