"""In six movements: small pictures of one photo, one after the other, and a collage of them."""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ..gallery.presets import Preset
from ..people import Box
from ..pictures.contact_sheet import contact_sheet, in_rows
from ..pictures.reading import open_picture
from ..run import Pause
from ..settings import settings_for
from . import markup
from .job import STOPPED_BEFORE, Job, Result, Update
from .page import QUEUED, QUICK, UNCHANGED, Changes, Page, Values, pictures
from .paint import Paint
from .service import Service, StyleChoice, path_of
from .style import Style
from .uploads import storing
from .wall import Painted, Wall

__all__ = ["SIZE", "Six", "SixMovements"]

SIZE = 256  # px of each picture, where the studio paints that large
COUNT = 6
PHOTO_SIDE = 1024  # px; the photo is as high on the collage as two rows and their names


class SixMovements:
    """A button beside Paint, and a tab with the six, each of which a tap paints large."""

    def __init__(self, page: Page, wall: Wall, style: Style, paint: Paint):
        self._page, self._service, self._wall = page, page.service, wall
        self._style, self._paint = style, paint
        self.styles = gr.State([])  # the numbers of the six

    def build_tab(self) -> None:
        with gr.Tab("Six", id="six"):
            self.gallery = pictures([], "Six movements", "six-pictures", columns=3, height="auto")

    def build_button(self) -> None:
        self.button = gr.Button("In six movements", elem_id="six")

    def wire(self) -> None:
        page, paint = self._page, self._paint
        outputs = [*paint.outputs, self.gallery, self.styles]
        run = self.button.click(
            self.begin, {page.photo, page.faces}, outputs, **QUICK,
        ).then(self.run, [page.job, page.visit], outputs, **QUEUED)
        paint.follow(run).then(lambda: gr.Button("Other six"), None, self.button, **QUICK)
        paint.begin_after(self._style.follow(self.gallery.select(
            self._style.choose, self.styles, [page.chosen, page.own], **QUICK)))

    def begin(self, values: Values, request: gr.Request) -> Changes:
        """Choose six; what can be wrong is told before the visitor waits for a turn."""
        page = self._page
        changes = self._paint.waiting(request, lambda: Six(
            self._service, path_of(values[page.photo]), page.marked_faces(values)))
        six = changes[page.job]
        if six is None:
            return changes
        return changes | {self._wall.tabs: gr.Tabs(selected="six"), self.gallery: gr.Gallery([]),
                          self.styles: [movement.number for movement in six.movements]}

    def run(self, six: Any, visit: Any) -> Iterator[Changes]:
        """Paint: each picture as it is done, then the collage."""
        if not isinstance(six, Six) or six.begun:
            yield UNCHANGED
            return
        try:
            for index, update in six.run():
                if isinstance(update, Pause):
                    yield self._wall.paused(update)
                    continue
                part = (index + update.frame.step / update.frame.steps) / len(six.movements)
                name = six.movements[index].preset.movement
                status = f"{index + 1} of {len(six.movements)} · {name}"
                changes: Changes = {self._wall.status: markup.status_bar(part, status)}
                if update.result is not None:
                    changes[self.gallery] = gr.Gallery(list(six.pictures()))
                yield changes
            if six.done:
                yield self._paint.painted(_painted(six), visit) | {
                    self._wall.tabs: gr.Tabs(selected="six")}
            else:
                yield self._paint.idle(status=STOPPED_BEFORE)
        except Exception as error:
            yield self._paint.failed(error)


@dataclass(frozen=True)
class Movement:
    """One of the six: the preset's number, the preset, its job."""

    number: int
    preset: Preset
    job: Job


class Six:
    """The job: six drafts one after the other; it waits for its turn once, as a Job does.

    ``marked_faces``: where the visitor says that faces are, in fractions of the photo.

    Raises:
        UserError: a photo that cannot be read.
    """

    def __init__(self, service: Service, photo: object, marked_faces: Sequence[Box] = ()):
        by_movement: dict[str, list[int]] = {}
        for number, preset in enumerate(service.presets):
            by_movement.setdefault(preset.movement, []).append(number)
        chosen = random.sample(sorted(by_movement), min(COUNT, len(by_movement)))
        self.movements = [self._movement(service, photo, marked_faces,
                                          random.choice(by_movement[name]))
                          for name in chosen]
        self.photo, self.settings = self.movements[0].job.photo, self.movements[0].job.settings
        self.done: list[Result] = []
        self._folder = service.folder
        self._stop = threading.Event()
        self.begun = self.over = False

    @property
    def stopped(self) -> bool:
        """Whether stop() was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """End with the pictures that are done; from any thread."""
        self._stop.set()
        for movement in self.movements:
            movement.job.stop()

    def run(self) -> Iterator[tuple[int, Update | Pause]]:
        """(which of the six, its previews, pauses and its result) until all are painted."""
        self.begun = True
        try:
            for index, movement in enumerate(self.movements):
                for update in movement.job.run():
                    if (isinstance(update, Update) and update.result is not None
                            and not self.stopped):
                        self.done.append(update.result)
                    yield index, update
                if self.stopped:
                    break
        finally:
            self.over = True

    def collage(self) -> Result:
        """The photo, and beside it the pictures that are done with their names, on one sheet.

        Raises:
            UserError: the photo was deleted meanwhile.
            CannotStoreError: the disk is full or cannot be written.
        """
        photo = open_picture(self.photo, max_side=PHOTO_SIDE)
        cells = [(_opened(result.png), f"{movement.preset.title}\n{movement.preset.movement}")
                 for result, movement in zip(self.done, self.movements, strict=False)]
        with storing():
            file = Path(tempfile.mkdtemp(prefix="nst-", dir=self._folder)) / "six-movements.png"
            contact_sheet(in_rows(cells, 3), file, cell=SIZE, left=photo)
        return Result(file, None, None, [], sum(result.seconds for result in self.done))

    def pictures(self) -> Sequence[tuple[str, str]]:
        """(file, caption) of those that are done."""
        return [(str(result.png), f"{movement.preset.movement}: {movement.preset.title}")
                for result, movement in zip(self.done, self.movements, strict=False)]

    @staticmethod
    def _movement(service: Service, photo: object, marked_faces: Sequence[Box],
                  number: int) -> Movement:
        preset = service.presets[number]
        size = min(SIZE, service.limits.size)
        settings = settings_for(preset.settings, dict(quality="draft", size=size))
        styles = service.chosen(StyleChoice(number), settings)
        return Movement(number, preset, service.job(photo, styles, settings, extras=False,
                                                    marked_faces=marked_faces))


def _painted(six: Six) -> Painted:
    count = len(six.done)
    status = markup.status_bar(1.0, f"{count} movements; tap one to paint it large.")
    return Painted(six.collage(), six.settings, six.photo, f"{count} movements", status, "",
                   folders=tuple(result.png.parent for result in six.done))


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB")
