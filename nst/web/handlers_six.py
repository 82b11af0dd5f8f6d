"""What the page does when a visitor wants to be painted in six movements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from . import markup
from .handlers_paint import PaintHandlers, failure
from .panel import Panel, as_idle, as_painted
from .photos import PhotoFaces
from .service import Service, path_of
from .six import Six
from .visits import Painted, Visits

__all__ = ["SixHandlers"]

Shown = tuple  # a Panel's values, then the gallery of the six and their styles' numbers


class SixHandlers:
    """Handlers of "In six movements"; stopping and waiting are PaintHandlers'."""

    def __init__(self, service: Service, visits: Visits, painting: PaintHandlers):
        self._service, self._visits, self._painting = service, visits, painting

    def begin(self, request: gr.Request, photo: dict | None, faces: PhotoFaces) -> Shown:
        """Choose six; what can be wrong is told before the visitor waits for a turn."""
        panel = self._painting.waiting(request, lambda: Six(
            self._service, path_of(photo), faces.marked_in(path_of(photo))))
        if panel.job is None:
            return *panel, gr.skip(), gr.skip()
        return (*panel._replace(tabs=gr.Tabs(selected="six")), gr.Gallery([]),
                [movement.number for movement in panel.job.movements])

    def run(self, six: Any, visit: Any) -> Iterator[Shown]:
        """Paint: each picture as it is done, then the collage."""
        if not isinstance(six, Six) or six.begun:
            yield *Panel(), gr.skip()
            return
        try:
            for index, update in six.run():
                part = (index + update.frame.step / update.frame.steps) / len(six.movements)
                name = six.movements[index].preset.movement
                status = markup.status_bar(part, f"{index + 1} of {len(six.movements)} · {name}")
                shown = gr.skip() if update.result is None else gr.Gallery(list(six.pictures()))
                yield *Panel(status=status), shown
            if six.done:
                painted = self._painted(six)
                self._visits.add(visit, painted)
                yield *as_painted(painted)._replace(tabs=gr.Tabs(selected="six")), gr.skip()
            else:
                yield *as_idle(status="Stopped before anything was painted."), gr.skip()
        except Exception as error:
            yield *failure(error), gr.skip()

    def _painted(self, six: Six) -> Painted:
        collage = six.collage()
        count = len(six.done)
        status = markup.status_bar(1.0, f"{count} movements; tap one to paint it large.")
        return Painted(collage, six.settings, six.photo, f"{count} movements", status, "",
                       folders=tuple(result.png.parent for result in six.done))
