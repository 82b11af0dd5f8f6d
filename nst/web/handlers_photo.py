"""What the page does with the pictures that a visitor gives: checks, samples, the mask."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ..errors import UserError
from ..pictures.reading import open_picture
from ..pictures.truncated_jpeg import INCOMPLETE
from ..portrait.person import corrected
from .job import CHECK_SIDE
from .panel import note
from .photos import (
    PhotoFaces,
    as_png,
    display_copy,
    faces_found,
    is_display_copy,
    marked_at,
    people_mask,
    with_background_darkened,
)
from .service import Service, path_of
from .storing import CannotStoreError

__all__ = ["PhotoHandlers", "correct_mask"]

SHOWN_BY_BROWSERS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif")
OWN_SIDE = 4096  # px of an own style that is written anew: no result is larger


class PhotoHandlers:
    """Handlers of the photo's and the mask's events."""

    def __init__(self, service: Service):
        self._service = service

    def check_photo(self, photo: dict | None) -> tuple[gr.Markdown, PhotoFaces]:
        """(the note under a photo: what is wrong with it or how many faces it has, its faces)."""
        if not photo:
            return note(), PhotoFaces()
        path = path_of(photo)
        faces = PhotoFaces(path)
        try:
            real = self._service.picture(path)
            seen = open_picture(real, max_side=CHECK_SIDE)
            faces = PhotoFaces(path, faces_found(real))
        except UserError as error:
            return note(str(error)), faces
        if INCOMPLETE in seen.info:
            return note(seen.info[INCOMPLETE]), faces
        return _quiet_note(faces.sentence(can_be_marked=not self._service.sample(path))), faces

    def mark_face(self, event: gr.SelectData, stage: dict | None, photo: dict | None,
                  faces: PhotoFaces) -> tuple:
        """A tap on the photo on the wall: (its faces, the photo with the marks, the note)."""
        path = path_of(photo)
        if path is None or faces.photo != path or not is_display_copy(path_of(stage), path):
            return gr.skip(), gr.skip(), gr.skip()
        try:
            real = self._service.picture(path)
            faces = marked_at(real, faces, event.index)
            return faces, display_copy(real, faces.marked), _quiet_note(faces.sentence())
        except CannotStoreError as error:
            return gr.skip(), gr.skip(), note(str(error))
        except UserError:  # deleted meanwhile
            return gr.skip(), gr.skip(), gr.skip()

    def check_own_style(self, own: dict | None) -> gr.Markdown:
        """The note under an own style: that it cannot be read."""
        if own:
            try:
                open_picture(self._service.picture(path_of(own)), max_side=256)
            except UserError as error:
                return note(str(error))
        return note()

    def take_photo(self, upload: dict | None) -> tuple:
        """(an upload as the photo, no note), or (the photo as it was, what is wrong with it)."""
        try:
            path = self._service.picture(path_of(upload))
            open_picture(path, max_side=CHECK_SIDE)
        except UserError as error:
            return gr.skip(), note(str(error))
        return path, note()

    def take_own_style(self, upload: dict | None) -> tuple:
        """(an upload as the own style, no note), or (the style as it was, what is wrong with it).

        Of what browsers do not show (HEIC, TIFF) the page gets a PNG; the file itself is the style.
        """
        try:
            path = self._service.picture(path_of(upload))
            picture = open_picture(path, max_side=OWN_SIDE)
        except UserError as error:
            return gr.skip(), note(str(error))
        if Path(path).suffix.lower() not in SHOWN_BY_BROWSERS:
            try:
                path = as_png(picture, path)
            except CannotStoreError as error:
                return gr.skip(), note(str(error))
        return path, note()

    def take_sample(self, event: gr.SelectData) -> str:
        """The sample that was clicked, as the photo."""
        return self._service.samples[event.index].photo

    def find_mask(self, region: str, photo: dict | None, faces: PhotoFaces
                  ) -> tuple[Image.Image | None, None, gr.ImageEditor]:
        """(mask of the people found, no corrected mask, the editor with it).

        Without a photo or with all of it to be painted there is none, and no editor.
        """
        found = None
        # An editor that is hidden keeps its picture: without one Gradio's page raises an error.
        value: dict[str, Any] = {}
        if photo and region != "everything":
            with contextlib.suppress(UserError):  # check_photo tells it
                path = self._service.picture(path_of(photo))
                found = people_mask(path, faces.marked_in(path_of(photo)))
                value = {"value": with_background_darkened(path, found)}
        return found, None, gr.ImageEditor(visible=found is not None, **value)


def _quiet_note(text: str) -> gr.Markdown:
    return note(f"<span class='quiet'>{text}</span>")


def correct_mask(drawn: dict | None, found: Image.Image | None) -> Image.Image | None:
    """The mask with the visitor's strokes; None where it is as it was found."""
    layers = (drawn or {}).get("layers")
    return corrected(layers[0] if layers else None, found)
