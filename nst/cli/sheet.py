"""The collection on one sheet: every style, and with photos every photo in every style."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from ..gallery.presets import Preset
from ..gallery.search import with_thumbnails
from ..pictures.contact_sheet import Cell, contact_sheet, in_rows
from ..pictures.reading import open_photo, open_picture
from ..pictures.writing import safe_name
from ..run import Request
from ..settings import settings_for
from .paint import check_output, paint
from .sources import of_preset

__all__ = ["draw_sheet"]

CELL = 256  # px
COLUMNS = 6  # at most


def draw_sheet(presets: Sequence[Preset], path: str | os.PathLike[str], photos: Sequence[str],
               given: Mapping[str, Any]) -> None:
    """A contact sheet of the styles, by movement; a broken picture is left out.

    Args:
        photos: files; each is shown beside every style, painted after it with the style's
            recommended settings.
        given: settings that go before the recommended ones.

    Raises:
        UserError: too many styles for one sheet, or it cannot be written.
        KeyboardInterrupt: Ctrl-C; no sheet is drawn.
    """
    check_output(path, ".png", photos)
    opened = [(safe_name(photo), open_photo(photo)) for photo in photos]
    group = 1 + len(photos)
    columns = max(1, COLUMNS // group) * group

    def draw(cells_of, path=None):
        rows, headings = [], []
        for movement, members in itertools.groupby(presets, key=lambda preset: preset.movement):
            cells = [cell for preset in members for cell in cells_of(preset)]
            of_movement = in_rows(cells, columns)
            rows += of_movement
            headings += [movement, *[""] * (len(of_movement) - 1)][:len(of_movement)]
        contact_sheet(rows, path, cell=CELL, headings=headings)

    if photos:
        draw(lambda preset: [(None, "")] * group)  # too large a sheet is known before the work

    def cells_of(preset: Preset) -> list[Cell]:
        cells: list[Cell] = []
        for _, thumbnail in with_thumbnails([preset]):
            about = ", ".join(filter(None, (preset.artist, preset.year)))
            cells.append((open_picture(thumbnail), f"{preset.title}\n{about}"))
            cells += [(_painted(photo, name, preset, given), "") for name, photo in opened]
        return cells

    draw(cells_of, path)


def _painted(photo: Image.Image, name: str, preset: Preset,
             given: Mapping[str, Any]) -> Image.Image:
    settings = settings_for(preset.settings, given)
    request = Request(photo, (of_preset(preset).open(settings),), settings)
    run = paint(request, None, name=f"{name} after {preset.name}", keep_stopped=False)
    image = run.image()
    image.thumbnail((CELL, CELL), Image.Resampling.LANCZOS)
    return image
