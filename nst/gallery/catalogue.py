"""The styles that come with the program, and the movements they are ordered by."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from .data import STYLES
from .presets import Preset

__all__ = ["catalogue_presets", "movement_named", "movements"]


@functools.cache
def catalogue_presets() -> tuple[Preset, ...]:
    """The presets of styles/catalog.toml, movement by movement in the order of that file."""
    about = _movements()
    presets = []
    for entry in _catalogue()["style"]:
        file = STYLES / entry["file"]
        presets.append(Preset(
            name=file.stem, file=file, about=about[entry["movement"]],
            crop=tuple(entry.get("crop", (0.0, 0.0, 0.0, 0.0))),
            settings=entry.get("settings", {}),
            **{key: entry[key] for key in
               ("movement", "title", "artist", "year", "licence", "source", "alt")}))
    order = list(about)
    return tuple(sorted(presets, key=lambda preset: order.index(preset.movement)))


def movements(presets: Sequence[Preset] | None = None) -> dict[str, str]:
    """The movements of ``presets`` (None: of the catalogue), each with its sentence.

    Those of the catalogue come first, in its order; then others by name, most without a sentence.
    """
    found: dict[str, str] = {}
    for preset in catalogue_presets() if presets is None else presets:
        if preset.movement not in found:
            found[preset.movement] = preset.about
    order = list(_movements())
    return {name: found[name] for name in sorted(
        found, key=lambda name: (order.index(name) if name in order else len(order), name))}


def movement_named(folder: str) -> tuple[str, str]:
    """Display name and sentence of the movement that a folder is named after.

    The movements of the catalogue are recognised however their words are joined, and by their
    names in WikiArt: ``Post_Impressionism``, ``Art_Nouveau_Modern``. Others have no sentence.
    """
    known = _aliases().get(_letters(folder))
    if known:
        return known, _movements()[known]
    return " ".join(re.sub(r"[^\w.()&'-]+|_", " ", folder).split())[:60] or "Other", ""


@functools.cache
def _catalogue() -> dict[str, Any]:
    return tomllib.loads((STYLES / "catalog.toml").read_text(encoding="utf-8"))


@functools.cache
def _movements() -> dict[str, str]:
    """Name and sentence of each movement of the catalogue, in its order."""
    return {name: table["about"] for name, table in _catalogue()["movements"].items()}


@functools.cache
def _aliases() -> dict[str, str]:
    return {_letters(alias): name for name, table in _catalogue()["movements"].items()
            for alias in (name, *table.get("also", ()))}


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
