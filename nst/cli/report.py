"""What a run cost, for ``--json``: seconds, losses, memory, and what it ran on."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import sys
import time
from typing import Any

from ..engine.device import pick_device, pick_precision
from ..engine.stylize import Frame
from ..pictures.writing import writing
from ..settings import Settings

__all__ = ["Stopwatch", "peak_rss_mb", "process_start", "write_report"]


class Stopwatch:
    """Notes every frame's losses and when the first frame came.

    Args:
        started: of the command as a whole, on time.monotonic()'s clock; None: now.
    """

    def __init__(self, started: float | None = None):
        self._called = time.monotonic()
        self._started = self._called if started is None else started
        self._first = self._done = self._called
        self._losses: list[dict[str, Any]] = []
        self._frame: Frame | None = None

    def note(self, frame: Frame) -> None:
        """Another frame has come."""
        self._done = time.monotonic()
        if self._frame is None:
            self._first = self._done
        self._frame = frame
        losses = {name: value if math.isfinite(value) else None
                  for name, value in frame.losses.items()}
        self._losses.append({"step": frame.step, "size": frame.size} | losses)

    def report(self, settings: Settings, styles: list[tuple[str, float]]) -> dict[str, Any]:
        """The run as JSON; call it when the picture is saved.

        ``seconds`` and ``first_frame_seconds`` count from ``started`` (imports, reading the
        photo and saving included), ``painting_seconds`` and ``painting_first_frame_seconds``
        from the call of stylize() to the last and the first frame. ``losses`` has one entry for
        each frame: step, size, and content, style, tv and total as in Frame (null: not finite).
        """
        device = pick_device(settings.device)
        dtype = str(pick_precision(settings.precision, device)).removeprefix("torch.")
        return {
            "seconds": round(time.monotonic() - self._started, 3),
            "first_frame_seconds": round(self._first - self._started, 3),
            "painting_seconds": round(self._done - self._called, 3),
            "painting_first_frame_seconds": round(self._first - self._called, 3),
            "steps": self._frame.step,
            "finished": self._frame.finished,
            "size": self._frame.size,
            "losses": self._losses,
            "device": device.type,
            "dtype": dtype,
            "peak_rss_mb": peak_rss_mb(),
            "styles": [{"name": name, "weight": weight} for name, weight in styles],
            "settings": dataclasses.asdict(settings),
        }


def write_report(report: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """The report as a JSON file; raises UserError where it cannot be written."""
    with writing(path) as part:
        part.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def process_start() -> float:
    """When this process began, on time.monotonic()'s clock; now, where nobody tells (no Linux)."""
    now = time.monotonic()
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            # proc(5): field 22, counted behind the name in parentheses, in ticks since boot.
            ticks = int(file.read().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (AttributeError, IndexError, OSError, ValueError):
        return now
    return now - age if 0 <= age < 3600 else now  # sandboxes make the figure up


def peak_rss_mb() -> float | None:
    """The most memory this process has held at once, in MiB; None where nobody tells."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 2**20 if sys.platform == "darwin" else 2**10  # getrusage(2): bytes, elsewhere KiB
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 1)
