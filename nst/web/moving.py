"""A portrait that moves: a clip is filmed or chosen, cut by two handles, and becomes a loop."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from ..errors import UserError
from ..run import Pause
from . import markup
from .job import STOPPED_BEFORE, Update
from .moving_job import (
    FPS,
    MAX_SECONDS,
    MAX_SIZE,
    ClipShown,
    Growth,
    Loop,
    MovingJob,
    Part,
    look_at,
    picture_at,
)
from .page import (
    LAST,
    QUICK,
    UNCHANGED,
    Changes,
    Page,
    Values,
    note,
    note_line,
    quiet_note,
    upload_button,
)
from .paint import Paint
from .service import path_of
from .style import Style
from .wall import Painted, Wall

__all__ = ["Moving", "part_of"]

log = logging.getLogger("studio")

BACKWARDS, START_OVER = "Play it backwards", "Start over"
MIN_SECONDS = 0.5  # between the handles
# Seconds that the first picture and each later one are assumed to take at MAX_SIZE on two cores;
# told until a loop has shown how fast this machine is.
FIRST_SECONDS, EACH_SECONDS = 9.0, 1.0
OVERHEAD_PIXELS = 88 * 88  # that a picture takes beside its own


class Moving:
    """The clip's buttons and handles, "Move" in the bar, and "Save as GIF" below a loop."""

    def __init__(self, page: Page, wall: Wall, style: Style, paint: Paint):
        self._page, self._service, self._wall = page, page.service, wall
        self._style, self._paint = style, paint
        self.clip = gr.State()  # a ClipShown; None: there is none
        self._pace: deque[float] = deque(maxlen=5)  # seconds of the last loops, over those told

    def build(self) -> None:
        """Where a clip is given and cut."""
        with gr.Accordion("A portrait that moves", open=False, elem_id="moving") as self.opened:
            with gr.Row(elem_id="give-clip"):
                self.film = upload_button("Film yourself", "film-yourself")
                self.choose = upload_button("Choose a clip", "choose-clip")
            gr.HTML(markup.recorder(MAX_SECONDS), elem_id="recorder")
            self.note = note_line("clip-note")
            with gr.Column(visible=False, elem_id="cut") as self.cut:
                with gr.Column(elem_id="handles"):
                    self.strip = gr.HTML(elem_id="clip-strip")
                    self.start = gr.Slider(0, MAX_SECONDS, 0, step=0.1, label="From",
                                           elem_id="cut-start")
                    self.end = gr.Slider(0, MAX_SECONDS, MAX_SECONDS, step=0.1, label="To",
                                         elem_id="cut-end")
                self.way = gr.Radio([BACKWARDS, START_OVER], value=BACKWARDS,
                                    label="At the end of the clip", elem_id="loop-way")
                self.told = gr.HTML(elem_id="cut-told")

    def build_button(self) -> None:
        self.button = gr.Button("Move", elem_id="move", visible=False)

    def build_action(self) -> None:
        self.gif = self._wall.button("Save as GIF", "gif", beside=_gif,
                                     kind=partial(gr.DownloadButton, visible=False))

    def wire(self) -> None:
        page, paint = self._page, self._paint
        handles = [self.start, self.end]
        given = [self.clip, self.note, self.cut, self.strip, *handles, self.told, page.photo]
        for button in (self.film, self.choose):
            button.upload(lambda: quiet_note("Reading the clip."), None, self.note, **QUICK
                          ).then(self.take, [button, page.controls["size"]], given, **QUICK)
        asked = [self.clip, *handles, page.controls["size"]]
        self.cut_moved = gr.on([handle.input for handle in handles], self.tell, asked, self.told,
                               **LAST)
        page.controls["size"].change(self.tell, asked, self.told, **QUICK)
        self.start.release(self.show_first, [self.clip, *handles], [page.photo, self.note],
                           **QUICK)
        page.photo_given.then(self.keep_or_leave, [self.clip, page.photo],
                              [self.clip, self.cut, self.button], **LAST)
        inputs = self._style.inputs | {page.photo, page.faces, *page.controls.values(), self.clip,
                                       *handles, self.way, page.visit}
        paint.run_after(self.button.click(self.begin, inputs, paint.outputs, **QUICK), self.run)

    @property
    def held(self) -> set[Any]:
        """What a visitor has put in."""
        return {self.clip, self.start, self.end, self.way}

    @property
    def cut_outputs(self) -> list[Any]:
        """What :meth:`shown` changes beside :attr:`held`."""
        return [self.opened, self.cut, self.strip, self.told, self.button]

    def shown(self, held: Changes) -> Changes:
        """A clip that was given earlier, and its handles where they were; none if it is gone.

        ``held``: what the page holds, whose photo has to be a picture of the clip.
        """
        clip = held.get(self.clip)
        if clip is None or not clip.file.exists() or not _belongs(
                held[self._page.photo], clip):
            return {self.clip: None, self.start: gr.skip(), self.end: gr.skip()}
        start, end, size = (held.get(one) for one in (
            self.start, self.end, self._page.controls["size"]))
        return {self.opened: gr.Accordion(open=True), self.cut: gr.Column(visible=True),
                self.strip: markup.clip_strip(clip.strip), **self._handles(clip, start, end),
                self.told: self.tell(clip, start, end, size),
                self.button: gr.Button("Move", visible=True)}

    def _handles(self, clip: ClipShown, start: Any, end: Any) -> Changes:
        part, longest = part_of(clip, start, end), max(MIN_SECONDS, round(clip.seconds, 1))
        return {self.start: gr.Slider(value=part.start, maximum=longest),
                self.end: gr.Slider(value=part.end, maximum=longest)}

    def take(self, upload: dict | None, size: Any) -> tuple[Any, ...]:
        """A clip that was uploaded, or what is wrong with it; its first picture is the photo."""
        try:
            clip = look_at(self._service.picture(path_of(upload)))
            part = part_of(clip, 0.0, MAX_SECONDS)
            photo = picture_at(clip, part.start)
        except UserError as error:
            return (gr.skip(), note(str(error)), *[gr.skip()] * 6)
        except Exception:
            log.exception("a clip could not be read")
            return (gr.skip(), note("The clip could not be read; give another one."),
                    *[gr.skip()] * 6)
        return (clip, note(), gr.Column(visible=True), markup.clip_strip(clip.strip),
                *self._handles(clip, part.start, part.end).values(),
                self.tell(clip, part.start, part.end, size), photo)

    def tell(self, clip: ClipShown | None, start: Any, end: Any, size: Any) -> str:
        """How much is between the handles, and how long painting it takes."""
        if clip is None:
            return ""
        part = part_of(clip, start, end)
        seconds, limit = self._expected(part.count, size), self._service.limits.seconds
        words = (f"{part.end - part.start:.1f} s of the clip, {part.count} pictures: about "
                 f"{markup.duration(seconds)} to paint.")
        if seconds > limit:
            words += f" This studio ends a painting after {markup.duration(limit)} and keeps it."
        return f"<p class='quiet'>{words}</p>"

    def show_first(self, clip: ClipShown | None, start: Any, end: Any) -> tuple[Any, Any]:
        """(the picture at the first handle as the photo, the note)."""
        if clip is None:
            return gr.skip(), gr.skip()
        try:
            return picture_at(clip, part_of(clip, start, end).start), note()
        except UserError as error:
            return gr.skip(), note(str(error))

    def keep_or_leave(self, clip: ClipShown | None, photo: dict | None) -> tuple[Any, Any, Any]:
        """Another photo than one of the clip's leaves the clip: (clip, its handles, Move)."""
        ours = clip is not None and _belongs(path_of(photo), clip)
        return clip if ours else None, gr.Column(visible=ours), gr.Button("Move", visible=ours)

    def begin(self, values: Values, request: gr.Request) -> Changes:
        """Make the job. What can be wrong is told before the visitor waits for a turn."""
        return self._paint.waiting(request, lambda: self._job(values),
                                   values[self._page.visit])

    def _job(self, values: Values) -> MovingJob:
        page, clip = self._page, values[self.clip]
        if clip is None:
            raise UserError("Give a clip first: film yourself, or choose one.")
        if not clip.file.exists():
            raise UserError("That clip has been deleted; give it again.")
        part = part_of(clip, values[self.start], values[self.end])
        photo = picture_at(clip, part.start)
        same = Path(path_of(values[page.photo]) or "") == Path(photo)
        settings = page.settings(values)
        return MovingJob(
            self._service, clip, part, photo,
            self._service.chosen(self._style.choice(values), settings), settings,
            page.marked_faces(values) if same else (), values[self.way] != START_OVER)

    def run(self, job: Any, visit: Any) -> Iterator[Changes]:
        """Paint: the first picture, the loop as it grows, then what is kept."""
        if not isinstance(job, MovingJob) or job.begun:
            yield UNCHANGED
            return
        update, growing = None, False
        try:
            for news in job.run():
                if isinstance(news, Update):
                    update = news
                    if news.result is None:
                        yield self._wall.frame(job.first, news) | self._first(job, news)
                elif isinstance(news, Pause):
                    yield self._wall.paused(news)
                elif isinstance(news, Growth):
                    yield self._growth(news, job.to_and_fro, growing)
                    growing = True
                else:
                    assert update is not None  # the first picture's result came before
                    if news.complete:
                        self._pace.append(news.seconds / _usual(news.count, job.settings.size))
                    yield self._paint.painted(self._painted(job, update, news), visit)
        except Exception as error:
            yield self._paint.failed(error)
        else:
            if update is None:
                yield self._paint.idle(status=STOPPED_BEFORE)

    def _first(self, job: MovingJob, update: Update) -> Changes:
        """The status while the first picture is painted, as a part of all of them."""
        frame, count, size = update.frame, job.part.count, job.settings.size
        rest = self._expected(count, size) - self._expected(1, size)
        words = f"Picture 1 of {count} · {markup.left(frame.remaining + rest)}"
        part = frame.step / frame.steps * _share(1, count)
        return {self._wall.status: markup.passing_status(part, words, markup.soft(update, size))}

    def _growth(self, news: Growth, to_and_fro: bool, seen: bool) -> Changes:
        done = len(news.pictures)
        words = f"Picture {done} of {news.count} · {markup.left(news.remaining)}"
        changes: Changes = {
            self._wall.film: markup.growing_loop(news.pictures, FPS, to_and_fro),
            self._wall.status: markup.passing_status(_share(done, news.count), words)}
        # A visitor who looks at another tab meanwhile stays there.
        return changes if seen else changes | {
            self._wall.film_tab: gr.Tab(visible=True), self._wall.tabs: gr.Tabs(selected="film")}

    def _painted(self, job: MovingJob, update: Update, loop: Loop) -> Painted:
        service, first = self._service, job.first
        title, credits = service.title(first.named[0][0]), service.credits(first.named)
        if loop.notice:
            words = loop.notice
        elif loop.complete:
            words = f"{loop.count} pictures in {markup.duration(loop.seconds)}."
        else:
            words = (f"Stopped at picture {loop.count} of {job.part.count}; this is what was "
                     "painted.")
        return Painted(loop.still, job.settings, job.photo, f"Moving · {title}",
                       markup.status_bar(
                           1 if loop.complete else _share(loop.count, job.part.count), words),
                       markup.details_of_result(job.settings, update, credits),
                       styles=len(first.named), gif=loop.gif)

    def _expected(self, count: int, size: Any) -> float:
        """Seconds that so many pictures will take here."""
        pace = sum(self._pace) / len(self._pace) if self._pace else 1.0
        return pace * _usual(count, size)


