""""Only the person, or only the background": the region, and the mask drawn by the visitor."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import gradio as gr
from PIL import Image

from ..errors import UserError
from ..geometry import resized
from ..people import Box
from ..pictures.reading import open_picture
from ..portrait.find import find_people
from ..portrait.person import corrected
from .controls import Controls
from .page import QUICK, Page
from .photo import PhotoFaces
from .service import path_of

__all__ = ["Region", "correct_mask"]

MASK_SIDE = 512  # px; the engine enlarges the mask, whose edge is soft


class Region:
    """The control of the region, and an editor for the mask of the people that were found."""

    def __init__(self, page: Page, controls: Controls):
        self._page, self._service, self._controls = page, page.service, controls
        self.found = gr.State()  # the mask as it was found
        page.mask = gr.State()

    def build(self) -> None:
        """The control and, once a region is chosen, the photo with its people lit.

        Strokes are told apart by their lightness (see corrected()).
        """
        person, background = "#3ddc84", "#c2185b"
        with gr.Accordion("Only the person, or only the background", open=False,
                          elem_id="region"):
            self._controls.add("region")
            self.editor = gr.ImageEditor(
                type="pil", image_mode="RGBA", sources=(), transforms=(),
                layers=gr.LayerOptions(allow_additional_layers=False),
                brush=gr.Brush(default_size=24, colors=[person, background],
                               default_color=person, color_mode="fixed"),
                label="Green: the person. Pink: the background.", height=360, visible=False,
                elem_id="mask", buttons=[])

    def wire(self) -> None:
        page, region = self._page, self._page.controls["region"]
        gr.on([page.faces.change, region.input], self.find_mask,
              [region, page.photo, page.faces], [self.found, page.mask, self.editor], **QUICK)
        self.editor.input(correct_mask, [self.editor, self.found], page.mask,
                          **QUICK | dict(preprocess=True))

    def find_mask(self, region: str, photo: dict | None, faces: PhotoFaces
                  ) -> tuple[Image.Image | None, None, gr.ImageEditor]:
        """(mask of the people found, no corrected mask, the editor with it).

        Without a photo or with all of it to be painted there is none, and no editor.
        """
        found = None
        # An editor that is hidden keeps its picture: without one Gradio's page raises an error.
        value: dict[str, Any] = {}
        if photo and region != "everything":
            with contextlib.suppress(UserError):  # the note under the photo tells it
                path = self._service.picture(path_of(photo))
                found = people_mask(path, faces.marked_in(path_of(photo)))
                value = {"value": with_background_darkened(path, found)}
        return found, None, gr.ImageEditor(visible=found is not None, **value)


def correct_mask(drawn: dict | None, found: Image.Image | None) -> Image.Image | None:
    """The mask with the visitor's strokes; None where it is as it was found."""
    layers = (drawn or {}).get("layers")
    return corrected(layers[0] if layers else None, found)


def people_mask(photo: str, marked: Sequence[Box] = ()) -> Image.Image:
    """The people in a photo, white on black: mode L, at most MASK_SIDE pixels.

    All black where no face is found or marked; raises UserError for a photo that cannot be read.
    """
    picture = resized(open_picture(photo, max_side=MASK_SIDE), MASK_SIDE)
    person = find_people(picture, picture.size, marked).person
    if person is None:
        return Image.new("L", picture.size)
    return Image.fromarray((255 * person).astype("uint8"))


def with_background_darkened(photo: str, people: Image.Image) -> Image.Image:
    """The photo in the size of a mask of its people, everything else darkened."""
    picture = open_picture(photo, max_side=MASK_SIDE).resize(people.size).convert("RGB")
    return Image.composite(picture, picture.point(lambda value: value // 4), people)
