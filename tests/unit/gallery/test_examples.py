"""The example photos are described, and their results belong to a photo and a preset."""

import os
import tomllib
from pathlib import Path

from nst.gallery.catalogue import catalogue_presets
from nst.gallery.data import EXAMPLES
from nst.gallery.examples import find_example, load_portraits


def test_the_examples_are_described():
    table = tomllib.loads((EXAMPLES / "catalog.toml").read_text(encoding="utf-8"))
    for entry in table["portrait"]:
        assert (EXAMPLES / entry["file"]).is_file() and Path(entry["file"]).name == entry["file"]
        assert all(entry[key] for key in ("title", "author", "licence", "source", "alt"))
    named = {entry["file"] for entry in table["portrait"]}
    assert named == {n for n in os.listdir(EXAMPLES) if n.endswith((".jpg", ".png", ".webp"))}


def test_a_result_is_found_by_its_photo_and_preset():
    portraits = {portrait.file.stem: portrait for portrait in load_portraits()}
    example = find_example(portraits["astronaut"], "arcimboldo-spring")
    assert example.file == EXAMPLES / "results" / "astronaut-arcimboldo-spring.webp"
    assert find_example(portraits["astronaut"], "no-such-style") is None
    found = [example.file for portrait in portraits.values() for preset in catalogue_presets()
             if (example := find_example(portrait, preset.name))]
    assert sorted(found) == sorted((EXAMPLES / "results").iterdir())
