"""The folder of what visitors send and get: one per process, tidied, deleted with the process.

Every picture that the web writes is written by :func:`save_picture`; what the disk refuses becomes
one sentence in :func:`storing`.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout
from gradio.processing_utils import save_file_to_cache
from PIL import Image

from ..errors import UserError
from ..geometry import resized
from ..pictures.writing import save_jpeg, save_png, writing

__all__ = [
    "CANNOT_STORE", "KEPT", "KEPT_SECONDS", "STATIC", "SWEEP_SECONDS", "CannotStoreError",
    "delete_inside", "original_of", "save_picture", "shown_as_png", "storing", "tidy", "uploads",
]

log = logging.getLogger("studio")

CANNOT_STORE = "The studio cannot store pictures now (its disk may be full); try again later."

# Gradio deletes the files that it registered after KEPT_SECONDS, at the next sweep; tidy() deletes
# all others one sweep later. Everything is gone within the hour.
KEPT_SECONDS, SWEEP_SECONDS = 2700, 300
KEPT = SWEEP_SECONDS, KEPT_SECONDS  # as Gradio wants them
NEW_SECONDS = 60  # a younger empty folder is kept: a request may be about to write into it
STATIC = "static"  # the folder for the server's own files, which stay
_LOCK = ".lock"
_PREFIX = "neural-style-studio-"


@contextlib.contextmanager
def uploads(parent: str | os.PathLike[str]) -> Iterator[Path]:
    """A new folder in ``parent`` that only this user can read, deleted at the end.

    As long as it is there, a thread calls :func:`tidy` on it. Folders in ``parent`` of processes
    that were killed are deleted first: each process holds a lock in its folder, which the
    operating system releases when the process dies.

    Raises:
        UserError: ``parent`` cannot be written.
    """
    try:
        Path(parent).mkdir(parents=True, exist_ok=True)
        _delete_abandoned(Path(parent))
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent)).resolve()
        lock = FileLock(folder / _LOCK)
        lock.acquire()
        (folder / STATIC).mkdir()  # tells others that the lock has been taken
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
        lock.release()  # Windows deletes no file that is open
        _delete(folder)


def tidy(folder: Path, kept_seconds: float = KEPT_SECONDS + SWEEP_SECONDS,
         new_seconds: float = NEW_SECONDS) -> None:
    """Delete files that have lain in ``folder`` longer than they may, and empty folders in it.

    Its folder STATIC and its lock are kept. A file's time is when it was put there, not when the
    picture was taken (ctime, not mtime).
    """
    now = time.time()
    for where, _, names in os.walk(folder, topdown=False):
        here = Path(where)
        if here.is_relative_to(folder / STATIC):
            continue
        for file in (here / name for name in names):
            with contextlib.suppress(OSError):  # deleted meanwhile
                if file != folder / _LOCK and now - file.lstat().st_ctime > kept_seconds:
                    file.unlink()
        with contextlib.suppress(OSError):  # not empty, or deleted meanwhile
            if here != folder and now - here.stat().st_ctime > new_seconds:
                here.rmdir()


class CannotStoreError(UserError):
    """A file could not be written; says CANNOT_STORE."""


@contextlib.contextmanager
def storing() -> Iterator[None]:
    """Around what writes files: raises CannotStoreError for what the disk refuses.

    Any other UserError passes through.
    """
    try:
        yield
    except (OSError, UserError) as error:
        if isinstance(error, CannotStoreError) or (
                isinstance(error, UserError) and not isinstance(error.__cause__, OSError)):
            raise
        log.warning("a picture could not be stored: %s", error)
        raise CannotStoreError(CANNOT_STORE) from error


def delete_inside(folder: Path, root: str | os.PathLike[str]) -> None:
    """Delete a folder of uploads or results, and the copies that Gradio has made of its files.

    What does not lie directly in ``root``, the folder of what visitors send and get, stays, and so
    does STATIC.
    """
    root = Path(root).resolve()
    if folder.resolve().parent != root or folder.name == STATIC:
        return
    with contextlib.suppress(OSError):  # deleted meanwhile
        for file in list(folder.iterdir()):
            copy = Path(save_file_to_cache(file, cache_dir=str(root)))
            shutil.rmtree(copy.parent, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def save_picture(picture: Image.Image, file: str | os.PathLike[str], *, side: int | None = None,
                 quality: int = 90) -> str:
    """Write a picture without metadata, whole or not at all; returns the file's path.

    Args:
        file: its suffix (.jpg, .webp or .png) says the format; its folder has to exist.
        side: px that the longer side may have; a larger picture is made smaller.
        quality: of JPEG and WebP, as Pillow counts it: 1 to 95.

    Raises:
        CannotStoreError: the disk is full or cannot be written.
    """
    file = Path(file)
    if side is not None and max(picture.size) > side:
        picture = resized(picture, side)
    with storing():
        if file.suffix == ".png":
            save_png(picture, file)
        elif file.suffix == ".webp":
            _save_webp(picture, file, quality)
        else:
            save_jpeg(picture, file, quality)
    return str(file)


def _save_webp(picture: Image.Image, file: Path, quality: int) -> None:
    bare = picture.convert("RGB")
    bare.info.clear()
    data = io.BytesIO()
    bare.save(data, "WEBP", quality=quality, method=6)
    with writing(file) as part:
        part.write_bytes(data.getvalue())


def shown_as_png(picture: Image.Image, file: str) -> str:
    """A picture that browsers do not show, as PNG beside its file; raises CannotStoreError."""
    return save_picture(picture, f"{file}.png")


def original_of(file: str) -> str:
    """The file from which :func:`shown_as_png` made a picture; else the picture itself."""
    original = Path(file).with_suffix("")
    return str(original) if original.suffix and original.is_file() else file


def _sweep(folder: Path, over: threading.Event) -> None:
    while not over.wait(SWEEP_SECONDS):
        tidy(folder)


def _delete_abandoned(parent: Path) -> None:
    """Delete the folders of processes that ended without deleting them."""
    for folder in parent.glob(f".{_PREFIX}*"):  # killed while deleting it
        _delete(folder)
    for folder in parent.glob(f"{_PREFIX}*"):
        if not (folder / STATIC).exists():  # its process may be about to take the lock
            continue
        try:
            with FileLock(folder / _LOCK, blocking=False):
                pass
        except (OSError, Timeout):  # in use, or another user's
            continue
        _delete(folder)
        log.warning("deleted what a process that was killed had left in %s", parent)


def _delete(folder: Path) -> None:
    # Renamed first, so that nobody who still works puts one more file into it.
    with contextlib.suppress(OSError):
        folder = folder.rename(folder.with_name(f".{folder.name.lstrip('.')}"))
    shutil.rmtree(folder, ignore_errors=True)
