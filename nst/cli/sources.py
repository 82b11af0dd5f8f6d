"""The styles that a command names: found first, opened when the settings are known."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from ..errors import UserError
from ..gallery.filenames import is_picture
from ..gallery.library import find_preset
from ..gallery.presets import Preset
from ..pictures.metadata import file_digest
from ..pictures.reading import open_style, style_side
from ..pictures.writing import safe_name
from ..run import NamedStyle
from ..settings import Settings

__all__ = ["StyleSource", "find_styles", "of_file", "of_preset"]


@dataclass(frozen=True)
class StyleSource:
    """A preset or a picture file, its weight, and the settings that it recommends."""

    name: str
    weight: float
    recommended: Mapping[str, Any]
    picture: Callable[[Settings], Image.Image]
    file: Callable[[], str | os.PathLike[str]]  # on this machine; a hub's is fetched for it

    def open(self, settings: Settings) -> NamedStyle:
        """The style with as many pixels as these settings use; raises UserError."""
        return NamedStyle(self.name, self.picture(settings), self.weight,
                          file_digest(self.file()))


def of_file(path: str, weight: float = 1.0) -> StyleSource:
    """A picture file as a style."""
    return StyleSource(safe_name(path), weight, {}, lambda settings: open_style(path, settings),
                       lambda: path)


def of_preset(preset: Preset, weight: float = 1.0) -> StyleSource:
    """A preset as a style."""
    return StyleSource(preset.name, weight, preset.settings,
                       lambda settings: preset.open(max_side=style_side(settings)),
                       preset.local_file)


def find_styles(wanted: Sequence[str], dirs: Iterable[str]) -> list[StyleSource]:
    """The styles of ``--style NAME_OR_FILE[=WEIGHT]``.

    Raises:
        UserError: no such style, or a weight that is no positive number.
    """
    sources = []
    for text in wanted:
        name, weight = _weighted(text)
        if os.path.isfile(name) or is_picture(os.path.basename(name) or "."):
            sources.append(of_file(name, weight))
        else:
            sources.append(of_preset(find_preset(name, dirs), weight))
    return sources


def _weighted(text: str) -> tuple[str, float]:
    name, equals, number = text.rpartition("=")
    if not equals or os.path.isfile(text) or is_picture(os.path.basename(text) or "."):
        return text, 1.0
    try:
        weight = float(number)
    except ValueError:
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise UserError(f"The weight in --style {text[:80]} is no number above 0; give one, as in "
                        f"{name[:60]}=0.5.")
    return name, weight
