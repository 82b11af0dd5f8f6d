"""Thumbnails: small WebP files of large pictures, made once and kept in a cache."""

from __future__ import annotations

import functools
import hashlib
import io
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from ..pictures.writing import writing

__all__ = ["LONGER_SIDE", "MAX_BYTES", "cache_dir", "thumbnail"]

LONGER_SIDE = 200  # pixels
MAX_BYTES = 30_000
QUALITIES = (55, 40, 20)  # WebP's, tried in turn until it fits; with 20 even noise does

log = logging.getLogger(__name__)


def cache_dir() -> Path:
    """Where files that can be made again are kept.

    The folder named by NST_CACHE, else ``nst`` in XDG_CACHE_HOME, else ``~/.cache/nst``; a
    temporary folder of this process where that cannot be written.
    """
    named = os.environ.get("NST_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    return _writable(Path(named) if named else base / "nst")


@functools.cache
def _writable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        instead = Path(tempfile.mkdtemp(prefix="nst-"))
        log.warning("the cache %s cannot be written (%s); using %s", folder, error, instead)
        return instead


def thumbnail(key: str, picture: Callable[[], Image.Image]) -> Path:
    """A WebP of ``picture()``: at most LONGER_SIDE pixels and MAX_BYTES bytes.

    ``key`` names the picture and its version; ``picture`` is called only where the cache has no
    thumbnail for that key, and what it raises passes through.
    """
    made = f"{key} {LONGER_SIDE} {QUALITIES}"
    name = hashlib.sha256(made.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    path = cache_dir() / "thumbnails" / f"{name}.webp"
    if not path.exists():
        data = _encoded(picture())
        path.parent.mkdir(parents=True, exist_ok=True)
        with writing(path) as part:
            part.write_bytes(data)
    return path


def _encoded(picture: Image.Image) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        buffer = io.BytesIO()
        small.save(buffer, "WEBP", quality=quality, method=6)
        if buffer.tell() < MAX_BYTES:
            break
    return buffer.getvalue()
