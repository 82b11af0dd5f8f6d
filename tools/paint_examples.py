"""Paint the finished examples that the page shows: ``python -m tools.paint_examples [STYLE ...]``.

Without names, every preset of the catalogue over every portrait, into examples/results/, and all of
them on one sheet, docs/wall.webp.
"""

from __future__ import annotations

import argparse
import sys

from PIL import Image

from nst import Settings, load_presets, stylize
from nst.gallery.data import EXAMPLES
from nst.gallery.examples import load_portraits
from nst.pictures.contact_sheet import contact_sheet
from nst.pictures.reading import open_picture
from nst.pictures.writing import writing

SIZE = 512  # px
MAX_BYTES = 150_000
COLUMNS = 6


def save(image: Image.Image, file, most: int) -> None:
    """As WebP, in the best quality that stays under ``most`` bytes."""
    for quality in (92, 85, 75, 60, 40):
        with writing(file) as part:
            image.save(part, "WEBP", quality=quality, method=6)
        if file.stat().st_size < most:
            return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("styles", nargs="*", metavar="STYLE")
    args = parser.parse_args()
    results = EXAMPLES / "results"
    results.mkdir(exist_ok=True)
    presets = load_presets()
    portraits = load_portraits()
    for preset in presets:
        if args.styles and preset.name not in args.styles:
            continue
        for portrait in portraits:
            settings = Settings(size=SIZE, **preset.settings)
            photo = open_picture(portrait.file)
            *_, frame = stylize(photo, [(preset.open(), 1.0)], settings)
            file = results / f"{portrait.file.stem}-{preset.name}.webp"
            save(frame.image, file, MAX_BYTES)
            print(f"{file.name}: {file.stat().st_size // 1000} kB, {frame.elapsed:.0f} s",
                  file=sys.stderr, flush=True)
    cells = []
    for preset in presets:
        credit = f"{preset.movement}\n{preset.artist}"
        for portrait in portraits:
            file = results / f"{portrait.file.stem}-{preset.name}.webp"
            if file.exists():
                cells.append((Image.open(file), credit))
    rows = [cells[start:start + COLUMNS] for start in range(0, len(cells), COLUMNS)]
    save(contact_sheet(rows, cell=300), EXAMPLES.parent / "docs" / "wall.webp", 1_500_000)


if __name__ == "__main__":
    main()
