"""``python -m nst again``: paint a photo with the settings that a picture carries."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from PIL import Image

from ..errors import UserError
from ..gallery.filenames import is_picture
from ..gallery.library import find_preset
from ..pictures.metadata import fingerprint, recall, recall_mask
from ..pictures.reading import open_photo, open_picture
from ..pictures.writing import safe_name
from ..run import NamedStyle, Request
from ..settings import Settings
from .flags import add_mask, add_styles
from .paint import check_output, exit_status, paint
from .sources import of_file, of_preset

__all__ = ["add_arguments", "request_again", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("picture", metavar="OUT.png", help="a picture that was painted here")
    parser.add_argument("photo", metavar="PHOTO", help="the photo to paint")
    parser.add_argument("-o", "--output", metavar="OUT2.png",
                        help="where the new picture goes (default: OUT-again.png beside the old)")
    add_mask(parser)
    add_styles(parser)


def run(args: argparse.Namespace, started: float) -> int:
    old = Path(args.picture)
    output = args.output or old.with_name(f"{old.stem}-again.png")
    check_output(output, ".png", [args.photo, args.picture, *filter(None, [args.mask])])
    painted = paint(request_again(args), output, name=safe_name(args.photo))
    return exit_status(painted, output)


def request_again(args: argparse.Namespace) -> Request:
    """What ``args.picture`` was painted from: its settings, styles and mask, and ``args.photo``."""
    settings, recorded = recall(args.picture)
    photo, mask = open_photo(args.photo), _mask(args.picture, args.mask)
    folders = [os.path.dirname(args.photo), os.path.dirname(args.picture), ""]
    settings = _with_weights(settings, folders)
    styles = _styles(recorded, args.dirs, folders, settings)
    return Request(photo, styles, settings, mask)


def _styles(recorded: Sequence[tuple[str, float]], dirs: Iterable[str], folders: Iterable[str],
            settings: Settings) -> tuple[NamedStyle, ...]:
    """The styles of a picture's record: presets by name, files where ``folders`` hold them."""
    sources = []
    for name, weight in recorded:
        if file := _find_file(name, folders):
            sources.append(of_file(file, weight))
        elif is_picture(name):
            raise UserError(f"It was painted after {name}, which is not at hand; put that file "
                            "beside the photo.")
        else:
            sources.append(of_preset(find_preset(name, dirs), weight))
    return tuple(source.open(settings) for source in sources)


def _with_weights(settings: Settings, folders: Iterable[str]) -> Settings:
    """The settings with the path of their weights' file, of which a record has the name alone."""
    if not settings.weights:
        return settings
    weights = _find_file(settings.weights, folders)
    if weights is None:
        raise UserError(f"It was painted with the weights in {settings.weights}, which are not at "
                        "hand; put that file beside the photo.")
    return dataclasses.replace(settings, weights=weights)


def _find_file(name: str, folders: Iterable[str]) -> str | None:
    """A file that a record knows as ``name``, in the first of the folders that has one."""
    for folder in folders:
        for entry in sorted(os.listdir(folder or ".")):
            path = os.path.join(folder, entry)
            if safe_name(entry) == name and os.path.isfile(path):
                return path
    return None


def _mask(picture: str, file: str | None) -> Image.Image | None:
    """The mask that a picture was painted within, from its file; raises UserError."""
    recorded = recall_mask(picture)
    if file is None:
        if not recorded:
            return None
        raise UserError(f"{safe_name(picture)} was painted within a mask, which it does not "
                        "carry; give that with --mask FILE, or paint anew with stylize.")
    mask = open_picture(file)
    if recorded and fingerprint(mask) != recorded:
        raise UserError(f"{safe_name(file)} is not the mask that {safe_name(picture)} was painted "
                        "within; give that one, or paint anew with stylize.")
    return mask
