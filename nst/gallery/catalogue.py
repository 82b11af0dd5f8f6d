"""The styles that come with the program, and the movements they are ordered by."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from ..errors import UserError
from ..settings import Settings, knobs
from .data import STYLES, Entry, read_catalogue
from .presets import Preset

__all__ = ["STUDIO", "catalogue_presets", "movement_named", "movements"]

STUDIO = "Neural style studio"  # as the artist: the picture was drawn by this project
# Pictures are in the public domain 70 years after their painter's death, counted from the next
# January: as of 2026.
DIED_BEFORE = 1956
_TEXTS = ("title", "artist", "year", "licence", "source")
_FIELDS = ("file", "movement", *_TEXTS, "artist_died", "alt", "crop", "settings")


@functools.cache
def catalogue_presets() -> tuple[Preset, ...]:
    """The presets of styles/catalog.toml, movement by movement in the order of that file.

    Raises:
        UserError: a mistake in that file; the sentence names the preset and the field.
    """
    presets = [_preset(fields, number) for number, fields in enumerate(_catalogue()["style"], 1)]
    order = list(_movements())
    return tuple(sorted(presets, key=lambda preset: order.index(preset.movement)))


def _preset(fields: Mapping[str, Any], number: int) -> Preset:
    named = f"The style number {number} in styles/catalog.toml"
    path = PurePosixPath(Entry(fields, named).text("file"))
    entry = Entry(fields, f"The style {path.stem} in styles/catalog.toml")
    entry.only(*_FIELDS)
    movement = entry.text("movement")
    if movement not in _movements():
        raise entry.wrong("movement", "one that has a table [movements.\"...\"]")
    if len(path.parts) != 2 or movement_named(path.parts[0])[0] != movement:
        raise entry.wrong("file", f"FOLDER/PICTURE, in a folder that is named after {movement}")
    if entry.text("artist") != STUDIO:
        entry.year("artist_died", before=DIED_BEFORE)
    return Preset(
        name=path.stem, file=STYLES / path, movement=movement, about=_movements()[movement],
        alt=entry.sentence("alt"), crop=_crop(entry), settings=_settings(entry),
        **{field: entry.text(field) for field in _TEXTS})


def _crop(entry: Entry) -> tuple[float, float, float, float]:
    crop = entry.fields.get("crop", (0.0, 0.0, 0.0, 0.0))
    try:
        left, top, right, bottom = map(float, crop)
        if min(left, top, right, bottom) >= 0 and left + right < 1 and top + bottom < 1:
            return left, top, right, bottom
    except (TypeError, ValueError):
        pass
    raise entry.wrong("crop", "four fractions: what is cut away at left, top, right and bottom")


def _settings(entry: Entry) -> Mapping[str, Any]:
    settings = entry.fields.get("settings", {})
    names = [knob.name for knob in knobs()]
    if not isinstance(settings, dict) or not settings.keys() <= set(names):
        raise entry.wrong("settings", "values by the names of nst.Settings' fields")
    try:
        Settings(**settings)
    except UserError as error:
        raise UserError(f"{entry.named} has settings that cannot be used: {error}") from None
    return settings


def movements(presets: Sequence[Preset] | None = None) -> dict[str, str]:
    """The movements of ``presets`` (None: of the catalogue), each with its sentence.

    The catalogue's movements come first, in its order; then others by name, most without a
    sentence.
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

    The catalogue's movements are recognised however their words are joined, and by their names in
    WikiArt: ``Post_Impressionism``, ``Art_Nouveau_Modern``. Others have no sentence.
    """
    known = _aliases().get(_letters(folder))
    if known:
        return known, _movements()[known]
    return " ".join(re.sub(r"[^\w.()&'-]+|_", " ", folder).split())[:60] or "Other", ""


@functools.cache
def _catalogue() -> dict[str, Any]:
    return read_catalogue(STYLES, "movements", "style")


@functools.cache
def _movements() -> dict[str, str]:
    """Name and sentence of each movement of the catalogue, in its order."""
    return {name: Entry(table, f"The movement {name} in styles/catalog.toml").sentence("about")
            for name, table in _catalogue()["movements"].items()}


@functools.cache
def _aliases() -> dict[str, str]:
    return {_letters(alias): name for name, table in _catalogue()["movements"].items()
            for alias in (name, *table.get("also", ()))}


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()
