"""The README's table of places fits the tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "README.md").read_text(encoding="utf-8").split("## Where things are", 1)[1].split(
    "\n## ", 1)[0]
PLACES = re.findall(r"`([^`]+)`", TABLE)
FILES = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "nst").rglob("*"))
         if path.suffix in (".py", ".css", ".js") and path.name != "__init__.py"
         and "_data" not in path.parts]
FOLDERS = sorted({str(Path(file).parent) + "/" for file in FILES})


def named_paths() -> list[str]:
    """Every place of the table; in a row, names follow the last folder that was named."""
    found = []
    for row in TABLE.splitlines():
        folder = ""
        for place in re.findall(r"`([^`]+)`", row.split("|")[1] if row.startswith("|") else ""):
            if place.endswith("/"):
                folder = place
                found.append(place)
            elif (ROOT / place).exists() and not (ROOT / folder / place).exists():
                found.append(place)
            else:
                found.append(folder + place)
    return found


def test_every_place_in_the_table_exists():
    assert [place for place in named_paths() if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("place", ["app.py", *FOLDERS, *FILES])
def test_every_module_and_folder_is_in_the_table(place):
    assert place in named_paths()
