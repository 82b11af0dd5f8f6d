"""The visit: all that a visitor has painted, in a strip; shown again, compared, or forgotten.

What else is known of a visit is kept here, too, for comeback.py: what its page held, and the
picture that is being painted.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image, ImageOps

from ..pictures.contact_sheet import BACKGROUND
from .going import Going
from .page import (
    QUICK,
    TAPPED,
    UNCHANGED,
    Changes,
    Page,
    Values,
    note,
    note_line,
    pictures,
    quiet_note,
)
from .style import Style
from .uploads import CannotStoreError, delete_inside, save_picture
from .wall import Painted, Wall

__all__ = ["STRIP_SHAPE", "Results", "Visit", "thumbnail"]

MAX_VISITS = 500  # remembered; the one that was not used for longest is dropped
MAX_RESULTS = 24  # remembered of one visit
SMALL_SIDE = 240  # px of a thumbnail
STRIP_SHAPE = (SMALL_SIDE, 219)  # as style.css shows it, 92 x 84


class Visit:
    """The strip below the result, "Compare two" and "Forget all"."""

    def __init__(self, page: Page, wall: Wall, style: Style):
        self._page, self._service, self._wall, self._style = page, page.service, wall, style
        self.results = Results(page.service.folder)
        page.visit = gr.BrowserState("", storage_key="studio-visit")
        self.first = gr.State()  # the file of the first of two that are tapped to be compared

    def build(self) -> None:
        with gr.Column(visible=False, elem_id="visit") as self.column:
            with gr.Row():
                gr.HTML("<h2>This visit</h2>", elem_classes="step")
                self.two = gr.Checkbox(False, label="Compare two", container=False, scale=0,
                                       min_width=90, visible=False, elem_id="both")
                self.forget = gr.Button("Forget all", size="sm", scale=0, min_width=90,
                                        elem_id="forget")
            self.asked = note_line("compare-note")
            self.thumbnails = pictures([], "Painted in this visit", "strip", columns=6, height=144)

    def wire(self) -> None:
        page, wall = self._page, self._wall
        on_wall: set[Any] = {page.visit, page.job, page.shown, self.two, self.first}
        compared = [*wall.outputs, self.first, self.asked]
        self.thumbnails.select(self.show_again, on_wall, [*compared, *page.controls.values()],
                               **TAPPED)
        self.two.input(self.compare, on_wall, compared, **QUICK)
        self.forgotten = self.forget.click(
            self.forget_all, [page.visit, page.job],
            [page.photo, page.own, *self.outputs, page.job, page.shown, self.first, self.asked],
            **QUICK)
        self._style.follow(self.forgotten)
        self._style.show_example_after(self.forgotten)

    @property
    def outputs(self) -> list[Any]:
        """What :meth:`changes` changes."""
        return [self.column, self.thumbnails, self.two]

    def show_after(self, event: Any) -> Any:
        """After an event that has painted: the strip with the new result."""
        return event.then(self.strip, {self._page.visit, self.two, self.first},
                          [*self.outputs, self.asked], **QUICK)

    def strip(self, values: Values) -> Changes:
        """The strip, hidden while nothing is in it; on a full disk it stays as it was.

        The result that was painted is shown alone, so that two can be tapped again.
        """
        changes = self.changes(values[self._page.visit])
        if values[self.two]:
            changes |= {self.asked: _tapped(1 if values[self.first] else 0)}
        return changes or UNCHANGED

    def show_again(self, values: Values, event: gr.SelectData) -> Changes:
        """The result that was tapped, and the settings that it was painted with.

        With "Compare two" the second that is tapped is shown over the first.
        """
        page = self._page
        job, painted = values[page.job], self.results.of(values[page.visit])
        if event.index >= len(painted) or job is not None and not job.over:
            return UNCHANGED
        one = painted[event.index]
        settings = dataclasses.asdict(one.settings)
        changes: Changes = {control: settings[name] for name, control in page.controls.items()}
        if not values[self.two]:
            return changes | self._wall.painted(one)
        first = [other for other in painted if other.result.png == values[self.first] and
                 other is not one]
        if not first:
            return changes | self._wall.painted(one) | {
                self.first: one.result.png, self.asked: _tapped(1)}
        return changes | self._both(first[0], one)

    def compare(self, values: Values) -> Changes:
        """Ask for two results; where there are no others, the one on the wall over the other.

        Asked no more, the one on the wall is over its photo again.
        """
        page = self._page
        job, shown = values[page.job], values[page.shown]
        asked = {self.first: None, self.asked: _tapped(0) if values[self.two] else note()}
        if shown is None or job is not None and not job.over:
            return asked
        if not values[self.two]:
            return asked | self._wall.painted(shown)
        others = [one for one in self.results.of(values[page.visit])
                  if one.result.png != shown.result.png]
        if len(others) == 1:
            return self._both(others[0], shown)
        return asked

    def _both(self, left: Painted, right: Painted) -> Changes:
        """Two results over each other."""
        return self._wall.compared(left, right) | {self.first: None, self.asked: _tapped(2)}

    def forget_all(self, name: Any, job: Any) -> Changes:
        """Delete everything at once: no photo, no style of one's own, an empty strip, no job."""
        page = self._page
        if job is not None:
            job.stop()
        self.results.forget(name)
        return {page.photo: None, page.own: None, page.job: None, page.shown: None,
                self.first: None, self.asked: note()} | self.changes(name) | {
                    self.two: gr.Checkbox(False, visible=False)}

    def changes(self, name: Any) -> Changes:
        """The strip, to be shown among other changes; none on a full disk."""
        painted = self.results.of(name)
        try:
            thumbnails = [(thumbnail(one), one.label) for one in painted]
        except CannotStoreError as error:
            gr.Warning(str(error))
            return {}
        return {self.column: gr.Column(visible=bool(painted)),
                self.thumbnails: gr.Gallery(thumbnails, selected_index=None),
                self.two: gr.Checkbox(visible=len(painted) > 1)}


