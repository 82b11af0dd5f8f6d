"""Try an idea for the recipe in one line: the table and the contact sheet of its variants.

    python -m tests.bench.recipes                          the recipe as it is, every preset
    python -m tests.bench.recipes --styles munch-the-scream --try 'settings.pooling="max"'
    python -m tests.bench.recipes --try 'tv=0.3' --try 'learning_rate=0.05, averaging=0.8'

A variant is a set of fields of nst.engine.recipe.Recipe (and, with "settings.", of nst.Settings).
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace
from pathlib import Path

from nst import Settings, find_preset, load_presets, stylize
from nst.engine.recipe import plan
from nst.pictures.contact_sheet import contact_sheet
from nst.pictures.reading import open_picture
from tests.bench.yardstick import judge

EXAMPLES = Path(__file__).parents[2] / "examples"


def parse(text: str) -> tuple[dict, dict]:
    """``tv=0.3, settings.pooling="max"`` as changes of the recipe and of the settings."""
    changes = eval(f"dict({text.replace('settings.', 'settings_')})", {})  # a developer's own words
    ours = {k: v for k, v in changes.items() if not k.startswith("settings_")}
    theirs = {k.removeprefix("settings_"): v for k, v in changes.items() if k not in ours}
    return ours, theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--try", dest="tries", action="append", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--styles", default="", help="names of presets, by commas (default: all)")
    parser.add_argument("--photos", default="astronaut,grace-hopper")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--own", action="store_true", help="with each preset's own settings")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/recipes"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    presets = [find_preset(name) for name in options.styles.split(",") if name] or load_presets()
    variants = {"as it is": ({}, {})} | {text: parse(text) for text in options.tries}
    rows, found = [], {name: [] for name in variants}
    print(f"{'photo':14} {'style':28} {'variant':32} seconds  style content  face")
    for photo_name in options.photos.split(","):
        photo = open_picture(EXAMPLES / f"{photo_name}.jpg")
        for preset in presets:
            painting = preset.open()
            row = [(painting, preset.name)]
            for name, (changes, settings_changes) in variants.items():
                own = dict(preset.settings) if options.own else {}
                own |= dict(size=options.size, quality=options.quality) | settings_changes
                settings = Settings(**own)
                start = time.monotonic()
                *_, frame = stylize(photo, [(painting, 1.0)], settings,
                                    recipe=replace(plan(settings), **changes))
                seconds = time.monotonic() - start
                marks = judge(frame.image, photo, painting)
                figures = (f"{seconds:7.1f} {marks.style:6.3f} {marks.content:7.3f} "
                           f"{marks.face:5.2f}")
                print(f"{photo_name:14} {preset.name:28} {name:32.32} {figures}", flush=True)
                found[name].append((seconds, marks.style, marks.content, marks.face))
                frame.image.save(options.out / f"{photo_name}-{preset.name}-{len(row)}.png")
                row.append((frame.image, f"{name}: {figures}"))
            rows.append(row)
    for name, marks in found.items():
        seconds, style, content, face = map(statistics.mean, zip(*marks, strict=True))
        print(f"{'mean':14} {len(marks):<28} {name:32.32} "
              f"{seconds:7.1f} {style:6.3f} {content:7.3f} {face:5.2f}")
    sheet = contact_sheet(rows, None, cell=384)
    sheet.save(options.out / "sheet.png")
    print(options.out / "sheet.png")


if __name__ == "__main__":
    main()
