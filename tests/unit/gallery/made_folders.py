"""Folders of small pictures, and the presets that are found in them."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image

from nst.gallery.library import load_presets
from nst.gallery.presets import Preset


def picture(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    """A PNG file of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def tree(root: Path, *paths: str) -> Path:
    """A folder with a picture at each of these paths."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(picture())
    return root


def opened(*sources: str | os.PathLike) -> list[Preset]:
    """The presets of these sources, without those of the catalogue."""
    return load_presets(sources)[len(load_presets()):]
