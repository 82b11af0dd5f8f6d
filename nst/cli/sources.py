"""What a command paints from: the photo, from a file or stdin, and the styles by name or file."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image

from ..errors import UserError
from ..gallery.filenames import is_picture
from ..gallery.library import find_preset, split_weight
from ..gallery.presets import Preset
from ..pictures.metadata import file_digest
from ..pictures.reading import MAX_BYTES, open_photo_with_alpha, open_style, style_side
from ..pictures.writing import safe_name
from ..run import NamedStyle
from ..settings import Settings

__all__ = ["STDIN", "Photo", "StyleSource", "find_styles", "of_file", "of_preset", "read_photo"]

STDIN = "-"  # in a photo's place: it comes in on stdin


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


@dataclass(frozen=True)
class StyleSource:
    """A style that is found but not opened yet, because its pixels depend on the settings.

    Attributes:
        name: for the result's record.
        weight: its share in a blend.
        recommended: the settings that the style recommends.
        picture: opens it, with as many pixels as the settings use.
        file: the path of its file on this machine; a hub's file is fetched for it.
    """

    name: str
    weight: float
    recommended: Mapping[str, Any]
    picture: Callable[[Settings], Image.Image]
    file: Callable[[], str | os.PathLike[str]]

    def open(self, settings: Settings) -> NamedStyle:
        """The style with as many pixels as these settings use; raises UserError."""
        return NamedStyle(self.name, self.picture(settings), self.weight,
                          file_digest(self.file()))


def of_file(path: str, weight: float = 1.0) -> StyleSource:
    """A picture file as a style."""
    return StyleSource(safe_name(path), weight, {}, lambda settings: open_style(path, settings),
                       lambda: path)


def of_preset(preset: Preset, weight: float = 1.0) -> StyleSource:
    """A preset as a style."""
    return StyleSource(preset.name, weight, preset.settings,
                       lambda settings: preset.open(max_side=style_side(settings),
                                                    keep_border=settings.keep_border),
                       preset.local_file)


def find_styles(wanted: Sequence[str], dirs: Iterable[str]) -> list[StyleSource]:
    """The styles of ``--style NAME_OR_FILE[=WEIGHT]``.

    Raises:
        UserError: no such style, or a weight that is no positive number.
    """
    sources = []
    for text in wanted:
        # The name of a file may contain a sign of equality itself.
        name, weight = (text, 1.0) if _is_file(text) else split_weight(text)
        sources.append(of_file(name, weight) if _is_file(name)
                       else of_preset(find_preset(name, dirs), weight))
    return sources


def _is_file(name: str) -> bool:
    """Whether it names a file: one that exists, or one that is missing but ends as pictures do."""
    return os.path.isfile(name) or is_picture(os.path.basename(name) or ".")
