"""What the name of a picture's file says: WikiArt's <artist>_<title>-<year>.jpg."""

from __future__ import annotations

import re
import string
import unicodedata
from typing import NamedTuple

from ..pictures.reading import SUFFIXES

__all__ = ["Description", "is_picture", "parse_filename", "safe_stem"]

_UNSAFE = re.compile(r"[^\w.()-]+")
# -1 or (1) behind the year tells two versions of one work apart.
_YEAR = re.compile(r"[-._]\(?(1\d{3}|20\d\d)\)?(?:-\d|\(\d\))?$")
# Words inside a name or a title that are not capitalised.
_SMALL = re.compile(" (?:A|After|And|At|By|Da|De|Del|Della|Der|Di|Du|For|From|In|La|Le|Of|On|The|"
                    "To|Van|Von|With)(?= )")


class Description(NamedTuple):
    """Title, artist and year; empty where the file's name does not say."""

    title: str
    artist: str
    year: str


def is_picture(filename: str) -> bool:
    """Whether a file is a picture by its suffix; hidden files (``.x.png``) are not."""
    return filename.lower().endswith(SUFFIXES) and filename[0] != "."


def safe_stem(filename: str) -> str:
    """The name without suffix and of at most 100 characters, safe to print and in HTML.

    Everything but letters, digits, underscores, points, hyphens and parentheses becomes a hyphen.
    """
    stem = unicodedata.normalize("NFC", filename.rpartition(".")[0])
    return _UNSAFE.sub("-", stem).strip("-._")[:100] or "picture"


def parse_filename(filename: str) -> Description:
    """``claude-monet_water-lilies-1919.jpg`` is Water Lilies by Claude Monet, 1919."""
    artist, _, title = safe_stem(filename).rpartition("_")
    year = ""
    if match := _YEAR.search(title):
        title, year = title[:match.start()], match[1]
    return Description(_capitalised(title), _capitalised(artist), year)


def _capitalised(hyphened: str) -> str:
    """``water-lilies-at-giverny`` as a title; capitals that are there already are kept."""
    words = hyphened.replace("-", " ").replace("_", " ")
    if not words.islower():
        return " ".join(words.split())
    return _SMALL.sub(lambda match: match[0].lower(), string.capwords(words))
