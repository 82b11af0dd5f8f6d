"""The photo that a command is given: a file, or ``-`` for what comes in on stdin."""

from __future__ import annotations

import hashlib
import os
import sys
from dataclasses import dataclass
from typing import Any

from PIL import Image

from ..errors import UserError
from ..pictures.metadata import file_digest
from ..pictures.reading import MAX_BYTES, open_photo_with_alpha
from ..pictures.writing import safe_name
from ..settings import knobs

__all__ = ["OWN_SIZE", "STDIN", "Photo", "own_size", "read_photo", "without_own_size"]

STDIN = "-"
OWN_SIZE = "photo"  # of --size: the photo's own


@dataclass(frozen=True)
class Photo:
    """A photo (RGB), what it is called, its alpha (mode L; None: opaque) and its file's digest."""

    name: str
    picture: Image.Image
    alpha: Image.Image | None
    digest: str


def read_photo(path: str | os.PathLike[str]) -> Photo:
    """The photo; raises UserError where it cannot be read or stdin gives none."""
    if path != STDIN:
        return Photo(safe_name(path), *open_photo_with_alpha(path), file_digest(path))
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if not data:
        raise UserError("Nothing came in on stdin; pipe a picture in, or name its file.")
    return Photo("stdin", *open_photo_with_alpha(data), hashlib.sha256(data).hexdigest())


def own_size(given: dict[str, Any], photo: Image.Image) -> dict[str, Any]:
    """The given settings; for ``--size photo`` with the photo's size, within the limits of size."""
    if given.get("size") != OWN_SIZE:
        return given
    [knob] = (knob for knob in knobs() if knob.name == "size")
    low, high = int(knob.low or 0), int(knob.high or 0)
    return given | {"size": min(max(max(photo.size), low), high)}


def without_own_size(given: dict[str, Any]) -> dict[str, Any]:
    """The given settings; for ``--size photo`` without a size, so that its default holds."""
    return {name: value for name, value in given.items() if value != OWN_SIZE}
