"""Many visitors at once: does each get the painting of his own photo, and does the page answer?

    python -m tests.bench.crowd                 50 clients for 5 minutes
    python -m tests.bench.crowd --minutes 2 --clients 30
    python -m tests.bench.crowd --cluster local     painters of one core each on a Ray cluster

Starts the app in a process of its own. Every client keeps asking for small paintings of a photo
that no other client has; a painting is recognised by its content.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from tests.e2e.conftest import PATIENCE, running
from tests.e2e.visitor import Refused, Visitor

__all__ = ["ask_once", "owner", "page_watched", "photos"]

TILES = 6  # a photo is TILES x TILES light and dark squares
SMALL = dict(size=128, steps=2, quality="draft", strength=0.2, colors="photo")
WAIT = 1.0, 5.0  # seconds, from and to, before a client who was told "busy" asks again
PROBE = 0.25  # seconds between two looks at the page


def photos(number: int, seed: int = 0) -> list[Image.Image]:
    """Pictures of light and dark squares, 128 x 128; any two differ in a quarter of the squares
    at least, and are no negatives of each other."""
    random = np.random.default_rng(seed)
    codes: list[np.ndarray] = []
    while len(codes) < number:
        code = random.permutation(np.arange(TILES * TILES) % 2)
        if all(TILES * TILES / 4 <= (code != other).sum() <= TILES * TILES * 3 / 4
               for other in codes):
            codes.append(code)
    return [Image.fromarray((60 + 140 * code.reshape(TILES, TILES)).astype(np.uint8))
            .resize((128, 128), Image.Resampling.NEAREST).convert("RGB") for code in codes]


def owner(painting: Image.Image, photos: Sequence[Image.Image]) -> int:
    """Whose photo a painting was made from: the best correlation of light and dark."""
    seen = _coarse(painting)
    return int(np.argmax([(seen * _coarse(photo)).sum() for photo in photos]))


def ask_once(url: str, number: int, photos: Sequence[Image.Image]) -> tuple[str, str]:
    """One client asks for one painting: ("own" | "mixed up" | "busy" | "lost", what was said)."""
    visitor, file = Visitor(url), io.BytesIO()
    photos[number].save(file, format="PNG")
    try:
        event = visitor.ask(visitor.upload(f"photo-{number}.png", file.getvalue()), **SMALL)
        with Image.open(io.BytesIO(visitor.painted(event))) as painting:
            found = owner(painting, photos)
    except Refused as refusal:
        return "busy" if refusal.status == 503 else "lost", str(refusal)
    except OSError as error:
        return "lost", f"{type(error).__name__}: {error}"
    return ("own", "") if found == number else ("mixed up", f"{number} got {found}'s")


@contextmanager
def page_watched(url: str):
    """Yields a list that fills with the seconds that the page took, inf where it did not come."""
    seconds: list[float] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            start = time.monotonic()
            try:
                with urllib.request.urlopen(url, timeout=PATIENCE) as page:
                    page.read()
                seconds.append(time.monotonic() - start)
            except OSError:
                seconds.append(float("inf"))
            over.wait(PROBE)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seconds
    finally:
        over.set()
        thread.join()


def crowd(url: str, clients: int, ask_again: Callable[[], bool]) -> tuple[Counter, Counter]:
    """Let the clients ask until ``ask_again`` says no: (outcomes, what was said when it failed)."""
    made, outcomes, said = photos(clients), Counter(), Counter()

    def client(number: int) -> None:
        wait = random.Random(number)
        while True:
            outcome, words = ask_once(url, number, made)
            outcomes[outcome] += 1
            said[words] += bool(words)
            if not ask_again():
                return
            if outcome == "busy":
                time.sleep(wait.uniform(*WAIT))

    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(client, number) for number in range(clients)]:
            done.result()
    return outcomes, +said


def _coarse(image: Image.Image) -> np.ndarray:
    light = np.asarray(image.convert("L").resize((TILES, TILES), Image.Resampling.BOX), float)
    return (light - light.mean()) / (light.std() + 1e-9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--cluster", metavar="ADDRESS", help="as for app.py")
    options = parser.parse_args()
    on = ["--cluster", options.cluster, "--painter-cpus", "1"] if options.cluster else []
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), *on) as server:
        end = time.monotonic() + 60 * options.minutes
        with page_watched(server.url) as seconds:
            outcomes, said = crowd(server.url, options.clients, lambda: time.monotonic() < end)
    for outcome in ("own", "busy", "mixed up", "lost"):
        print(f"{outcome:>10}: {outcomes[outcome]}")
    for words, times in said.most_common():
        print(f"  {times} x {words}")
    print(f"the page, {len(seconds)} times: median {statistics.median(seconds):.3f} s, "
          f"longest {max(seconds):.3f} s")


if __name__ == "__main__":
    main()
