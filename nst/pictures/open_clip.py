"""Clips in: an untrusted film or animated picture is opened by the reader of its kind.

The kind is told by the file's first bytes, so that none can make a reader open other files or
addresses.
"""

from __future__ import annotations

import os

from ..errors import UserError
from .animation_reader import AnimationReader
from .clip import Clip
from .film_reader import FilmReader
from .h264 import check_films
from .writing import safe_name

__all__ = ["open_clip"]

_KINDS = "MP4, MOV, WebM, MKV, AVI, animated GIF, WebP or PNG"


def open_clip(path: str | os.PathLike[str]) -> Clip:
    """Open a clip that nobody vouches for.

    Raises:
        UserError: no such file, no moving picture in it, encrypted or in a coding that is not known
            here, damaged, more than 4096 x 2304 pixels, under ``MIN_SIDE`` pixels or too thin; or
            it is a film and PyAV is not installed.
    """
    name = safe_name(path)
    try:
        if not os.path.isfile(path):
            os.stat(path)
            raise FileNotFoundError
        with open(path, "rb") as file:
            head = file.read(64)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no clip {name}; choose one that exists.") from None
    except OSError as error:
        raise UserError(f"{name} may not be read ({error.strerror}); change its permissions or its "
                        "folder's.") from None
    kind = _kind(head)
    if kind is None:
        raise UserError(f"{name} is not a clip that can be read here; give one in {_KINDS}.")
    if kind == "animated":
        return AnimationReader(path)
    check_films()
    return FilmReader(path, kind)


def _kind(head: bytes) -> str | None:
    """FFmpeg's name of the container that begins so, "animated", or None."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot"):
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:3] == b"GIF" or head[:8] == b"\x89PNG\r\n\x1a\n" or (
            head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "animated"
    return None
