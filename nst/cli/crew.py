"""Many pictures on a cluster's painters at once: one bar for all, and Ctrl-C ends all of them."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from ..cluster.link import Cluster
from ..run import Pause, Request, Run
from .one_picture import check_memory
from .terminal import say

__all__ = ["Crew"]

Item = TypeVar("Item")
Done = TypeVar("Done")

LOOK_SECONDS = 0.25  # between two looks at the bar
MAX_AT_ONCE = 512  # pictures, each of which holds a thread


@dataclass
class _AtWork:
    """One picture: its machine, and how much of it is painted (0..1)."""

    machine: str = ""
    part: float = 0.0


class Crew:
    """The painters of a cluster at work on many pictures."""

    def __init__(self, cluster: Cluster):
        self._cluster = cluster
        self._stop = threading.Event()
        self._at_work: dict[Path, _AtWork] = {}  # by the picture's file

    def each(self, work: Callable[[Item], Done], items: Sequence[Item]) -> list[Done]:
        """What ``work`` returns for every item, in their order; it may call paint().

        As many are at work as there are painters, and one that is read meanwhile.

        Raises:
            KeyboardInterrupt: Ctrl-C; what was at work is given up.
        """
        waiting, running = deque(items), set[Future[Done]]()
        futures: list[Future[Done]] = []
        pool = ThreadPoolExecutor(MAX_AT_ONCE)
        bar = tqdm(total=len(items), file=sys.stderr, dynamic_ncols=True, mininterval=0,
                   disable=not sys.stderr.isatty(),
                   bar_format="{desc}|{bar}| {n:.1f}/{total_fmt} {postfix}")
        try:
            while waiting or running:
                while waiting and len(running) < min(MAX_AT_ONCE, self._cluster.painters + 1):
                    future = pool.submit(work, waiting.popleft())
                    futures.append(future)
                    running.add(future)
                _, running = wait(running, LOOK_SECONDS, FIRST_COMPLETED)
                self._draw(bar, len(futures) - len(running))
            return [future.result() for future in futures]
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)
            bar.close()

    def paint(self, request: Request, target: Path, name: str) -> None:
        """Paint one picture, save it and say so; called by each()'s ``work``.

        Raises:
            UserError: as nst.stylize does, the picture cannot be written, or memory ran out.
        """
        mine = self._at_work[target] = _AtWork()

        def told(machine: str) -> None:
            mine.machine = machine

        try:
            with Run(request, engine=partial(self._cluster.frames, told=told)) as run:
                for frame in run.frames():
                    if self._stop.is_set():
                        return
                    mine.part = 0.0 if isinstance(frame, Pause) else frame.step / frame.steps
                check_memory(run)
                run.save(target)
            say(f"{name}: painted by {mine.machine} in {run.seconds:.1f} s")
        finally:
            with suppress(KeyError):
                del self._at_work[target]

    def _draw(self, bar: tqdm, over: int) -> None:
        at_work = [one for one in list(self._at_work.values()) if one.machine]
        bar.n = over + sum(one.part for one in at_work)
        bar.set_postfix_str(", ".join(sorted(f"{one.machine} {one.part:.0%}" for one in at_work)))
