"""``python -m nst enlarge``: a larger picture of one that was painted here."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from ..errors import UserError
from ..geometry import fit_size
from ..pictures.reading import open_picture
from ..pictures.writing import safe_name
from ..settings import knob_value
from .again import request_again
from .arguments import SIZE, add_mask, add_styles, check_output
from .one_picture import exit_status, paint_picture

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("picture", metavar="OUT.png", help="a picture that was painted here")
    parser.add_argument("photo", metavar="PHOTO", help="the photo that it was painted from")
    parser.add_argument("--size", required=True, metavar="PIXELS",
                        help="longer side of the larger picture")
    parser.add_argument("-o", "--output", metavar="LARGE.png",
                        help="where it goes (default: OUT-PIXELS.png beside the old)")
    add_mask(parser)
    add_styles(parser)


def run(args: argparse.Namespace, started_at: float) -> int:
    size = knob_value(SIZE, args.size)
    old = Path(args.picture)
    output = args.output or old.with_name(f"{old.stem}-{size}.png")
    check_output(output, ".png", [args.photo, args.picture, *filter(None, [args.mask])])
    request = request_again(args)
    if not request.cover.complete:
        raise UserError(f"{safe_name(args.picture)} is softened with its photo, so that nothing "
                        "can be painted on it; give the painting as it was before.")
    smaller = open_picture(args.picture)
    if fit_size(request.photo.size, max(smaller.size)) != smaller.size:
        raise UserError(f"{safe_name(args.picture)} has another shape than "
                        f"{safe_name(args.photo)}; give the photo that it was painted from.")
    settings = dataclasses.replace(request.settings, size=size)
    request = dataclasses.replace(request, settings=settings, result_to_enlarge=smaller)
    return exit_status(paint_picture(request, output, name=safe_name(args.picture)), output)
