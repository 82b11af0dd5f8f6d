"""``python -m nst study``: paint a photo with every combination of some settings."""

from __future__ import annotations

import argparse
import csv
import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import UserError
from ..pictures.contact_sheet import Cell, contact_sheet, in_rows
from ..pictures.reading import open_picture
from ..pictures.writing import safe_name, writing
from ..run import NamedStyle, Request
from ..settings import Knob, Settings, knob_value, knobs, settings_for
from .arguments import add_settings, add_style, add_styles, given_settings
from .one_picture import already_painted, paint_picture, report
from .sources import StyleSource, find_styles, read_photo
from .terminal import OK, PARTLY, say

__all__ = ["Study", "add_arguments", "parse_axis", "run"]

SHEET, TABLE = "sheet.png", "study.csv"
CELL = 256  # px on the sheet
COLUMNS = 4  # where one setting is varied; with several, one for each value of the last
PAINTED, NOT_RUN = "painted", "not run"
# The table's columns: _KEYS, the varied settings, _FACTS, the losses' terms, _LAST_FACTS.
_KEYS = ("file", "state")
_FACTS = ("seconds", "steps", "size")
_LAST_FACTS = ("total", "device", "dtype", "note")
_SET = "set_"  # precedes a varied setting's name, because steps and size are also facts

