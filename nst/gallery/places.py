"""Where the pictures that come with the program are."""

from __future__ import annotations

from pathlib import Path

__all__ = ["EXAMPLES", "STYLES", "pictures_folder"]

_PACKAGE = Path(__file__).resolve().parent.parent


def pictures_folder(name: str, package: Path = _PACKAGE) -> Path:
    """The folder ``styles`` or ``examples``: inside an installed package (nst/_data), else at the
    checkout's top level."""
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name


STYLES = pictures_folder("styles")
EXAMPLES = pictures_folder("examples")
