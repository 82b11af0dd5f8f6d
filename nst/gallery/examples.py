"""The example photos in examples/, and the results that were made from them beforehand."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .data import EXAMPLES, Entry, read_catalogue

__all__ = ["Example", "Portrait", "find_example", "load_portraits"]

_TEXTS = ("title", "author", "licence", "source")


@dataclass(frozen=True)
class Portrait:
    """A photograph in examples/, as examples/catalog.toml describes it."""

    file: Path
    title: str
    author: str
    licence: str
    source: str
    alt: str


@dataclass(frozen=True)
class Example:
    """A finished result in examples/results/: a portrait in the style of the preset ``style``."""

    portrait: Portrait
    style: str
    file: Path


@functools.cache
def load_portraits() -> tuple[Portrait, ...]:
    """The portraits, in the order of examples/catalog.toml.

    Raises:
        UserError: a mistake in that file; the sentence names the portrait and the field.
    """
    tables = read_catalogue(EXAMPLES, "portrait")["portrait"]
    return tuple(_portrait(fields, number) for number, fields in enumerate(tables, 1))


def _portrait(fields: Mapping[str, Any], number: int) -> Portrait:
    named = f"The portrait number {number} in examples/catalog.toml"
    file = Entry(fields, named).text("file")
    entry = Entry(fields, f"The portrait {file} in examples/catalog.toml")
    entry.only("file", *_TEXTS, "alt")
    return Portrait(EXAMPLES / file, alt=entry.sentence("alt"),
                    **{field: entry.text(field) for field in _TEXTS})


def find_example(portrait: Portrait, style: str) -> Example | None:
    """The result examples/results/<portrait>-<style>.webp, if there is one."""
    file = EXAMPLES / "results" / f"{portrait.file.stem}-{style}.webp"
    return Example(portrait, style, file) if file.is_file() else None
