"""``python -m nst styles``: list the styles, or draw them on a contact sheet."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from ..errors import UserError
from ..gallery.library import load_presets
from ..gallery.presets import Preset
from .flags import add_settings, add_styles, given_settings
from .status import OK

__all__ = ["add_arguments", "run"]

FIELDS = ("name", "movement", "title", "artist", "year", "licence", "source", "about", "alt",
          "settings")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="list them as JSON")
    parser.add_argument("--sheet", metavar="FILE.png", help="draw them on a contact sheet")
    parser.add_argument("--photo", action="append", default=[], metavar="PHOTO",
                        help="on the sheet, paint this photo in every style (may be given "
                             "several times)")
    add_styles(parser)
    add_settings(parser)


def run(args: argparse.Namespace, started: float) -> int:
    given = given_settings(args)
    if not args.sheet and (args.photo or given):
        raise UserError("A photo or settings go with a sheet; give its name with --sheet FILE.png.")
    presets = load_presets(args.dirs)
    if args.sheet:
        from .sheet import draw_sheet  # imports torch, which a list does not need

        draw_sheet(presets, args.sheet, args.photo, given)
    elif args.json:
        listed = [{field: getattr(preset, field) for field in FIELDS} for preset in presets]
        sys.stdout.write(json.dumps(listed, indent=1, ensure_ascii=not _has_every_letter(),
                                    default=dict) + "\n")
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
