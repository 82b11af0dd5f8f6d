"""Judge the recipe, or try an idea for it in one line: a table and a contact sheet.

    python -m tests.bench.recipes                            the recipe as it is, every preset
    python -m tests.bench.recipes --against 7528ddf          beside the recipe of that commit
                                   (that one needs: pip install "opencv-python-headless<5")
    python -m tests.bench.recipes --styles munch-the-scream --try 'settings.pooling="max"'
    python -m tests.bench.recipes --try 'weights.tv=0.3' --try 'start.strokes=1.3, faces.gain=2'

A variant is a set of fields of nst.engine.recipe.Recipe (and, with "settings.", of nst.Settings).
Every pair is painted with the preset's own settings, as visitors get it. Figures: measures.py.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PIL import Image

from nst import Preset, Settings, find_preset, load_presets, stylize
from nst.engine.recipe import Recipe
from nst.pictures.contact_sheet import contact_sheet
from nst.pictures.reading import open_picture
from tests.bench.measures import HEAD, Measures, measure

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

# Paints a photo after a preset; the result and the seconds from the call to the last frame.
Painter = Callable[[Path, Preset, dict], tuple[Image.Image, float]]


def here(changes: dict, settings_changes: dict) -> Painter:
    """This checkout's engine, with changes of the recipe and of the settings."""
    def paint(photo: Path, preset: Preset, asked: dict) -> tuple[Image.Image, float]:
        settings = Settings(**{**preset.settings, **asked, **settings_changes})
        picture, style = open_picture(photo), preset.open()
        start = time.monotonic()
        *_, frame = stylize(picture, [(style, 1.0)], settings,
                            vary=lambda recipe: varied(recipe, changes))
        return frame.image, time.monotonic() - start

    return paint


def varied(recipe: Recipe, changes: dict) -> Recipe:
    """The recipe with other values in some fields, named as in ``weights.tv``."""
    for name, value in changes.items():
        part, _, inner = name.partition(".")
        recipe = replace(recipe, **{
            part: replace(getattr(recipe, part), **{inner: value}) if inner else value})
    return recipe


@contextlib.contextmanager
def at_commit(commit: str) -> Iterator[Painter]:
    """The command line of an earlier commit, checked out beside this one."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", str(tree), commit], check=True)

        def paint(photo: Path, preset: Preset, asked: dict) -> tuple[Image.Image, float]:
            out, report = Path(folder) / "out.png", Path(folder) / "report.json"
            flags = [word for name, value in asked.items() for word in (f"--{name}", str(value))]
            done = subprocess.run(
                [sys.executable, "-m", "nst", "stylize", str(photo), "--style", preset.name,
                 "-o", str(out), "--json", str(report), *flags],
                cwd=tree, stderr=subprocess.PIPE, text=True)
            if done.returncode:
                sys.exit(f"{commit} painted nothing:\n{done.stderr}")
            return open_picture(out), json.loads(report.read_text())["painting_seconds"]

        try:
            yield paint
        finally:
            subprocess.run([*git, "remove", "--force", str(tree)], check=True)


def parse(text: str) -> tuple[dict, dict]:
    """``weights.tv=0.3, settings.pooling="max"`` as changes of the recipe and of the settings."""
    words = re.sub(r"([a-z]\w*)\.([a-z]\w*)=", r"\1__\2=", text)
    changes = {name.replace("__", "."): value
               for name, value in eval(f"dict({words})", {}).items()}  # a developer's own words
    ours = {k: v for k, v in changes.items() if not k.startswith("settings.")}
    theirs = {k.removeprefix("settings."): v for k, v in changes.items() if k not in ours}
    return ours, theirs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--try", dest="tries", action="append", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--against", metavar="COMMIT", help="an earlier recipe, for comparison")
    parser.add_argument("--styles", default="", help="names of presets, by commas (default: all)")
    parser.add_argument("--photos", default="astronaut,grace-hopper")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/recipes"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    presets = [find_preset(name) for name in options.styles.split(",") if name] or load_presets()
    asked = dict(size=options.size, quality=options.quality)
    with contextlib.ExitStack() as stack:
        painters: dict[str, Painter] = {}
        if options.against:
            painters[options.against] = stack.enter_context(at_commit(options.against))
        painters["as it is"] = here({}, {})
        painters |= {text: here(*parse(text)) for text in options.tries}
        compare(painters, options.photos.split(","), presets, asked, options.out)


def compare(painters: dict[str, Painter], photos: list[str], presets: list[Preset], asked: dict,
            out: Path) -> None:
    """Every photo after every preset by every painter: a line each, then the means."""
    rows = []
    found: dict[str, list[tuple[float, Measures]]] = {name: [] for name in painters}
    print(f"{'photo':14} {'style':28} {'variant':28} seconds{HEAD}")
    for photo_name in photos:
        file = EXAMPLES / f"{photo_name}.jpg"
        photo = open_picture(file)
        for preset in presets:
            style = preset.open()
            row = [(style, preset.name)]
            for name, paint in painters.items():
                result, seconds = paint(file, preset, asked)
                measures = measure(result, photo, style)
                print(f"{photo_name:14} {preset.name:28} {name:28.28} {seconds:7.1f} {measures}",
                      flush=True)
                found[name].append((seconds, measures))
                result.save(out / f"{photo_name}-{preset.name}-{len(row)}.png")
                row.append((result, f"{name}\n{measures.short()}"))
            rows.append(row)
    for name, values in found.items():
        seconds = statistics.mean(value for value, _ in values)
        mean = Measures.mean([measures for _, measures in values])
        print(f"{'mean':14} {len(values):<28} {name:28.28} {seconds:7.1f} {mean}")
    contact_sheet(rows, out / "sheet.png", cell=384)
    print(out / "sheet.png")


if __name__ == "__main__":
    main()
