"""``nst styles``: the list as text and as JSON."""

from __future__ import annotations

import json

from nst.cli.main import main
from nst.gallery.library import load_presets


def test_styles_are_listed(capsys):
    presets = load_presets()
    assert main(["styles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(presets)
    for line, preset in zip(lines, presets, strict=True):
        assert line.split()[0] == preset.name
        assert all(word in line for word in (preset.movement, preset.title, preset.artist))
    assert main(["styles", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    fields = ("name", "movement", "title", "artist", "year", "licence", "source", "about", "alt",
              "settings")
    assert listed == [{field: getattr(preset, field) for field in fields} for preset in presets]
