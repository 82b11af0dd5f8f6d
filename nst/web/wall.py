"""The wall: an example, the photo, or the result and all that goes with it, and what it can give.

A button that needs a result is made by :meth:`Wall.button`; it waits while there is none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import gradio as gr
import pandas as pd
from gradio.utils import get_space

from ..errors import UserError
from ..gallery.examples import find_example
from ..people import Box
from ..pictures.cover import WHOLE, Cover
from ..run import Pause
from ..settings import Settings
from . import markup
from .job import Job, Result, Update
from .page import Changes, Page, note
from .service import StyleChoice, path_of

__all__ = [
    "EXAMPLE", "GONE", "HIDDEN", "PHOTO", "SAMPLE", "UNPAINTED", "Painted", "Wall"]

EXAMPLE = "An example. Take or choose a photo to begin."
SAMPLE = "An example. Press Paint to paint it anew."
UNPAINTED = "A sample photo. Choose a style, then press Paint."
GONE = "That result has been deleted; paint it again."
PHOTO = "Your photo. Choose a style, then press Paint."
# Of a tab that was shown: after False, Gradio brings it back as it was when the page opened.
HIDDEN: Literal["hidden"] = "hidden"


@dataclass(frozen=True)
class Painted:
    """One result as the page shows it, with what it takes to show it again or to go on from it.

    Attributes:
        photo: the visitor's own file.
        caption: the style and the strength.
        status, details: HTML.
        choice: the style, None of a collage; marked_faces: by the visitor, in the photo.
        styles: how many are blended. finished: whether it was painted to the end.
        folders: of pictures that belong to it (the six of a collage).
        six: the numbers of a collage's styles. stronger: what was added to the strength of each.
        gif: of a portrait that moves, whose loop is the result's film; else None.
        cover: how much of the photo it covers; covered: the file of that, None where it covers all.
    """

    result: Result
    settings: Settings
    photo: Path
    caption: str
    status: str
    details: str
    choice: StyleChoice | None = None
    marked_faces: tuple[Box, ...] = ()
    styles: int = 1
    finished: bool = False
    folders: tuple[Path, ...] = ()
    six: tuple[int, ...] = ()
    stronger: float = 0.0
    gif: Path | None = None
    cover: Cover = WHOLE
    covered: Path | None = None

    @property
    def file(self) -> Path:
        """What one sees: saved, shared, in the strip."""
        return self.covered or self.result.png

    @property
    def label(self) -> str:
        """The caption, after how much of the painting is seen."""
        return self.caption if self.cover.complete else f"{self.cover} · {self.caption}"


class Wall:
    """The wall's components, and what they show in each state."""

    def __init__(self, page: Page):
        self._page, self._service = page, page.service
        page.shown = gr.State()
        # Each button that needs a result, and how it looks beside one.
        self._buttons: dict[gr.components.Component, Callable[[Painted], Any]] = {}
        self._followers: dict[Any, Callable[[Painted], Any]] = {}
        self._waiting: dict[Any, Callable[[Painted], Any]] = {}

    @contextlib.contextmanager
    def build(self) -> Iterator[None]:
        """The tabs and the status; tabs that are made in the block stand after the first two."""
        example = self._example(self._page.chosen.value, None, None)
        assert example is not None  # examples/ holds it; a test says so
        # On Spaces Gradio's own button posts the picture to the community.
        buttons: list[Any] = ["fullscreen", "share"] if get_space() else ["fullscreen"]
        with gr.Tabs(selected="compare") as self.tabs:
            with gr.Tab("Result", id="result"):
                self.stage = gr.Image(
                    format="jpeg", interactive=False, show_label=False, label="The result",
                    elem_id="stage", buttons=buttons, value=example.picture,
                    alt_text="The photo, or the result as far as it is painted")
            with gr.Tab("Before / after", id="compare") as self.compare_tab:
                self.compare = gr.HTML(example.compare, elem_id="before-after")
            yield
            with gr.Tab("Film", id="film", visible=False) as self.film_tab:
                self.film = gr.HTML("", elem_id="film")
            with gr.Tab("Curves", id="curves", visible=False) as self.curves_tab:
                self.curves = gr.LinePlot(x="step", y="loss", color="term", height=380,
                                          label="Losses", elem_id="curves", show_label=False)
            with gr.Tab("Details", id="details") as self.details_tab:
                self.details = gr.HTML(example.details, elem_id="details")
        # arriving.js shows a photo here until the server's copy of it is on the wall.
        gr.HTML("<img alt='Your photo'>", elem_id="arriving")
        self.status = gr.HTML(markup.status_bar(0, EXAMPLE), elem_id="status")
        self.story = gr.HTML(visible=False, elem_id="story")  # while there is nothing to press

    @contextlib.contextmanager
    def build_actions(self) -> Iterator[None]:
        """What a result can give; buttons that are made in the block stand below these."""
        with gr.Column(visible=False, elem_id="result-actions") as self.actions:
            with gr.Row():
                self.share = self.button("Share", "share", variant="primary")
                self.share.click(None, js="() => share()")
                self.png = self.button("Save", "png", kind=gr.DownloadButton, beside=_png)
                self.mp4 = self.button("Save the film", "mp4", beside=_mp4)
            yield

    def button(self, label: str, elem_id: str, *, kind: Any = gr.Button,
               variant: Literal["primary", "secondary"] = "secondary",
               beside: Callable[[Painted], Any] | None = None) -> Any:
        """A button that needs a result, and waits for one.

        ``beside``: an update that says how it looks beside a result, if more changes than that it
        can be pressed.
        """
        button = kind(label, interactive=False, size="md", min_width=90, elem_id=elem_id,
                      variant=variant)
        self._buttons[button] = beside or (lambda painted: kind(interactive=True))
        return button

    def follow(self, component: Any, beside: Callable[[Painted], Any], *,
               waits: bool = False) -> None:
        """Have a component change with each result; ``beside`` gives its update.

        ``waits``: it cannot be used while there is none, or two are compared.
        """
        (self._waiting if waits else self._followers)[component] = beside

    @property
    def outputs(self) -> list[Any]:
        """All that the methods below change; never the job, which may have begun meanwhile."""
        page = self._page
        return [page.shown, page.notice, self.stage, self.compare, self.film, self.curves,
                self.details, self.tabs, self.compare_tab, self.film_tab, self.curves_tab,
                self.details_tab, self.status, self.story, self.actions, *self._buttons,
                *self._followers, *self._waiting]

    @property
    def changed_outputs(self) -> list[Any]:
        """All that :meth:`changed` changes."""
        return [self._page.shown, self.stage, self.film, self.png, *self._followers]

    def example(self, number: int, own: dict | None, photo: dict | None) -> Changes | None:
        """What was painted beforehand in a style; a sample alone where nothing was of it.

        ``own``: the visitor's own style; ``photo``: theirs, for which this is None, or a sample;
        None for the first one. Raises CannotStoreError on a full disk.
        """
        example = self._example(number, own, photo)
        if example is None:
            sample = self._service.sample(path_of(photo))
            return None if sample is None else self._alone(sample.photo, UNPAINTED)
        status = SAMPLE if photo else EXAMPLE
        return self._unpainted("compare", status) | self._tabs(compare=True, details=True) | {
            self.stage: example.picture, self.compare: example.compare,
            self.details: example.details}

    def photo(self, photo: str) -> Changes:
        """The visitor's photo, nothing painted yet; ``photo``: a file that the page may show."""
        return self._alone(photo, PHOTO) | {self._page.notice: note()}

    def waiting(self, status: str, styles: Sequence[tuple[str, float]]) -> Changes:
        """A job waits for its turn; ``status``: HTML, ``styles``: (name, weight) of each."""
        buttons = {button: type(button)(interactive=False)
                   for button in (*self._buttons, *self._waiting)}
        return {self.tabs: gr.Tabs(selected="result"), self.status: status,
                self.actions: gr.Column(visible=False), self._page.notice: note(),
                self.story: self.told(styles), **buttons}

    def told(self, styles: Sequence[tuple[str, float]]) -> gr.HTML:
        """The paintings of the gallery after which is painted, and what they are about."""
        service, stories = self._service, []
        for name, _ in styles:
            with contextlib.suppress(KeyError, UserError):  # an own style; no room on the disk
                preset = service.presets[service.number[name]]
                stories.append(markup.story(preset, service.servable(preset.thumbnail())))
        return gr.HTML("".join(stories), visible=bool(stories))

    def frame(self, job: Job, update: Update) -> Changes:
        """While it is being painted."""
        return {self.stage: str(update.preview),
                self.status: markup.progress(update, job.settings.size)}

    def paused(self, pause: Pause, again: bool = False) -> Changes:
        """While nothing is painted, because a machine of a cluster is waited for.

        ``again``: frames were seen before. Why they begin anew stays to be read until the end.
        """
        changes: Changes = {self.status: markup.status_bar(0, pause.why)}
        return changes | {self._page.notice: note(pause.why)} if again else changes

    def painted(self, painted: Painted) -> Changes:
        """A result, painted to the end or stopped, now or earlier in the visit."""
        result = painted.result
        buttons = {one: beside(painted) for one, beside in (
            self._buttons | self._followers | self._waiting).items()}
        return {self.stage: str(painted.file), self.compare: markup.before_after(
                    result.before, result.png, cover=painted.cover, face=result.face),
                self.film: _film(painted),
                self.curves: curve_table(result.curves),
                self.tabs: gr.Tabs(selected="compare" if painted.gif is None else "film"),
                **self._tabs(compare=True, film=result.film is not None,
                             curves=bool(result.curves), details=bool(painted.details)),
                self.status: painted.status, self.story: gr.HTML(visible=False),
                self.details: painted.details, self.actions: gr.Column(visible=True),
                self._page.shown: painted, self._page.notice: note(result.film_error), **buttons}

    def changed(self, painted: Painted) -> Changes:
        """The result on the wall, which covers more or less of its photo than before."""
        return {self._page.shown: painted, self.stage: str(painted.file),
                self.film: _film(painted), self.png: _png(painted)} | {
                    one: beside(painted) for one, beside in self._followers.items()}

    def compared(self, left: Painted, right: Painted) -> Changes:
        """Two results over each other; the buttons are the right one's."""
        names = f"Left: {left.label}", f"Right: {right.label}"
        fixed = {one: type(one)(interactive=False) for one in self._waiting}
        return self.painted(right) | fixed | {
            self.compare: markup.before_after(left.file, right.file, *names),
            self.status: markup.compared(*names)}

    def _alone(self, photo: str, status: str) -> Changes:
        return self._unpainted("result", status) | self._tabs() | {
            self.stage: photo, self.compare: "", self.details: ""}

    def _unpainted(self, tab: str, status: str) -> Changes:
        return {self._page.shown: None, self.film: "", self.curves: None,
                self.tabs: gr.Tabs(selected=tab), self.status: markup.status_bar(0, status),
                self.story: gr.HTML(visible=False), self.actions: gr.Column(visible=False)}

    def _tabs(self, *, compare: bool = False, film: bool = False, curves: bool = False,
              details: bool = False) -> Changes:
        """The tabs that have something to show, beside the result's."""
        shown = {self.compare_tab: compare, self.film_tab: film, self.curves_tab: curves,
                 self.details_tab: details}
        return {tab: gr.Tab(visible=seen or HIDDEN) for tab, seen in shown.items()}

    def _example(self, number: int, own: dict | None, photo: dict | None) -> _Example | None:
        service = self._service
        sample = service.sample(path_of(photo)) if photo else service.samples[0]
        example = sample and find_example(sample.portrait, service.preset(number).name)
        if own or not sample or not example:
            return None
        before, after = map(service.compressed, (sample.portrait.file, example.file))
        credits = service.credits([(example.style, 1.0)])
        return _Example(after, markup.before_after(before, after),
                        markup.details_of_example(example, credits))


@dataclass(frozen=True)
class _Example:
    """A result painted beforehand: a file that the page may show, and two pieces of HTML."""

    picture: str
    compare: str
    details: str


def curve_table(curves: Sequence[tuple[int, str, float]]) -> pd.DataFrame:
    """The losses for gr.LinePlot: one row for each step and term."""
    return pd.DataFrame(list(curves), columns=["step", "term", "loss"])


def _film(painted: Painted) -> str:
    """The film as the result is now: seen through as far as it is."""
    result = painted.result
    if painted.gif and result.film:
        return markup.plays(result.film, markup.MOVING)
    if painted.cover.complete or result.film is None or result.before is None:
        return markup.film(result.film)
    return markup.film_over_photo(result.film, result.before, painted.cover, result.face)


def _png(painted: Painted) -> gr.DownloadButton:
    return gr.DownloadButton(value=str(painted.file), interactive=True)


def _mp4(painted: Painted) -> gr.Button:
    return gr.Button(interactive=True, visible=painted.result.film is not None)
