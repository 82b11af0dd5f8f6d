"""The command line: ``python -m nst stylize | styles | again | study``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..gallery.presets import load_presets
from ..pictures.metadata import recall
from ..pictures.reading import open_picture
from ..pictures.writing import safe_name
from ..process import prepare_process
from ..settings import settings_for
from ..version import __version__
from .flags import (
    add_settings,
    add_styles,
    find_file,
    given_settings,
    mask_again,
    open_styles_asked,
    styles_again,
)
from .folders import paint_folder
from .painting import Painting, check_output, paint
from .progress import say
from .report import write_report
from .study import Study, parse_axis
from .wall import draw_wall

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
    prepare_process()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("nst").setLevel(logging.INFO)
    try:
        args = _parser().parse_args(argv)
        return args.run(args, started)
    except UserError as error:
        say(f"nst: {error}")
        return MISTAKE
    except KeyboardInterrupt:
        say("nst: stopped; pictures that were finished are kept.")
        return STOPPED
    except BrokenPipeError:  # stdout went to `head`, which has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


class _Parser(argparse.ArgumentParser):
    """One sentence for a mistake, in place of the usage and two lines."""

    def error(self, message: str):
        raise UserError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m nst", allow_abbrev=False,
                     description="Repaint portraits in the manner of paintings.")
    parser.add_argument("--version", action="version", version=f"nst {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, run, usage: str, help: str) -> argparse.ArgumentParser:
        # argparse would list every setting in the usage.
        sub = commands.add_parser(name, allow_abbrev=False, help=help,
                                  usage=f"python -m nst {name} {usage}",
                                  description=f"{help[0].upper()}{help[1:]}.")
        sub.set_defaults(run=run)
        return sub

    stylize = command(
        "stylize", _stylize, "PHOTO --style NAME_OR_FILE[=WEIGHT] -o OUT.png [options]",
        "paint a photo, or every picture of a folder")
    stylize.add_argument("photo", metavar="PHOTO", help="a picture, or a folder of pictures")
    _add_style(stylize)
    stylize.add_argument("-o", "--output", required=True, metavar="OUT.png",
                         help="where the picture goes (of a folder: the folder for its pictures, "
                              "where those that are there already are not painted again)")
    _add_mask(stylize)
    stylize.add_argument("--film", metavar="FILE.mp4", help="film the painting coming into being")
    stylize.add_argument("--film-beside-photo", action="store_true",
                         help="show the photo at the left of the film")
    stylize.add_argument("--json", metavar="REPORT",
                         help="write seconds, losses and memory as JSON")

    styles = command(
        "styles", _styles, "[--json | --sheet FILE.png [--photo PHOTO]] [options]",
        "list the styles, or draw them on a contact sheet")
    styles.add_argument("--json", action="store_true", help="list them as JSON")
    styles.add_argument("--sheet", metavar="FILE.png", help="draw them on a contact sheet")
    styles.add_argument("--photo", action="append", default=[], metavar="PHOTO",
                        help="on the sheet, paint this photo in every style (may be given "
                             "several times)")

    again = command(
        "again", _again, "OUT.png PHOTO [-o OUT2.png]",
        "paint a photo with the settings that a picture carries")
    again.add_argument("picture", metavar="OUT.png", help="a picture that was painted here")
    again.add_argument("photo", metavar="PHOTO", help="the photo to paint")
    again.add_argument("-o", "--output", metavar="OUT2.png",
                       help="where the new picture goes (default: OUT-again.png beside the old)")
    _add_mask(again)

    study = command(
        "study", _study,
        "PHOTO --style S --vary SETTING=VALUE,VALUE... -o FOLDER [options]",
        "paint a photo with every combination of some settings")
    study.add_argument("photo", metavar="PHOTO")
    _add_style(study)
    study.add_argument(
        "--vary", action="append", required=True, metavar="SETTING=VALUE,VALUE...",
        help="a setting and its values, as in pooling=average,max (values with commas in them: "
             "part them with semicolons); several make a grid, the last across")
    study.add_argument("-o", "--output", required=True, metavar="FOLDER",
                       help="gets sheet.png, study.csv and the pictures; what is there already "
                            "is not painted again")
    for sub in (stylize, styles, again, study):
        add_styles(sub)
    for sub in (stylize, styles, study):
        add_settings(sub)
    return parser


def _add_style(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--style", action="append", required=True, metavar="NAME_OR_FILE[=WEIGHT]",
        help="a style's name (list them with: python -m nst styles) or a picture file; several "
             "are blended by their weights")


def _add_mask(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mask", metavar="FILE",
                        help="a picture that is white where the photo is to be painted")


def _stylize(args: argparse.Namespace, started: float) -> int:
    given = given_settings(args)
    if os.path.isdir(args.photo):
        return _stylize_folder(args, given)
    taken = [args.photo, *args.style, *filter(None, [args.mask])]
    for path, suffix in ((args.output, ".png"), (args.film, ".mp4"), (args.json, "")):
        if path is not None:
            check_output(path, suffix, taken)
            taken.append(path)
    styles, recommended = open_styles_asked(args.style, args.dirs)
    settings = settings_for(recommended, given)
    painting = paint(open_picture(args.photo), styles, settings, name=safe_name(args.photo),
                     mask=open_picture(args.mask) if args.mask else None,
                     film=args.film, beside_photo=args.film_beside_photo, started=started)
    painting.save(args.output)
    if args.json:
        write_report(painting.report(), args.json)
    return _ended(painting, args.output)


def _stylize_folder(args: argparse.Namespace, given: dict) -> int:
    if args.mask or args.film or args.json:
        raise UserError("--mask, --film and --json go with one photo; leave them out for a folder.")
    styles, recommended = open_styles_asked(args.style, args.dirs)
    settings = settings_for(recommended, given)
    return OK if paint_folder(Path(args.photo), Path(args.output), styles, settings) else PARTLY


def _ended(painting: Painting, output: str | os.PathLike[str]) -> int:
    if not painting.stopped:
        return OK
    say(f"nst: stopped at step {painting.frame.step} of {painting.frame.steps}; what was painted "
        f"until then is in {safe_name(output)}.")
    return STOPPED


def _styles(args: argparse.Namespace, started: float) -> int:
    given = given_settings(args)
    if not args.sheet and (args.photo or given):
        raise UserError("A photo or settings go with a sheet; give its name with --sheet FILE.png.")
    presets = load_presets(args.dirs)
    if args.sheet:
        check_output(args.sheet, ".png", args.photo)
        photos = [(safe_name(path), open_picture(path)) for path in args.photo]
        draw_wall(presets, args.sheet, photos, given)
    elif args.json:
        fields = ("name", "movement", "title", "artist", "year", "licence", "source", "about",
                  "alt", "settings")
        listed = [{field: getattr(preset, field) for field in fields} for preset in presets]
        sys.stdout.write(json.dumps(listed, indent=1, ensure_ascii=False, default=dict) + "\n")
    else:
        rows = [(p.name, p.movement, ", ".join(filter(None, (p.title, p.artist, p.year))))
                for p in presets]
        name, movement = (max(len(row[i]) for row in rows) for i in (0, 1))
        sys.stdout.writelines(f"{a:<{name}}  {b:<{movement}}  {c}\n" for a, b, c in rows)
    sys.stdout.flush()
    return OK


def _again(args: argparse.Namespace, started: float) -> int:
    settings, recorded = recall(args.picture)
    old = Path(args.picture)
    output = args.output or old.with_name(f"{old.stem}-again.png")
    check_output(output, ".png", [args.photo, args.picture, *filter(None, [args.mask])])
    photo, mask = open_picture(args.photo), mask_again(args.picture, args.mask)
    folders = [os.path.dirname(args.photo), os.path.dirname(args.picture), ""]
    styles = styles_again(recorded, args.dirs, folders)
    if settings.weights:
        weights = find_file(settings.weights, folders)
        if weights is None:
            raise UserError(f"It was painted with the weights in {settings.weights}, which are "
                            "not at hand; put that file beside the photo.")
        settings = dataclasses.replace(settings, weights=weights)
    painting = paint(photo, styles, settings, name=safe_name(args.photo), started=started,
                     mask=mask)
    painting.save(output)
    return _ended(painting, output)


def _study(args: argparse.Namespace, started: float) -> int:
    given = given_settings(args)
    axes = [parse_axis(text) for text in args.vary]
    styles, recommended = open_styles_asked(args.style, args.dirs)
    study = Study(open_picture(args.photo), safe_name(args.photo), styles, axes,
                  {**recommended, **given}, Path(args.output))
    return OK if study.run() else PARTLY
