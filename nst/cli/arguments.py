"""Arguments that several commands share: flags, the settings they give, and outputs.

Imports no torch, so that ``nst --help`` and ``nst styles`` answer at once.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import UserError
from ..pictures.writing import safe_name, writing
from ..settings import Knob, knob_value, knobs

__all__ = ["SIZE", "add_mask", "add_settings", "add_style", "add_styles", "check_output",
           "given_settings", "with_own_size", "without_own_size"]

OWN_SIZE = "photo"  # ``--size photo``: the photo's own
[SIZE] = (knob for knob in knobs() if knob.name == "size")


def add_settings(parser: argparse.ArgumentParser, without: Sequence[str] = ()) -> None:
    """A flag for every knob but some: ``--style-scale`` for style_scale."""
    basic = parser.add_argument_group(
        "settings", "where one is not given, the first style's own recommendation holds")
    advanced = parser.add_argument_group("advanced settings")
    for knob in knobs():
        if knob.name in without:
            continue
        group = basic if knob.basic else advanced
        group.add_argument(f"--{knob.name.replace('_', '-')}", dest=knob.name,
                           default=argparse.SUPPRESS, help=_help(knob), **_kind(knob))


def add_styles(parser: argparse.ArgumentParser) -> None:
    """``--styles DIR``, for every command that takes the names of styles."""
    parser.add_argument(
        "--styles", action="append", default=[], metavar="DIR", dest="dirs",
        help="a folder of more styles, laid out as movement/picture.jpg, or "
             "hf://datasets/OWNER/NAME (may be given several times; also: NST_STYLES)")


def add_style(parser: argparse.ArgumentParser) -> None:
    """``--style``: what the photo is painted after."""
    parser.add_argument(
        "--style", action="append", required=True, metavar="NAME_OR_FILE[=WEIGHT]",
        help="a style's name (list them with: python -m nst styles) or a picture file; several "
             "are blended by their weights")


def add_mask(parser: argparse.ArgumentParser) -> None:
    """``--mask``: where the photo is painted."""
    parser.add_argument("--mask", metavar="FILE",
                        help="a picture that is white where the photo is to be painted")


def given_settings(args: argparse.Namespace, own_size: bool = False) -> dict[str, Any]:
    """The settings that were given as flags, checked; raises UserError.

    ``own_size``: whether ``--size photo`` is allowed; with_own_size() puts a number in its place.
    """
    given = {knob: vars(args)[knob.name] for knob in knobs() if knob.name in args}
    return {knob.name: text if own_size and knob is SIZE and text == OWN_SIZE
            else knob_value(knob, text) for knob, text in given.items()}


def with_own_size(given: dict[str, Any], photo: Image.Image) -> dict[str, Any]:
    """The given settings, with the photo's own size (within its limits) for ``--size photo``."""
    if given.get(SIZE.name) != OWN_SIZE:
        return given
    assert SIZE.low is not None and SIZE.high is not None  # a number has a range
    return given | {SIZE.name: min(max(max(photo.size), int(SIZE.low)), int(SIZE.high))}


def without_own_size(given: dict[str, Any]) -> dict[str, Any]:
    """The given settings; ``--size photo`` is left out, so that the default holds."""
    return {name: value for name, value in given.items()
            if (name, value) != (SIZE.name, OWN_SIZE)}


def check_output(path: str | os.PathLike[str], suffix: str,
                 inputs: Sequence[str | os.PathLike[str]] = ()) -> None:
    """Refuse, before any work, an output that could not be written when the work is done.

    Raises:
        UserError: not this suffix (if any), a folder or a device, one of ``inputs``, or a place
            where nothing can be written.
    """
    path, name = Path(path), safe_name(path)
    if suffix and path.suffix.lower() != suffix:
        raise UserError(f"{name} does not end in {suffix}; give a name that does.")
    try:
        is_other = path.exists() and not path.is_file()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise UserError(f"{name} cannot be written ({error.strerror}); give another name or "
                        "folder.") from None
    if is_other:  # a rename would put a file in a device's place
        raise UserError(f"{name} is there and is no file; give another name.")
    if any(path.resolve() == Path(other).resolve() for other in inputs):
        raise UserError(f"{name} is used twice, and would be overwritten; give another output.")
    with contextlib.suppress(_TriedError), writing(path):
        raise _TriedError


class _TriedError(Exception):
    """Ends writing() without leaving a file."""


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
