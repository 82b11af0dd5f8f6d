"""``python -m nst styles``: list the styles, or draw them on a contact sheet."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from ..errors import UserError
from ..gallery.library import load_presets
from ..gallery.presets import Preset
from ..gallery.search import with_thumbnails
from ..pictures.contact_sheet import Cell, contact_sheet, in_rows
from ..pictures.reading import open_photo, open_picture
from ..pictures.writing import safe_name
from ..settings import settings_for
from .arguments import add_settings, add_styles, check_output, given_settings
from .terminal import OK

__all__ = ["add_arguments", "run"]

CELL = 256  # px, a picture on the sheet
COLUMNS = 6  # at most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="list them as JSON")
    parser.add_argument("--sheet", metavar="FILE.png", help="draw them on a contact sheet")
    parser.add_argument("--photo", action="append", default=[], metavar="PHOTO",
                        help="on the sheet, paint this photo in every style (may be given "
                             "several times)")
    add_styles(parser)
    add_settings(parser)


def run(args: argparse.Namespace, started_at: float) -> int:
    given = given_settings(args)
    if not args.sheet and (args.photo or given):
        raise UserError("A photo or settings go with a sheet; give its name with --sheet FILE.png.")
    presets = load_presets(args.dirs)
    if args.sheet:
        _draw_sheet(presets, args.sheet, args.photo, given)
    elif args.json:
        listed = [preset.as_json() for preset in presets]
        sys.stdout.write(json.dumps(listed, indent=1, ensure_ascii=not _has_every_letter()) + "\n")
    else:
        _write_table(presets)
    sys.stdout.flush()
    return OK


def _has_every_letter() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


def _write_table(presets: Sequence[Preset]) -> None:
    rows = [(p.name, p.movement, ", ".join(filter(None, (p.title, p.artist, p.year))))
            for p in presets]
    name, movement = (max(len(row[i]) for row in rows) for i in (0, 1))
    sys.stdout.writelines(f"{a:<{name}}  {b:<{movement}}  {c}\n" for a, b, c in rows)


def _draw_sheet(presets: Sequence[Preset], path: str | os.PathLike[str], photos: Sequence[str],
                given: Mapping[str, Any]) -> None:
    """A contact sheet of the styles, by movement; a broken picture is left out.

    Args:
        photos: files; each is painted in every style with the settings that this recommends, and
            shown beside it.
        given: settings that override the recommended ones.

    Raises:
        UserError: too many styles for one sheet, or it cannot be written.
        KeyboardInterrupt: Ctrl-C; no sheet is drawn.
    """
    check_output(path, ".png", photos)
    opened = [(safe_name(photo), open_photo(photo)) for photo in photos]
    group = 1 + len(photos)
    columns = max(1, COLUMNS // group) * group

    def draw(cells_of: Callable[[Preset], list[Cell]],
             path: str | os.PathLike[str] | None = None) -> None:
        rows: list[list[Cell]] = []
        headings: list[str] = []
        for movement, members in itertools.groupby(presets, key=lambda preset: preset.movement):
            cells = [cell for preset in members for cell in cells_of(preset)]
            of_movement = in_rows(cells, columns)
            rows += of_movement
            headings += [movement, *[""] * (len(of_movement) - 1)][:len(of_movement)]
        contact_sheet(rows, path, cell=CELL, headings=headings)

    if photos:
        draw(lambda preset: [(None, "")] * group)  # fails before the work if it is too large

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
    from ..run import Request  # these import torch, which a list of the styles does without
    from .one_picture import paint_picture
    from .sources import of_preset

    settings = settings_for(preset.settings, given)
    request = Request(photo, (of_preset(preset).open(settings),), settings)
    run = paint_picture(request, None, name=f"{name} after {preset.name}", keep_stopped=False)
    image = run.image()
    image.thumbnail((CELL, CELL), Image.Resampling.LANCZOS)
    return image
