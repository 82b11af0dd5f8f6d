"""Paint the finished examples that the page shows: ``python -m examples.paint [STYLE ...]``.

Without names, a selection of presets over every portrait, into examples/results/.
"""

from __future__ import annotations

import argparse
import sys

from nst import Settings, find_preset, stylize
from nst.images import open_picture, writing
from nst.portraits import EXAMPLES, load_portraits

SIZE = 512  # px
MOST_BYTES = 200_000
STYLES = ("van-gogh-starry-night", "munch-the-scream", "hokusai-great-wave", "klimt-the-kiss",
          "kandinsky-composition-viii", "renoir-moulin-de-la-galette")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("styles", nargs="*", default=STYLES, metavar="STYLE")
    parser.add_argument("--portrait", action="append", help="a file's stem; default: all of them")
    args = parser.parse_args()
    (EXAMPLES / "results").mkdir(exist_ok=True)
    for portrait in load_portraits():
        if args.portrait and portrait.file.stem not in args.portrait:
            continue
        photo = open_picture(portrait.file)
        for name in args.styles:
            preset = find_preset(name)
            settings = Settings(size=SIZE, **preset.settings)
            for frame in stylize(photo, [(preset.open(), 1.0)], settings):
                pass
            file = EXAMPLES / "results" / f"{portrait.file.stem}-{preset.name}.webp"
            for quality in (92, 85, 75, 60):
                with writing(file) as part:
                    frame.image.save(part, "WEBP", quality=quality, method=6)
                if file.stat().st_size < MOST_BYTES:
                    break
            print(f"{file.name}: {file.stat().st_size // 1000} kB, {frame.elapsed:.0f} s",
                  file=sys.stderr)


if __name__ == "__main__":
    main()
