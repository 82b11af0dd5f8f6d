"""Coming back: a page that is loaded anew shows the visit as it was left.

A net that was cut, a phone that was locked and a reload all end in a new page. It finds the photo,
the style and the settings, the last result, and the picture that is being painted meanwhile.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import gradio as gr

from ..errors import UserError
from . import markup
from .away import is_waiting
from .moving import Moving
from .page import LAST, QUICK, Changes, Page, Values
from .paint import Paint
from .photo import Photo
from .service import path_of
from .style import Style
from .visit import Visit
from .wall import Wall

__all__ = ["GIVEN_UP", "ComeBack"]

GIVEN_UP = "Your picture was not begun while you were away; press Paint."


class ComeBack:
    """No component of its own: it remembers what the page holds, and puts it into a new page."""

    def __init__(self, page: Page, wall: Wall, photo: Photo, style: Style, visit: Visit,
                 paint: Paint, moving: Moving):
        self._page, self._service, self._wall, self._moving = page, page.service, wall, moving
        self._photo, self._style, self._visit, self._paint = photo, style, visit, paint

    @property
    def held(self) -> set[Any]:
        """What a visitor has put in."""
        page, style = self._page, self._style
        return {page.photo, page.faces, page.own, page.chosen, style.second, style.blend,
                style.recommended, *page.controls.values(), *self._moving.held}

    def wire(self) -> None:
        """Call it when everything else has been wired."""
        page, style = self._page, self._style
        inputs = {page.visit, *self.held}
        typed = [control.input for control in (*page.controls.values(), style.second, style.blend,
                                               self._moving.way)]
        gr.on(typed, self.hold, inputs, None, **LAST)
        strip, outputs = self._visit.outputs, self._paint.come_back_outputs
        self._paint.place.tick(self._paint.show_place, [page.job, page.visit],
                               [*outputs, *strip], **QUICK)
        style.open_link_after(page.demo.load(
            self.open, [page.visit, style.on_page],
            [page.visit, page.kept, style.about, style.gallery, *self.held,
             *self._moving.cut_outputs, *outputs, *strip], **QUICK))
        for event in (*self._photo.seen, *style.followed, self._moving.cut_moved):
            event.then(self.hold, inputs, None, **LAST)

    def hold(self, values: Values) -> None:
        """Remember what the page holds now."""
        page, service = self._page, self._service
        held, files = {component: values[component] for component in self.held}, []
        for picture in (page.photo, page.own):
            held[picture] = path_of(values[picture])
            with contextlib.suppress(UserError):  # there is none, or it is none of ours
                files.append(service.picture(held[picture]))
        for knob in service.knobs:
            try:
                knob.check(values[page.controls[knob.name]])
            except UserError:  # said when it is painted
                held.pop(page.controls[knob.name])
        self._visit.results.hold(values[page.visit], held, files)

    def open(self, name: Any, numbers: list[int], request: gr.Request) -> Changes:
        """The visit's name for the browser to keep, and all that there is of the visit."""
        results = self._visit.results
        name = results.opened(name)
        changes: Changes = {self._page.visit: name} | self._visit.changes(name)
        changes |= self._held(results.held(name), numbers)
        painted, going = results.of(name), results.going(name)
        if going and (going.told or going.forgotten):
            going = None
        if painted or going:  # that is what the page shows, and not its photo
            changes[self._page.kept] = changes.get(self._page.photo)
        if going and (going.done or going.job.begun
                      or is_waiting(self._page.demo, going.session)):
            return changes | going.news(request.session_hash)
        if painted:
            changes |= self._wall.painted(painted[0])
        if going and not going.job.stopped:
            going.end(told=True)
            changes |= {self._wall.status: markup.status_bar(0, GIVEN_UP)}
        return changes

    def _held(self, held: Changes, numbers: list[int]) -> Changes:
        """What the page held, as far as its files are still there."""
        if not held:
            return {}
        page, style, changes = self._page, self._style, dict(held)
        for picture in (page.photo, page.own):
            changes[picture] = None
            with contextlib.suppress(UserError):  # there was none
                if Path(self._service.picture(held.get(picture))).exists():
                    changes[picture] = held[picture]
        own = changes[page.own] and {"path": changes[page.own]}
        blend = {one: held.get(one, one.value) for one in (style.second, style.blend)}
        changes |= style.shown({**changes, **blend, page.own: own, style.on_page: numbers})
        return changes | self._moving.shown(changes)