Axis = tuple[Knob, tuple[Any, ...]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", help="a picture, or - for stdin")
    add_style(parser)
    parser.add_argument(
        "--vary", action="append", required=True, metavar="SETTING=VALUE,VALUE...",
        help="a setting and its values, as in pooling=average,max (values with commas in them: "
             "part them with semicolons); several make a grid, the last across")
    parser.add_argument("-o", "--output", required=True, metavar="FOLDER",
                        help="gets sheet.png, study.csv and the pictures; what is there already "
                             "is not painted again")
    add_styles(parser)
    add_settings(parser)


def run(args: argparse.Namespace, started_at: float) -> int:
    given = given_settings(args)
    axes = [parse_axis(text) for text in args.vary]
    sources = find_styles(args.style, args.dirs)
    photo = read_photo(args.photo)
    study = Study(photo.picture, photo.name, sources, axes,
                  {**sources[0].recommended, **given}, Path(args.output))
    return OK if study.run() else PARTLY


def parse_axis(text: str) -> Axis:
    """``pooling=average,max`` as a knob and its values.

    Values that hold commas themselves, as lists of layers do, are parted by semicolons. An empty
    value is the recipe's own.

    Raises:
        UserError: no setting of that name, or not its values.
    """
    name, equals, values = text.partition("=")
    by_name = {knob.name: knob for knob in knobs()}
    name = name.strip().replace("-", "_")
    knob = by_name.get(name) or by_name.get(name + "s")
    if not equals or knob is None:
        raise UserError(f"--vary {text[:60]} names no setting; give one of {', '.join(by_name)}, "
                        "as in --vary pooling=average,max.")
    parts = [part.strip() for part in values.split(";" if ";" in values else ",")]
    return knob, tuple(dict.fromkeys(knob_value(knob, part) for part in parts))


@dataclass(frozen=True)
class _Combination:
    labels: tuple[str, ...]  # one for each axis, as in "pooling max"
    settings: Settings
    file: Path


class Study:
    """Paints a photo with every combination of the axes' values.

    Args:
        photo: RGB. name: what it is called on the sheet.
        sources: the styles that it is painted after.
        axes: as from parse_axis().
        fixed: the other settings, where they differ from the defaults.
        folder: gets sheet.png, study.csv and cells/; made if it is not there.

    Raises:
        UserError: values that Settings refuses, a style that cannot be opened, or a folder that
            cannot be made.
    """

    def __init__(self, photo: Image.Image, name: str, sources: Sequence[StyleSource],
                 axes: Sequence[Axis], fixed: Mapping[str, Any], folder: Path):
        self._photo, self._name, self._sources = photo, name, list(sources)
        self._axes, self._folder = list(axes), folder
        # Part of every cell's file name, so that another photo's cells are not taken for ours.
        digest = _digest(photo.tobytes())
        self._cells = []
        for values in itertools.product(*(values for _, values in axes)):
            varied = {knob.name: value for (knob, _), value in zip(axes, values, strict=True)}
            labels = tuple(map(_label, varied.items()))
            self._cells.append(_Combination(labels, settings_for(fixed, varied),
                                     folder / "cells" / f"{_slug(labels)}-{digest}.png"))
        self._styles = self._open_styles(self._cells[0].settings)
        try:
            (folder / "cells").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"The folder {safe_name(folder)} cannot be made ({error.strerror}); "
                            "give another one with -o.") from None
        self._rows = self._read()

    def run(self) -> bool:
        """Paint what is not painted yet, then the sheet; returns whether every cell is there.

        A cell that cannot be painted (weights out of reach, a layer that its backbone does not
        have) is marked as not run, and the others are painted all the same.

        Raises:
            KeyboardInterrupt: Ctrl-C; table and sheet hold what was painted before, and another
                run goes on from there.
            UserError: table or sheet cannot be written.
        """
        self._draw()  # so that a sheet that cannot be drawn is known before the work
        try:
            for number, cell in enumerate(self._cells, 1):
                if self._state(cell) != PAINTED:
                    self._paint(cell, f"{number} of {len(self._cells)}: {', '.join(cell.labels)}")
        finally:
            self._write()
            self._draw()
        return all(self._state(cell) == PAINTED for cell in self._cells)

    def _paint(self, cell: _Combination, name: str) -> None:
        try:
            request = Request(self._photo, self._open_styles(cell.settings), cell.settings)
            painted = paint_picture(request, cell.file, name=name, keep_stopped=False)
        except UserError as error:
            say(f"{name}: not run: {error}")
            self._rows[cell.file.name] = {"state": NOT_RUN, "note": str(error)}
            self._write()
            return
        facts = report(painted, painted.called)
        self._rows[cell.file.name] = {
            "state": PAINTED, "seconds": facts["painting_seconds"], "steps": facts["steps"],
            "size": facts["size"], **painted.losses[-1].values, "device": facts["device"],
            "dtype": facts["dtype"]}
        self._write()

    def _open_styles(self, settings: Settings) -> tuple[NamedStyle, ...]:
        return tuple(source.open(settings) for source in self._sources)

    def _terms(self) -> list[str]:
        """The names of the losses' terms that occur in any row."""
        known = {*_KEYS, *_FACTS, *_LAST_FACTS}
        return list(dict.fromkeys(key for row in self._rows.values() for key in row
                                  if key not in known and not key.startswith(_SET)))

    def _state(self, cell: _Combination) -> str:
        return self._rows.get(cell.file.name, {}).get("state", "")

    def _read(self) -> dict[str, dict[str, Any]]:
        """The rows of cells that are painted as they would be painted now."""
        try:
            with open(self._folder / TABLE, newline="", encoding="utf-8") as file:
                rows = {row["file"]: row for row in csv.DictReader(file)}
        except (OSError, KeyError, ValueError, csv.Error):
            return {}
        return {cell.file.name: rows[cell.file.name] for cell in self._cells
                if rows.get(cell.file.name, {}).get("state") == PAINTED
                and _holds(cell, self._sources)}

    def _write(self) -> None:
        names = [knob.name for knob, _ in self._axes]
        facts = [*_FACTS, *self._terms(), *_LAST_FACTS]
        with (writing(self._folder / TABLE) as part,
              open(part, "w", newline="", encoding="utf-8") as file):
            table = csv.writer(file, lineterminator="\n")
            table.writerow([*_KEYS, *(_SET + name for name in names), *facts])
            for cell in self._cells:
                row = self._rows.get(cell.file.name, {})
                table.writerow([cell.file.name, row.get("state", ""),
                                *(getattr(cell.settings, name) for name in names),
                                *(_number(row.get(key, "")) for key in facts)])

    def _draw(self) -> None:
        sources: list[Cell] = [(self._photo, "The photo")]
        sources += [(style.picture, style.name) for style in self._styles]
        rows, headings = [sources], [""]
        if len(self._axes) == 1:
            rows += in_rows([self._drawn(cell, cell.labels[0]) for cell in self._cells], COLUMNS)
        else:
            for row in in_rows(self._cells, len(self._axes[-1][1])):
                rows.append([self._drawn(cell, cell.labels[-1]) for cell in row])
                headings.append(", ".join(row[0].labels[:-1]))
        headings += [""] * (len(rows) - len(headings))
        title = f"{self._name} after {' and '.join(style.name for style in self._styles)}"
        contact_sheet(rows, self._folder / SHEET, cell=CELL, title=title, headings=headings)

    def _drawn(self, cell: _Combination, label: str) -> Cell:
        row = self._rows.get(cell.file.name, {})
        if row.get("state") == PAINTED:
            losses = ", ".join(f"{term} {_number(row.get(term, ''))}" for term in self._terms())
            return (open_picture(cell.file, max_side=CELL),
                    f"{label}\n{_number(row['seconds'])} s, {losses}")
        return None, f"{label}\n{f'{NOT_RUN}: ' + row['note'] if row else 'not painted yet'}"


def _holds(cell: _Combination, sources: Sequence[StyleSource]) -> bool:
    try:
        return already_painted(
            cell.file, cell.settings, [source.open(cell.settings) for source in sources], "")
    except UserError:
        return False


def _label(varied: tuple[str, Any]) -> str:
    name, value = varied
    shown = safe_name(value) if name == "weights" and value else value
    return f"{name} {'as the recipe' if value == '' else shown}"


def _slug(labels: Sequence[str]) -> str:
    text = "_".join(re.sub(r"[^\w.-]+", "-", label) for label in labels)
    # Long lists of layers would make a name that no file system takes.
    return text if len(text) <= 100 else f"{text[:90]}-{_digest(text.encode())}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


def _number(value: Any) -> Any:
    """A float (or its text) with four digits; anything else as it is."""
    try:
        return value if isinstance(value, int) else f"{float(value):.4g}"
    except (TypeError, ValueError):
        return "" if value is None else value
