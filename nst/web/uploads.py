"""The folder of what visitors send and get: a process's own, kept tidy, gone with the process."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: what a killed process left stays until somebody deletes it
    fcntl = None

from ..errors import UserError

__all__ = ["KEPT_SECONDS", "OURS", "SWEEP_SECONDS", "tidy", "uploads"]

log = logging.getLogger(__name__)

# A web server deletes what it knows of after KEPT_SECONDS, one sweep later at the latest; what it
# was never told of goes after one more: all within the hour.
KEPT_SECONDS, SWEEP_SECONDS = 2700, 300
NEW_SECONDS = 60  # in an empty folder as young as this somebody may be about to write
OURS = "ours"  # the folder for what is the server's own and stays
_PREFIX = "neural-style-studio-"


@contextlib.contextmanager
def uploads(parent: str | os.PathLike[str]) -> Iterator[Path]:
    """A new folder in ``parent`` that only this user can read, deleted at the end.

    As long as it is there, a thread calls :func:`tidy` on it. What processes that were killed
    have left in ``parent`` is deleted first; those that live keep a lock on their folders, which
    the operating system takes from a process that dies.

    Raises:
        UserError: ``parent`` cannot be written.
    """
    try:
        Path(parent).mkdir(parents=True, exist_ok=True)
        with _locked(parent):  # nobody takes a folder that is not locked yet for a dead one's
            _bury(Path(parent))
            folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)).resolve()
            lock = contextlib.ExitStack()
            lock.enter_context(_locked(folder))
    except OSError as error:
        raise UserError(f"The folder for uploads cannot be written ({error.strerror}); name "
                        "another one in GRADIO_TEMP_DIR.") from None
    over = threading.Event()
    sweeper = threading.Thread(target=_sweep, args=(folder, over), name="tidy", daemon=True)
    sweeper.start()
    try:
        yield folder
    finally:
        over.set()
        _delete(folder)
        lock.close()


def tidy(folder: Path, kept_seconds: float = KEPT_SECONDS + SWEEP_SECONDS,
         new_seconds: float = NEW_SECONDS) -> None:
    """Delete files that have lain in ``folder`` longer than they may, and empty folders in it.

    The folder OURS in it is spared. A file's time is when it was put there, not when the picture
    was taken (ctime, not mtime).
    """
    now = time.time()
    for where, _, names in os.walk(folder, topdown=False):
        here = Path(where)
        if here.is_relative_to(folder / OURS):
            continue
        for file in (here / name for name in names):
            with contextlib.suppress(OSError):  # gone meanwhile
                if now - file.lstat().st_ctime > kept_seconds:
                    file.unlink()
        with contextlib.suppress(OSError):  # not empty, or gone meanwhile
            if here != folder and now - here.stat().st_ctime > new_seconds:
                here.rmdir()


def _sweep(folder: Path, over: threading.Event) -> None:
    while not over.wait(SWEEP_SECONDS):
        tidy(folder)


def _bury(parent: Path) -> None:
    for folder in [*parent.glob(f"{_PREFIX}*"), *parent.glob(f".{_PREFIX}*")]:
        with contextlib.suppress(OSError), _locked(folder, wait=False):
            _delete(folder)
            log.warning("deleted what a process that was killed had left in %s", parent)


def _delete(folder: Path) -> None:
    # Under another name nobody who is still at work puts one more file into it.
    with contextlib.suppress(OSError):
        folder = folder.rename(folder.with_name("." + folder.name))
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: str | os.PathLike[str], wait: bool = True) -> Iterator[None]:
    """Raises BlockingIOError where another process holds the lock and ``wait`` is False."""
    if fcntl is None:
        if not wait:
            raise BlockingIOError
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)
