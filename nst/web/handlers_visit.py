"""What the page does with everything that was painted in a visit."""

from __future__ import annotations

import dataclasses
from typing import Any

import gradio as gr

from ..errors import UserError
from .panel import Panel, as_compared, as_painted
from .service import Service, path_of
from .storing import CannotStoreError
from .visits import Painted, Visits

__all__ = ["VisitHandlers"]


class VisitHandlers:
    """Handlers of the strip of results."""

    def __init__(self, service: Service, visits: Visits):
        self._service, self._visits = service, visits

    def open(self, name: Any) -> tuple:
        """(the visit's name for the browser to keep, the strip, and the last result)."""
        name = self._visits.opened(name)
        pictures = self._visits.pictures(name)
        return name, *self.strip(name), *(as_painted(pictures[0]) if pictures else Panel())

    def strip(self, name: Any) -> tuple[gr.Column, gr.Gallery, gr.Checkbox]:
        """(the strip, hidden while nothing is in it; its thumbnails; whether two can be compared).

        On a full disk it stays as it was, and a message says why.
        """
        pictures = self._visits.pictures(name)
        try:
            thumbnails = [(one.thumbnail(), one.caption) for one in pictures]
        except CannotStoreError as error:
            gr.Warning(str(error))
            return gr.skip(), gr.skip(), gr.skip()
        return (gr.Column(visible=bool(pictures)),
                gr.Gallery(thumbnails, selected_index=None),
                gr.Checkbox(visible=len(pictures) > 1))

    def show_again(self, event: gr.SelectData, name: Any, job: Any, compare: bool,
                   shown: Painted | None) -> tuple:
        """(the panel with the result that was tapped, the settings that it was painted with).

        With ``compare`` it is shown over the one that was on the wall.
        """
        pictures = self._visits.pictures(name)
        if event.index >= len(pictures) or job is not None and not job.over:
            return *Panel(), *(gr.skip() for _ in self._service.knobs)
        one = pictures[event.index]
        values = dataclasses.asdict(one.settings)
        panel = as_painted(one)
        if compare and shown is not None and shown.result.png != one.result.png:
            panel = as_compared(shown, one)
        return *panel, *(values[knob.name] for knob in self._service.knobs)

    def compare(self, compare: bool, name: Any, job: Any, shown: Painted | None) -> Panel:
        """The result on the wall over the last other one, or over its photo again."""
        if shown is None or job is not None and not job.over:
            return Panel()
        others = [one for one in self._visits.pictures(name)
                  if one.result.png != shown.result.png]
        return as_compared(others[0], shown) if compare and others else as_painted(shown)

    def forget(self, name: Any, photo: dict | None, job: Any) -> tuple:
        """Delete everything at once: (no photo, an empty strip, no job)."""
        if job is not None:
            job.stop()
        path = None
        if photo and not self._service.sample(path_of(photo)):
            try:
                path = self._service.picture(path_of(photo))
            except UserError:  # it has been deleted already
                path = None
        self._visits.forget(name, path)
        return None, *self.strip(name), None
