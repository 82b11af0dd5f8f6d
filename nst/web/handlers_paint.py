"""What the page does from Paint to the result."""

from __future__ import annotations

import dataclasses
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gradio as gr
from PIL import Image

from ..errors import UserError
from ..people import Box
from ..settings import Settings
from . import markup
from .job import Job, Result, Update
from .larger import next_larger
from .panel import Panel, as_failed, as_frame, as_idle, as_painted, as_stopping, as_waiting
from .photos import PhotoFaces
from .server import BUSY, FAULT
from .service import Service, StyleChoice, path_of
from .visits import Painted, Visits

__all__ = ["STRENGTH_STEP", "NO_SECOND", "PaintHandlers", "changed_strength", "failure"]

log = logging.getLogger("studio")

STRENGTH_STEP = 0.2  # of strength: how much "Again, softer" and "Again, stronger" change
NO_SECOND = -1  # the second style's value where there is none
STOPPED = "Stopped before anything was painted."


class PaintHandlers:
    """Handlers of Paint, Stop, and what happens between them.

    Args:
        service: makes the jobs.
        people_before: how many have their turn before the visitor of a Gradio session.
        visits: where results are remembered.
    """

    def __init__(self, service: Service, people_before: Callable[[str | None], int],
                 visits: Visits):
        self._service, self._people_before, self._visits = service, people_before, visits
        self._took: deque[float] = deque(maxlen=5)  # seconds of the last results

    def begin(self, request: gr.Request, photo: dict | None, own: dict | None, chosen: int,
              second: int, blend: float, mask: Image.Image | None, faces: PhotoFaces,
              *values: Any) -> Panel:
        """Make the job. What can be wrong is told before the visitor waits for a turn.

        ``values``: of the settings, in the order of ``service.knobs``.
        """
        service = self._service
        choice = StyleChoice(chosen, path_of(own), None if second == NO_SECOND else second, blend)

        def make() -> Job:
            settings = service.limits.check(
                Settings(**dict(zip(service.defaults, values, strict=True))))
            return self._job(path_of(photo), choice, settings, mask,
                             faces.marked_in(path_of(photo)))
        return self.waiting(request, make)

    def enlarge(self, request: gr.Request, shown: Painted | None) -> Panel:
        """Make the job that goes on from the result on the wall to the next size."""
        def make() -> Job:
            if shown is None or shown.larger is None or shown.choice is None:
                raise UserError("Paint a picture to the end first, then make it larger.")
            result = shown.result
            if not all(file.exists() for file in (result.png, result.mask) if file):
                raise UserError("That result has been deleted; paint it again.")
            mask = None
            if result.mask:
                with Image.open(result.mask) as picture:
                    mask = picture.copy()
            settings = dataclasses.replace(shown.settings, size=shown.larger.size)
            return self._job(str(shown.photo), shown.choice, settings, mask, shown.marked_faces,
                             start=result)
        return self.waiting(request, make)

    def waiting(self, request: gr.Request, make: Callable[[], Any]) -> Panel:
        """The panel of a visitor whose new job waits for its turn, or what is wrong with it."""
        try:
            job = make()
        except UserError as error:
            return as_idle(str(error))._replace(job=None)
        except Exception:
            log.exception("a job could not be made")
            return as_idle(FAULT)._replace(job=None)
        return as_waiting(job, *self._wait(request))

    def show_place(self, request: gr.Request, job: Job | None) -> Panel:
        """The place in the queue, while the visitor waits."""
        if job is None or job.begun or job.stopped:
            return Panel(place=gr.Timer(active=False))
        return Panel(status=markup.waiting(*self._wait(request)))

    def run(self, job: Job | None, visit: Any = None) -> Iterator[Panel]:
        """Paint: frames, then the result. Gradio calls it when it is the visitor's turn."""
        if job is None or job.begun:
            yield Panel()  # a generator that yields nothing would clear every component
            return
        update = None
        try:
            for update in job.run():
                if update.result is None:
                    yield as_frame(job, update)
                else:
                    self._took.append(update.result.seconds)
                    painted = self._painted(job, update)
                    self._visits.add(visit, painted)
                    yield as_painted(painted)
        except Exception as error:
            yield failure(error)
        else:
            if update is None:
                yield as_idle(status=STOPPED)

    def stop(self, job: Job | None) -> Panel:
        """Keep what was painted; or leave the queue."""
        if job is None:
            return as_idle()
        job.stop()
        if job.over:
            return Panel()
        return as_stopping() if job.begun else as_idle(status=STOPPED)

    def _job(self, photo: str | None, choice: StyleChoice, settings: Settings,
             mask: Image.Image | None, marked_faces: Sequence[Box],
             start: Result | None = None) -> Job:
        job = self._service.job(photo, self._service.chosen(choice, settings), settings, mask,
                                marked_faces=marked_faces, start=start)
        job.choice = choice
        return job

    def _painted(self, job: Job, update: Update) -> Painted:
        assert update.result is not None
        service, settings = self._service, job.settings
        credits = service.credits(job.named)
        how = f"{settings.strength:g}" if job.start is None else f"{settings.size} px"
        larger = None
        if update.frame.finished:
            larger = next_larger(settings, update.result.seconds, service.limits,
                                 enlarged=job.start is not None)
        return Painted(update.result, settings, job.photo,
                       f"{service.title(job.named[0][0])} · {how}",
                       markup.progress(update, settings.size),
                       markup.details_of_result(settings, update, credits),
                       choice=job.choice, marked_faces=job.marked_faces, larger=larger)

    def _wait(self, request: gr.Request) -> tuple[int, float | None]:
        """(how many have their turn first, the seconds that takes, as far as is known)."""
        people = self._people_before(request.session_hash)
        return people, people * sum(self._took) / len(self._took) if self._took else None

    def fail(self, job: Job | None) -> Panel:
        """Gradio did not run the job: the queue is full, or something broke outside our code."""
        return as_failed(FAULT if job and job.begun else BUSY)._replace(job=None)


def failure(error: Exception) -> Panel:
    """What ended a job, in words for the visitor; a fault of ours is logged with its cause."""
    if isinstance(error, UserError):
        return as_failed(str(error))
    if isinstance(error, gr.Error):  # of ZeroGPU: no GPU is free, or a quota is used up
        return as_failed(f"{error.title}: {error.message}")
    log.error("a job failed", exc_info=error)
    return as_failed(FAULT)


def changed_strength(change: float, strength: float) -> float:
    """The strength for another try, 0..1, on the slider's grid of hundredths."""
    return round(min(1.0, max(0.0, strength + change)), 2)
