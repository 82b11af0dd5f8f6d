"""The flags of ``python app.py``."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

from ..cluster.needs import add_cluster
from ..errors import UserError
from ..settings import knobs
from .limits import Limits

__all__ = ["arguments"]

_SIZE = next(knob for knob in knobs() if knob.name == "size")


def arguments(argv: list[str] | None) -> argparse.Namespace:
    """What the flags say; ends the process, with a line on stderr, where one makes no sense."""
    parser = argparse.ArgumentParser(description="The neural style studio, in the browser.")
    parser.add_argument("--host", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=_port, help="port (default: the first free from 7860)")
    parser.add_argument("--share", action="store_true", help="also make a public link")
    parser.add_argument("--auth", metavar="USER:PASSWORD", type=_credentials,
                        help="ask visitors for a name and a password")
    parser.add_argument("--styles", action="append", default=[], metavar="DIR",
                        help="a folder of more styles, movement/picture.jpg, or "
                        "hf://datasets/OWNER/NAME (repeatable)")
    parser.add_argument("--max-size", type=_size, default=Limits.size, metavar="PIXELS",
                        help="largest picture that a visitor may ask for (default: %(default)s)")
    parser.add_argument("--max-seconds", type=_seconds, default=Limits.seconds, metavar="SECONDS",
                        help="a job that takes longer ends with what it has "
                        "(default: %(default)g)")
    parser.add_argument("--away-seconds", type=_seconds, default=Limits.away, metavar="SECONDS",
                        help="a picture whose visitor has been gone for that long gives way to "
                        "others who wait (default: %(default)g)")
    parser.add_argument("--no-previews", dest="previews", action="store_false",
                        help="do not turn the gallery into the visitor's photo in every style")
    add_cluster(parser)
    parser.add_argument("--booth", nargs="?", const="", metavar="STYLE,...",
                        help="open the page as a photo booth, with these styles to choose from (at "
                        "most six; one is not asked for; default: six of the gallery)")
    parser.add_argument("--public-url", type=_url, metavar="URL",
                        help="the page's address for the phones of a booth's guests (default: the "
                        "share link, or the address in the booth's browser)")
    parser.add_argument("--mcp", action="store_true",
                        help="offer the API to agents as well; needs: pip install 'gradio[mcp]'")
    return parser.parse_args(argv)


def _credentials(text: str) -> tuple[str, str]:
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("give it as USER:PASSWORD")
    return user, password


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError("give a whole number from 1 to 65535")
    return port


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("give a whole address, as https://studio.example")
    return text


def _size(text: str) -> int:
    try:
        return _SIZE.check(int(text))
    except (ValueError, UserError):
        raise argparse.ArgumentTypeError(f"give {_SIZE.wanted()}") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("give a number above 0")
    return seconds
