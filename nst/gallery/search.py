"""Finding a style among very many: search, pages, and one at random."""

from __future__ import annotations

import functools
import math
import random
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import UserError
from .presets import BrokenPicture, Preset

__all__ = ["Collection", "with_thumbnails"]

# A search for a style at random ends after this many broken pictures.
_MAX_BROKEN = 50


class Collection(Sequence[Preset]):
    """A list of presets to search, to show page by page and to choose from at random.

    Searching and paging decode no picture.
    """

    def __init__(self, presets: Sequence[Preset]):
        self._presets = presets

    def __len__(self) -> int:
        return len(self._presets)

    def __getitem__(self, index):
        return self._presets[index]

    def search(self, text: str = "", movement: str = "") -> Collection:
        """The presets with every word of ``text`` in name, movement, title, artist or year.

        Case and accents do not matter. ``movement``: only of that movement.
        """
        words = _plain(text).split()
        return Collection([
            preset for preset, text_of in zip(self._presets, self._texts, strict=True)
            if (not movement or preset.movement == movement)
            and all(word in text_of for word in words)])

    def pages(self, size: int) -> int:
        """How many pages of ``size`` presets there are; an empty collection has one."""
        return max(1, math.ceil(len(self) / size))

    def page(self, number: int, size: int) -> list[Preset]:
        """Page ``number``, counted from 1; a number past either end gives the page there."""
        number = min(max(number, 1), self.pages(size))
        return list(self._presets[(number - 1) * size:number * size])

    def surprise(self, seed: int | None = None) -> Preset:
        """One of the presets that can be opened, chosen at random.

        Raises:
            UserError: none is there, or too many in a row are broken.
        """
        tries = random.Random(seed).sample(range(len(self)), min(len(self), _MAX_BROKEN))
        for preset, _ in with_thumbnails(self._presets[i] for i in tries):
            return preset
        raise UserError("There is no picture to choose from here; search for something else.")

    @functools.cached_property
    def _texts(self) -> list[str]:
        return [_plain(preset.search_text()) for preset in self._presets]


def with_thumbnails(presets: Iterable[Preset]) -> Iterator[tuple[Preset, Path]]:
    """Each preset with its thumbnail; broken pictures are left out and named in the log."""
    for preset in presets:
        try:
            yield preset, preset.thumbnail()
        except BrokenPicture:
            continue


def _plain(text: str) -> str:
    """Lower case, without accents."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text)
                       if not unicodedata.combining(c))
    return text.casefold()
