"""Where the style pictures and the example portraits are: in a checkout, or in the package."""

from __future__ import annotations

from pathlib import Path

__all__ = ["EXAMPLES", "STYLES"]


def _folder(name: str) -> Path:
    """The folder of that name: top level of the repository, or nst/_data after pip install."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_data" / name
    return installed if installed.is_dir() else package.parent / name


STYLES = _folder("styles")
EXAMPLES = _folder("examples")
