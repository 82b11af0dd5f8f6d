"""The way from a page or a command to the painters, and back to this machine where it is cut."""

from __future__ import annotations

import contextlib
import importlib.util
import ipaddress
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import asdict
from multiprocessing.connection import Client, Connection
from pathlib import Path
from typing import Any

from PIL import Image

from ..engine.stylize import Frame
from ..errors import UserError
from ..paint import stylize
from ..people import Box
from ..process import usable_cores
from ..run import Pause
from ..settings import Settings
from ..video import VideoFrame, stylize_video
from .driver import REPORT
from .needs import PainterNeeds, WireLimits
from .wire import packed_clip, packed_task, unpacked_frame

__all__ = ["LOCAL", "LOST", "NOBODY", "Cluster", "is_loopback"]

log = logging.getLogger("studio")

LOCAL = "local"  # in an address's place: a cluster is started on this machine
RETRY_SECONDS = 15.0  # between two tries to reach a cluster that was lost
PAUSE_SECONDS = 0.5  # between two words to somebody who waits for this machine

LOST = "The other machines cannot be reached; this one paints your picture itself."
NOBODY = "No other machine is left; this one paints your picture itself."
NEXT = "This machine paints one picture at a time; yours is the next."
_ROOT = Path(__file__).resolve().parents[2]


