"""Command-line flags built from Settings' knobs, and what they say."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PIL import Image

from ..errors import UserError
from ..gallery.collection import is_picture
from ..gallery.presets import find_preset
from ..pictures.metadata import fingerprint, recall_mask
from ..pictures.reading import open_picture
from ..pictures.writing import safe_name
from ..settings import Knob, knobs
from .painting import NamedStyle

__all__ = [
    "add_settings", "add_styles", "find_file", "given_settings", "knob_value",
    "mask_again", "open_styles_asked", "styles_again",
]


def add_settings(parser: argparse.ArgumentParser) -> None:
    """A flag for every knob: ``--style-scale`` for style_scale."""
    basic = parser.add_argument_group(
        "settings", "where one is not given, the first style's own recommendation holds")
    advanced = parser.add_argument_group("advanced settings")
    for knob in knobs():
        group = basic if knob.basic else advanced
        group.add_argument(f"--{knob.name.replace('_', '-')}", dest=knob.name,
                           default=argparse.SUPPRESS, help=_help(knob), **_kind(knob))


def add_styles(parser: argparse.ArgumentParser) -> None:
    """``--styles DIR``, for every command that takes the names of styles."""
    parser.add_argument(
        "--styles", action="append", default=[], metavar="DIR", dest="dirs",
        help="a folder of more styles, laid out as movement/picture.jpg, or "
             "hf://datasets/OWNER/NAME (may be given several times; also: NST_STYLES)")


def given_settings(args: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given as flags, checked; raises UserError."""
    given = vars(args)
    return {knob.name: knob_value(knob, given[knob.name])
            for knob in knobs() if knob.name in given}


def knob_value(knob: Knob, text: str | bool) -> Any:
    """A knob's value from a text; raises UserError where it is none."""
    value: Any = text
    if knob.type is bool:
        value = {"true": True, "yes": True, "false": False, "no": False}.get(text, text)
    elif knob.type is not str:
        try:
            value = float(text)
        except ValueError:
            pass  # the check says what is wanted
    return knob.check(value)


def open_styles_asked(
    wanted: Sequence[str], dirs: Iterable[str]
) -> tuple[list[NamedStyle], Mapping[str, Any]]:
    """The styles of ``--style NAME_OR_FILE[=WEIGHT]``, and what the first one recommends.

    Raises:
        UserError: no such style or file, or a weight that is no positive number.
    """
    styles, recommended = [], {}
    for position, text in enumerate(wanted):
        name, weight = _weighted(text)
        if os.path.isfile(name) or is_picture(os.path.basename(name) or "."):
            styles.append(NamedStyle(safe_name(name), open_picture(name), weight))
            continue
        preset = find_preset(name, dirs)
        styles.append(NamedStyle(preset.name, preset.open(), weight))
        if position == 0:
            recommended = preset.settings
    return styles, recommended


def styles_again(
    recorded: Sequence[tuple[str, float]], dirs: Iterable[str], folders: Iterable[str]
) -> list[NamedStyle]:
    """The styles of a picture's record: presets by name, files where ``folders`` hold them.

    Raises:
        UserError: one of them is not at hand.
    """
    styles = []
    for name, weight in recorded:
        if file := find_file(name, folders):
            picture = open_picture(file)
        elif is_picture(name):
            raise UserError(f"It was painted after {name}, which is not at hand; put that file "
                            "beside the photo.")
        else:
            picture = find_preset(name, dirs).open()
        styles.append(NamedStyle(name, picture, weight))
    return styles


def find_file(name: str, folders: Iterable[str]) -> str | None:
    """A file that a record knows as ``name``, in the first of the folders that has one."""
    for folder in folders:
        for entry in sorted(os.listdir(folder or ".")):
            path = os.path.join(folder, entry)
            if safe_name(entry) == name and os.path.isfile(path):
                return path
    return None


def _weighted(text: str) -> tuple[str, float]:
    name, equals, number = text.rpartition("=")
    if not equals or os.path.isfile(text):
        return text, 1.0
    try:
        weight = float(number)
    except ValueError:
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise UserError(f"The weight in --style {text[:80]} is no number above 0; give one, as in "
                        f"{name[:60]}=0.5.")
    return name, weight


def _kind(knob: Knob) -> dict[str, Any]:
    if knob.type is bool:
        return {"action": argparse.BooleanOptionalAction}
    if knob.choices:
        return {"metavar": "{" + ",".join(knob.choices) + "}"}
    return {"metavar": {int: "N", float: "X", str: "TEXT"}[knob.type]}


def _help(knob: Knob) -> str:
    notes = []
    if knob.low is not None:
        notes.append(f"{knob.low:g} to {knob.high:.10g}")
    if knob.type is not str or knob.default:
        default = {True: "yes", False: "no"}.get(knob.default) if knob.type is bool else None
        notes.append(f"default: {default or knob.default}")
    return (knob.help + (f" [{', '.join(notes)}]" if notes else "")).replace("%", "%%")




def mask_again(picture: str, file: str | None) -> Image.Image | None:
    """The mask that a picture was painted within, from its file; raises UserError."""
    recorded, mask = recall_mask(picture), open_picture(file) if file else None
    if recorded and mask is None:
        raise UserError(f"{safe_name(picture)} was painted within a mask, which it does not "
                        "carry; give that with --mask FILE, or paint anew with stylize.")
    if recorded and fingerprint(mask) != recorded:
        raise UserError(f"{safe_name(file)} is not the mask that {safe_name(picture)} was painted "
                        "within; give that one, or paint anew with stylize.")
    return mask
