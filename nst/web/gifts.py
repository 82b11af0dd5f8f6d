"""Send it on: result and film in the formats in which they are shown elsewhere, shared or saved."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from PIL import Image

from ..errors import UserError
from ..people import Box
from ..pictures.contact_sheet import captioned
from ..pictures.formats import crop_around
from ..pictures.reading import open_picture
from ..pictures.recut import recut
from ..pictures.writing import writing
from . import markup
from .cover import softening
from .page import LAST, QUICK, UNCHANGED, Changes, Page, Values, note, note_line, quiet_note
from .paint import Again
from .photo import faces_found
from .uploads import save_picture, storing
from .wall import GONE, Painted, Wall

__all__ = ["BOTH", "CHOOSE", "FILMS", "PRINT", "SHAPES", "Gifts"]

BOTH, PRINT = "Before and after", "Print, A5"
SHAPES = {  # width / height
    "Story, 9:16": 9 / 16, "Post, 4:5": 4 / 5, "Square, 1:1": 1.0, BOTH: 4 / 5, PRINT: 148 / 210}
FILMS = {"Film, whole": None, "Film, 9:16": 9 / 16, "Film, square": 1.0}
PRINT_SIZE, PRINT_DPI = (1748, 2480), 300  # px: 148 x 210 mm
QUALITY = 95  # of JPEG
CHOOSE = "Choose a format first, then share or save."


class Gifts:
    """Formats, a caption on wish, and buttons that share or save what was chosen."""

    def __init__(self, page: Page, wall: Wall, again: Again):
        self._page, self._service, self._wall, self._again = page, page.service, wall, again

    def build(self) -> None:
        """Below the other buttons of a result."""
        self.link = gr.HTML(elem_id="send")  # for gifts.js: what a shared picture is called
        with gr.Accordion("Send it on: formats, film, print", open=False,
                          elem_id="gifts") as self.panel:
            self.shape = gr.Radio([*SHAPES, *FILMS], show_label=False, label="Format",
                                  container=False, elem_id="shapes")
            self.caption = gr.Checkbox(False, label="With the style's name below")
            self.note = note_line()
            self.picture = gr.Image(interactive=False, show_label=False, label="Send it on",
                                    height=320, buttons=[], visible=False, elem_id="gift",
                                    alt_text="The result in the format that was chosen")
            self.clip = gr.HTML(visible=False, elem_id="gift-film")
            with gr.Row():
                self.share = gr.Button("Share this", interactive=False, size="md",
                                       elem_id="share-gift")
                self.save = gr.DownloadButton("Save this", interactive=False, size="md",
                                              elem_id="save-gift")
        self._wall.follow(self.link, self._link)
        self._wall.follow(self.panel, lambda painted: gr.Accordion(
            visible=painted.result.before is not None))  # a collage has no formats
        for component, beside in self._unchosen.items():
            self._wall.follow(component, beside)

    @property
    def _unchosen(self) -> dict[Any, Callable[[Painted], Any]]:
        """All that a format changes, as it is without one."""
        return {self.shape: lambda painted: gr.Radio(value=None),
                self.note: lambda painted: quiet_note(CHOOSE),
                self.picture: lambda painted: gr.Image(None, visible=False),
                self.clip: lambda painted: gr.HTML("", visible=False),
                self.share: lambda painted: gr.Button(interactive=False),
                self.save: lambda painted: gr.DownloadButton(value=None, interactive=False)}

    def wire(self) -> None:
        page = self._page
        gr.on([self.shape.input, self.caption.input], self.make,
              {page.shown, self.shape, self.caption}, list(self._unchosen), **LAST)
        self.share.click(None, js="() => shareGift()")
        self._wall.mp4.click(self.make_film, page.shown, [self.link, page.notice], **QUICK).then(
            None, js="() => saveFilm()")

    def make(self, values: Values) -> Changes:
        """The file of the format that was chosen, and what can be said about it."""
        painted, shape = values[self._page.shown], values[self.shape]
        if painted is None or shape not in SHAPES | FILMS:
            return UNCHANGED
        try:
            file, said = self._made(painted, shape, bool(values[self.caption]))
        except UserError as error:
            return {component: beside(painted) for component, beside in self._unchosen.items()
                    } | {self.note: note(str(error))}
        film = shape in FILMS
        return {self.note: quiet_note(said) if said else note(),
                self.picture: gr.Image(None if film else file, visible=not film),
                self.clip: gr.HTML(markup.plays(Path(file), markup.FILM) if film else "",
                                   visible=film),
                self.share: gr.Button(interactive=True),
                self.save: gr.DownloadButton(value=file, interactive=True)}

    def make_film(self, painted: Painted | None) -> Changes:
        """The whole film, once the photo is seen through the painting; before it is there already.
        """
        if painted is None or painted.cover.complete:
            return UNCHANGED
        try:
            return {self.link: self._link(painted, self._recut(painted, "softer"))}
        except UserError as error:
            return {self._page.notice: note(str(error))}

    def _recut(self, painted: Painted, name: str, ratio: float | None = None,
               faces: Sequence[Box] = (), credit: str = "") -> Path:
        """The film as the result is now, around the faces, with a caption; made once."""
        film, file = painted.result.film, painted.file.with_name(f"{painted.file.stem}-{name}.mp4")
        if film is None or not film.exists():
            raise UserError("There is no film of this result; paint it again.")
        soften = None if painted.cover.complete else softening(painted)
        if soften is None and ratio is None and not credit:
            return film

        def change(picture: Image.Image) -> Image.Image:
            if soften is not None:
                picture = soften(picture)
            if ratio is not None:
                return in_shape(picture, ratio, faces, credit)
            return captioned(picture, credit) if credit else picture

        if not file.exists():
            with storing():
                recut(film, file, change)
        return file

    def _made(self, painted: Painted, shape: str, caption: bool) -> tuple[str, str]:
        """(a file beside the result, a sentence about it or none); raises UserError."""
        result = painted.result
        if not painted.file.exists() or result.before is None or not result.before.exists():
            raise UserError(GONE)
        picture = open_picture(painted.file)
        faces = (*faces_found(str(result.before)), *painted.marked_faces)
        name = re.sub(r"\W+", "-", shape.lower()) + ("-named" if caption else "")
        credit = self._credit(painted) if caption else ""
        if shape in FILMS:
            return str(self._recut(painted, name, FILMS[shape], faces, credit)), ""
        if shape == BOTH:
            box = crop_around(picture.size, SHAPES[shape], faces)
            photo = open_picture(result.before).resize(picture.size).crop(box)
            gift = beside_each_other(photo, picture.crop(box))
            gift = captioned(gift, credit) if credit else gift
        else:
            gift = in_shape(picture, SHAPES[shape], faces, credit)
        file = painted.file.with_name(f"{painted.file.stem}-{name}.jpg")
        if shape != PRINT:
            return save_picture(gift, file, quality=QUALITY), ""
        said = ""
        if gift.height < PRINT_SIZE[1] / 2:
            larger = self._again.next(painted)
            said = (f"This print is made from {gift.width} x {gift.height} px. It gets sharper "
                    f"after Larger, {larger.size} px." if larger else "")
        gift = gift.resize(PRINT_SIZE, Image.Resampling.LANCZOS)
        with storing(), writing(file) as part:
            gift.save(part, "JPEG", quality=QUALITY, dpi=(PRINT_DPI, PRINT_DPI))
        return str(file), said

    def _credit(self, painted: Painted) -> str:
        choice = painted.choice
        if choice is None or choice.own:
            return painted.caption
        return self._service.preset(choice.number).credit

    def _link(self, painted: Painted, softer: Path | None = None) -> str:
        """The title, the link's query, and where picture and film are, as gifts.js reads them.

        ``softer``: the film of a result through which the photo is seen, once it is made.
        """
        choice, query = painted.choice, ""
        if choice is not None and not choice.own:
            query = urlencode({"style": self._service.preset(choice.number).name,
                               "strength": f"{painted.settings.strength:g}"})
        title = f"My portrait after {self._credit(painted)}" if query else "My portrait, painted"
        # The film's own tab is in the page only once it was opened.
        file = painted.result.film if painted.cover.complete else softer
        film = markup.address(file) if file else ""
        return (f"<i hidden data-title='{escape(title)}' data-query='{escape(query)}' "
                f"data-picture='{escape(markup.address(painted.file))}' "
                f"data-film='{escape(film)}'></i>")


def in_shape(picture: Image.Image, ratio: float, faces: Sequence[Box],
             credit: str) -> Image.Image:
    """A picture cut to width / height around its faces; a line below it is part of that shape."""
    cut = picture.crop(crop_around(picture.size, ratio, faces))
    if not credit:
        return cut
    rest = cut.width, 2 * cut.height - captioned(cut, credit).height
    wider = picture.crop(crop_around(picture.size, rest[0] / rest[1], faces))
    return captioned(wider.resize(rest, Image.Resampling.LANCZOS), credit)


def beside_each_other(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures of one size with a thin white line between them."""
    line = max(2, left.width // 100)
    both = Image.new("RGB", (2 * left.width + line, left.height), "white")
    both.paste(left, (0, 0))
    both.paste(right, (left.width + line, 0))
    return both