class Cluster:
    """The painters of a Ray cluster; a context manager.

    Args:
        address: HOST:PORT of the head, of which this machine has to be a part; or LOCAL.
        needs: of one painter.
        limits: that painters hold, whatever they are asked for.

    Attributes:
        machines: the machine's name for every painter that is ready.
        busy: how many of them are at work.

    Raises:
        UserError: Ray is not installed, no cluster answers, or this machine has too few cores.
    """

    def __init__(self, address: str, needs: PainterNeeds | None = None,
                 limits: WireLimits | None = None):
        if importlib.util.find_spec("ray") is None:
            raise UserError("A cluster needs Ray; install it with pip install "
                            "'neural-style-studio[cluster]'.")
        self._address, needs = _checked(address), needs or PainterNeeds()
        if address == LOCAL and needs.cpus > usable_cores():
            raise UserError(f"A painter needs {needs.cpus} cores, and this machine has "
                            f"{usable_cores()}; ask for fewer with --painter-cpus.")
        self._options = {"address": address, "needs": asdict(needs),
                         "limits": asdict(limits or WireLimits())}
        self._changed: Callable[[int], None] = lambda painters: None
        self.machines: tuple[str, ...] = ()
        self.busy = 0
        self._key = secrets.token_bytes(32)
        self._closed, self._news = threading.Event(), threading.Condition()
        self._here = threading.Lock()  # one picture at a time is painted by this machine
        self._driver: subprocess.Popen | None = None
        self._listens: Any = None
        self._start()
        if not is_loopback(address):
            log.warning("Ray's ports give whoever reaches them this machine and all others of the "
                        "cluster: they belong into a network of trusted machines only.")
        threading.Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def painters(self) -> int:
        """How many there are, at work or not; 0 where the cluster cannot be reached."""
        return len(self.machines)

    def follow(self, changed: Callable[[int], None]) -> None:
        """Have this called with the number of painters, now and at each change, from a thread.

        0: none is ready yet, or the cluster cannot be reached and frames() paints here.
        """
        with self._news:
            self._changed = changed
            changed(self.painters)

    def wait(self, painters: int, seconds: float = 120.0) -> bool:
        """Wait until there are so many painters; whether there are."""
        with self._news:
            return self._news.wait_for(lambda: self.painters >= painters, seconds)

    def close(self) -> None:
        """Give up what is being painted there, and end a cluster that was started here."""
        self._closed.set()
        self._end_driver()

    def frames(self, photo: Image.Image, styles: Sequence[tuple[Image.Image, float]],
               settings: Settings, *, mask: Image.Image | None = None,
               marked_faces: Sequence[Box] = (), start: Image.Image | None = None,
               told: Callable[[str], None] = lambda machine: None,
               ) -> Generator[Frame | Pause]:
        """nst.stylize on a painter, or here where none can be reached.

        Beside the frames a Pause comes where the picture waits, or starts again because its
        painter died. ``told``: called with the name of the machine that paints.

        Raises:
            UserError: as nst.stylize does, at the first frame; or three painters died of it.
            MemoryError: the painter's memory ran out.
        """
        task = packed_task(photo, styles, settings, mask=mask, marked_faces=marked_faces,
                           start=start)
        return self._frames(task, told, lambda: stylize(
            photo, styles, settings, mask=mask, marked_faces=marked_faces, start=start))

    def video(self, photos: Iterable[Image.Image], styles: Sequence[tuple[Image.Image, float]],
              settings: Settings, *, count: int = 0, mask: Image.Image | None = None,
              marked_faces: Sequence[Box] = (),
              after: tuple[Image.Image, Image.Image] | None = None,
              told: Callable[[str], None] = lambda machine: None,
              ) -> Generator[VideoFrame | Pause]:
        """nst.stylize_video likewise; the painter gets all pictures of the clip at once.

        Where its painter dies, no picture comes twice.
        """
        photos, painted = list(photos), 0
        if not photos:
            return
        task = packed_clip(photos, styles, settings, count=count, mask=mask,
                           marked_faces=marked_faces, after=after)
        with contextlib.closing(self._frames(task, told, lambda: stylize_video(
                photos, styles, settings, count=count, mask=mask, marked_faces=marked_faces,
                after=after))) as frames:
            for frame in frames:
                if isinstance(frame, Pause):
                    yield frame
                elif frame.step > painted:
                    painted = frame.step
                    assert isinstance(frame, VideoFrame)
                    yield frame

    def _frames(self, task: dict[str, Any], told: Callable[[str], None],
                paint_here: Callable[[], Generator[Frame] | Generator[VideoFrame]],
                ) -> Generator[Frame | Pause]:
        why = LOST
        connection = self._connected()
        if connection is not None:
            with connection:
                for kind, value in _answers(connection, task):
                    if kind == "frame":
                        yield unpacked_frame(value)
                    elif kind == "pause":
                        yield Pause(value)
                    elif kind == "painter":
                        told(value)
                    elif kind == "mistake":
                        raise UserError(value)
                    elif kind == "memory":
                        raise MemoryError(value)
                    elif kind == "fault":
                        raise RuntimeError(f"a painter failed: {value}")
                    elif kind == "nobody":
                        why = NOBODY
                        break
                    else:
                        return
        yield Pause(why)
        while not self._here.acquire(timeout=PAUSE_SECONDS):
            yield Pause(NEXT)
        try:
            told("this machine")
            with contextlib.closing(paint_here()) as frames:
                yield from frames
        finally:
            self._here.release()

    def _connected(self) -> Connection | None:
        with contextlib.suppress(OSError, EOFError):
            return Client(self._listens, authkey=self._key)
        return None

    def _start(self) -> None:
        """Start the process that talks to Ray; raises UserError where it finds no cluster."""
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH")))),
            "RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal",
            # Of painters on a cluster that is started here. Ray's own 15 leaves them a thirtieth of
            # a core beside anything that is busy.
            "RAY_worker_niceness": "0"}
        if is_loopback(self._address):
            # Ray's name for it: it keeps to 127.0.0.1, instead of this machine's own address.
            environment["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        # A session of its own: Ctrl-C is for the program that started it.
        self._driver = subprocess.Popen(
            [sys.executable, "-m", "nst.cluster.driver", json.dumps(self._options)], cwd=_ROOT,
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True)
        assert self._driver.stdin and self._driver.stdout
        with contextlib.suppress(OSError):
            self._driver.stdin.write(self._key.hex() + "\n")
            self._driver.stdin.flush()
        try:
            said = json.loads(self._driver.stdout.readline() or "{}")
        except ValueError:
            said = {}
        if "listens" not in said:
            self._end_driver()
            raise UserError(f"The cluster {self._address} cannot be joined "
                            f"({said.get('error', 'Ray ended')}); start Ray on this machine first, "
                            "see docs/deploy.md.")
        self._listens = said["listens"]

    def _end_driver(self) -> None:
        if self._driver is not None and self._driver.stdin:
            with contextlib.suppress(OSError):
                self._driver.stdin.close()
            try:
                self._driver.wait(10)
            except subprocess.TimeoutExpired:
                self._driver.kill()
                self._driver.wait()

    def _watch(self) -> None:
        """Take in how many painters there are; where the cluster is lost, try to reach it again."""
        while not self._closed.is_set():
            connection = self._connected()
            if connection is not None:
                with connection:
                    for report in _answers(connection, REPORT):
                        self._told(tuple(report["machines"]), report["busy"])
            if self._closed.is_set():
                return
            self._told((), 0)
            log.warning("the cluster cannot be reached: this machine paints by itself.")
            while not self._closed.wait(RETRY_SECONDS):
                self._end_driver()
                with contextlib.suppress(UserError):
                    self._start()
                    log.warning("the cluster is reached again.")
                    break

    def _told(self, machines: tuple[str, ...], busy: int) -> None:
        with self._news:
            before, self.machines, self.busy = self.painters, machines, busy
            self._news.notify_all()
            if len(machines) != before:
                self._changed(len(machines))


def is_loopback(address: str) -> bool:
    """Whether a cluster's address leaves this machine alone."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return address == LOCAL or host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(address: str) -> str:
    host, _, port = address.rpartition(":")
    if address != LOCAL and not (host and "/" not in host and port.isascii() and port.isdigit()):
        raise UserError(f"--cluster is {address[:60]}; give HOST:PORT of the cluster's head, or "
                        f"{LOCAL}.")
    return address


def _answers(connection: Connection, asked: Any) -> Generator[Any]:
    """What is answered until the other side hangs up."""
    try:
        connection.send(asked)
        while True:
            answer = connection.recv()
            yield answer
    except (EOFError, OSError):
        return
