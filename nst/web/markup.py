"""The pieces of the page that are written as HTML: text in, HTML out, everything escaped."""

from __future__ import annotations

import dataclasses
from html import escape

from ..gallery.examples import Example
from ..gallery.presets import Preset
from ..settings import Settings
from .job import Update, status_line

__all__ = [
    "details_of_example", "details_of_result", "own_style", "preset_style", "progress",
    "status_bar", "waiting",
]


def preset_style(preset: Preset) -> str:
    """The style's credit and what its movement is about."""
    rest = ", ".join(filter(None, (preset.artist, preset.year)))
    return _style(preset.title, rest, preset.about or preset.movement)


def own_style(name: str) -> str:
    """The same for a visitor's own picture; ``name``: of its file."""
    return _style(name, "", "Your own style; remove it to go back to the gallery's.")


def status_bar(part: float, text: str) -> str:
    """A thin bar, ``part`` of it filled (0..1), above a line of text."""
    return f"<div class='bar'><i style='width:{100 * part:.1f}%'></i></div>" \
           f"<p role='status'>{escape(text)}</p>"


def waiting(people: int) -> str:
    """The status before the first frame, with ``people`` whose turn comes first."""
    if not people:
        return status_bar(0, "Starting.")
    count = "1 person" if people == 1 else f"{people} people"
    return status_bar(0, f"Waiting for a turn: {count} before you.")


def progress(update: Update) -> str:
    """The status for a frame or a result."""
    frame, text = update.frame, status_line(update.frame)
    if update.result is not None and not frame.finished:
        text = f"Stopped at step {frame.step} of {frame.steps}; this is what was painted."
    return status_bar(1.0 if frame.finished else frame.step / frame.steps, text)


def details_of_result(settings: Settings, update: Update, credits: list[str]) -> str:
    """The styles' credits, what it took, and every setting but budgets that were not set."""
    values = dataclasses.asdict(settings)
    for budget in ("steps", "seconds"):  # 0: none; what it took is said above
        if not values[budget]:
            del values[budget]
    seconds = update.result.seconds if update.result else update.frame.elapsed
    return _table([*(("after", credit) for credit in credits),
                   ("painted in", f"{seconds:.1f} s, {update.frame.step} steps"),
                   *values.items()])


def details_of_example(example: Example, credits: list[str]) -> str:
    """Who made the photo and the style of a result that was painted beforehand."""
    portrait = example.portrait
    return _table([("photo", f"{portrait.title}, {portrait.author} ({portrait.licence})"),
                   *(("after", credit) for credit in credits)])


def _style(title: str, rest: str, about: str) -> str:
    return f"<p><b>{escape(title)}</b>{', ' + escape(rest) if rest else ''}</p>" \
           f"<p class='quiet'>{escape(about)}</p>"


def _table(rows: list[tuple[str, object]]) -> str:
    cells = "".join(f"<tr><th>{escape(name.replace('_', ' '))}</th><td>{escape(str(value))}"
                    "</td></tr>" for name, value in rows if value != "")
    return f"<table>{cells}</table>"
