"""Send it on: the result in the formats in which it is shown elsewhere, shared or saved."""

from __future__ import annotations

import re
from functools import partial
from html import escape
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from PIL import Image

from ..errors import UserError
from ..pictures.contact_sheet import captioned
from ..pictures.formats import crop_around
from ..pictures.reading import open_picture
from ..pictures.writing import writing
from . import markup
from .page import QUICK, UNCHANGED, Changes, Page, Values, note, note_line, quiet_note
from .paint import Again
from .photo import faces_found
from .uploads import save_picture, storing
from .wall import Painted, Wall

__all__ = ["BOTH", "PRINT", "SHAPES", "Gifts"]

BOTH, PRINT = "Before and after", "Print, A5"
SHAPES = {  # width / height
    "Story, 9:16": 9 / 16, "Post, 4:5": 4 / 5, "Square, 1:1": 1.0, BOTH: 4 / 5, PRINT: 148 / 210}
PRINT_SIZE, PRINT_DPI = (1748, 2480), 300  # px: 148 x 210 mm
QUALITY = 95  # of JPEG
GONE = "That result has been deleted; paint it again."


class Gifts:
    """Formats, a caption on wish, and buttons that share or save what was chosen."""

    def __init__(self, page: Page, wall: Wall, again: Again):
        self._page, self._service, self._wall, self._again = page, page.service, wall, again

    def build(self) -> None:
        """Below the other buttons of a result."""
        wall = self._wall
        self.link = gr.HTML(elem_id="send")  # for page.js: what a shared picture is called
        with gr.Accordion("Send it on: formats, before and after, print", open=False,
                          elem_id="gifts"):
            self.shape = gr.Radio(list(SHAPES), show_label=False, label="Format",
                                  container=False, elem_id="shapes")
            self.caption = gr.Checkbox(False, label="With the style's name below")
            self.note = note_line()
            self.picture = gr.Image(interactive=False, show_label=False, label="Send it on",
                                    height=320, buttons=[], visible=False, elem_id="gift",
                                    alt_text="The result in the format that was chosen")
            with gr.Row():
                self.share = gr.Button("Share this", interactive=False, size="md",
                                       elem_id="share-gift")
                self.save = gr.DownloadButton("Save this", interactive=False, size="md",
                                              elem_id="save-gift")
                self.film = wall.button("Share the film", "share-film", beside=_film)
        wall.follow(self.link, self._link)
        for component in (self.shape, self.note, self.picture, self.share, self.save):
            wall.follow(component, partial(self._unchosen_part, component))

    def wire(self) -> None:
        gr.on([self.shape.input, self.caption.input], self.make,
              {self._page.shown, self.shape, self.caption},
              [self.note, self.picture, self.share, self.save], **QUICK)
        self.share.click(None, js="() => shareGift()")
        self.film.click(None, js="() => shareFilm()")

    def make(self, values: Values) -> Changes:
        """The file of the format that was chosen, and what can be said about it."""
        painted, shape = values[self._page.shown], values[self.shape]
        if painted is None or shape not in SHAPES:
            return UNCHANGED
        try:
            file, said = self._made(painted, shape, bool(values[self.caption]))
        except UserError as error:
            return self._unchosen(painted) | {self.note: note(str(error))}
        return {self.note: quiet_note(said) if said else note(),
                self.picture: gr.Image(file, visible=True),
                self.share: gr.Button(interactive=True),
                self.save: gr.DownloadButton(value=file, interactive=True)}

    def _made(self, painted: Painted, shape: str, caption: bool) -> tuple[str, str]:
        """(a file beside the result, a sentence about it or none); raises UserError."""
        result = painted.result
        if not result.png.exists() or result.before is None or not result.before.exists():
            raise UserError(GONE)
        picture = open_picture(result.png)
        faces = (*faces_found(str(result.before)), *painted.marked_faces)
        box = crop_around(picture.size, SHAPES[shape], faces)
        gift, said = picture.crop(box), ""
        if shape == BOTH:
            photo = open_picture(result.before).resize(picture.size).crop(box)
            gift = beside_each_other(photo, gift)
        if caption:
            gift = captioned(gift, self._credit(painted))
        name = re.sub(r"\W+", "-", shape.lower()) + ("-named" if caption else "")
        file = result.png.with_name(f"{result.png.stem}-{name}.jpg")
        if shape != PRINT:
            return save_picture(gift, file, quality=QUALITY), said
        if gift.height < PRINT_SIZE[1] / 2:
            larger = self._again.next(painted)
            said = (f"This print is made from {gift.width} x {gift.height} px. It gets sharper "
                    f"after Larger, {larger.size} px." if larger else "")
        gift = gift.resize(PRINT_SIZE, Image.Resampling.LANCZOS)
        with storing(), writing(file) as part:
            gift.save(part, "JPEG", quality=QUALITY, dpi=(PRINT_DPI, PRINT_DPI))
        return str(file), said

    def _unchosen(self, painted: Painted) -> Changes:
        """No format is chosen; of a collage and of a clip there is none."""
        return {self.shape: gr.Radio(value=None, interactive=painted.result.before is not None),
                self.note: note(), self.picture: gr.Image(None, visible=False),
                self.share: gr.Button(interactive=False),
                self.save: gr.DownloadButton(value=None, interactive=False)}

    def _unchosen_part(self, component: gr.components.Component, painted: Painted) -> Any:
        return self._unchosen(painted)[component]

    def _credit(self, painted: Painted) -> str:
        choice = painted.choice
        if choice is None or choice.own:
            return painted.caption
        return self._service.preset(choice.number).credit

    def _link(self, painted: Painted) -> str:
        """The title, the link's query and the film's address, as page.js reads them."""
        choice, query = painted.choice, ""
        if choice is not None and not choice.own:
            query = urlencode({"style": self._service.preset(choice.number).name,
                               "strength": f"{painted.settings.strength:g}"})
        title = f"My portrait after {self._credit(painted)}" if query else "My portrait, painted"
        # The film's own tab is in the page only once it was opened.
        film = markup.address(painted.result.film) if painted.result.film else ""
        return (f"<i hidden data-title='{escape(title)}' data-query='{escape(query)}' "
                f"data-film='{escape(film)}'></i>")


def beside_each_other(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures of one size with a thin white line between them."""
    line = max(2, left.width // 100)
    both = Image.new("RGB", (2 * left.width + line, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + line, 0))
    return both


def _film(painted: Painted) -> gr.Button:
    return gr.Button(interactive=painted.result.film is not None)
