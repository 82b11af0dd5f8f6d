"""Styles from a folder of pictures, laid out as <movement>/<file>."""

from __future__ import annotations

import functools
import itertools
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from PIL import Image

from ..errors import UserError
from ..pictures.borders import without_border
from .catalogue import movement_named
from .filenames import Description, is_picture, parse_filename, safe_stem
from .presets import Preset, file_version

__all__ = ["FilePreset", "Folder", "open_folder"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Folder:
    """What the pictures of one folder have in common.

    Attributes:
        movement, about: the movement it is named after, and a sentence about that or "".
        path: of the folder.
        source: what Preset.source says of its pictures.
    """

    movement: str
    about: str
    path: PurePath
    source: str

    def local_file(self, filename: str) -> Path:
        """The picture on this machine; raises UserError where it cannot be fetched."""
        return Path(self.path / filename)

    def version(self, filename: str) -> str:
        """A text that differs when the picture has changed: a key for caches."""
        return file_version(self.local_file(filename))


class FilePreset(Preset):
    """A preset that is described by its file's name, <artist>_<title>-<year>.jpg as in WikiArt.

    A folder may hold 100,000 of which a few are looked at. So an instance keeps its name, its
    file's name and the folder; the fields of Preset are properties, computed from these.
    """

    def __init__(self, filename: str, folder: Folder, name: str = ""):
        self.folder = folder
        self._filename = filename
        self._name = name or safe_stem(filename).lower()

    @property
    def name(self) -> str:
        return self._name

    @property
    def movement(self) -> str:
        return self.folder.movement

    @property
    def title(self) -> str:
        return self._description.title

    @property
    def artist(self) -> str:
        return self._description.artist

    @property
    def year(self) -> str:
        return self._description.year

    @property
    def licence(self) -> str:
        return "unknown"

    @property
    def source(self) -> str:
        return self.folder.source

    @property
    def about(self) -> str:
        return self.folder.about

    @property
    def alt(self) -> str:
        return f"{self.title} by {self.artist}" if self.artist else self.title

    @property
    def file(self) -> PurePath:
        return self.folder.path / self._filename

    @property
    def settings(self) -> Mapping[str, Any]:
        return {}

    @functools.cached_property
    def _description(self) -> Description:
        return parse_filename(self._filename)

    def search_text(self) -> str:
        # The file's name contains artist, title and year.
        return f"{self.name} {self.movement}"

    def renamed(self, name: str) -> FilePreset:
        return FilePreset(self._filename, self.folder, name)

    def open(self, *, max_side: int | None = None, keep_border: bool = False) -> Image.Image:
        """As Preset.open; a plain border is left out, unless ``keep_border``.

        Nobody has looked at these pictures one by one (nst.pictures.borders).
        """
        picture = super().open(max_side=max_side)
        return picture if keep_border else without_border(picture, self.name)

    def local_file(self) -> Path:
        return self.folder.local_file(self._filename)

    def version(self) -> str:
        return f"{self.folder.version(self._filename)} without border"


def open_folder(source: str) -> list[Preset]:
    """The styles of a folder laid out as <movement>/<file>; files beside the folders count too.

    Raises:
        UserError: no such folder, or no pictures in it.
    """
    try:
        root = Path(source).expanduser().resolve(strict=True)
        files = sorted(_pictures(root))
    except (OSError, RuntimeError, ValueError):
        raise UserError(f"The folder of styles {source!r} cannot be read; give one laid out as "
                        "movement/picture.jpg.") from None
    if not files:
        raise UserError(f"The folder of styles {source!r} holds no pictures; give one laid out "
                        "as movement/picture.jpg.")
    presets: list[Preset] = []
    for folder, group in itertools.groupby(files, key=lambda pair: pair[0]):
        shared = Folder(*movement_named(folder or root.name), root / folder, root.name)
        presets += [FilePreset(file, shared) for _, file in group]
    return presets


def _pictures(root: Path) -> Iterator[tuple[str, str]]:
    """(folder, file) of every picture in ``root`` ("" as folder) and one level below it.

    No picture is opened and only links are resolved: scandir alone tells folders from files, so
    that 100,000 pictures are listed in a fraction of a second.
    """
    outside = 0
    folders = [""]
    for folder in folders:
        try:
            entries = os.scandir(root / folder)
        except OSError as error:
            if not folder:
                raise
            log.warning("skipped the folder %s: %s", root / folder, error)
            continue
        with entries:
            for entry in entries:
                if entry.is_symlink() and not _inside(entry.path, root):
                    outside += 1
                elif is_picture(entry.name) and entry.is_file():
                    yield folder, entry.name
                elif not folder and entry.name[0] != "." and entry.is_dir():
                    folders.append(entry.name)
    if outside:
        log.warning("ignored %d links in %s that leave the folder", outside, root)


def _inside(link: str, root: Path) -> bool:
    try:
        return Path(link).resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False
