"""Paint and Stop, always in reach; and, below a result, what gives it another strength or size."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr
from PIL import Image

from ..engine.time_left import work
from ..errors import UserError
from ..people import Box
from ..run import Pause
from ..settings import Settings
from . import markup
from .away import gives_way, is_gone, seen
from .cover import Covering, over_photo
from .going import Going
from .job import STOPPED_BEFORE, Job, Result, Update
from .limits import Limits
from .page import QUEUED, QUICK, UNCHANGED, Changes, Page, Values, note, note_line
from .queue import (
    BUSY,
    ENOUGH_WAITING,
    Place,
    enough_waiting,
    is_full,
    leave_queue,
    place_in_line,
)
from .server import FAULT
from .service import StyleChoice, path_of
from .style import Style
from .visit import Visit
from .wall import Painted, Wall

__all__ = [
    "NOT_PAINTED", "STRENGTH_STEP", "Again", "Larger", "Paint", "changed_strength", "next_larger"]

log = logging.getLogger("studio")

NOT_PAINTED = "Ended without a result."
# JavaScript that keeps the event after it from being asked for; fail() is called then.
UNLESS_WRONG = "(...all) => { if (all.at(-1)) throw Error(all.at(-1)); return all; }"
STRENGTH_STEP = 0.2  # of strength: how much "Again, softer" and "Again, stronger" change

# The larger scales took so many times as long as their work says at the rate of the last scale
# before (512 to 1024 px on two cores; the previews and the film take time too).
MARGIN = 1.2


class Paint:
    """The bar: Paint, Stop, and beside them what was wrong with the last try."""

    def __init__(self, page: Page, wall: Wall, style: Style, visit: Visit):
        self._page, self._service, self._wall = page, page.service, wall
        self._style, self.visit = style, visit
        page.job = gr.State()
        # Where the visitor of a Gradio session stands in the line.
        self.place_of: Callable[[str | None], Place] = partial(place_in_line, page.demo)
        self.place = gr.Timer(1, active=False)  # asks for the place in the queue meanwhile
        self._took: deque[float] = deque(maxlen=5)  # seconds of the last results
        self._more: list[Any] = []  # outputs of what others paint here, beside our own

    @contextlib.contextmanager
    def build(self) -> Iterator[None]:
        """The bar; buttons that are made in the block stand between Paint and Stop."""
        with gr.Column(elem_id="bar"):
            gr.HTML("<p role='status'></p>", elem_id="sending")  # arriving.js speaks in it
            # The wall's status, which wall.js repeats here while that is news and out of view.
            gr.HTML("<div aria-hidden='true'></div>", elem_id="going")
            self._page.notice = note_line("notice")
            with gr.Row(elem_id="actions"):
                self.paint = gr.Button("Paint", variant="primary", elem_id="paint")
                yield
                self.stop = gr.Button("Stop", visible=False, elem_id="stop")

    def wire(self) -> None:
        page = self._page
        self.begin_after(self.paint.click(None, **QUICK))
        stopped = self.stop.click(self.stop_job, page.job, self.outputs, **QUICK)
        for event in (stopped, self.visit.forgotten):
            event.then(self.leave_queue, page.visit, None, **QUICK)

    @property
    def outputs(self) -> list[Any]:
        """All that the handlers below change."""
        return [self._page.job, *self._wall.outputs, self.place, self.paint, self.stop]

    def begin_after(self, event: Any) -> None:
        """After an event: paint what the page says."""
        page = self._page
        inputs = self._style.inputs | {page.photo, page.mask, page.faces, page.visit,
                                       *page.controls.values()}
        self.run_after(event.then(self.begin, inputs, self.outputs, **QUICK))

    def run_after(self, event: Any, run: Callable[..., Iterator[Changes]] | None = None,
                  more: Sequence[Any] = ()) -> Any:
        """After an event that made a job: paint it when it is its turn, then show the strip.

        Where there was something wrong, the page does not ask for a turn.

        ``run``: in place of :meth:`run`; ``more``: what it changes beside our own outputs.
        """
        page, outputs = self._page, [*self.outputs, *more]
        self._more += more

        def go_on(job: Any, visit: Any, wrong: str, request: gr.Request) -> Iterator[Changes]:
            yield from self.going_on(run or self.run, job, visit, request.session_hash)

        began = event.then(go_on, [page.job, page.visit, page.notice], outputs, js=UNLESS_WRONG,
                           **QUEUED)
        refused = began.failure(self.fail, page.job, self.outputs, **QUICK)
        # Whoever asked at the moment when another took the last place: Gradio tells it, too.
        refused.success(None, page.notice,
                        js=f"told => {{ if (told === {json.dumps(BUSY)}) closeErrors(); }}")
        return self.visit.show_after(began)

    @property
    def come_back_outputs(self) -> list[Any]:
        """All that can be new to a page that came back, once everything is wired."""
        return [*self.outputs, *self._more]

    def begin(self, values: Values, request: gr.Request) -> Changes:
        """Make the job. What can be wrong is told before the visitor waits for a turn."""
        page, visit = self._page, values[self._page.visit]
        changes = self.waiting(request, lambda: self.job(
            path_of(values[page.photo]), self._style.choice(values), page.settings(values),
            values[page.mask], page.marked_faces(values)), visit)
        if changes[page.job] is not None:  # also what a button has moved, as Again, softer does
            self.visit.results.hold(visit, {one: values[one] for one in (
                page.chosen, *page.controls.values())})
        return changes

    def job(self, photo: str | None, choice: StyleChoice, settings: Settings,
            mask: Image.Image | None, marked_faces: Sequence[Box],
            start: Result | None = None) -> Job:
        """A job that remembers its style, so that its result can be enlarged; raises UserError."""
        job = self._service.job(photo, self._service.chosen(choice, settings), settings, mask,
                                marked_faces=marked_faces, start=start)
        job.choice = choice
        return job

    def waiting(self, request: gr.Request, make: Callable[[], Any], visit: Any,
                beside: Callable[[Any], Changes] = lambda job: {}) -> Changes:
        """The page of a visitor whose new job waits for its turn, or what is wrong with it.

        ``beside``: what else changes for the job that was made.
        """
        page = self._page
        try:
            client = getattr(request, "client", None)
            if enough_waiting(page.demo, request.session_hash, client and client.host):
                raise UserError(ENOUGH_WAITING)
            if is_full(page.demo):
                raise UserError(BUSY)
            job = make()
        except UserError as error:
            return self.idle(str(error)) | {page.job: None}
        except Exception:
            log.exception("a job could not be made")
            return self.idle(FAULT) | {page.job: None}
        session = request.session_hash
        changes = self._wall.waiting(self._wait(session), job.named) | {
            page.job: job, self.place: gr.Timer(active=True), self.paint: gr.Button(visible=False),
            self.stop: gr.Button("Stop", interactive=True, visible=True)} | beside(job)
        self.visit.results.begin(visit, Going(job, session, changes))
        return changes

    def show_place(self, request: gr.Request, job: Any, visit: Any) -> Changes:
        """The place in the queue, while the visitor waits.

        To a page that came back: what has become of the picture since it asked last.
        """
        going = self.visit.results.going(visit)
        session = request.session_hash
        if going and going.job is job and going.session != session:
            seen(self._page.demo, going.session)
            news = going.news(session)
            if self._page.shown in news:  # the result: the last that comes
                return news | self.visit.changes(visit)
            if job.begun or job.stopped:
                return news or UNCHANGED
            session = going.session
        elif job is None or job.begun or job.stopped:
            return {self.place: gr.Timer(active=False)}
        return {self._wall.status: self._wait(session)}

    def going_on(self, run: Callable[..., Iterator[Changes]], job: Any, visit: Any,
                 session: str | None) -> Iterator[Changes]:
        """What ``run`` yields, told to every page of the visitor's, also where its own is gone.

        A picture whose visitor has been away for long ends with what it has, where others wait.
        """
        page, going = self._page, self.visit.results.going(visit)
        demo = page.demo
        if going is None or going.job is not job:  # another page has begun one since
            going = Going(job, session, {})
        try:
            if job is not None and gives_way(demo, session):
                job.stop()
            for changes in run(job, visit):
                if going.forgotten:
                    if page.shown in changes:
                        self.visit.results.delete(changes[page.shown])
                    changes = self.idle()
                going.tell(changes)
                if job is not None and gives_way(demo, session):
                    job.stop()
                yield changes
        finally:
            going.end(told=not is_gone(demo, session))

    def run(self, job: Job | None, visit: Any = None) -> Iterator[Changes]:
        """Paint: frames, then the result. Gradio calls it when it is the visitor's turn."""
        if job is None or job.begun:
            yield UNCHANGED  # a generator that yields nothing would clear every component
            return
        update, seen = None, False
        try:
            for update in job.run():
                if isinstance(update, Pause):
                    yield self._wall.paused(update, again=seen)
                    seen = False
                elif update.result is None:
                    seen = True
                    yield self._wall.frame(job, update)
                else:
                    self._took.append(update.result.seconds)
                    yield self.painted(self._painted(job, update), visit)
        except Exception as error:
            yield self.failed(error)
        else:
            if not isinstance(update, Update):
                yield self.idle(status=STOPPED_BEFORE)

    def painted(self, painted: Painted, visit: Any) -> Changes:
        """The result, remembered in the visit and shown."""
        self.visit.results.add(visit, painted)
        return self.idle() | self._wall.painted(painted)

    def stop_job(self, job: Job | None) -> Changes:
        """Keep what was painted; or leave the queue."""
        if job is None:
            return self.idle()
        job.stop()
        if job.over:
            return UNCHANGED
        if job.begun:  # the step at hand is finished first
            return {self.stop: gr.Button("Stopping", interactive=False)}
        return self.idle(status=STOPPED_BEFORE) | {self._page.job: None}

    async def leave_queue(self, request: gr.Request, visit: Any) -> None:
        """A job that was stopped before its turn gives its place to others."""
        await leave_queue(self._page.demo, request.session_hash)
        going = self.visit.results.going(visit)
        if going and going.job.stopped:  # begun by a page that was loaded anew since
            await leave_queue(self._page.demo, going.session)

    def fail(self, job: Job | None) -> Changes:
        """Gradio did not run the job: the queue is full, or something broke outside our code."""
        if job is None:  # what is wrong has been told
            return UNCHANGED
        return self.idle(FAULT if job.begun else BUSY, status=NOT_PAINTED) | {self._page.job: None}

    def failed(self, error: Exception) -> Changes:
        """What ended a job, in words for the visitor; a fault of ours is logged with its cause."""
        if isinstance(error, UserError):
            return self.idle(str(error), status=NOT_PAINTED)
        if isinstance(error, gr.Error):  # of ZeroGPU: no GPU is free, or a quota is used up
            return self.idle(f"{error.title}: {error.message}", status=NOT_PAINTED)
        log.error("a job failed", exc_info=error)
        return self.idle(FAULT, status=NOT_PAINTED)

    def idle(self, notice: str = "", status: str | None = None) -> Changes:
        """Ready for Paint; ``notice``: what went wrong; ``status``: a new status line."""
        changes: Changes = {
            self.place: gr.Timer(active=False), self.paint: gr.Button(visible=True),
            self.stop: gr.Button("Stop", interactive=True, visible=False),
            self._wall.story: gr.HTML(visible=False), self._page.notice: note(notice)}
        if status is not None:
            changes[self._wall.status] = markup.status_bar(0, status)
        return changes

    def _painted(self, job: Job, update: Update) -> Painted:
        assert update.result is not None
        service, settings = self._service, job.settings
        how = (f"Strength {settings.strength:g}" if job.start is None
               else f"{settings.size} px")
        painted = Painted(update.result, settings, job.photo,
                          f"{how} · {service.title(job.named[0][0])}",
                          markup.progress(update, settings.size),
                          markup.details_of_result(settings, update, service.credits(job.named)),
                          choice=job.choice, marked_faces=job.marked_faces,
                          styles=len(job.named), finished=update.frame.finished)
        if not job.cover.complete:
            with contextlib.suppress(UserError):  # the painting alone is worth having
                painted = over_photo(painted, job.cover)
        return painted

    def _wait(self, session: str | None) -> str:
        """The status (HTML): how many have their turn first, and the seconds if they are known."""
        place = self.place_of(session)
        seconds = place.turns * sum(self._took) / len(self._took) if self._took else None
        return markup.waiting(place.people, seconds, place.served if place.at_once > 1 else 0)


