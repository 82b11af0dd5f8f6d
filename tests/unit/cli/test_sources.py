"""Styles by name, by file and from a folder; the settings that a preset recommends."""

from __future__ import annotations

import dataclasses

import nst.cli.sources
import nst.cli.styles
from nst.gallery.library import find_preset
from nst.pictures.metadata import recall
from nst.settings import Settings
from tests.command import Engine, paint


def test_the_first_styles_advice_holds_where_nothing_else_was_asked(
        tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    advice = {"munch-the-scream": {"strength": 0.9, "style_scale": 1.5},
              "hokusai-great-wave": {"strength": 0.1, "colors": "photo"}}
    monkeypatch.setattr(nst.cli.sources, "find_preset", lambda name, dirs: dataclasses.replace(
        find_preset(name), settings=advice[name]))
    assert paint(astronaut, "--style", "munch-the-scream", "--style", "hokusai-great-wave=0.5",
                 "--style-scale", "2", "-o", tmp_path / "out.png") == 0
    assert engine.settings == Settings(size=128, steps=3, strength=0.9, style_scale=2.0)
    assert [weight for _, weight in engine.calls[-1][1]] == [1.0, 0.5]


def test_a_style_may_be_a_file_and_a_folder_of_styles(tmp_path, monkeypatch, astronaut, painting):
    engine = Engine.instead(monkeypatch)
    (tmp_path / "Naive-Art").mkdir()
    painting.save(tmp_path / "Naive-Art" / "henri-rousseau_tiger.png")
    painting.save(tmp_path / "a=b.png")
    assert paint(astronaut, "--styles", tmp_path, "--style", "henri-rousseau_tiger=2",
                 "--style", tmp_path / "a=b.png", "-o", tmp_path / "out.png") == 0
    assert [weight for _, weight in engine.calls[-1][1]] == [2.0, 1.0]
    assert recall(tmp_path / "out.png").styles == [("henri-rousseau_tiger", 2.0), ("a_b.png", 1.0)]
