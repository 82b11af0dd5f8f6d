"""Six styles: small pictures of one photo, one after the other, and a collage of them."""

from __future__ import annotations

import dataclasses
import random
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ..engine.stylize import Frame
from ..errors import UserError
from ..gallery.presets import Preset
from ..people import Box
from ..pictures.contact_sheet import contact_sheet, in_rows
from ..pictures.reading import open_picture
from ..run import Pause
from ..settings import settings_for
from . import markup
from .job import STOPPED_BEFORE, Job, Result, Update
from .page import LAST, QUICK, UNCHANGED, Changes, Page, Values, pictures
from .paint import STRENGTH_STEP, Paint, changed_strength
from .service import Service, StyleChoice, path_of
from .style import Style
from .uploads import storing
from .wall import HIDDEN, Painted, Wall

__all__ = ["SIZE", "Six", "SixMovements"]

SIZE = 256  # px of each picture, where the studio paints that large
COUNT = 6
FIRST, OTHERS = "Six styles", "Six others"  # the button before and after six of a photo
PHOTO_SIDE = 1024  # px; the photo is as high on the collage as two rows and their names


class SixMovements:
    """A button beside Paint, and a tab with the six, each of which a tap paints large."""

    def __init__(self, page: Page, wall: Wall, style: Style, paint: Paint):
        self._page, self._service, self._wall = page, page.service, wall
        self._style, self._paint = style, paint
        self.styles = gr.State([])  # the numbers of the six

    def build_tab(self) -> None:
        with gr.Tab("Six", id="six", visible=False) as self.tab:
            self.gallery = pictures([], "Six styles", "six-pictures", columns=3, height="auto")

    def build_button(self) -> None:
        self.button = gr.Button(FIRST, elem_id="six")

    def build_actions(self) -> None:
        """Below six pictures: the same six again."""
        with gr.Row():
            self.softer = self._wall.button("All six, softer", "six-softer", beside=_beside_six)
            self.stronger = self._wall.button("All six, stronger", "six-stronger",
                                              beside=_beside_six)

    def wire(self) -> None:
        page, paint = self._page, self._paint
        more = [self.gallery, self.styles, self.tab]
        outputs = [*paint.outputs, *more]
        begun = self.button.click(self.begin, {page.photo, page.faces, page.visit}, outputs,
                                  **QUICK)
        paint.run_after(begun, self.run, more).then(
            lambda: gr.Button(OTHERS), None, self.button, **QUICK)
        for button, begin in ((self.softer, self.begin_softer),
                              (self.stronger, self.begin_stronger)):
            paint.run_after(button.click(begin, [page.shown, page.visit], outputs, **QUICK),
                            self.run, more)
        page.photo_given.then(self.clear, page.job, [self.gallery, self.tab, self.button],
                              **LAST)
        paint.begin_after(self._style.follow(self.gallery.select(
            self._style.choose, self.styles, [page.chosen, page.own], **QUICK)))

    def begin(self, values: Values, request: gr.Request) -> Changes:
        """Choose six; what can be wrong is told before the visitor waits for a turn."""
        page = self._page
        return self._waiting(request, values[page.visit], lambda: Six(
            self._service, path_of(values[page.photo]), page.marked_faces(values)))

    # Two methods, because Gradio gives a functools.partial no request.
    def begin_softer(self, request: gr.Request, shown: Painted | None, visit: Any) -> Changes:
        """The same six with less strength."""
        return self._begin_again(request, shown, visit, -STRENGTH_STEP)

    def begin_stronger(self, request: gr.Request, shown: Painted | None, visit: Any) -> Changes:
        """The same six with more strength."""
        return self._begin_again(request, shown, visit, STRENGTH_STEP)

    def _begin_again(self, request: gr.Request, shown: Painted | None, visit: Any,
                     change: float) -> Changes:
        def make() -> Six:
            if shown is None or not shown.six:
                raise UserError("Paint six styles first, then make them softer or stronger.")
            return Six(self._service, str(shown.photo), shown.marked_faces, shown.six,
                       shown.stronger + change)
        return self._waiting(request, visit, make)

    def _waiting(self, request: gr.Request, visit: Any, make: Callable[[], Six]) -> Changes:
        def beside(six: Six) -> Changes:
            return {self._wall.tabs: gr.Tabs(selected="six"), self.gallery: gr.Gallery([]),
                    self.tab: gr.Tab(visible=True),
                    self.styles: [movement.number for movement in six.movements]}
        return self._paint.waiting(request, make, visit, beside)

    def clear(self, job: Any) -> Changes:
        """What was painted of another photo, or forgotten, is gone.

        The photo with which a page comes back is that of the six that are being painted.
        """
        if job is not None and not job.over:
            return UNCHANGED
        return {self.gallery: gr.Gallery([]), self.tab: gr.Tab(visible=HIDDEN),
                self.button: gr.Button(FIRST)}

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
                yield self._going(six, index, update)
            if six.done:
                yield self._paint.painted(_painted(six), visit) | {
                    self._wall.tabs: gr.Tabs(selected="six")}
            else:
                yield self._paint.idle(status=STOPPED_BEFORE)
        except Exception as error:
            yield self._paint.failed(error)

    def _going(self, six: Six, index: int, update: Update) -> Changes:
        """While one of them is painted, or when it is done."""
        count, movement, frame = len(six.movements), six.movements[index], update.frame
        words = f"{index + 1} of {count} · {movement.preset.movement}"
        if update.result is None:
            words += f" · {markup.left(six.remaining(index, frame))}"
        pictures = list(six.pictures())
        if update.preview is not None:
            pictures.append((str(update.preview), movement.caption))
        return {self._wall.status: markup.passing_status((index + frame.step / frame.steps) / count,
                                                         words),
                self._wall.story: self._wall.told(movement.job.named),
                self.gallery: gr.Gallery(pictures)}


