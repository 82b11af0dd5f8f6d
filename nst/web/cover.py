"""Strength without painting again: how much of the photo a painting covers, and its faces alone.

The browser shows it at once: the painting lies over the photo, and where the face is, the photo
lies over it once more (style.css, cover.js). When a handle is let go, the file that is saved,
shared and kept in the strip is made here, from the same numbers.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ..errors import UserError
from ..pictures.cover import Cover, covered
from ..pictures.metadata import with_cover
from ..pictures.reading import open_photo
from ..pictures.writing import save_png
from ..portrait.find import find_face_mask
from .page import LAST, QUICK, UNCHANGED, Changes, Page, Values, note
from .uploads import storing
from .visit import Visit
from .wall import GONE, Painted, Wall

__all__ = ["Covering", "over_photo", "softening"]


class Covering:
    """Two sliders below a result."""

    def __init__(self, page: Page, wall: Wall, visit: Visit):
        self._page, self._wall, self._visit = page, wall, visit

    def build(self) -> None:
        """Beside the buttons that paint again."""
        with gr.Row(elem_id="cover"):
            self.whole = self._slider("Painting, %", "cover-whole")
            self.face = self._slider("Face, %", "cover-face")
            # In their place while two results are compared (style.css).
            gr.HTML("<p class='quiet'>Painting and face can be set when one result is shown alone."
                    "</p>", elem_id="cover-waits")
        for part, slider in (("whole", self.whole), ("face", self.face)):
            self._wall.follow(slider, partial(_beside, part), waits=True)

    def wire(self) -> None:
        page = self._page
        make = QUICK | {
            "fn": self.make, "inputs": {page.shown, page.job, page.visit, self.whole, self.face},
            "outputs": [*self._wall.changed_outputs, page.notice]}
        released = gr.on([self.whole.release, self.face.release], **make | LAST)
        # Once more, for a handle that has moved on: Gradio's page may lose a release that comes
        # while it sends the one before, or let it be overtaken.
        made = released.then(**make)
        self._visit.show_after(made.then(None, js="() => coverMade()"))

    def make(self, values: Values) -> Changes:
        """The file that shows what the sliders say, in the place of the one before."""
        page = self._page
        shown, job = values[page.shown], values[page.job]
        if shown is None or shown.result.before is None or job is not None and not job.over:
            return UNCHANGED
        try:
            cover = Cover(*(_part(values[slider]) for slider in (self.whole, self.face)))
            if cover == shown.cover:
                return UNCHANGED
            painted = over_photo(shown, cover)
        except UserError as error:
            return {page.notice: note(str(error))}
        self._visit.results.replace(values[page.visit], painted)
        return self._wall.changed(painted) | {page.notice: note()}

    @staticmethod
    def _slider(label: str, elem_id: str) -> gr.Slider:
        return gr.Slider(0, 100, 100, step=1, label=label, interactive=False, buttons=[],
                         min_width=140, elem_id=elem_id)


def over_photo(painted: Painted, cover: Cover) -> Painted:
    """The same result over more or less of its photo, as a file beside the painting.

    Raises:
        UserError: the painting or the photo was deleted.
        CannotStoreError: the disk is full or cannot be written.
    """
    png = painted.result.png
    if not png.exists() or not painted.photo.exists():
        raise UserError(GONE)
    file = None
    if not cover.complete:
        with Image.open(png) as picture:
            painting = picture.convert("RGB")
            text = {str(key): value for key, value in picture.info.items()}
        file = png.with_name(f"{png.stem}-{cover}.png".replace(" %", "").replace(", ", "-")
                             .replace(" ", "-"))
        with storing():
            save_png(softening(dataclasses.replace(painted, cover=cover))(painting), file,
                     with_cover(text, cover))
    if painted.covered and painted.covered != file:
        with contextlib.suppress(OSError):
            painted.covered.unlink(missing_ok=True)
    return dataclasses.replace(painted, cover=cover, covered=file)


def softening(painted: Painted) -> Callable[[Image.Image], Image.Image]:
    """What lays a picture of the painting, of any size, over its photo as the result says.

    Raises UserError where the photo was deleted.
    """
    photo = open_photo(painted.photo)

    @lru_cache(maxsize=1)
    def below(size: tuple[int, int]) -> tuple[Image.Image, np.ndarray | None]:
        return (photo.resize(size, Image.Resampling.LANCZOS),
                find_face_mask(photo, size, painted.marked_faces))

    def softer(picture: Image.Image) -> Image.Image:
        behind, face = below(picture.size)
        return covered(behind, picture, painted.cover, face)

    return softer


def _part(percent: Any) -> Any:
    """0..1; what is no number stays, for Cover to refuse."""
    return percent / 100 if isinstance(percent, (int, float)) else percent


def _beside(part: str, painted: Painted) -> gr.Slider:
    """A slider beside a result; there is none without a photo, or for faces without a face, nor
    beside a portrait that moves, whose film is as it was painted.
    """
    result = painted.result
    seen = (result.before is not None and painted.gif is None
            and (part == "whole" or result.face is not None))
    return gr.Slider(value=round(100 * getattr(painted.cover, part)), interactive=True,
                     visible=seen)
