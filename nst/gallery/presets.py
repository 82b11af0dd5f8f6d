"""The styles to choose from: the museum's own catalogue, then folders from outside."""

from __future__ import annotations

import copy
import difflib
import functools
import itertools
import logging
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from ..errors import UserError
from ..pictures.reading import open_picture
from . import thumbnails
from .data import STYLES

__all__ = [
    "BrokenPicture", "Preset", "find_preset", "load_presets", "movement_named", "movements",
]

_log = logging.getLogger(__name__)


class BrokenPicture(UserError):
    """A style's file is there and is no picture that can be read."""


@dataclass(frozen=True)
class Preset:
    """A painting to paint after.

    ``name`` is unique in its list and safe to print, to quote and to use in a file's name.
    ``about`` is a sentence about the movement (may be empty), ``alt`` describes the picture.
    ``crop``: fractions of the file's picture cut away at its left, top, right and bottom.
    ``settings``: recommended values of Settings' fields; the defaults hold for the others.
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
    file: Path
    crop: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def credit(self) -> str:
        """Artist, title and year, as far as they are known."""
        return ", ".join(part for part in (self.artist, self.title, self.year) if part)

    def open(self, *, max_side: int | None = None) -> Image.Image:
        """The picture, RGB, cropped; decoded at a smaller size where ``max_side`` allows it.

        Raises:
            BrokenPicture: the file cannot be read; it is named in the log.
            UserError: the file is on a hub that cannot be reached.
        """
        path = self.local_file()
        try:
            picture = open_picture(path, max_side=max_side)
        except UserError as error:
            _log.warning("broken style %s: %s", path, error)
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
        # Twice the size, so that the last reduction is a good one.
        return thumbnails.thumbnail(
            self._state(), lambda: self.open(max_side=2 * thumbnails.LONGER_SIDE))

    def searchable(self) -> str:
        """The words by which it can be found."""
        return f"{self.name} {self.movement} {self.title} {self.artist} {self.year}"

    def renamed(self, name: str) -> Preset:
        """The same preset under another name."""
        other = copy.copy(self)
        other.__dict__["name"] = name
        return other

    def local_file(self) -> Path:
        """The picture's file on this machine."""
        return self.file

    def _state(self) -> str:
        try:
            stat = self.file.stat()
        except OSError:
            return f"{self.file} missing"
        return f"{self.file.absolute()} {stat.st_mtime_ns} {stat.st_size} {self.crop}"


def load_presets(dirs: Iterable[str | os.PathLike] = ()) -> list[Preset]:
    """Every style: the own catalogue, then those of ``dirs``, then those of NST_STYLES.

    A folder is laid out as <movement>/<file>; ``hf://datasets/OWNER/NAME[@REVISION]`` is one on
    the Hugging Face Hub. NST_STYLES separates several as PATH does. A name that is already
    taken gets a number. Read once per process.

    Raises:
        UserError: a folder is missing or holds no pictures, or the hub cannot be reached.
    """
    return list(_loaded(_sources(dirs)))


def find_preset(name: str, dirs: Iterable[str | os.PathLike] = ()) -> Preset:
    """The style of that name (upper and lower case are the same).

    Raises:
        UserError: there is none; the message suggests names that are near.
    """
    sources = _sources(dirs)
    index = _index(sources)
    try:
        return index[name.casefold()]
    except KeyError:
        raise UserError(_unknown(name, index)) from None


def movements(presets: Sequence[Preset] | None = None) -> dict[str, str]:
    """The movements of ``presets`` (None: of the own catalogue), each with its sentence.

    The catalogue's order comes first, then other movements by name (with an empty sentence).
    """
    presets = _catalogue()[1] if presets is None else presets
    found: dict[str, str] = {}
    for preset in presets:
        if preset.movement not in found:
            found[preset.movement] = preset.about
    order = list(_catalogue()[0])
    return {name: found[name] for name in sorted(
        found, key=lambda name: (order.index(name) if name in order else len(order), name))}


