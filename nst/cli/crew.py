"""Many pictures, or scenes, on a cluster's painters at once: one bar, and Ctrl-C ends all."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from ..cluster.link import Cluster
from ..run import Pause, Request, Run
from .one_picture import check_memory
from .terminal import say

__all__ = ["AtWork", "Crew"]

Item = TypeVar("Item")
Done = TypeVar("Done")

LOOK_SECONDS = 0.25  # between two looks at the bar
MAX_AT_ONCE = 512  # items, each of which holds a thread


@dataclass(eq=False)
class AtWork:
    """One item: its size, its machine, and how much of it is painted (0..1)."""

    size: int
    machine: str = ""
    part: float = 0.0

    def told(self, machine: str) -> None:
        """It is painted there now."""
        self.machine = machine


class Crew:
    """The painters of a cluster at work on many items: photos, or the scenes of a clip.

    Attributes:
        cluster: whose painters they are.
        stopped: set once everything at work has to end.
    """

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.stopped = threading.Event()
        self._at_work: set[AtWork] = set()

    def each(self, work: Callable[[Item], Done], items: Iterable[Item], total: int | None, *,
             size: Callable[[Item], int] = lambda item: 1) -> list[Done]:
        """What ``work`` returns for every item, in their order; it may call paint().

        As many are at work as there are painters, and one that is read meanwhile.

        Args:
            items: the next is asked for when there is room for it.
            total: of all sizes; None: not known.
            size: of an item, in the bar's units.

        Raises:
            KeyboardInterrupt: Ctrl-C; what was at work is given up.
            Exception: the first that ``work`` raises; likewise.
        """
        waiting, running = iter(items), dict[Future[Done], int]()
        futures: list[Future[Done]] = []
        over, more = 0, True
        pool = ThreadPoolExecutor(MAX_AT_ONCE)
        bar = tqdm(total=total, file=sys.stderr, dynamic_ncols=True, mininterval=0,
                   disable=not sys.stderr.isatty(),
                   bar_format="{desc}|{bar}| {n:.1f}/{total_fmt} {postfix}")
        try:
            while more or running:
                while more and len(running) < min(MAX_AT_ONCE, self.cluster.painters + 1):
                    for item in waiting:
                        futures.append(pool.submit(work, item))
                        running[futures[-1]] = size(item)
                        break
                    else:
                        more = False
                for future in wait(running, LOOK_SECONDS, FIRST_COMPLETED).done:
                    future.result()
                    over += running.pop(future)
                self._draw(bar, over)
            return [future.result() for future in futures]
        finally:
            self.stopped.set()
            pool.shutdown(cancel_futures=True)
            bar.close()

    def paint(self, request: Request, target: Path, name: str) -> None:
        """Paint one picture, save it and say so; called by each()'s ``work``.

        Raises:
            UserError: as nst.stylize does, the picture cannot be written, or memory ran out.
        """
        with self.at_work() as mine, Run(
                request, engine=partial(self.cluster.frames, told=mine.told)) as run:
            for frame in run.frames():
                if self.stopped.is_set():
                    return
                mine.part = 0.0 if isinstance(frame, Pause) else frame.step / frame.steps
            check_memory(run)
            run.save(target)
        say(f"{name}: painted by {mine.machine} in {run.seconds:.1f} s")

    @contextmanager
    def at_work(self, size: int = 1) -> Iterator[AtWork]:
        """An item that the bar shows meanwhile."""
        mine = AtWork(size)
        self._at_work.add(mine)
        try:
            yield mine
        finally:
            self._at_work.remove(mine)

    def _draw(self, bar: tqdm, over: int) -> None:
        at_work = [one for one in list(self._at_work) if one.machine]
        bar.n = over + sum(one.size * one.part for one in at_work)
        bar.set_postfix_str(", ".join(sorted(f"{one.machine} {one.part:.0%}" for one in at_work)))
