"""``python -m nst stylize``: paint a photo, or every picture of a folder."""

from __future__ import annotations

import argparse
import functools
import os
from pathlib import Path

from PIL import Image

from ..errors import UserError
from ..people import check_marked, parse_face
from ..pictures.reading import open_mask
from ..run import NamedStyle, Request
from ..settings import Settings, settings_for
from .flags import add_mask, add_settings, add_style, add_styles, given_settings
from .folder import paint_folder
from .paint import check_output, exit_status, paint
from .photos import STDIN, Photo, own_size, read_photo, without_own_size
from .report import report, write_report
from .sources import find_styles
from .status import OK, PARTLY

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", help="a picture, a folder of pictures, or - "
                        "for stdin")
    add_style(parser)
    parser.add_argument("-o", "--output", required=True, metavar="OUT.png",
                        help="where the picture goes (of a folder: the folder for its pictures, "
                             "where those that are there already are not painted again)")
    add_mask(parser)
    parser.add_argument("--face", action="append", default=[], metavar="LEFT,TOP,WIDTH,HEIGHT",
                        help="where a face is that was not found, in fractions of the photo, as in "
                             "0.4,0.2,0.2,0.25 (may be given several times)")
    parser.add_argument("--keep-alpha", action="store_true",
                        help="a cut-out photo's transparency, which is white otherwise")
    parser.add_argument("--recursive", action="store_true",
                        help="paint the folders inside the folder as well")
    parser.add_argument("--film", metavar="FILE.mp4",
                        help="write a film of the picture being painted")
    parser.add_argument("--film-beside-photo", action="store_true",
                        help="show the photo at the left of the film")
    parser.add_argument("--json", metavar="REPORT",
                        help="write seconds, losses, memory and the faces found as JSON")
    add_styles(parser)
    add_settings(parser)


def run(args: argparse.Namespace, started: float) -> int:
    given = given_settings(args, own_size=True)
    of_folder = args.photo != STDIN and os.path.isdir(args.photo)
    if of_folder and (args.mask or args.face or args.film or args.json):
        raise UserError("--mask, --face, --film and --json go with one photo; leave them out for a "
                        "folder.")
    marked_faces = check_marked([parse_face(text) for text in args.face])
    if not of_folder:
        taken = [args.photo, *args.style, *filter(None, [args.mask])]
        for path, suffix in ((args.output, ".png"), (args.film, ".mp4"), (args.json, "")):
            if path is not None:
                check_output(path, suffix, taken)
                taken.append(path)
    sources = find_styles(args.style, args.dirs)

    @functools.lru_cache(maxsize=1)
    def styles_for(settings: Settings) -> tuple[NamedStyle, ...]:
        return tuple(source.open(settings) for source in sources)

    def request(photo: Photo, mask: Image.Image | None = None) -> Request:
        settings = settings_for(sources[0].recommended, own_size(given, photo.picture))
        return Request(photo.picture, styles_for(settings), settings, mask, marked_faces,
                       alpha=photo.alpha if args.keep_alpha else None, photo_digest=photo.digest)

    if of_folder:
        # A style that cannot be used is one mistake, not one for each photo.
        styles_for(settings_for(sources[0].recommended, without_own_size(given)))
        done = paint_folder(Path(args.photo), Path(args.output), request, args.recursive)
        return OK if done else PARTLY
    photo = read_photo(args.photo)
    painted = paint(request(photo, open_mask(args.mask) if args.mask else None), args.output,
                    name=photo.name, film=args.film, beside_photo=args.film_beside_photo)
    if args.json:
        write_report(report(painted, started), args.json)
    return exit_status(painted, args.output)
