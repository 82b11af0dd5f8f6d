"""``nst styles --sheet``: the styles, and photos in every style, on one sheet."""

from __future__ import annotations

import dataclasses

from PIL import Image

import nst.cli.sources
import nst.cli.styles
from nst.cli.main import main
from nst.gallery.library import load_presets
from nst.settings import Settings
from tests.command import Engine, mistake
from tests.conftest import EXAMPLES


def test_the_collection_on_a_sheet_with_every_photo_in_every_style(
        tmp_path, capsys, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    three = [dataclasses.replace(preset, settings={"strength": 0.3})
             for preset in load_presets()[:3]]
    monkeypatch.setattr(nst.cli.styles, "load_presets", lambda dirs: three)
    assert main(["styles", "--sheet", str(tmp_path / "a.png")]) == 0
    assert not engine.calls
    assert main(["styles", "--sheet", str(tmp_path / "b.png"), "--photo", str(astronaut),
                 "--photo", str(EXAMPLES / "grace-hopper.jpg"), "--size", "128"]) == 0
    assert [call[2] for call in engine.calls] == [Settings(size=128, strength=0.3)] * 6
    small, large = Image.open(tmp_path / "a.png"), Image.open(tmp_path / "b.png")
    assert large.width > 1.8 * small.width
    capsys.readouterr()
    assert "--sheet" in mistake(capsys, "styles", "--photo", astronaut)
