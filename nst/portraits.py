"""The portraits to try the studio with, and what was painted from them beforehand."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EXAMPLES", "Example", "Portrait", "load_examples", "load_portraits"]

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


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
    """A finished picture in examples/results/: a portrait after the preset named ``style``."""

    portrait: Portrait
    style: str
    file: Path


@functools.cache
def load_portraits() -> tuple[Portrait, ...]:
    """The portraits, in the catalogue's order."""
    entries = tomllib.loads((EXAMPLES / "catalog.toml").read_text(encoding="utf-8"))["portrait"]
    return tuple(Portrait(EXAMPLES / entry["file"], entry["title"], entry["author"],
                          entry["licence"], entry["source"], entry["alt"]) for entry in entries)


def load_examples() -> list[Example]:
    """The finished pictures: examples/results/<portrait>-<style>.webp."""
    return [
        Example(portrait, file.stem[len(portrait.file.stem) + 1:], file)
        for portrait in load_portraits()
        for file in sorted((EXAMPLES / "results").glob(f"{portrait.file.stem}-*.webp"))
    ]