def part_of(clip: ClipShown, start: Any, end: Any) -> Part:
    """The part between two handles, whatever a page sends: at most MAX_SECONDS of the clip."""
    longest = max(MIN_SECONDS, clip.seconds)
    first, last = (float(value) if isinstance(value, (int, float)) else 0.0
                   for value in (start, end))
    first = min(max(0.0, first), longest - MIN_SECONDS)
    last = min(max(last, first + MIN_SECONDS), first + MAX_SECONDS, longest)
    return Part(first, last)


def _usual(count: int, size: Any) -> float:
    """Seconds that so many pictures take on the machine of FIRST_SECONDS."""
    side = min(MAX_SIZE, size) if isinstance(size, (int, float)) else MAX_SIZE
    pixels = (side**2 + OVERHEAD_PIXELS) / (MAX_SIZE**2 + OVERHEAD_PIXELS)
    return pixels * (FIRST_SECONDS + (count - 1) * EACH_SECONDS)


def _share(done: int, count: int) -> float:
    """How much of the work is done with so many pictures: the first takes longer than another."""
    return _usual(done, MAX_SIZE) / _usual(count, MAX_SIZE)


def _belongs(photo: str | None, clip: ClipShown) -> bool:
    """Whether the photo is a picture of the clip."""
    return photo is not None and Path(photo).parent == clip.file.parent


def _gif(painted: Painted) -> gr.DownloadButton:
    gif = painted.gif and str(painted.gif)
    return gr.DownloadButton(value=gif, interactive=gif is not None, visible=gif is not None)
