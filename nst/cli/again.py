"""``python -m nst again``: paint a photo with the settings that a picture carries."""

from __future__ import annotations

import argparse
import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from ..errors import UserError
from ..gallery.filenames import is_picture
from ..gallery.library import find_preset
from ..pictures.metadata import Record, file_digest, fingerprint, recall
from ..pictures.reading import open_mask
from ..pictures.writing import safe_name
from ..run import NamedStyle, Request
from ..settings import Settings
from .arguments import add_mask, add_styles, check_output
from .one_picture import exit_status, paint_picture
from .sources import STDIN, of_file, of_preset, read_photo

__all__ = ["add_arguments", "request_again", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("picture", metavar="OUT.png", help="a picture that was painted here")
    parser.add_argument("photo", metavar="PHOTO", help="the photo to paint")
    parser.add_argument("-o", "--output", metavar="OUT2.png",
                        help="where the new picture goes (default: OUT-again.png beside the old)")
    add_mask(parser)
    add_styles(parser)


def run(args: argparse.Namespace, started_at: float) -> int:
    old = Path(args.picture)
    output = args.output or old.with_name(f"{old.stem}-again.png")
    check_output(output, ".png", [args.photo, args.picture, *filter(None, [args.mask])])
    name = "stdin" if args.photo == STDIN else safe_name(args.photo)
    painted = paint_picture(request_again(args), output, name=name)
    return exit_status(painted, output)


def request_again(args: argparse.Namespace) -> Request:
    """A request to paint ``args.photo`` as ``args.picture`` was painted.

    Settings, styles, mask, marked faces, whether the photo's alpha is kept and how much of the
    photo is seen are as recorded in the picture. Files that it names are looked for beside the
    photo, beside the picture and here.

    Raises:
        UserError: the picture has no usable record, or a file that it names is not found.
    """
    record = recall(args.picture)
    photo, mask = read_photo(args.photo), _mask(args.picture, record.mask, args.mask)
    folders = [os.path.dirname(args.photo), os.path.dirname(args.picture), ""]
    settings = _with_weights(record.settings, folders)
    styles = _styles(record, args.dirs, folders, settings)
    return Request(photo.picture, styles, settings, mask, record.marked_faces,
                   alpha=photo.alpha if record.keep_alpha else None, photo_digest=photo.digest,
                   cover=record.cover)


def _styles(record: Record, dirs: Iterable[str], folders: Iterable[str], settings: Settings
            ) -> tuple[NamedStyle, ...]:
    """The styles of a picture's record: presets by name, files where ``folders`` hold them.

    A file is known by its digest, whatever it is called now. A record of an older version has
    none; then its name decides.
    """
    sources = []
    for (name, weight), digest in zip(record.styles, record.digests, strict=True):
        if file := _find_file(name, folders, digest):
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


def _find_file(name: str, folders: Iterable[str], digest: str = "") -> str | None:
    """A file that a record knows as ``name``, in the first of the folders that has one.

    With a digest it is the file with these bytes, under that name or, failing that, another.
    """
    try:
        files = [os.path.join(folder, entry) for folder in folders
                 for entry in sorted(os.listdir(folder or "."))]
    except OSError as error:
        raise UserError(f"The folder {safe_name(error.filename)} cannot be read "
                        f"({error.strerror}); give files in one that can.") from None
    named = [file for file in files if safe_name(file) == name and os.path.isfile(file)]
    if not digest:
        return named[0] if named else None
    others = (file for file in files if is_picture(os.path.basename(file))
              and os.path.isfile(file))
    return next((file for file in (*named, *(others if is_picture(name) else ()))
                 if file_digest(file) == digest), None)


def _mask(picture: str, recorded: str, file: str | None) -> Image.Image | None:
    """The mask that a picture was painted within, from its file; raises UserError."""
    if file is None:
        if not recorded:
            return None
        raise UserError(f"{safe_name(picture)} was painted within a mask, which it does not "
                        "carry; give that with --mask FILE, or paint anew with stylize.")
    mask = open_mask(file)
    if recorded and fingerprint(mask) != recorded:
        raise UserError(f"{safe_name(file)} is not the mask that {safe_name(picture)} was painted "
                        "within; give that one, or paint anew with stylize.")
    return mask
