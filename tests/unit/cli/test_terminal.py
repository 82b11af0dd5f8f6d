"""What a terminal shows while a picture is painted."""

from __future__ import annotations

import sys

from tests.command import STARRY, Engine, paint


def test_a_terminal_gets_a_bar(tmp_path, capsys, monkeypatch, astronaut):
    Engine.instead(monkeypatch)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert paint(astronaut, *STARRY, "-o", tmp_path / "out.png") == 0
    text = capsys.readouterr().err
    assert "\r" in text and "1/2" in text
    assert all(word in text for word in ("64 px", "content", "style", "tv", "1 s left"))
