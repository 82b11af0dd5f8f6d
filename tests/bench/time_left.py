"""How well the time left holds that frames tell, in real runs on this machine.

    python -m tests.bench.time_left                                  512 px, draft and standard
    python -m tests.bench.time_left --size 1024 --quality standard   one run

A run is painted as the page does it, with a film. From the third second on it compares what each
frame told with the time that was really left until the last one: the worst error, as a share of
what was left (errors under a second, as long as the page's own unit, do not count), and the largest
rise from one frame to the next. The same of what the page shows, twice a second and rounded.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from nst import Settings, find_preset
from nst.pictures.reading import open_picture
from nst.process import prepare_process
from nst.run import NamedStyle, Request, Run
from nst.web.job import PREVIEW_SECONDS
from nst.web.markup import duration

EXAMPLES = Path(__file__).parents[2] / "examples"
STYLE = "van-gogh-starry-night"
SETTLED = 2.0  # seconds after which the time left has to hold
LEAST = 1.0  # seconds; a smaller error does not count

Told = tuple[float, float]  # seconds since the first step began, seconds told to be left


def worst(told: Sequence[Told], total: float) -> tuple[float, float]:
    """(the largest error as a share of what was left, the largest rise as a share)."""
    late = [(at, left) for at, left in told if at >= SETTLED]
    error = max((abs(at + left - total) / (total - at) for at, left in late
                 if abs(at + left - total) >= LEAST), default=0.0)
    rise = max((after / before - 1 for (_, before), (_, after) in itertools.pairwise(late)
                if before), default=0.0)
    return error, max(0.0, rise)


def as_shown(told: Sequence[Told]) -> list[Told]:
    """What the page shows of it: previews twice a second, whole seconds or minutes."""
    shown: list[Told] = []
    for at, left in told:
        if not shown or at - shown[-1][0] >= PREVIEW_SECONDS:
            number, unit = duration(left).split()
            shown.append((at, float(number) * (60 if unit == "min" else 1)))
    return shown


def painted(size: int, quality: str, every: bool) -> str:
    """One run as a line of the table; ``every``: print each frame too."""
    photo = open_picture(EXAMPLES / "astronaut.jpg")
    request = Request(photo, (NamedStyle(STYLE, find_preset(STYLE).open()),),
                      Settings(size=size, quality=quality))
    told, sizes = [], []
    busy, own = machine_seconds(), own_seconds()
    with tempfile.TemporaryDirectory() as folder, Run(
            request, film=Path(folder) / "film.mp4") as run:
        for frame in run.frames():
            told.append((run.seconds, frame.remaining))
            sizes.append(frame.size)
        total = run.seconds
        run.save(Path(folder) / "picture.png")
        saving = time.monotonic() - run.last
    others = machine_seconds() - busy - (own_seconds() - own)
    *told, _ = told  # the last one is the truth
    if every:
        for (at, left), scale in zip(told, sizes, strict=False):
            print(f"{at:7.2f} s, {scale:4} px: {left:6.1f} s told, {total - at:6.1f} s left")
    (error, rise), (page, page_rise) = worst(told, total), worst(as_shown(told), total)
    return (f"| {size} px, {quality} | {total:.1f} | {100 * error:.0f} % | {100 * rise:.0f} % | "
            f"{100 * page:.0f} % | {100 * page_rise:.0f} % | {saving:.1f} | {others:.1f} |")


def machine_seconds() -> float:
    """CPU seconds that all processes have used since the machine started (Linux)."""
    user, nice, system, _, _, *interrupts = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:])
    return (user + nice + system + sum(interrupts[:2])) / 100


def own_seconds() -> float:
    """CPU seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--quality", nargs="+", default=["draft", "standard"])
    parser.add_argument("--every", action="store_true", help="print every frame's time left")
    options = parser.parse_args()
    prepare_process()
    print("| picture | seconds | worst error | largest rise | error on the page | rise there | "
          "saving, s | others' CPU, s |\n|---|---|---|---|---|---|---|---|")
    for quality in options.quality:
        print(painted(options.size, quality, options.every), flush=True)


if __name__ == "__main__":
    main()