def movement_named(folder: str) -> tuple[str, str]:
    """Display name and sentence of the movement that a folder is named after.

    The catalogue's own movements are recognised however their words are joined, and by their
    names in WikiArt: ``Post_Impressionism``, ``Art_Nouveau_Modern``.
    """
    known = _aliases().get(_key(folder))
    if known:
        return known, _catalogue()[0][known]
    return " ".join(re.sub(r"[^\w.()&'-]+|_", " ", folder).split())[:60] or "Other", ""


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


@functools.cache
def _toml() -> dict[str, Any]:
    return tomllib.loads((STYLES / "catalog.toml").read_text(encoding="utf-8"))


@functools.cache
def _aliases() -> dict[str, str]:
    return {_key(alias): name for name, table in _toml()["movements"].items()
            for alias in (name, *table.get("also", ()))}


@functools.cache
def _catalogue() -> tuple[dict[str, str], tuple[Preset, ...]]:
    """The own movements with their sentences, in order, and the own presets in that order."""
    about = {name: table["about"] for name, table in _toml()["movements"].items()}
    presets = []
    for entry in _toml()["style"]:
        file = STYLES / entry["file"]
        presets.append(Preset(
            name=file.stem, file=file, about=about[entry["movement"]],
            crop=tuple(entry.get("crop", (0.0, 0.0, 0.0, 0.0))),
            settings=entry.get("settings", {}),
            **{key: entry[key] for key in
               ("movement", "title", "artist", "year", "licence", "source", "alt")}))
    order = list(about)
    presets.sort(key=lambda preset: order.index(preset.movement))
    return about, tuple(presets)


def _sources(dirs: Iterable[str | os.PathLike]) -> tuple[str, ...]:
    # A colon that separates is not followed by two slashes, the one in hf:// is.
    named = re.split(re.escape(os.pathsep) + "(?!//)", os.environ.get("NST_STYLES", ""))
    return tuple(dict.fromkeys(filter(None, [*(os.fspath(folder) for folder in dirs), *named])))


@functools.lru_cache(maxsize=8)
def _loaded(sources: tuple[str, ...]) -> tuple[Preset, ...]:
    from .collection import open_styles  # it builds Presets, so it imports this module

    return tuple(_named_apart(itertools.chain(_catalogue()[1], *map(open_styles, sources))))


def _named_apart(presets: Iterable[Preset]) -> Iterator[Preset]:
    taken: dict[str, int] = {}  # how often each name has been asked for
    for preset in presets:
        name = preset.name
        while name.casefold() in taken:
            taken[preset.name.casefold()] += 1
            name = f"{preset.name}-{taken[preset.name.casefold()]}"
        taken[name.casefold()] = 1
        yield preset if name is preset.name else preset.renamed(name)


@functools.lru_cache(maxsize=8)
def _index(sources: tuple[str, ...]) -> dict[str, Preset]:
    return {preset.name.casefold(): preset for preset in _loaded(sources)}


def _unknown(name: str, index: Mapping[str, Preset]) -> str:
    wanted, names = name.casefold()[:100], list(index)
    words = [word for word in re.split(r"[\W_]+", wanted) if len(word) > 2]
    # Names that hold one of the words, as monet holds in claude-monet_water-lilies; among very
    # many names only these are compared letter by letter, which takes 20 us each.
    holding = [n for n in names if any(word in n for word in words)]
    holding.sort(key=lambda n: (-sum(word in n for word in words), len(n)))
    near = difflib.get_close_matches(wanted, names if len(names) <= 2000 else holding[:2000], 3)
    near = [index[n].name for n in dict.fromkeys([*near, *holding])][:3]
    shown = name if len(name) <= 60 else name[:57] + "..."
    if not near:
        return f"There is no style {shown!r}; list them with: python -m nst styles."
    return f"There is no style {shown!r}; did you mean {' or '.join(near)}?"
