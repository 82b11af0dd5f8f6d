"""Hundreds of paintings in a row, a third cancelled, a third abandoned: does anything pile up?

    python -m tests.bench.endurance             200 paintings
    python -m tests.bench.endurance --jobs 60

Starts the app in a process of its own and looks at it from outside (Linux: /proc): resident
memory, threads, and files in its temporary folders.
"""

from __future__ import annotations

import argparse
import io
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.crowd import photos
from tests.e2e.conftest import Server, running
from tests.e2e.visitor import Refused, Visitor

__all__ = ["ENDINGS", "State", "endure", "look", "quiet"]

ENDINGS = ("finished", "cancelled", "left")
SHORT, LONG = dict(size=128, steps=4), dict(size=128, steps=5000)
MOMENT = 1.5
WARM_UP = 20  # paintings before memory is compared
IDLE = 12.0  # seconds after which a worker thread without work is let go


@dataclass(frozen=True)
class State:
    """A server seen from outside: MB resident, threads, folders of paintings, temporary files."""

    memory: float
    threads: int
    paintings: int
    temporary: int

    def __str__(self) -> str:
        return (f"{self.memory:.0f} MB, {self.threads} threads, {self.paintings} paintings kept, "
                f"{self.temporary} temporary files")


def look(server: Server) -> State:
    """``temporary``: in TMPDIR (which the server must have to itself) and among the uploads,
    everything but uploads in folders of their own and finished paintings."""
    status = dict(line.split(":", 1) for line in
                  Path(f"/proc/{server.process.pid}/status").read_text().splitlines())
    kept = [folder for folder in server.folder.glob("nst-*") if any(folder.glob("*.png"))]
    loose = [file for file in server.folder.iterdir() if file.is_file()]
    half = set(server.folder.glob("nst-*")) - set(kept)
    parts = list(server.folder.rglob(".*"))
    outside = [file for file in (server.folder.parent.parent / "tmp").rglob("*")
               if file.is_file()]
    return State(int(status["VmRSS"].split()[0]) / 1024, int(status["Threads"]), len(kept),
                 len(loose) + len(half) + len(parts) + len(outside))


def endure(server: Server, jobs: int, seed: int = 0, *, moment: float = MOMENT,
           each: Callable[[int], None] = lambda number: None) -> Counter:
    """Ask for ``jobs`` paintings one after the other; ``each`` is told how many are over.

    ``moment``: seconds after its first picture within which a painting is given up.

    Raises Refused where one that was to be finished was not.
    """
    chance, visitor, ended = random.Random(seed), Visitor(server.url), Counter()
    endings = [ENDINGS[number % len(ENDINGS)] for number in range(jobs)]
    chance.shuffle(endings)
    photo = io.BytesIO()
    photos(1)[0].save(photo, format="PNG")
    for number, ending in enumerate(endings, 1):
        given = visitor.upload("photo.png", photo.getvalue())
        if ending == "finished":
            visitor.painted(visitor.ask(given, **SHORT))
        else:
            event = visitor.ask(given, **LONG)
            with visitor.listening(event) as events:
                if chance.random() < 0.8:  # the others do not wait for the first picture
                    next(events)
                time.sleep(chance.uniform(0, moment))
                if ending == "cancelled":
                    visitor.cancel(event)
                    if any(kind == "error" for kind, _ in events):
                        raise Refused(0, "a cancelled painting ended with an error")
        ended[ending] += 1
        each(number)
    return ended


def quiet(server: Server) -> State:
    """The server after a painting that shows that the engine is free, and a rest."""
    endure(server, 1)
    time.sleep(IDLE)
    Visitor(server.url).fetch(server.url)  # idle workers are let go when the next one works
    return look(server)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    def told(number: int) -> None:
        if number % 20 == 0:
            print(f"  after {number}: {look(server)}", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tmp").mkdir()
        with running(Path(folder), TMPDIR=str(Path(folder, "tmp"))) as server:
            ended = endure(server, WARM_UP, options.seed)
            first = quiet(server)
            print(f"warm: {first}")
            start = time.monotonic()
            ended += endure(server, options.jobs - WARM_UP, options.seed + 1, each=told)
            seconds = time.monotonic() - start
            last = quiet(server)
    print(f"at the end: {last}")
    print(", ".join(f"{ended[ending]} {ending}" for ending in ENDINGS), f"in {seconds:.0f} s")
    print(f"memory grew by {100 * (last.memory / first.memory - 1):.1f} %, threads from "
          f"{first.threads} to {last.threads}")


if __name__ == "__main__":
    main()
