"""The process that talks to Ray: it keeps the painters, and hands pictures to them.

    python -m nst.cluster.driver OPTIONS        started by nst.cluster.link, never by hand

It says on stdout where it listens (or why it cannot), and takes each picture on a connection of its
own: a packed_task() comes in, what Painter.paint() yields goes out, and whoever hangs up stops the
picture. It ends with its stdin, so that nothing stays when the program that started it is gone, and
by itself when the head cannot be reached.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener
from typing import Any, NoReturn

from ..process import usable_cores
from ..version import __version__
from .needs import PainterNeeds, WireLimits
from .painter import Painter

__all__ = ["MAX_DEATHS", "REPORT", "Painters", "main"]

log = logging.getLogger(__name__)

REPORT = "report"  # in a task's place: tell how many painters there are, and each change
MAX_DEATHS = 3  # painters that may die of one picture
REFRESH_SECONDS = 0.5  # between two looks at the machines
POLL_SECONDS = 0.1  # how soon it is seen that somebody hung up
PAUSE_SECONDS = 0.5  # between two words to somebody who waits: he may have hung up meanwhile
HEAD_SECONDS = 1.0  # between two looks whether the head is there
HEAD_TIMEOUT, HEAD_TRIES = 2.0, 3  # seconds to answer, and how often it may fail to
NOBODY_SECONDS = 5.0  # without any painter, until a picture is given back
REST_SECONDS = 30.0  # after a machine could not start a painter
FRAMES_AHEAD = 3  # that a painter may be ahead of the page; it waits then
STORE_BYTES = 100 << 20  # of shared memory on a cluster that is started here

AGAIN = "The machine that was painting has stopped; your picture starts again on another one."
WAITS = "Waiting for the next painter that is free."
DEADLY = ("Three painters stopped while they painted this picture, so it is not tried again; give "
          "another photo, or a smaller size.")


@dataclass(eq=False)
class _Painter:
    """One actor: its machine, and whether it is ready and at work."""

    actor: Any
    node: str
    machine: str
    asked: Any = None  # the answer of version() that is awaited
    ready: bool = False
    busy: bool = False
    tasks: int = 0  # begun so far


class Painters:
    """Every painter of the cluster: one is made wherever there is room, and forgotten when it dies.

    refresh() has to be called again and again. ``kind``: in place of Painter (benchmarks).
    """

    def __init__(self, needs: PainterNeeds, limits: WireLimits, kind: Any = Painter):
        import ray

        self._ray, self._needs = ray, needs
        groups = {"control": 1}  # version() and stop() are answered while a picture is painted
        for method in (kind.version, kind.stop):
            ray.method(concurrency_group="control")(method)
        self._class = ray.remote(
            num_cpus=needs.cpus, num_gpus=needs.gpus, max_restarts=0, max_task_retries=0,
            concurrency_groups=groups)(kind)
        self._arguments = needs.cpus, limits.size, limits.seconds
        self._all: list[_Painter] = []
        self._line: deque[object] = deque()  # who waits for a painter, in the order of coming
        self._rests: dict[str, float] = {}  # until when no painter is made on a machine
        self._alone_since = time.monotonic()
        self._lock = threading.Lock()

    def report(self) -> dict[str, Any]:
        """The machine of every painter that is ready; how many start; how many are at work."""
        with self._lock:
            return {"machines": sorted(one.machine for one in self._all if one.ready or one.busy),
                    "starting": sum(not (one.ready or one.busy) for one in self._all),
                    "busy": sum(one.busy for one in self._all)}

    def refresh(self) -> None:
        """Look at the machines: those that are gone, new ones, painters that died or got ready."""
        nodes = {node["NodeID"]: node for node in self._ray.nodes() if node["Alive"]}
        with self._lock:
            gone = [one for one in self._all if one.node not in nodes and not one.busy]
        for painter in gone:
            self.forget(painter)
        for painter in list(self._all):
            if not painter.busy:
                self._ask(painter)
        for name, node in nodes.items():
            for _ in range(self._room(node) - sum(one.node == name for one in self._all)):
                self._make(name, node)
        if self._all:
            self._alone_since = time.monotonic()

    def take(self, avoid: set[str], wait: Callable[[], bool]) -> _Painter | None:
        """A painter that is ready, in the order of asking; None where nobody waits any more.

        Args:
            avoid: machines that are taken only where there is no other.
            wait: called again and again; says whether to go on waiting.

        Raises:
            NobodyError: for NOBODY_SECONDS there was no painter, nor one that starts.
        """
        ticket = object()
        self._line.append(ticket)
        try:
            while True:
                with self._lock:
                    others = any(one.node not in avoid and (one.ready or one.busy)
                                 for one in self._all)
                    free = [one for one in self._all if one.ready and not one.busy
                            and not (others and one.node in avoid)]
                    if free and self._line[0] is ticket:
                        free[0].busy = True
                        free[0].tasks += 1
                        return free[0]
                if not self._all and time.monotonic() - self._alone_since > NOBODY_SECONDS:
                    raise NobodyError
                if not wait():
                    return None
        finally:
            self._line.remove(ticket)

    def give_back(self, painter: _Painter) -> None:
        """The painter is free for the next."""
        painter.busy = False

    def forget(self, painter: _Painter) -> None:
        """The painter has died; whether the others of its machine live has to be seen first."""
        with self._lock:
            if painter not in self._all:
                return
            self._all.remove(painter)
            for other in self._all:
                if other.node == painter.node and not other.busy:
                    other.ready, other.asked = False, None
        with contextlib.suppress(Exception):
            self._ray.kill(painter.actor)

    def paint(self, painter: _Painter, task: Any, send: Callable[[Any], bool],
              hung_up: Callable[[], bool]) -> None:
        """Send on what Painter.paint() yields, to its end; send() says whether anybody listens.

        Raises:
            Exception: one of ray.exceptions where the painter died.
        """
        ray, number, stopped = self._ray, painter.tasks, False
        frames = painter.actor.paint.options(
            num_returns="streaming", _generator_backpressure_num_objects=FRAMES_AHEAD,
        ).remote(number, task)
        while True:
            if not stopped and hung_up():
                stopped = True
                painter.actor.stop.remote(number)
            if not ray.wait([frames], timeout=POLL_SECONDS)[0]:
                continue
            try:
                item = ray.get(next(frames))
            except StopIteration:
                return
            if not stopped and not send(item):
                stopped = True
                painter.actor.stop.remote(number)

    def _ask(self, painter: _Painter) -> None:
        """Whether it lives, and has loaded; the answer is looked at when it is there."""
        if painter.asked is None:
            painter.asked = painter.actor.version.remote()
            return
        if not self._ray.wait([painter.asked], timeout=0)[0]:
            return
        try:
            version = self._ray.get(painter.asked)
        except Exception as error:
            if not painter.ready:
                log.warning("no painter can start on %s: %s", painter.machine, error)
                self._rests[painter.node] = time.monotonic() + REST_SECONDS
            self.forget(painter)
            return
        painter.asked = None
        if version != __version__:
            log.warning("%s has version %s of this studio, not %s: it is not used.",
                        painter.machine, version, __version__)
            self._rests[painter.node] = float("inf")
            self.forget(painter)
        painter.ready = True

    def _room(self, node: dict[str, Any]) -> int:
        """For how many painters a machine is large enough."""
        if self._rests.get(node["NodeID"], 0.0) > time.monotonic():
            return 0
        has, needs = node["Resources"], self._needs
        rooms = [has.get("CPU", 0) // needs.cpus]
        if needs.gpus:
            rooms.append(has.get("GPU", 0) // needs.gpus)
        return int(min(rooms))

    def _make(self, node: str, about: dict[str, Any]) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        name = about["NodeName"]
        if name == about["NodeManagerAddress"]:  # nobody gave it a name
            name = about["NodeManagerHostname"]
        actor = self._class.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
        ).remote(*self._arguments)
        painter = _Painter(actor, node, name)
        self._ask(painter)
        with self._lock:
            self._all.append(painter)


class NobodyError(Exception):
    """There is no painter in the cluster."""


def serve(connection: Connection, painters: Painters) -> None:
    """Answer one connection: the report for as long as it is wanted, or one picture."""
    with connection, contextlib.suppress(OSError, EOFError):
        asked = connection.recv()
        if asked == REPORT:
            _report(connection, painters)
        else:
            _paint(connection, painters, asked)


def _report(connection: Connection, painters: Painters) -> None:
    told = None
    while not connection.poll(POLL_SECONDS):
        if (news := painters.report()) != told:
            connection.send(told := news)


def _paint(connection: Connection, painters: Painters, asked: dict[str, Any]) -> None:
    import ray

    task, deaths, died = ray.put(asked), 0, set[str]()
    told_at = time.monotonic()

    def send(item: Any) -> bool:
        try:
            connection.send(item)
        except OSError:
            return False
        return True

    def wait() -> bool:
        nonlocal told_at
        if connection.poll(POLL_SECONDS):
            return False
        if time.monotonic() - told_at < PAUSE_SECONDS:
            return True
        told_at = time.monotonic()
        return send(("pause", WAITS))

    while True:
        try:
            painter = painters.take(died, wait)
        except NobodyError:
            send(("nobody", None))
            return
        if painter is None or not send(("painter", painter.machine)):
            if painter is not None:
                painters.give_back(painter)
            return
        try:
            painters.paint(painter, task, send, lambda: connection.poll())
        except ray.exceptions.RayError as error:
            log.warning("a painter on %s died: %s", painter.machine, type(error).__name__)
            painters.forget(painter)
            died.add(painter.node)
            deaths += 1
            if deaths == MAX_DEATHS:
                send(("mistake", DEADLY))
                return
            if not send(("pause", AGAIN)):
                return
        else:
            painters.give_back(painter)
            send(("end", None))
            return


def main(argv: list[str]) -> NoReturn:
    """Connect to the cluster, listen, and serve until stdin ends or the head is gone."""
    options = json.loads(argv[0])
    key = bytes.fromhex(sys.stdin.readline())
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        head = _join(options["address"])
    except Exception as error:
        _say({"error": str(error).strip().split("\n")[0]})
        os._exit(1)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    painters = Painters(PainterNeeds(**options["needs"]), WireLimits(**options["limits"]))
    threading.Thread(target=_keep, args=(painters,), daemon=True).start()
    threading.Thread(target=_end_with_head, args=(head,), daemon=True).start()
    listener = Listener(authkey=key, backlog=64)
    _say({"listens": listener.address})
    while True:
        try:
            connection = listener.accept()
        except (AuthenticationError, EOFError, OSError):
            continue
        threading.Thread(target=serve, args=(connection, painters), daemon=True).start()


def _join(address: str) -> tuple[str, int]:
    """Connect this process to the cluster; returns where its head listens."""
    if address != "local":  # Ray would try for a minute
        host, _, port = address.rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), timeout=HEAD_TIMEOUT).close()
    import ray

    loopback = {"_node_ip_address": "127.0.0.1"} if os.environ.get(
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER") == "0" else {}
    own = {"include_dashboard": False, "object_store_memory": STORE_BYTES,
           "num_cpus": usable_cores()} if address == "local" else {}
    joined = ray.init(address=address, log_to_driver=False, configure_logging=False,
                      **loopback, **own)
    host, _, port = joined.address_info["gcs_address"].rpartition(":")
    return host, int(port)


def _keep(painters: Painters) -> NoReturn:
    """Look at the machines for ever."""
    while True:
        try:
            painters.refresh()
        except Exception:
            log.exception("the machines could not be looked at")
        time.sleep(REFRESH_SECONDS)


def _end_with_head(head: tuple[str, int]) -> NoReturn:
    """End the process when the head has not answered several times.

    Ray's own calls wait for it, and after a minute Ray ends the process.
    """
    failed = 0
    while failed < HEAD_TRIES:
        try:
            socket.create_connection(head, timeout=HEAD_TIMEOUT).close()
            failed = 0
        except OSError:
            failed += 1
        time.sleep(HEAD_SECONDS)
    os._exit(1)


def _end_with_stdin() -> NoReturn:
    """End when whoever started this process closes its stdin, or is gone."""
    import ray

    sys.stdin.read()
    threading.Timer(5, os._exit, [0]).start()  # with a head that is gone, it would take longer
    with contextlib.suppress(Exception):
        ray.shutdown()
    os._exit(0)


def _say(words: dict[str, Any]) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