def _tapped(count: int) -> gr.Markdown:
    """So many of two were tapped to be compared."""
    return quiet_note(f"Tap two pictures: {count} of 2.")


def in_strip(collage: Image.Image) -> Image.Image:
    """All of a sheet in the shape of the strip's pictures, which would cut it to its ground."""
    return ImageOps.pad(collage, STRIP_SHAPE, color=BACKGROUND)


def thumbnail(painted: Painted) -> str:
    """A small copy beside a result, made once; raises CannotStoreError."""
    file = painted.file.with_name(f"small-{painted.file.stem}.jpg")
    if not file.exists():
        with Image.open(painted.file) as picture:
            seen = in_strip(picture.convert("RGB")) if painted.six else picture
            save_picture(seen, file, side=SMALL_SIDE)
    return str(file)


@dataclass
class _Visited:
    """What is known of one visit.

    Attributes:
        painted: its results, the last one last.
        held: what its page held when it was last changed, by component.
        files: what was uploaded in it.
        going: what was asked for last; None: nothing yet.
    """

    painted: list[Painted] = field(default_factory=list)
    held: Changes = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    going: Going | None = None


class Results:
    """What every visit has painted, under a name that only the visitor's browser knows.

    Nothing here outlives the files, which are deleted within the hour (see uploads.py).
    """

    def __init__(self, folder: str | os.PathLike[str]):
        self._folder = Path(folder)
        self._lock = threading.Lock()
        self._visits: OrderedDict[str, _Visited] = OrderedDict()

    def opened(self, name: object) -> str:
        """The visit's name: ``name`` if a visit has it, else a new one."""
        with self._lock:
            if not isinstance(name, str) or name not in self._visits:
                name = secrets.token_urlsafe(24)
                self._visits[name] = _Visited()
            self._visits.move_to_end(name)
            while len(self._visits) > MAX_VISITS:
                self._visits.popitem(last=False)
            return name

    def add(self, name: object, painted: Painted) -> None:
        """Remember a result; nothing where no visit has that name."""
        visit = self._visit(name)
        with self._lock:
            visit.painted = [*visit.painted, painted][-MAX_RESULTS:]

    def replace(self, name: object, painted: Painted) -> None:
        """Remember a result in another state in its place."""
        visit = self._visit(name)
        with self._lock:
            visit.painted = [painted if one.result.png == painted.result.png else one
                             for one in visit.painted]

    def of(self, name: object) -> list[Painted]:
        """The visit's results whose files are still there, the last one first."""
        return [one for one in reversed(self._visit(name).painted) if one.result.png.exists()]

    def begin(self, name: object, going: Going) -> None:
        """Remember what the visit waits for."""
        self._visit(name).going = going

    def going(self, name: object) -> Going | None:
        """What the visit has asked for last."""
        return self._visit(name).going

    def hold(self, name: object, held: Changes, files: Iterable[str] = ()) -> None:
        """Remember what the visit's page holds; ``files``: the real paths of uploads in it."""
        visit = self._visit(name)
        visit.held = visit.held | held
        visit.files.update(files)

    def held(self, name: object) -> Changes:
        """What the visit's page held last."""
        return self._visit(name).held

    def forget(self, name: object) -> None:
        """Delete everything of the visit: results, films, frames, and what was uploaded."""
        visit = self._visit(name)
        with self._lock:
            painted, files = visit.painted, visit.files
            visit.painted, visit.held, visit.files = [], {}, set()
        if visit.going:
            visit.going.forget()
        for one in painted:
            self.delete(one)
        for file in files:
            delete_inside(Path(file).parent, self._folder)

    def delete(self, painted: Painted) -> None:
        """Delete a result with its film and its photo."""
        for folder in (painted.result.png.parent, painted.photo.parent, *painted.folders):
            delete_inside(folder, self._folder)

    def _visit(self, name: object) -> _Visited:
        """The visit of that name; where there is none, one that nobody will find again."""
        with self._lock:
            if not isinstance(name, str) or name not in self._visits:
                return _Visited()
            self._visits.move_to_end(name)
            return self._visits[name]
