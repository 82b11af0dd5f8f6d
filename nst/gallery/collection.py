"""Styles from outside the museum, and finding one's way among very many of them."""

from __future__ import annotations

import functools
import itertools
import logging
import math
import os
import random
import re
import string
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from ..errors import UserError
from .presets import BrokenPicture, Preset, movement_named

__all__ = ["Collection", "FilePreset", "Folder", "is_picture", "open_styles", "shown"]

_SUFFIXES = frozenset(("bmp", "gif", "heic", "jpeg", "jpg", "png", "webp"))

# How many broken pictures in a row make a collection that is not worth drawing from further.
_MOST_BROKEN = 50

_log = logging.getLogger(__name__)


class Collection(Sequence[Preset]):
    """Presets to search, to leaf through and to be surprised by; nothing is decoded before."""

    def __init__(self, presets: Sequence[Preset]):
        self._presets = presets

    def __len__(self) -> int:
        return len(self._presets)

    def __getitem__(self, index):
        return self._presets[index]

    def search(self, text: str = "", movement: str = "") -> Collection:
        """The presets with every word of ``text`` in name, movement, title, artist or year.

        Case and accents do not matter. ``movement`` keeps that movement alone.
        """
        words = _plain(text).split()
        return Collection([
            preset for preset, words_of in zip(self._presets, self._words, strict=True)
            if (not movement or preset.movement == movement)
            and all(word in words_of for word in words)])

    def pages(self, size: int) -> int:
        """How many pages of ``size`` presets there are; an empty collection has one."""
        return max(1, math.ceil(len(self) / size))

    def page(self, number: int, size: int) -> list[Preset]:
        """Page ``number``, counted from 1; a number past either end gives the page there."""
        number = min(max(number, 1), self.pages(size))
        return list(self._presets[(number - 1) * size:number * size])

    def surprise(self, seed: int | None = None) -> Preset:
        """One of the presets that can be opened, drawn at random.

        Raises:
            UserError: none is there, or too many in a row are broken.
        """
        draw = random.Random(seed)
        tries = draw.sample(range(len(self)), min(len(self), _MOST_BROKEN))
        for preset, _ in shown(self._presets[index] for index in tries):
            return preset
        raise UserError("There is no picture to choose from here; search for something else.")

    @functools.cached_property
    def _words(self) -> list[str]:
        return [_plain(preset.searchable()) for preset in self._presets]


def shown(presets: Iterable[Preset]) -> Iterator[tuple[Preset, Path]]:
    """Each preset with its thumbnail; a broken picture is left out (and named in the log)."""
    for preset in presets:
        try:
            yield preset, preset.thumbnail()
        except BrokenPicture:
            continue


def open_styles(source: str) -> list[Preset]:
    """The styles of a folder laid out as <movement>/<file>, or of ``hf://datasets/...``.

    Raises:
        UserError: no such folder, no pictures in it, or a hub that cannot be reached.
    """
    if source.startswith("hf://"):
        from .hub_styles import open_hub_styles  # huggingface_hub takes a while to import

        return open_hub_styles(source)
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
        where = Folder(*movement_named(folder or root.name), os.path.join(root, folder), root.name)
        presets += [FilePreset(file, where) for _, file in group]
    return presets


def is_picture(name: str) -> bool:
    """Whether a file's name says that it is a picture that is meant to be seen."""
    return name.rpartition(".")[2].lower() in _SUFFIXES and name[0] != "."


class Folder(NamedTuple):
    """What the pictures of one folder share."""

    movement: str
    about: str
    path: str
    source: str


class FilePreset(Preset):
    """A preset that knows what its file's name says: WikiArt's <artist>_<title>-<year>.jpg.

    100,000 are made when a folder is opened and a few are looked at, so title, artist, year and
    the rest are worked out when they are first asked for.
    """

    _path: type[PurePath] = Path

    def __init__(self, filename: str, folder: Folder):
        # Not through the frozen dataclass: its dozen assignments take longer than all else.
        self.__dict__.update(name=_safe(filename).lower(), movement=folder.movement,
                             _filename=filename, _folder=folder)

    def __getattr__(self, key: str) -> Any:
        if key not in _LATER:
            raise AttributeError(key)
        artist, _, title = _safe(self._filename).rpartition("_")
        year = ""
        if match := _YEAR.search(title):
            title, year = title[:match.start()], match[1]
        title, artist = _words(title), _words(artist)
        self.__dict__.update(
            title=title, artist=artist, year=year, licence="unknown", settings={},
            about=self._folder.about, source=self._folder.source,
            alt=f"{title} by {artist}" if artist else title,
            file=self._path(self._folder.path, self._filename))
        return self.__dict__[key]

    def searchable(self) -> str:
        return f"{self.name} {self.movement}"


_LATER = frozenset(
    ("title", "artist", "year", "licence", "source", "about", "settings", "alt", "file"))
_UNSAFE = re.compile(r"[^\w.()-]+")
# -1 or (1) behind the year tells two versions of one work apart.
_YEAR = re.compile(r"[-._]\(?(1\d{3}|20\d\d)\)?(?:-\d|\(\d\))?$")


def _safe(filename: str) -> str:
    stem = unicodedata.normalize("NFC", filename.rpartition(".")[0])
    return _UNSAFE.sub("-", stem).strip("-._")[:100] or "picture"


def _pictures(root: Path) -> Iterator[tuple[str, str]]:
    """(folder, file) of every picture in ``root`` ("" as folder) and one level below it.

    Nothing is decoded and only links are looked at more closely: scandir tells folders and
    files apart by itself, so that 100,000 pictures take a fraction of a second.
    """
    strays = 0
    folders = [""]
    for folder in folders:
        try:
            entries = os.scandir(root / folder)
        except OSError as error:
            if not folder:
                raise
            _log.warning("skipped the folder %s: %s", root / folder, error)
            continue
        with entries:
            for entry in entries:
                if entry.is_symlink() and not _inside(entry.path, root):
                    strays += 1
                elif is_picture(entry.name) and entry.is_file():
                    yield folder, entry.name
                elif not folder and entry.name[0] != "." and entry.is_dir():
                    folders.append(entry.name)
    if strays:
        _log.warning("ignored %d links in %s that leave the folder", strays, root)


def _inside(link: str, root: Path) -> bool:
    try:
        return Path(link).resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):
        return False


# Words inside a name or a title that are not capitalised.
_SMALL = re.compile(" (?:A|After|And|At|By|Da|De|Del|Della|Der|Di|Du|For|From|In|La|Le|Of|On|The|"
                    "To|Van|Von|With)(?= )")


def _words(hyphened: str) -> str:
    """``water-lilies-at-giverny`` as a title; capitals that are there already are kept."""
    words = hyphened.replace("-", " ").replace("_", " ")
    if not words.islower():
        return " ".join(words.split())
    return _SMALL.sub(lambda match: match[0].lower(), string.capwords(words))


def _plain(text: str) -> str:
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text)
                       if not unicodedata.combining(c))
    return text.casefold()
