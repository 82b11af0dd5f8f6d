"""The command line: ``python -m nst stylize | styles | again | study``."""

from __future__ import annotations

import argparse
import logging
import os
import time
from collections.abc import Sequence

from .errors import UserError
from .flags import add_settings, add_styles, given_settings, open_styles_asked, settings_for
from .images import open_picture, safe_name
from .painting import check_output, paint
from .progress import say
from .report import write_report
from .version import __version__

__all__ = ["main"]

OK, PARTLY, MISTAKE, STOPPED = 0, 1, 2, 130  # 130: as shells count SIGINT


def main(argv: Sequence[str] | None = None, *, started: float | None = None) -> int:
    """Run a command; returns its exit status.

    0: done. 1: done in part, the rest is named on stderr. 2: a mistake of the user's, one line
    on stderr. 130: stopped by Ctrl-C.

    Args:
        argv: the arguments; None: the process's.
        started: when the command began, on time.monotonic()'s clock; None: now.
    """
    started = time.monotonic() if started is None else started
    logging.basicConfig(format="%(message)s")
    try:
        args = _parser().parse_args(argv)
        return args.run(args, started)
    except UserError as error:
        say(f"nst: {error}")
        return MISTAKE
    except KeyboardInterrupt:
        say("nst: stopped before there was a picture to keep.")
        return STOPPED


class _Parser(argparse.ArgumentParser):
    """One sentence for a mistake, in place of the usage and two lines."""

    def error(self, message: str):
        raise UserError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m nst", allow_abbrev=False,
                     description="Repaint portraits in the manner of paintings.")
    parser.add_argument("--version", action="version", version=f"nst {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    stylize = commands.add_parser(
        "stylize", allow_abbrev=False, help="paint a photo, or a folder of photos",
        description="Paint a photo, or every picture of a folder.")
    stylize.add_argument("photo", metavar="PHOTO", help="a picture, or a folder of pictures")
    stylize.add_argument(
        "--style", action="append", required=True, metavar="NAME_OR_FILE[=WEIGHT]",
        help="a style's name (list them with: python -m nst styles) or a picture file; give "
             "several to blend them by their weights")
    stylize.add_argument("-o", "--output", required=True, metavar="OUT.png",
                         help="where the picture goes (of a folder: the folder for its pictures)")
    stylize.add_argument("--mask", metavar="FILE",
                         help="a picture that is white where the photo is to be painted")
    stylize.add_argument("--film", metavar="FILE.mp4", help="film the painting coming into being")
    stylize.add_argument("--film-beside-photo", action="store_true",
                         help="show the photo at the left of the film")
    stylize.add_argument("--json", metavar="REPORT", help="write seconds, losses and memory")
    add_styles(stylize)
    add_settings(stylize)
    stylize.set_defaults(run=_stylize)
    return parser


def _stylize(args: argparse.Namespace, started: float) -> int:
    given = given_settings(args)
    inputs = [args.photo, *filter(None, [args.mask])]
    check_output(args.output, ".png", inputs)
    if args.film:
        check_output(args.film, ".mp4", inputs)
    if args.json:
        check_output(args.json, ".json", inputs)
    styles, recommended = open_styles_asked(args.style, args.dirs)
    settings = settings_for(recommended, given)
    photo = open_picture(args.photo)
    mask = open_picture(args.mask) if args.mask else None
    painting = paint(photo, styles, settings, name=safe_name(args.photo), mask=mask,
                     film=args.film, beside_photo=args.film_beside_photo, started=started)
    painting.save(args.output)
    if args.json:
        write_report(painting.report(), args.json)
    if painting.stopped:
        say(f"nst: stopped at step {painting.frame.step} of {painting.frame.steps}; what was "
            f"painted until then is in {os.fspath(args.output)}.")
        return STOPPED
    return OK


