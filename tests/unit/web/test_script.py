"""The page's own script: all its files, in one piece."""

from __future__ import annotations

import re
from pathlib import Path

import nst.web
from nst.web.script import PARTS, page_script

FOLDER = Path(nst.web.__file__).parent
ELSEWHERE = {"shared", "booth", "language", "storage"}  # what script.py, booth.py, head.py send


def test_no_file_is_forgotten():
    assert {file.stem for file in FOLDER.glob("*.js")} == {*PARTS, *ELSEWHERE}
    script = page_script()
    for name in ("shared", *PARTS):
        assert script.count((FOLDER / f"{name}.js").read_text("utf-8")) == 1


def test_a_part_hides_no_shared_name():
    """Within its block it would, without a word."""
    def names(part):
        lines = (FOLDER / f"{part}.js").read_text("utf-8")
        return set(re.findall(r"^(?:const|let) (\S+) = ", lines, re.MULTILINE))

    shared = names("shared")
    assert {"$", "always", "say"} <= shared
    for part in PARTS:
        assert not names(part) & shared, part
