"""What a run cost, for ``--json``: seconds, losses, memory, and what it ran on."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from typing import Any

from ..engine.tensors import pick_device, pick_precision
from ..pictures.writing import writing
from ..process import peak_rss_mb
from ..run import Run

__all__ = ["report", "write_report"]


def report(run: Run, started: float) -> dict[str, Any]:
    """What a run cost, as JSON; call it when the picture is saved.

    ``seconds`` and ``first_frame_seconds`` count from ``started``, on time.monotonic()'s clock
    (imports, reading the photo and saving included), ``painting_seconds`` and
    ``painting_first_frame_seconds`` from the call of stylize() to the last and the first frame.
    ``losses`` has one entry for each frame: step, size, and every term's loss as in Frame (null:
    not finite). ``faces`` are those that were found or marked, largest first: left, top, width and
    height in fractions of the upright photo.
    """
    assert run.frame is not None  # a report is written of a picture
    settings = run.request.settings
    device = pick_device(settings.device)
    return {
        "seconds": round(time.monotonic() - started, 3),
        "first_frame_seconds": round(run.first - started, 3),
        "painting_seconds": round(run.last - run.called, 3),
        "painting_first_frame_seconds": round(run.first - run.called, 3),
        "steps": run.frame.step,
        "finished": run.finished,
        "size": run.frame.size,
        "losses": [
            {"step": losses.step, "size": losses.size}
            | {name: value if math.isfinite(value) else None
               for name, value in losses.values.items()}
            for losses in run.losses],
        "faces": run.frame.faces,
        "device": device.type,
        "dtype": str(pick_precision(settings.precision, device)).removeprefix("torch."),
        "peak_rss_mb": peak_rss_mb(),
        "styles": [{"name": name, "weight": weight} for name, weight in run.request.named],
        "settings": dataclasses.asdict(settings),
    }


def write_report(report: dict[str, Any], path: str | os.PathLike[str]) -> None:
    """The report as a JSON file; raises UserError where it cannot be written."""
    with writing(path) as part:
        part.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n", encoding="utf-8")
