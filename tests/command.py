"""Runs the command line inside the test's process, with or without the engine."""

from __future__ import annotations

from dataclasses import dataclass

import nst.run
from nst.cli.main import main
from nst.engine.stylize import Frame
from nst.geometry import resized

__all__ = ["SMALL", "STARRY", "Engine", "mistake"]

SMALL = ("--size", "128", "--steps", "3")
STARRY = ("--style", "van-gogh-starry-night")


@dataclass
class Engine:
    """Takes stylize()'s place where a test is about what reaches it and what becomes of it."""

    calls: list

    @classmethod
    def instead(cls, monkeypatch) -> Engine:
        engine = cls([])
        monkeypatch.setattr(nst.run, "stylize", engine)
        return engine

    def __call__(self, photo, styles, settings, *, mask=None):
        self.calls.append((photo, styles, settings, mask))
        return self.frames(photo, settings)

    def frames(self, photo, settings):
        losses = dict(content=0.5, style=0.25, tv=0.01, total=0.3)
        yield Frame(resized(photo, 64), 1, 2, 64, losses, 1.0, 1.0)
        yield Frame(resized(photo, settings.size), 2, 2, settings.size, losses, 2.0, 0.0, True)

    @property
    def settings(self):
        return self.calls[-1][2]


def mistake(capsys, *argv) -> str:
    """The one line that a mistake leaves on stderr."""
    assert main([str(arg) for arg in argv]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("nst: ") and lines[0][-1] in ".?"
    return lines[0]