class Again:
    """Sliders below a result, and four buttons, each of which paints the next one."""

    def __init__(self, page: Page, wall: Wall, style: Style, paint: Paint):
        self._page, self._service, self._wall = page, page.service, wall
        self._style, self._paint = style, paint
        self.covering = Covering(page, wall, paint.visit)

    def build(self) -> None:
        self.covering.build()
        self.larger = self._wall.button("Larger", "larger", beside=self._larger_button)
        with gr.Row():
            self.softer, self.stronger, self.another = (
                self._wall.button(label, elem_id, beside=_beside_one) for label, elem_id in (
                    ("Again, softer", "softer"), ("Again, stronger", "stronger"),
                    ("Another style", "another")))

    def wire(self) -> None:
        page, style, strength = self._page, self._style, self._page.controls["strength"]
        self.covering.wire()
        for button, change in ((self.softer, -STRENGTH_STEP), (self.stronger, STRENGTH_STEP)):
            self._paint.begin_after(button.click(partial(changed_strength, change), strength,
                                                 strength, **QUICK))
        self._paint.begin_after(style.follow(self.another.click(
            style.draw, style.searched, style.drawn, **QUICK)))
        self._paint.run_after(self.larger.click(self.enlarge, [page.shown, page.visit],
                                                self._paint.outputs, **QUICK))

    def enlarge(self, request: gr.Request, shown: Painted | None, visit: Any) -> Changes:
        """Make the job that goes on from the result on the wall to the next size."""
        def make() -> Job:
            larger = None if shown is None else self.next(shown)
            if shown is None or larger is None or shown.choice is None:
                raise UserError("Paint a picture to the end first, then make it larger.")
            result = shown.result
            if not all(file.exists() for file in (result.png, result.mask) if file):
                raise UserError("That result has been deleted; paint it again.")
            mask = None
            if result.mask:
                with Image.open(result.mask) as picture:
                    mask = picture.copy()
            settings = dataclasses.replace(shown.settings, size=larger.size)
            job = self._paint.job(str(shown.photo), shown.choice, settings, mask,
                                  shown.marked_faces, start=result)
            job.cover = shown.cover
            return job
        return self._paint.waiting(request, make, visit)

    def next(self, painted: Painted) -> Larger | None:
        """The next larger size of a result; None where there is none."""
        if not painted.finished:
            return None
        return next_larger(painted.settings, painted.result, painted.styles,
                           self._service.limits)

    def _larger_button(self, painted: Painted) -> gr.Button:
        larger = self.next(painted)
        if larger is None:
            return gr.Button(visible=False)
        return gr.Button(f"Larger: {larger.size} px, about {markup.duration(larger.seconds)}",
                         visible=True, interactive=True)


def _beside_one(painted: Painted) -> gr.Button:
    """Six in one collage have buttons of their own; of a portrait that moves they would paint the
    first picture alone.
    """
    return gr.Button(visible=not painted.six and painted.gif is None, interactive=True)


def changed_strength(change: float, strength: float) -> float:
    """The strength for another try, 0..1, on the slider's grid of hundredths."""
    return round(min(1.0, max(0.0, strength + change)), 2)


@dataclass(frozen=True)
class Larger:
    """Pixels of the longer side, and the seconds that it is expected to take."""

    size: int
    seconds: float


def next_larger(settings: Settings, result: Result, styles: int, limits: Limits
                ) -> Larger | None:
    """Twice the size, or as much as the limits allow; None where that is no larger.

    Args:
        settings: of the finished result.
        styles: how many are blended in it.
    """
    larger = dataclasses.replace(settings, size=min(2 * settings.size, limits.size))
    try:
        ahead = work(larger, shape=min(result.size) / max(result.size), styles=styles,
                     above=settings.size)
    except UserError:
        return None
    return Larger(larger.size, min(MARGIN * result.rate * ahead,
                                   settings.seconds or limits.seconds, limits.seconds))
