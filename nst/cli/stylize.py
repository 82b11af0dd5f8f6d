"""``python -m nst stylize``: paint a photo, or every picture of a folder."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ..errors import UserError
from ..pictures.reading import open_photo, open_picture
from ..pictures.writing import safe_name
from ..run import Request
from ..settings import settings_for
from .flags import add_mask, add_settings, add_style, add_styles, given_settings
from .folder import paint_folder
from .paint import check_output, exit_status, paint
from .report import report, write_report
from .sources import find_styles
from .status import OK, PARTLY

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", help="a picture, or a folder of pictures")
    add_style(parser)
    parser.add_argument("-o", "--output", required=True, metavar="OUT.png",
                        help="where the picture goes (of a folder: the folder for its pictures, "
                             "where those that are there already are not painted again)")
    add_mask(parser)
    parser.add_argument("--film", metavar="FILE.mp4", help="film the painting coming into being")
    parser.add_argument("--film-beside-photo", action="store_true",
                        help="show the photo at the left of the film")
    parser.add_argument("--json", metavar="REPORT",
                        help="write seconds, losses and memory as JSON")
    add_styles(parser)
    add_settings(parser)


def run(args: argparse.Namespace, started: float) -> int:
    given = given_settings(args)
    of_folder = os.path.isdir(args.photo)
    if of_folder and (args.mask or args.film or args.json):
        raise UserError("--mask, --film and --json go with one photo; leave them out for a folder.")
    if not of_folder:
        taken = [args.photo, *args.style, *filter(None, [args.mask])]
        for path, suffix in ((args.output, ".png"), (args.film, ".mp4"), (args.json, "")):
            if path is not None:
                check_output(path, suffix, taken)
                taken.append(path)
    sources = find_styles(args.style, args.dirs)
    settings = settings_for(sources[0].recommended, given)
    styles = tuple(source.open(settings) for source in sources)
    if of_folder:
        done = paint_folder(Path(args.photo), Path(args.output), styles, settings)
        return OK if done else PARTLY
    request = Request(open_photo(args.photo), styles, settings,
                      open_picture(args.mask) if args.mask else None)
    painted = paint(request, args.output, name=safe_name(args.photo), film=args.film,
                    beside_photo=args.film_beside_photo)
    if args.json:
        write_report(report(painted, started), args.json)
    return exit_status(painted, args.output)
