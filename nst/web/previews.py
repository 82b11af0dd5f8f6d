"""The visitor's own photo in every style, in the gallery's thumbnails, before anything is painted.

This says on the page which photo and which styles there are; previews.js asks for the thumbnails
one by one, those in view first, and puts them in. Nobody's painting waits for that: while one is
painted or waits, the answer is to come back later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from ..errors import UserError
from ..pictures.borders import find_border
from ..pictures.formats import crop_around
from ..pictures.reading import open_picture
from ..portrait.preview import preview, style_numbers
from .page import QUICK, Page
from .photo import Photo, PhotoFaces
from .queue import place_in_line
from .service import path_of
from .style import Style
from .uploads import original_of, save_picture

__all__ = ["BUSY", "HINT", "NOTHING", "TURNING", "Previews"]

SIDE = 256  # px; a thumbnail is 100 px wide, on a phone 300 of its screen's
CLOSE = 2.8  # the crop is so many times as high as the face: head and shoulders
READ_SIDE = 1024  # px of the photo that is cropped
CROP_NAME = "preview-photo"  # start of the cropped photo's file name
MAX_KNOWN = 4096  # styles whose numbers are kept, of 400 bytes each
BUSY: dict[str, Any] = {"busy": True}  # the answer while somebody paints
NOTHING: dict[str, Any] = {"file": None}  # the answer where there is no photo or no style
HINT = "With a photo of yours, these pictures turn into you."
TURNING = "You in each style, roughly. A tap paints it."


class Previews:
    """A line, the photo in the visitor's own style, and what answers previews.js."""

    def __init__(self, page: Page, photo: Photo, style: Style):
        self._page, self._service = page, page.service
        self._photo, self._style = photo, style

    def build(self) -> None:
        """Below the gallery."""
        self.line = gr.HTML(_line(), visible=self._service.limits.previews, elem_id="previews")
        self.own = gr.HTML(visible=False, elem_id="own-preview")

    def wire(self) -> None:
        if not self._service.limits.previews:
            return
        page, style = self._page, self._style
        for event in (*self._photo.seen, *style.paged, page.own.change(None, **QUICK)):
            event.then(self.offer, [page.photo, page.faces, style.on_page, page.own],
                       [self.line, self.own], **QUICK)
        style.tapped.then(None, js="() => paintTapped()")
        gr.api(self.made, api_name="preview", queue=False, api_visibility="undocumented")

    def offer(self, photo: dict | None, faces: PhotoFaces, numbers: Sequence[int],
              own: dict | None) -> tuple[Any, Any]:
        """What previews.js may ask for: (the line below the gallery, the own style's picture)."""
        path, style = path_of(photo), path_of(own)
        crop = None
        if path and faces.photo == path:
            try:
                crop = self.crop(self._service.picture(path), faces)
            except UserError:  # the note under the photo tells it
                crop = None
        titles = [[number, self._style.caption(number)] for number in numbers]
        return _line(crop, titles), gr.HTML(_own(crop, style), visible=bool(crop and style))

    def made(self, crop: str, style: int, own: str) -> dict:
        """The photo in a style: a file for the page, NOTHING, or BUSY.

        Args:
            crop: the photo, as offer() named it.
            style: the number of a preset.
            own: in its place the path of the visitor's own style; or empty.
        """
        try:
            photo = Path(self._service.picture(crop))
            if not photo.name.startswith(CROP_NAME):
                return NOTHING
            file = Path(original_of(self._service.picture(own))) if own else (
                self._service.preset(style).thumbnail())
            named = hashlib.sha256(f"{photo.name} {file}".encode("utf-8", "surrogateescape"))
            made = photo.with_name(f"preview-{named.hexdigest()[:16]}.jpg")
            if not made.exists():
                if place_in_line(self._page.demo, None).people:
                    return BUSY
                with Image.open(photo) as opened:
                    picture = preview(opened.convert("RGB"), _numbers(str(file)))
                save_picture(picture, made, quality=80)
        except (UserError, OSError):  # the photo was deleted, or the style cannot be read
            return NOTHING
        return {"file": str(made)}

    @staticmethod
    def crop(photo: str, faces: PhotoFaces) -> str:
        """A file beside the photo with head and shoulders, deleted with it; raises UserError."""
        boxes = (*faces.found, *faces.marked)
        name = hashlib.sha256(f"{Path(photo).name} {boxes}".encode("utf-8", "surrogateescape"))
        file = Path(photo).with_name(f"{CROP_NAME}-{name.hexdigest()[:12]}.png")
        if not file.exists():
            picture = open_picture(photo, max_side=READ_SIDE)
            box = crop_around(picture.size, 1.0, boxes, close=CLOSE)
            save_picture(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS, box), file)
        return str(file)


@lru_cache(maxsize=MAX_KNOWN)
def _numbers(file: str) -> np.ndarray:
    """A style's numbers; the names of thumbnails and uploads change with what is in them."""
    picture = open_picture(file, max_side=2 * SIDE)
    return style_numbers(picture.crop(find_border(picture)))  # without one: the whole


def _line(crop: str | None = None, titles: Sequence[Sequence[Any]] = ()) -> str:
    if crop is None:
        return f"<p class='quiet'>{HINT}</p>"
    return (f"<p class='quiet' data-crop='{escape(crop)}' "
            f"data-styles='{escape(json.dumps(titles))}'>{TURNING}</p>")


def _own(crop: str | None, style: str | None) -> str:
    if not crop or not style:
        return ""
    return (f"<button type='button' data-crop='{escape(crop)}' data-own='{escape(style)}'>"
            "<img alt='Your photo in your own style'><span>You in your own style, roughly. "
            "A tap paints it.</span></button>")
