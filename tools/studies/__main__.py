"""Studies: pictures in the manner of movements whose paintings are not free to copy.

``python -m tools.studies [--out DIR] [NAME...]`` redraws them. Each is painted by
:mod:`tools.studies.brush` from a scene described here: a subject in a few outlines, the movement's
paints, its brush, its way of handling contour and ground. Drawn afresh for this project (CC0).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from . import cubism as study_cubism
from . import de_stijl as study_de_stijl
from . import expressionism as study_expressionism
from . import fauvism as study_fauvism
from . import pointillism as study_pointillism

__all__ = ["STUDIES", "draw", "main", "save"]

STYLES = Path(__file__).resolve().parent.parent.parent / "styles"


STUDIES: dict[str, Callable[[], Image.Image]] = {
    "Fauvism/study-portrait-in-a-hat": study_fauvism.portrait,
    "Fauvism/study-harbour": study_fauvism.harbour,
    "Cubism/study-mandolin-player": study_cubism.mandolin_player,
    "Cubism/study-guitar-and-bottle": study_cubism.guitar_and_bottle,
    "Pointillism/study-river-bank": study_pointillism.river_bank,
    "Pointillism/study-lamplight": study_pointillism.lamplight,
    "Expressionism/study-head-before-mountains": study_expressionism.head_before_mountains,
    "De-Stijl/study-composition": study_de_stijl.composition,
    "De-Stijl/study-small-planes": study_de_stijl.small_planes,
}


def draw(name: str) -> Image.Image:
    """The study called ``name``, a key of STUDIES, as RGB."""
    return STUDIES[name]()


def save(picture: Image.Image, path: Path) -> None:
    """Write a JPEG under 500 kB, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    for quality in range(90, 50, -4):
        picture.save(part, "JPEG", quality=quality, optimize=True, subsampling=1)
        if part.stat().st_size < 480_000:
            break
    os.replace(part, path)


def main(arguments: list[str] | None = None) -> None:
    """Redraw the named studies, or all of them, under a folder."""
    parser = argparse.ArgumentParser(prog="python -m tools.studies", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(STUDIES))
    parser.add_argument("--out", type=Path, default=STYLES, metavar="DIR")
    chosen = parser.parse_args(arguments)
    for name in chosen.names or STUDIES:
        if name not in STUDIES:
            parser.error(f"no study is called {name}; choose from {', '.join(STUDIES)}")
        save(draw(name), chosen.out / f"{name}.jpg")


if __name__ == "__main__":
    main()
