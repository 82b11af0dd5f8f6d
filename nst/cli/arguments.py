"""Flags that several commands share; one for each of Settings' knobs."""

from __future__ import annotations

import argparse
from typing import Any

from ..settings import Knob, knob_value, knobs
from .photos import OWN_SIZE

__all__ = ["add_mask", "add_settings", "add_style", "add_styles", "given_settings"]


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

    ``own_size``: whether ``--size photo`` may stand for a number; photos.own_size() resolves it.
    """
    given = vars(args)
    return {knob.name: given[knob.name] if own_size and (
                knob.name, given[knob.name]) == ("size", OWN_SIZE)
            else knob_value(knob, given[knob.name]) for knob in knobs() if knob.name in given}


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
