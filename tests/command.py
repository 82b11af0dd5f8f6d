"""Runs the command line: as a process, or inside the test's with or without the engine."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nst.run
from nst.cli.main import main
from nst.engine.stylize import Frame
from nst.geometry import resized

__all__ = ["SMALL", "STARRY", "Engine", "command", "mistake", "paint"]

SMALL = ("--size", "128", "--steps", "3")
STARRY = ("--style", "van-gogh-starry-night")


@dataclass
class Engine:
    """Takes stylize()'s place where a test is about what reaches it and what becomes of it."""

    calls: list
    marked_faces: tuple = ()  # of the last call

    @classmethod
    def instead(cls, monkeypatch) -> Engine:
        engine = cls([])
        monkeypatch.setattr(nst.run, "stylize", engine)
        return engine

    def __call__(self, photo, styles, settings, *, mask=None, marked_faces=()):
        self.marked_faces = marked_faces
        self.calls.append((photo, styles, settings, mask))
        return self.frames(photo, settings)

    def frames(self, photo, settings):
        losses = dict(content=0.5, style=0.25, tv=0.01, total=0.3)
        yield Frame(resized(photo, 64), 1, 2, 64, losses, 1.0, 1.0)
        yield Frame(resized(photo, settings.size), 2, 2, settings.size, losses, 2.0, 0.0, True)

    @property
    def settings(self):
        return self.calls[-1][2]


def command(*argv, cwd) -> subprocess.CompletedProcess:
    """``python -m nst`` with these arguments, in a process of its own."""
    env = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    return subprocess.run([sys.executable, "-m", "nst", *map(str, argv)], cwd=cwd, env=env,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)


def paint(*argv) -> int:
    """``nst stylize`` with these arguments and SMALL; returns the exit status."""
    return main([str(arg) for arg in ("stylize", *argv, *SMALL)])


def mistake(capsys, *argv) -> str:
    """The one line that a mistake leaves on stderr."""
    assert main([str(arg) for arg in argv]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("nst: ") and lines[0][-1] in ".?"
    return lines[0]
