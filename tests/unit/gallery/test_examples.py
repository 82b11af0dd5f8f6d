"""The example photos are described, and their results belong to a photo and a preset."""

import pytest

from nst.errors import UserError
from nst.gallery.catalogue import catalogue_presets
from nst.gallery.data import EXAMPLES
from nst.gallery.examples import find_example, load_portraits


def test_every_photo_in_examples_is_described():
    described = [portrait.file for portrait in load_portraits()]
    photos = [file for file in EXAMPLES.iterdir() if file.suffix in (".jpg", ".png", ".webp")]
    assert sorted(described) == sorted(photos)


def test_a_photo_without_a_licence_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "catalog.toml").write_text(
        '[[portrait]]\nfile = "a.jpg"\ntitle = "A"\nauthor = "B"\nsource = "C"\n'
        'alt = "A woman smiles at the camera from a garden."')
    monkeypatch.setattr("nst.gallery.examples.EXAMPLES", tmp_path / "examples")
    with pytest.raises(UserError, match="a.jpg in examples/catalog.toml has no licence"):
        load_portraits.__wrapped__()


def test_a_result_is_found_by_its_photo_and_preset():
    portraits = {portrait.file.stem: portrait for portrait in load_portraits()}
    example = find_example(portraits["astronaut"], "arcimboldo-spring")
    assert example.file == EXAMPLES / "results" / "astronaut-arcimboldo-spring.webp"
    assert find_example(portraits["astronaut"], "no-such-style") is None
    found = [example.file for portrait in portraits.values() for preset in catalogue_presets()
             if (example := find_example(portrait, preset.name))]
    assert sorted(found) == sorted((EXAMPLES / "results").iterdir())
