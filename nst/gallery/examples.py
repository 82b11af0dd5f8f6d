"""The example photos in examples/, and the results that were made from them beforehand."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .data import EXAMPLES

__all__ = ["Example", "Portrait", "find_example", "load_portraits"]


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
    """The portraits, in the order of examples/catalog.toml."""
    entries = tomllib.loads((EXAMPLES / "catalog.toml").read_text(encoding="utf-8"))["portrait"]
    return tuple(Portrait(EXAMPLES / entry["file"], entry["title"], entry["author"],
                          entry["licence"], entry["source"], entry["alt"]) for entry in entries)


def find_example(portrait: Portrait, style: str) -> Example | None:
    """The result examples/results/<portrait>-<style>.webp, if there is one."""
    file = EXAMPLES / "results" / f"{portrait.file.stem}-{style}.webp"
    return Example(portrait, style, file) if file.is_file() else None