@dataclass(frozen=True)
class Movement:
    """One of the six: the preset's number, the preset, its job."""

    number: int
    preset: Preset
    job: Job

    @property
    def caption(self) -> str:
        """What is said below its picture."""
        return f"{self.preset.movement}: {self.preset.title}"


class Six:
    """The job: six drafts one after the other; it waits for its turn once, as a Job does.

    Args:
        marked_faces: where the visitor says that faces are, in fractions of the photo.
        numbers: of the presets; empty: one each of six movements, drawn by chance.
        stronger: what is added to the strength that suits each of them.

    Raises:
        UserError: a photo that cannot be read.
    """

    def __init__(self, service: Service, photo: object, marked_faces: Sequence[Box] = (),
                 numbers: Sequence[int] = (), stronger: float = 0.0):
        self.marked_faces, self.stronger = tuple(marked_faces), stronger
        self.movements = [self._movement(service, photo, number)
                          for number in numbers or _drawn(service)]
        self.photo, self.settings = self.movements[0].job.photo, self.movements[0].job.settings
        self.done: list[Result] = []
        self._folder = service.folder
        self._stop = threading.Event()
        self.begun = self.over = False

    @property
    def named(self) -> list[tuple[str, float]]:
        """(name, weight) of the first style."""
        return self.movements[0].job.named

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
        return [(str(result.png), movement.caption)
                for result, movement in zip(self.done, self.movements, strict=False)]

    def remaining(self, index: int, frame: Frame) -> float:
        """Seconds until all are painted, while this frame is one of number ``index``'s.

        Those to come are taken to last as long as those before, or as this one.
        """
        seconds = [result.seconds for result in self.done] or [frame.elapsed + frame.remaining]
        ahead = len(self.movements) - index - 1
        return frame.remaining + ahead * sum(seconds) / len(seconds)

    def _movement(self, service: Service, photo: object, number: int) -> Movement:
        preset = service.presets[number]
        size = min(SIZE, service.limits.size)
        settings = settings_for(preset.settings, dict(quality="draft", size=size))
        settings = dataclasses.replace(
            settings, strength=changed_strength(self.stronger, settings.strength))
        styles = service.chosen(StyleChoice(number), settings)
        return Movement(number, preset, service.job(photo, styles, settings, extras=False,
                                                    marked_faces=self.marked_faces))


def _drawn(service: Service) -> list[int]:
    """A preset of each of six movements."""
    by_movement: dict[str, list[int]] = {}
    for number, preset in enumerate(service.presets):
        by_movement.setdefault(preset.movement, []).append(number)
    return [random.choice(by_movement[name]) for name
            in random.sample(sorted(by_movement), min(COUNT, len(by_movement)))]


def _painted(six: Six) -> Painted:
    count = len(six.done)
    status = markup.status_bar(1.0, f"{count} styles; tap one to paint it large.")
    return Painted(six.collage(), six.settings, six.photo, f"{count} styles", status, "",
                   marked_faces=six.marked_faces,
                   folders=tuple(result.png.parent for result in six.done),
                   six=tuple(movement.number for movement in six.movements), stronger=six.stronger)


def _beside_six(painted: Painted) -> gr.Button:
    return gr.Button(visible=bool(painted.six), interactive=True)


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB")
