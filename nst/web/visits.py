"""What each visitor has painted: found again after a reload, deleted when the visitor says so."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

from gradio.processing_utils import save_file_to_cache
from PIL import Image

from ..people import Box
from ..pictures.writing import save_jpeg
from ..settings import Settings
from .job import Result
from .larger import Larger
from .service import StyleChoice
from .storing import storing
from .uploads import STATIC

__all__ = ["Painted", "Visits"]

MAX_VISITS = 500  # remembered; the one that was not used for longest is dropped
MAX_RESULTS = 24  # remembered of one visit
SMALL_SIDE = 240  # px of a thumbnail


@dataclass(frozen=True)
class Painted:
    """One result as the page shows it, with what it takes to show it again.

    Attributes:
        photo: the visitor's own file.
        caption: the style and the strength.
        status, details: HTML.
        choice: the style, None of a collage; marked_faces: by the visitor, in the photo.
        larger: the next size, None where there is none.
        folders: of pictures that belong to it (the six of a collage).
    """

    result: Result
    settings: Settings
    photo: Path
    caption: str
    status: str
    details: str
    choice: StyleChoice | None = None
    marked_faces: tuple[Box, ...] = ()
    larger: Larger | None = None
    folders: tuple[Path, ...] = ()

    def thumbnail(self) -> str:
        """A small copy beside the result, made once; raises CannotStoreError."""
        file = self.result.png.with_name("small.jpg")
        if not file.exists():
            with Image.open(self.result.png) as picture:
                picture.thumbnail((SMALL_SIDE, SMALL_SIDE))
                with storing():
                    save_jpeg(picture, file)
        return str(file)


class Visits:
    """The results of every visit, under a name that only the visitor's browser knows.

    Nothing here outlives the files, which are deleted within the hour (see uploads.py).
    """

    def __init__(self, folder: str | Path):
        self._folder = Path(folder)
        self._lock = threading.Lock()
        self._visits: OrderedDict[str, list[Painted]] = OrderedDict()

    def opened(self, name: object) -> str:
        """The visit's name: ``name`` if a visit has it, else a new one."""
        with self._lock:
            if not isinstance(name, str) or name not in self._visits:
                name = secrets.token_urlsafe(24)
                self._visits[name] = []
            self._visits.move_to_end(name)
            while len(self._visits) > MAX_VISITS:
                self._visits.popitem(last=False)
            return name

    def add(self, name: object, painted: Painted) -> None:
        """Remember a result; nothing where no visit has that name."""
        with self._lock:
            if isinstance(name, str) and name in self._visits:
                self._visits.move_to_end(name)
                self._visits[name] = [*self._visits[name], painted][-MAX_RESULTS:]

    def pictures(self, name: object) -> list[Painted]:
        """The visit's results whose files are still there, the last one first."""
        with self._lock:
            kept = self._visits.get(name, []) if isinstance(name, str) else []
            return [one for one in reversed(kept) if one.result.png.exists()]

    def forget(self, name: object, photo: str | None = None) -> None:
        """Delete everything of the visit: results, films, frames, and the photos.

        ``photo``: the real path of one that has perhaps not been painted.
        """
        with self._lock:
            known = isinstance(name, str) and name in self._visits
            gone = self._visits.pop(name, []) if isinstance(name, str) else []
            if known:
                self._visits[name] = []  # type: ignore[index]
        folders = {folder for one in gone for folder in (
            one.result.png.parent, one.photo.parent, *one.folders)}
        if photo:
            folders.add(Path(photo).parent)
        for folder in folders:
            if folder.parent == self._folder and folder.name != STATIC:
                self._delete(folder)

    def _delete(self, folder: Path) -> None:
        """The folder, and the copies that Gradio has made of its files."""
        with contextlib.suppress(OSError):  # deleted meanwhile
            for file in list(folder.iterdir()):
                copy = Path(save_file_to_cache(file, cache_dir=str(self._folder)))
                shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
