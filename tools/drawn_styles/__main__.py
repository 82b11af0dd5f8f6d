"""Draw the gallery's drawn styles: ``python -m tools.drawn_styles [--out DIR] [NAME...]``.

They stand for movements of which no painting is free to copy. Each is described in the module of
its movement (subject, paints, directions of the brush) and painted by
:mod:`tools.drawn_styles.brush`. Made for this project (CC0).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from . import cubism, de_stijl, expressionism, fauvism, pointillism

__all__ = ["DRAWN_STYLES", "draw", "main", "save"]

STYLES = Path(__file__).resolve().parent.parent.parent / "styles"
QUALITIES = range(90, 50, -4)  # JPEG qualities, tried until the file is small enough
MAX_BYTES = 480_000

DRAWN_STYLES: dict[str, Callable[[], Image.Image]] = {
    "Fauvism/study-portrait-in-a-hat": fauvism.portrait,
    "Fauvism/study-harbour": fauvism.harbour,
    "Cubism/study-mandolin-player": cubism.mandolin_player,
    "Cubism/study-guitar-and-bottle": cubism.guitar_and_bottle,
    "Pointillism/study-river-bank": pointillism.river_bank,
    "Pointillism/study-lamplight": pointillism.lamplight,
    "Expressionism/study-head-before-mountains": expressionism.head_before_mountains,
    "De-Stijl/study-composition": de_stijl.composition,
    "De-Stijl/study-small-planes": de_stijl.small_planes,
}


def draw(name: str) -> Image.Image:
    """The drawn style of that name (a key of DRAWN_STYLES), RGB."""
    return DRAWN_STYLES[name]()


def save(picture: Image.Image, path: Path) -> None:
    """Write a JPEG of at most MAX_BYTES; an interrupted write leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    for quality in QUALITIES:
        picture.save(part, "JPEG", quality=quality, optimize=True, subsampling=1)
        if part.stat().st_size < MAX_BYTES:
            break
    os.replace(part, path)


def main(arguments: list[str] | None = None) -> None:
    """Draw the named styles again, or all of them, below a folder."""
    parser = argparse.ArgumentParser(prog="python -m tools.drawn_styles", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DRAWN_STYLES))
    parser.add_argument("--out", type=Path, default=STYLES, metavar="DIR")
    chosen = parser.parse_args(arguments)
    for name in chosen.names or DRAWN_STYLES:
        if name not in DRAWN_STYLES:
            parser.error(f"there is no drawn style {name}; choose from {', '.join(DRAWN_STYLES)}")
        save(draw(name), chosen.out / f"{name}.jpg")


if __name__ == "__main__":
    main()
