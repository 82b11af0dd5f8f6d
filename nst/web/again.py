"""On from a result: once more softer or stronger, in another style, or at twice its size."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import partial

import gradio as gr
from PIL import Image

from ..engine.cost import scale_costs, total_work
from ..engine.recipe import Scale, above, plan
from ..errors import UserError
from ..settings import Settings
from . import markup
from .job import Job
from .limits import Limits
from .page import QUICK, Changes, Page
from .paint import Paint
from .style import Style
from .wall import Painted, Wall

__all__ = ["Again", "Larger", "changed_strength", "next_larger"]

STRENGTH_STEP = 0.2  # of strength: how much "Again, softer" and "Again, stronger" change

# The larger scales were measured to take so many times as long as their work says by the time of
# the result before, in which small scales count (512 to 1024 px on two cores, in
# bfloat16 and in float32: 1.0 to 1.3).
MARGIN = 1.3


class Again:
    """Four buttons below a result, each of which paints the next one."""

    def __init__(self, page: Page, wall: Wall, style: Style, paint: Paint):
        self._page, self._service, self._wall = page, page.service, wall
        self._style, self._paint = style, paint

    def build(self) -> None:
        self.larger = self._wall.button("Larger", "larger", beside=self._larger_button)
        with gr.Row():
            self.softer = self._wall.button("Again, softer", "softer")
            self.stronger = self._wall.button("Again, stronger", "stronger")
            self.another = self._wall.button("Another style", "another")

    def wire(self) -> None:
        page, style, strength = self._page, self._style, self._page.controls["strength"]
        for button, change in ((self.softer, -STRENGTH_STEP), (self.stronger, STRENGTH_STEP)):
            self._paint.begin_after(button.click(partial(changed_strength, change), strength,
                                                 strength, **QUICK))
        self._paint.begin_after(style.follow(self.another.click(
            style.draw, [style.movement, style.search], [page.chosen, page.own], **QUICK)))
        self._paint.run_after(self.larger.click(self.enlarge, page.shown, self._paint.outputs,
                                                **QUICK))

    def enlarge(self, request: gr.Request, shown: Painted | None) -> Changes:
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
            return self._paint.job(str(shown.photo), shown.choice, settings, mask,
                                   shown.marked_faces, start=result)
        return self._paint.waiting(request, make)

    def next(self, painted: Painted) -> Larger | None:
        """The next larger size of a result; None where there is none."""
        if not painted.finished:
            return None
        return next_larger(painted.settings, painted.result.seconds, self._service.limits,
                           painted.enlarged)

    def _larger_button(self, painted: Painted) -> gr.Button:
        larger = self.next(painted)
        if larger is None:
            return gr.Button(visible=False)
        return gr.Button(f"Larger: {larger.size} px, about {markup.duration(larger.seconds)}",
                         visible=True, interactive=True)


def changed_strength(change: float, strength: float) -> float:
    """The strength for another try, 0..1, on the slider's grid of hundredths."""
    return round(min(1.0, max(0.0, strength + change)), 2)


@dataclasses.dataclass(frozen=True)
class Larger:
    """Pixels of the longer side, and the seconds that it is expected to take."""

    size: int
    seconds: float


def next_larger(settings: Settings, seconds: float, limits: Limits,
                enlarged: bool = False) -> Larger | None:
    """Twice the size, or as much as the limits allow; None where that is no larger.

    Args:
        settings, seconds: of the finished result.
        enlarged: whether it was itself enlarged, so that only its last scale was painted.
    """
    size = min(2 * settings.size, limits.size)
    try:
        ahead = above(plan(dataclasses.replace(settings, size=size)), settings.size)
    except UserError:
        return None
    done = plan(settings).scales
    work = _work(ahead.scales, settings) / _work(done[-1:] if enlarged else done, settings)
    expected = MARGIN * seconds * work
    return Larger(size, min(expected, settings.seconds or limits.seconds, limits.seconds))


def _work(scales: Sequence[Scale], settings: Settings) -> float:
    return total_work(scales, scale_costs(scales, settings))
