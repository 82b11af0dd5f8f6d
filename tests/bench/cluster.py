"""What painters on a Ray cluster give, and what Ray costs: pictures an hour, seconds, a long line.

    python -m tests.bench.cluster               about 7 minutes on two idle cores
    python -m tests.bench.cluster --only line --painters 10 --visitors 500

Four parts. ``pace``: pictures an hour by one and two painters of one core each, beside as many
processes without Ray. ``added``: seconds from the request to the first preview and to the result,
by a painter and by the same engine in this process, in turns. ``frames``: what a frame costs that
comes as an array, as it does, or as a JPEG. ``line``: visitors who come by chance (a Poisson
process) to painters that only sleep, on the real Ray: how many wait, and for how long. They sleep
--faster times shorter and the visitors come as much faster, while what Ray costs is not shortened:
in the visitors' seconds it counts as many times over.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from PIL import Image

from nst import Settings, find_preset, stylize
from nst.cluster.driver import REFRESH_SECONDS, Painters
from nst.cluster.link import Cluster
from nst.cluster.needs import PainterNeeds, WireLimits
from nst.process import prepare_process, usable_cores
from nst.version import __version__
from tests.conftest import EXAMPLES

SMALL = Settings(size=256, quality="draft", precision="float32")
STYLE = "van-gogh-starry-night"
SECONDS = 6.0  # of a sleeper's picture: 512 px, standard, warm, on two cores with AMX
FRAMES = 12  # of a sleeper's picture: half of a real one's, but each costs --faster times as much
SHOWN = 200  # frames of 512 px, for the cost of one
LOAD = 0.9  # of what the painters can do


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("pace", "added", "frames", "line"))
    parser.add_argument("--pictures", type=int, default=5, help="of each painter, for its pace")
    parser.add_argument("--runs", type=int, default=5, help="of each way; the median counts")
    parser.add_argument("--painters", type=int, default=100, help="that sleep")
    parser.add_argument("--visitors", type=int, default=10_000)
    parser.add_argument("--faster", type=float, default=4.0, help="than the clock of the visitors")
    parser.add_argument("--plain", type=int, metavar="PICTURES", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain is not None:
        plain(options.plain)
        return
    parts = {"pace": partial(pace, options.pictures), "added": partial(added, options.runs),
             "frames": frames,
             "line": partial(line, options.painters, options.visitors, options.faster)}
    for name, part in parts.items():
        if options.only in (None, name):
            part()


def request() -> tuple:
    """A portrait, a style and settings, as nst.stylize takes them."""
    with Image.open(EXAMPLES / "astronaut.jpg") as photo:
        return photo.convert("RGB"), [(find_preset(STYLE).open(), 1.0)], SMALL


def pace(pictures: int) -> None:
    """Pictures an hour, by painters and by processes without Ray."""
    print(f"\nPictures an hour, {SMALL.size} px, {SMALL.quality}, {pictures} by each:")
    for count in (1, 2):
        with painters(count) as cluster, ThreadPoolExecutor(count) as pool:
            list(pool.map(lambda _: last_of(cluster.frames(*request())), range(count)))  # warm
            begun = time.monotonic()
            list(pool.map(lambda _: last_of(cluster.frames(*request())), range(count * pictures)))
            told(f"{count} on a cluster", count * pictures, time.monotonic() - begun)
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        processes = [subprocess.Popen(
            [sys.executable, "-m", "tests.bench.cluster", "--plain", str(pictures)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(count)]
        for process in processes:
            process.stdout.readline()  # it has painted one
        begun = time.monotonic()
        for process in processes:
            process.stdin.close()
        for process in processes:
            process.wait()
        told(f"{count} without Ray", count * pictures, time.monotonic() - begun)


def plain(pictures: int) -> None:
    """A process that paints so many once its stdin ends, with as many threads as it may."""
    prepare_process()
    import torch

    torch.set_num_threads(1)
    last_of(stylize(*request()))
    print(flush=True)
    sys.stdin.read()
    for _ in range(pictures):
        last_of(stylize(*request()))


def added(runs: int) -> None:
    """Seconds to the first preview and to the result, with Ray and without."""
    import torch

    torch.set_num_threads(1)
    ways: dict[str, list[tuple[float, float]]] = {"on a painter": [], "in this process": []}
    with painters(1) as cluster:
        for number in range(1 + runs):
            for way, frames in (("on a painter", cluster.frames), ("in this process", stylize)):
                begun = time.monotonic()
                painting = frames(*request())
                next(painting)
                first = time.monotonic() - begun
                last_of(painting)
                if number:  # the first warms up
                    ways[way].append((first, time.monotonic() - begun))
    print(f"\nSeconds from the request, {SMALL.size} px, {SMALL.quality}, one core, median of "
          f"{runs}:")
    for way, seconds in ways.items():
        first, whole = (statistics.median(column) for column in zip(*seconds, strict=True))
        print(f"{way:>16}: first preview {first:.3f}, result {whole:.3f}")


class Sleeper:
    """Stands for nst.cluster.painter.Painter: takes as long, and no processor."""

    def __init__(self, threads: int, size: int, seconds: float):
        self._seconds = seconds

    def version(self) -> str:
        return __version__

    def paint(self, number: int, task: Any) -> Iterator[tuple[str, Any]]:
        for frame in range(FRAMES):
            time.sleep(self._seconds / FRAMES)
            yield "frame", frame

    def stop(self, number: int) -> None:
        pass


class Shower:
    """Stands for Painter likewise: one frame again and again, as an array or as a JPEG."""

    def __init__(self, threads: int, size: int, seconds: float):
        with Image.open(EXAMPLES / "astronaut.jpg") as photo:
            self._frame = np.asarray(photo.convert("RGB").resize((512, 512)))

    def version(self) -> str:
        return __version__

    def paint(self, number: int, task: str) -> Iterator[Any]:
        for _ in range(SHOWN):
            yield self._frame.copy() if task == "array" else jpeg(self._frame)

    def stop(self, number: int) -> None:
        pass


def jpeg(frame: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(frame).save(file, format="JPEG", quality=90)
    return file.getvalue()


def frames() -> None:
    """Milliseconds and kilobytes of a frame on its way, each way."""
    print(f"\nA frame of 512 px, mean of {SHOWN}, sent and turned into a picture:")
    with crew_of(1, Shower) as crew:
        for way in ("array", "JPEG", "array", "JPEG"):  # the first of each warms up
            received: list[int] = []

            def shown(item: Any, received: list[int] = received) -> bool:
                if isinstance(item, bytes):
                    Image.open(io.BytesIO(item)).load()
                else:
                    Image.fromarray(item)
                received.append(len(item) if isinstance(item, bytes) else item.nbytes)
                return True

            one = crew.take(set(), lambda: True)
            begun = time.monotonic()
            crew.paint(one, way, shown, lambda: False)
            each = 1000 * (time.monotonic() - begun) / SHOWN
            crew.give_back(one)
            print(f"{way:>16}: {each:.2f} ms, {statistics.mean(received) / 1000:.0f} kB")


@contextlib.contextmanager
def crew_of(count: int, kind: Any, seconds: float = 0.0) -> Iterator[Painters]:
    """So many painters of this kind, ready, in a cluster of this process."""
    from tests.ray_nodes import ray  # which keeps to 127.0.0.1

    with contextlib.suppress(KeyError):
        del os.environ["RAY_ADDRESS"]
    ray.init(address="local", num_cpus=count, include_dashboard=False, log_to_driver=False,
             object_store_memory=100 << 20, _node_ip_address="127.0.0.1")
    try:
        crew = Painters(PainterNeeds(cpus=1), WireLimits(seconds=seconds), kind)
        while len(crew.report()["machines"]) < count:
            crew.refresh()
            time.sleep(0.1)
        yield crew
    finally:
        ray.shutdown()


def line(count: int, visitors: int, faster: float) -> None:
    """A day with many visitors: how long the line is, and how long one waits in it."""
    seconds = SECONDS / faster
    with crew_of(count, Sleeper, seconds) as crew:
        waits, took, lengths = come_and_wait(crew, count, visitors, seconds)
    waits, took = sorted(faster * wait for wait in waits), sorted(faster * one for one in took)
    print(f"\n{count} sleepers, {visitors} visitors, {LOAD:.0%} of what they can do, {SECONDS:g} s "
          f"a picture, {faster:g} times as fast as the clock; in the visitors' seconds:")
    print(f"  painted {len(took)}; waiting: {share(waits, .5):.1f} (median), "
          f"{share(waits, .95):.1f} (95 %), {waits[-1]:.1f} (longest)")
    print(f"  in the line: {share(sorted(lengths), .5)} (median), {max(lengths)} (longest)")
    print(f"  a picture: {share(took, .5):.2f} (median), {share(took, .99):.2f} (99 %)")


def come_and_wait(crew: Painters, count: int, visitors: int, seconds: float
                  ) -> tuple[list[float], list[float], list[int]]:
    """Each visitor's waiting and painting, in seconds; how many waited when he came."""
    coming = random.Random(0)
    waiting: deque[float] = deque()
    news, waits, took, lengths = threading.Condition(), [], [], []
    everybody_came = threading.Event()

    def painter() -> None:
        while True:
            with news:
                while not waiting:
                    if everybody_came.is_set():
                        return
                    news.wait(0.2)
                came = waiting.popleft()
            one = crew.take(set(), lambda: True)
            begun = time.monotonic()
            waits.append(begun - came)
            crew.paint(one, None, lambda item: True, lambda: False)
            took.append(time.monotonic() - begun)
            crew.give_back(one)

    def look() -> None:  # as the driver does
        while not everybody_came.wait(REFRESH_SECONDS):
            crew.refresh()

    threading.Thread(target=look).start()
    with ThreadPoolExecutor(count) as pool:
        ends = [pool.submit(painter) for _ in range(count)]
        next_at = time.monotonic()
        for _ in range(visitors):
            next_at += coming.expovariate(LOAD * count / seconds)
            time.sleep(max(0.0, next_at - time.monotonic()))
            with news:
                lengths.append(len(waiting))
                waiting.append(time.monotonic())
                news.notify()
        everybody_came.set()
        for end in ends:
            end.result()
    return waits, took, lengths


def share(ordered: list, part: float) -> Any:
    """The value below which this part of the values lies."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@contextlib.contextmanager
def painters(count: int) -> Iterator[Cluster]:
    """So many painters of one core each on this machine, ready."""
    from tests.ray_nodes import nodes

    assert usable_cores() >= count
    with nodes(*(f"machine-{number}" for number in range(count))) as machines, Cluster(
            machines.address, PainterNeeds(cpus=1)) as cluster:
        assert cluster.wait(count)
        yield cluster


def last_of(frames: Any) -> None:
    for _ in frames:
        pass


def told(what: str, pictures: int, seconds: float) -> None:
    print(f"{what:>16}: {3600 * pictures / seconds:.0f} ({seconds / pictures:.2f} s a picture)")


if __name__ == "__main__":
    main()
