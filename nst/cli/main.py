"""The command line: ``python -m nst stylize | video | styles | again | enlarge | study``."""

from __future__ import annotations

import argparse
import importlib
import io
import logging
import os
import sys
import time
from collections.abc import Sequence

from ..errors import UserError
from ..process import prepare_process
from ..version import __version__
from .terminal import END_SIGNALS, MISTAKE, OK, STOPPED, interrupt, on_signals, say

__all__ = ["main"]

# Each command is the module of this package that has its name: usage, help.
COMMANDS = {
    "stylize": ("PHOTO --style NAME_OR_FILE[=WEIGHT] -o OUT.png [options]",
                "paint a photo, or every picture of a folder"),
    "video": ("CLIP --style NAME_OR_FILE[=WEIGHT] -o OUT.mp4 [options]",
              "paint a clip: a film, or an animated GIF, WebP or PNG"),
    "styles": ("[--json | --sheet FILE.png [--photo PHOTO]] [options]",
               "list the styles, or draw them on a contact sheet"),
    "again": ("OUT.png PHOTO [-o OUT2.png]",
              "paint a photo with the settings that a picture carries"),
    "enlarge": ("OUT.png PHOTO --size PIXELS [-o LARGE.png]",
                "make a larger picture of one that was painted here"),
    "study": ("PHOTO --style S --vary SETTING=VALUE,VALUE... -o FOLDER [options]",
              "paint a photo with every combination of some settings"),
}


def main(argv: Sequence[str] | None = None, *, started_at: float | None = None) -> int:
    """Run a command; returns its exit status, one of those in nst.cli.terminal.

    Args:
        argv: the arguments; None: the process's.
        started_at: when the command began, on time.monotonic()'s clock; None: now.
    """
    started_at = time.monotonic() if started_at is None else started_at
    prepare_process()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("nst").setLevel(logging.INFO)
    argv = sys.argv[1:] if argv is None else argv
    if isinstance(sys.stdout, io.TextIOWrapper):  # cp1251 and others lack letters of the styles
        sys.stdout.reconfigure(errors="replace")
    try:
        with on_signals(interrupt, *END_SIGNALS):
            args = _parser(argv).parse_args(argv)
            return args.run(args, started_at)
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


def _parser(argv: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m nst", allow_abbrev=False,
                     description="Repaint portraits in the manner of paintings.")
    parser.add_argument("--version", action="version", version=f"nst {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    asked = next((arg for arg in argv if arg in COMMANDS), None)
    for name, (usage, help) in COMMANDS.items():
        # argparse would list every setting in the usage.
        command = commands.add_parser(name, allow_abbrev=False, help=help,
                                      usage=f"python -m nst {name} {usage}",
                                      description=f"{help[0].upper()}{help[1:]}.")
        if name == asked:  # the others may import torch, which takes seconds
            module = importlib.import_module(f".{name}", __package__)
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser
