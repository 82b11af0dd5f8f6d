"""Every setting is a flag, and the help says what it does."""

from __future__ import annotations

import pytest

from nst.cli.main import main
from nst.settings import Settings, knobs
from tests.command import STARRY, Engine


def test_every_setting_is_a_flag(tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    texts = {"weights": "w.pth", "content_layers": "conv3_1", "style_layers": "conv1_1:2,conv2_1"}
    wanted = {}
    for knob in knobs():
        if knob.choices:
            wanted[knob.name] = next(c for c in knob.choices if c != knob.default)
        elif knob.type is bool:
            wanted[knob.name] = not knob.default
        elif knob.type is str:
            wanted[knob.name] = texts[knob.name]
        else:
            wanted[knob.name] = knob.type(knob.default + knob.step)
    flags = []
    for name, value in wanted.items():
        flag = name.replace("_", "-")
        flags += ([f"--{'' if value else 'no-'}{flag}"] if isinstance(value, bool)
                  else [f"--{flag}", str(value)])
    assert main(["stylize", str(astronaut), *STARRY, "-o", str(tmp_path / "o.png"), *flags]) == 0
    assert engine.settings == Settings(**wanted)


def test_help_shows_every_setting_with_its_default(capsys):
    with pytest.raises(SystemExit) as end:
        main(["stylize", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    for knob in knobs():
        assert f"--{knob.name.replace('_', '-')}" in text and knob.help[:30] in text
    assert "[128 to 4096, default: 512]" in text
