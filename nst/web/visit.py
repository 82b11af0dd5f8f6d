"""The visit: all that a visitor has painted, in a strip; shown again, compared, or forgotten."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import shutil
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from PIL import Image

from ..errors import UserError
from .page import QUICK, UNCHANGED, Changes, Page, Values, pictures
from .service import path_of
from .style import Style
from .uploads import STATIC, CannotStoreError, save_picture
from .wall import Painted, Wall

__all__ = ["Results", "Visit", "thumbnail"]

MAX_VISITS = 500  # remembered; the one that was not used for longest is dropped
MAX_RESULTS = 24  # remembered of one visit
SMALL_SIDE = 240  # px of a thumbnail


class Visit:
    """The strip below the result, "Compare two" and "Forget all"."""

    def __init__(self, page: Page, wall: Wall, style: Style):
        self._page, self._service, self._wall, self._style = page, page.service, wall, style
        self.results = Results(page.service.folder)
        page.visit = gr.BrowserState("", storage_key="studio-visit")

    def build(self) -> None:
        with gr.Column(visible=False, elem_id="visit") as self.column:
            with gr.Row():
                gr.HTML("<h2>This visit</h2>", elem_classes="step")
                self.two = gr.Checkbox(False, label="Compare two", container=False, scale=0,
                                       min_width=90, visible=False, elem_id="both")
                self.forget = gr.Button("Forget all", size="sm", scale=0, min_width=90,
                                        elem_id="forget")
            self.thumbnails = pictures([], "Painted in this visit", "strip", columns=6, height=134)

    def wire(self) -> None:
        page, wall = self._page, self._wall
        strip = [self.column, self.thumbnails, self.two]
        page.demo.load(self.open, page.visit, [page.visit, *strip, *wall.outputs], **QUICK)
        on_wall: set[Any] = {page.visit, page.job, page.shown, self.two}
        self.thumbnails.select(self.show_again, on_wall,
                               [*wall.outputs, *page.controls.values()], **QUICK)
        self.two.input(self.compare, on_wall, wall.outputs, **QUICK)
        self._style.show_example_after(self.forget.click(
            self.forget_all, [page.visit, page.photo, page.job], [page.photo, *strip, page.job],
            **QUICK))

    def show_after(self, event: Any) -> Any:
        """After an event that has painted: the strip with the new result."""
        return event.then(self.strip, self._page.visit,
                          [self.column, self.thumbnails, self.two], **QUICK)

    def open(self, name: Any) -> Changes:
        """The visit's name for the browser to keep, the strip, and the last result."""
        name = self.results.opened(name)
        painted = self.results.of(name)
        on_wall = self._wall.painted(painted[0]) if painted else {}
        return {self._page.visit: name} | self._strip(name) | on_wall

    def strip(self, name: Any) -> Changes:
        """The strip, hidden while nothing is in it; on a full disk it stays as it was."""
        return self._strip(name) or UNCHANGED

    def show_again(self, values: Values, event: gr.SelectData) -> Changes:
        """The result that was tapped, and the settings that it was painted with.

        With "Compare two" it is shown over the one that was on the wall.
        """
        page = self._page
        job, painted = values[page.job], self.results.of(values[page.visit])
        if event.index >= len(painted) or job is not None and not job.over:
            return UNCHANGED
        one, shown = painted[event.index], values[page.shown]
        over_other = values[self.two] and shown is not None and shown.result.png != one.result.png
        settings = dataclasses.asdict(one.settings)
        return (self._wall.compared(shown, one) if over_other else self._wall.painted(one)) | {
            control: settings[name] for name, control in page.controls.items()}

    def compare(self, values: Values) -> Changes:
        """The result on the wall over the last other one, or over its photo again."""
        page = self._page
        job, shown = values[page.job], values[page.shown]
        if shown is None or job is not None and not job.over:
            return UNCHANGED
        others = [one for one in self.results.of(values[page.visit])
                  if one.result.png != shown.result.png]
        if values[self.two] and others:
            return self._wall.compared(others[0], shown)
        return self._wall.painted(shown)

    def forget_all(self, name: Any, photo: dict | None, job: Any) -> Changes:
        """Delete everything at once: no photo, an empty strip, no job."""
        if job is not None:
            job.stop()
        path = None
        if photo and not self._service.sample(path_of(photo)):
            with contextlib.suppress(UserError):  # it has been deleted already
                path = self._service.picture(path_of(photo))
        self.results.forget(name, path)
        return {self._page.photo: None, self._page.job: None} | self._strip(name)

    def _strip(self, name: Any) -> Changes:
        painted = self.results.of(name)
        try:
            thumbnails = [(thumbnail(one), one.label) for one in painted]
        except CannotStoreError as error:
            gr.Warning(str(error))
            return {}
        return {self.column: gr.Column(visible=bool(painted)),
                self.thumbnails: gr.Gallery(thumbnails, selected_index=None),
                self.two: gr.Checkbox(visible=len(painted) > 1)}


def thumbnail(painted: Painted) -> str:
    """A small copy beside a result, made once; raises CannotStoreError."""
    file = painted.file.with_name(f"small-{painted.file.stem}.jpg")
    if not file.exists():
        with Image.open(painted.file) as picture:
            save_picture(picture, file, side=SMALL_SIDE)
    return str(file)


class Results:
    """What every visit has painted, under a name that only the visitor's browser knows.

    Nothing here outlives the files, which are deleted within the hour (see uploads.py).
    """

    def __init__(self, folder: str | os.PathLike[str]):
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

    def replace(self, name: object, painted: Painted) -> None:
        """Remember a result in another state in its place."""
        with self._lock:
            if isinstance(name, str) and name in self._visits:
                self._visits[name] = [painted if one.result.png == painted.result.png else one
                                      for one in self._visits[name]]

    def of(self, name: object) -> list[Painted]:
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
