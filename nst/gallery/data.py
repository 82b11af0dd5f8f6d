"""Where the style pictures and the example portraits are: in a checkout, or in the package."""

from __future__ import annotations

from pathlib import Path

__all__ = ["EXAMPLES", "STYLES", "find_folder"]

_PACKAGE = Path(__file__).resolve().parent.parent


def find_folder(name: str, package: Path = _PACKAGE) -> Path:
    """The folder of that name: top level of the repository, or nst/_data after pip install."""
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name


STYLES = find_folder("styles")
EXAMPLES = find_folder("examples")
