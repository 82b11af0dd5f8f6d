"""This engine beside pastiche: same photo, same painting, same size, one run.

    python -m tests.bench.peers                    pastiche at 300 steps: about 20 minutes a pair
    python -m tests.bench.peers --steps 30         a shorter look
    python -m tests.bench.peers --pairs astronaut:van-gogh-starry-night

Each runs in a process of its own, loading included. Marks are of the saved PNG, by
tests/bench/yardstick.py; "pastiche's loss" is pastiche's own objective on that PNG. What pastiche
painted is kept, with its seconds and memory, and not painted again while it lies in the folder.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from nst import find_preset
from nst.geometry import resized
from nst.pictures.contact_sheet import contact_sheet
from nst.pictures.reading import open_picture
from tests.bench.yardstick import judge

EXAMPLES = Path(__file__).parents[2] / "examples"
PAIRS = "astronaut:van-gogh-starry-night,grace-hopper:munch-the-scream"
QUALITIES = ("draft", "standard", "fine")


# A child's peak memory begins at its parent's size, and this process grows: a small one starts it.
SMALL_PARENT = """import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"""


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak resident MB of a command in a process of its own."""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", SMALL_PARENT, *command], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed")
    return time.monotonic() - start, int(done.stdout) / 1024


def run_once(command: list[str], result: Path) -> tuple[float, float]:
    """As :func:`run`, unless ``result`` is there already: then what was measured at that time."""
    measured = result.with_suffix(".json")
    if not (result.exists() and measured.exists()):
        measured.write_text(json.dumps(run([*command, "--output", str(result)])))
    return tuple(json.loads(measured.read_text()))


def pastiche_loss(result: Path, photo: Path, painting: Path, size: int) -> float:
    """pastiche's own objective, with its defaults, on a saved picture."""
    from pastiche.pastiche import PasticheArtist

    artist = PasticheArtist(str(photo), [str(painting)], init=str(result), size=size)
    return artist.loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", default=PAIRS, help="PHOTO:STYLE by commas")
    parser.add_argument("--steps", type=int, default=300, help="pastiche's (its default: 1000)")
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--runs", type=int, default=1, help="of this engine; the median is shown")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/peers"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rows, table = [], []
    print(f"{'':46} seconds  peak MB  style  content  face  pastiche's loss")
    for pair in options.pairs.split(","):
        photo_name, style = pair.split(":")
        photo_file, painting_file = options.out / f"{photo_name}.png", options.out / f"{style}.png"
        photo = resized(open_picture(EXAMPLES / f"{photo_name}.jpg"), options.size)
        painting = find_preset(style).open()
        photo.save(photo_file)
        painting.save(painting_file)
        row = [(photo, "photo"), (painting, style)]
        ours = [sys.executable, "-m", "nst", "stylize", str(photo_file), "--style",
                str(painting_file), "--size", str(options.size)]
        theirs = [sys.executable, "-m", "pastiche", "--no-verbose", "--seed", "0",
                  "--size", str(options.size), "--num-steps", str(options.steps),
                  "--content", str(photo_file), "--styles", str(painting_file)]
        jobs = {f"this engine, {quality}": [*ours, "--quality", quality] for quality in QUALITIES}
        if options.steps:
            jobs[f"pastiche 1.6.0, {options.steps} steps"] = theirs
        for name, command in jobs.items():
            file = f"{photo_name}-{style}-{options.size}px-{name.replace(', ', '-')}.png"
            result = options.out / file.replace(" ", "-")
            if command is theirs:
                seconds, memory = run_once(command, result)
            else:
                taken = sorted(run([*command, "-o", str(result)]) for _ in range(options.runs))
                seconds, memory = taken[len(taken) // 2]
            picture = Image.open(result).convert("RGB")
            marks = judge(picture, photo, painting)
            loss = pastiche_loss(result, photo_file, painting_file, options.size)
            figures = (f"{seconds:7.1f}  {memory:7.0f}  {marks.style:.3f}  {marks.content:7.3f}  "
                       f"{marks.face:.2f}  {loss:12,.0f}")
            print(f"{photo_name + ', ' + name:46} {figures}", flush=True)
            table.append(dict(photo=photo_name, preset=style, name=name, seconds=seconds,
                              peak_mb=memory, **vars(marks), pastiche_loss=loss))
            row.append((picture, f"{name}\n{seconds:.0f} s, style {marks.style:.3f}, "
                                 f"content {marks.content:.3f}, face {marks.face:.2f}"))
        rows.append(row)
    contact_sheet(rows, options.out / "peers.png", cell=400)
    (options.out / "peers.json").write_text(json.dumps(table, indent=1))
    print(options.out / "peers.png")


if __name__ == "__main__":
    main()
