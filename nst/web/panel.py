"""The result panel: the components that painting changes, and what they show in each state.

A handler returns a Panel of new values; the page has a Panel of the components themselves as
the event's outputs. What is not named stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import gradio as gr
import pandas as pd

from ..gallery.examples import Example
from . import markup
from .job import Job, Update
from .larger import Larger
from .visits import Painted

__all__ = ["EXAMPLE", "PHOTO", "Panel", "as_compared", "as_example", "as_failed", "as_frame",
           "as_idle", "as_painted", "as_photo", "as_stopping", "as_waiting", "curve_table", "note"]

EXAMPLE = "An example. Take or choose a photo to begin."
PHOTO = "Your photo. Choose a style, then press Paint."
_SAME: Any = gr.skip()


class Panel(NamedTuple):
    """Components, or new values for them in the same order."""

    job: Any = _SAME  # gr.State: the visitor's Job, or None
    place: Any = _SAME  # gr.Timer: asks for the place in the queue while the visitor waits
    stage: Any = _SAME  # gr.Image: the photo, the last frame or the result
    compare: Any = _SAME  # gr.HTML: the result over the photo
    film: Any = _SAME
    curves: Any = _SAME  # gr.LinePlot: the losses
    details: Any = _SAME
    tabs: Any = _SAME
    status: Any = _SAME
    actions: Any = _SAME  # gr.Column: the buttons below the result
    share: Any = _SAME
    png: Any = _SAME  # download buttons
    mp4: Any = _SAME
    softer: Any = _SAME
    stronger: Any = _SAME
    another: Any = _SAME
    paint: Any = _SAME
    stop: Any = _SAME
    notice: Any = _SAME  # what is wrong, beside the Paint button
    larger: Any = _SAME
    shown: Any = _SAME  # gr.State: the Painted on the wall, or None


def as_example(example: Example, photo: str, picture: str, credits: Sequence[str]) -> Panel:
    """A result painted beforehand; ``photo``, ``picture``: files that the page may show."""
    return Panel(job=None, stage=picture, compare=markup.before_after(photo, picture), film="",
                 curves=None, details=markup.details_of_example(example, list(credits)),
                 tabs=gr.Tabs(selected="compare"), status=markup.status_bar(0, EXAMPLE),
                 actions=gr.Column(visible=False), shown=None)


def as_photo(photo: str) -> Panel:
    """The visitor's photo, nothing painted yet; ``photo``: a file that the page may show."""
    return Panel(job=None, stage=photo, compare="", film="", curves=None, details="",
                 tabs=gr.Tabs(selected="result"), status=markup.status_bar(0, PHOTO),
                 actions=gr.Column(visible=False), notice=note(), shown=None)


def as_waiting(job: Job, people: int, seconds: float | None = None) -> Panel:
    """Paint was pressed; ``people`` have their turn first, which takes ``seconds``."""
    return Panel(job=job, place=gr.Timer(active=True), tabs=gr.Tabs(selected="result"),
                 status=markup.waiting(people, seconds), paint=gr.Button(visible=False),
                 stop=gr.Button("Stop", interactive=True, visible=True), notice=note(),
                 **_offer_result(False))


def as_frame(job: Job, update: Update) -> Panel:
    """While it is being painted."""
    return Panel(stage=str(update.preview), status=markup.progress(update, job.settings.size))


def as_painted(painted: Painted) -> Panel:
    """A result, painted to the end or stopped, now or earlier in the visit."""
    result = painted.result
    png, film = str(result.png), result.film and str(result.film)
    buttons = _offer_result(True) | {
        "png": gr.DownloadButton(value=png, interactive=True),
        "mp4": gr.DownloadButton(value=film, interactive=film is not None),
        "larger": _larger(painted.larger)}
    return as_idle(result.film_error)._replace(
        stage=png, compare=markup.before_after(result.before, png), film=markup.film(result.film),
        curves=curve_table(result.curves), tabs=gr.Tabs(selected="compare"),
        status=painted.status, details=painted.details, shown=painted, **buttons)


def as_compared(left: Painted, right: Painted) -> Panel:
    """Two results over each other; the buttons are the right one's."""
    compare = markup.before_after(left.result.png, right.result.png,
                                  f"Left: {left.caption}", f"Right: {right.caption}")
    return as_painted(right)._replace(compare=compare, status=markup.status_bar(
        0, f"Left: {left.caption}. Right: {right.caption}."))


def as_stopping() -> Panel:
    """Stop was pressed; the step at hand is finished first."""
    return Panel(stop=gr.Button("Stopping", interactive=False))


def as_idle(notice: str = "", status: str | None = None) -> Panel:
    """Ready for Paint; ``notice``: what went wrong; ``status``: a new status line."""
    return Panel(place=gr.Timer(active=False), paint=gr.Button(visible=True), notice=note(notice),
                 stop=gr.Button("Stop", interactive=True, visible=False),
                 status=_SAME if status is None else markup.status_bar(0, status))


def as_failed(notice: str) -> Panel:
    """Nothing was painted."""
    return as_idle(notice, status="")


def note(text: str = "") -> gr.Markdown:
    """A line beside what it is about; none where ``text`` is empty."""
    return gr.Markdown(text, visible=bool(text))


def curve_table(curves: Sequence[tuple[int, str, float]]) -> pd.DataFrame:
    """The losses for gr.LinePlot: one row for each step and term."""
    return pd.DataFrame(list(curves), columns=["step", "term", "loss"])


def _offer_result(on: bool) -> dict[str, Any]:
    """The buttons that need a result."""
    kinds = dict(share=gr.Button, png=gr.DownloadButton, mp4=gr.DownloadButton, softer=gr.Button,
                 stronger=gr.Button, another=gr.Button, larger=gr.Button)
    return {name: kind(interactive=on) for name, kind in kinds.items()} | {
        "actions": gr.Column(visible=True)}


def _larger(larger: Larger | None) -> gr.Button:
    """The button for the next size; none where there is no larger one."""
    if larger is None:
        return gr.Button(visible=False)
    return gr.Button(f"Larger: {larger.size} px, about {markup.duration(larger.seconds)}",
                     visible=True, interactive=True)
