"""``python -m nst study``: paint a photo with every combination of some settings."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import UserError
from ..settings import knob_value, knobs
from .flags import add_settings, add_style, add_styles, given_settings
from .photos import read_photo
from .sources import find_styles
from .status import OK, PARTLY
from .study_grid import Axis, Study

__all__ = ["add_arguments", "parse_axis", "run"]


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


def run(args: argparse.Namespace, started: float) -> int:
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
