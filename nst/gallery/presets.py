"""A preset: one style of the gallery, with what is known about it and what it recommends."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from PIL import Image

from ..errors import UserError
from ..pictures.reading import open_picture
from .thumbnails import LONGER_SIDE, thumbnail

__all__ = ["BrokenPicture", "Preset", "file_version"]

log = logging.getLogger(__name__)


class BrokenPicture(UserError):
    """The file of a style exists but cannot be read as a picture."""


@dataclass(frozen=True)
class Preset:
    """A style that can be chosen by its name.

    Attributes:
        name: unique in its list; safe to print, to quote and to use in a file name.
        movement, title, artist, year, licence: as text; empty where unknown.
        source: where the picture comes from: an address, a folder's name or a data set.
        about: a sentence about the movement; may be empty.
        alt: describes the picture to somebody who cannot see it.
        file: of the picture, on this machine or in its data set.
        crop: fractions (0..1) of the width or height cut away at left, top, right and bottom.
        settings: recommended values of fields of Settings; the defaults hold for the others.
    """

    name: str
    movement: str
    title: str
    artist: str
    year: str
    licence: str
    source: str
    about: str
    alt: str
    file: PurePath
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def credit(self) -> str:
        """Artist, title and year, as far as they are known."""
        return ", ".join(part for part in (self.artist, self.title, self.year) if part)

    def open(self, *, max_side: int | None = None, keep_border: bool = False) -> Image.Image:
        """The picture, RGB, cropped; decoded at a smaller size where ``max_side`` allows it.

        ``keep_border``: see FilePreset; here it changes nothing, as a catalogue's crop is looked at
        by a person.

        Raises:
            BrokenPicture: the file cannot be read; it is named in the log.
            UserError: the file is on a hub that cannot be reached.
        """
        path = self.local_file()
        try:
            picture = open_picture(path, max_side=max_side)
        except UserError as error:
            log.warning("broken style %s: %s", path, error)
            raise BrokenPicture(
                f"The picture of the style {self.name} cannot be read; choose another.") from error
        left, top, right, bottom = self.crop
        if not any(self.crop):
            return picture
        width, height = picture.size
        return picture.crop((round(left * width), round(top * height),
                             width - round(right * width), height - round(bottom * height)))

    def thumbnail(self) -> Path:
        """A small JPEG, made once and cached; raises what :meth:`open` raises."""
        # Decoded at twice the size, because JPEG's own reduction is coarser than the last step.
        return thumbnail(self.version(), lambda: self.open(max_side=2 * LONGER_SIDE))

    def as_json(self) -> dict[str, Any]:
        """Its fields as command line and API list them, for json.dumps; the file is left out."""
        return {"name": self.name, "movement": self.movement, "title": self.title,
                "artist": self.artist, "year": self.year, "licence": self.licence,
                "source": self.source, "about": self.about, "alt": self.alt,
                "settings": dict(self.settings)}

    def search_text(self) -> str:
        """The text in which Collection.search looks for words."""
        return f"{self.name} {self.movement} {self.title} {self.artist} {self.year}"

    def renamed(self, name: str) -> Preset:
        """The same preset under another name."""
        return dataclasses.replace(self, name=name)

    def local_file(self) -> Path:
        """The picture's file on this machine; raises UserError where it cannot be fetched."""
        return Path(self.file)

    def version(self) -> str:
        """A text that differs when the file or the crop has changed: a key for caches."""
        return f"{file_version(Path(self.file))} {self.crop}"


def file_version(path: Path) -> str:
    """Path, time of change and size, as a text that differs when the file has changed."""
    try:
        stat = path.stat()
    except OSError:
        return f"{path} missing"
    return f"{path.absolute()} {stat.st_mtime_ns} {stat.st_size}"
