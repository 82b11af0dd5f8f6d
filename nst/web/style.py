"""The style: the gallery, its search, a picture of one's own, a blend, and what a style recommends.

A style goes by its number in ``service.presets``.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from ..errors import UserError
from ..gallery.catalogue import movements
from ..pictures.borders import without_border
from ..pictures.notices import NOTICE
from ..pictures.reading import open_picture
from . import markup
from .page import (
    LAST,
    QUICK,
    TAPPED,
    UNCHANGED,
    Changes,
    Page,
    Values,
    heading,
    note,
    note_line,
    pictures,
    upload_button,
)
from .service import FIRST_STYLE, TOLD_SIDE, StyleChoice, path_of
from .uploads import CannotStoreError, original_of, shown_as_png
from .wall import Wall

__all__ = ["ALL", "Style"]

PAGE_SIZE = 24  # thumbnails at a time
ALL = "All"  # the first of the movements
NOTHING = "No style matches; search for something else, or choose another movement."
NO_SECOND = -1  # the second style's value where there is none
SECOND_STYLES = 300  # entries in the second style's list: the catalogue's own come first
SHOWN_BY_BROWSERS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif")
OWN_SIDE = 4096  # px of an own style that is written anew: no result is larger


class Style:
    """Where a style is looked for and chosen."""

    def __init__(self, page: Page, wall: Wall):
        self._page, self._service, self._wall = page, page.service, wall
        first = self._service.number[FIRST_STYLE]
        page.chosen = gr.State(first)
        # What the style recommends for the controls; by it a later style knows what to set back.
        self.recommended = gr.State(dict(self._service.preset(first).settings))
        self.followed: list[Any] = []  # events after which another style may be chosen
        self.paged: list[Any] = []  # events after which the gallery may show others

    def build(self) -> None:
        """Movements, search and the first thumbnails."""
        found, pages = self._service.page("", "", 1, PAGE_SIZE)
        numbers = [number for number, _ in found]
        self.on_page = gr.State(numbers)
        self.pages_of = gr.State((ALL, ""))  # the movement and the text that were searched for
        heading("The style")
        self.movement = gr.Radio([ALL, *movements(self._service.presets)], value=ALL,
                                 show_label=False, label="Movement", elem_id="movements",
                                 container=False)
        with gr.Row(visible=pages > 1, elem_id="find"):
            self.search = gr.Textbox("", placeholder="Artist, title, year", show_label=False,
                                     label="Search", max_lines=1, scale=3, container=False)
            self.surprise = gr.Button("Surprise me", size="md", scale=1, min_width=120)
        self.nothing = note_line()
        self.gallery = pictures(self.thumbnails(found), "Styles", "gallery", columns=5, height=340,
                                selected_index=numbers.index(self._page.chosen.value))
        self._pages = pages

    def build_about(self) -> None:
        """More pages of the gallery; what the chosen style is; an own one, or a blend."""
        service = self._service
        self.number = gr.State(1)  # of the page
        with gr.Row(visible=self._pages > 1, elem_id="pages"):
            self.previous = gr.Button("Previous", size="md", min_width=90, interactive=False)
            self.place = gr.HTML(_place(1, self._pages))
            self.next = gr.Button("Next", size="md", min_width=90)
        self.about = gr.HTML(markup.preset_style(service.preset(self._page.chosen.value)),
                             elem_classes="about", elem_id="about")
        with gr.Accordion("Your own style, or a blend", open=False, elem_id="own-style"):
            # It is seen while it holds a picture, and takes none: Gradio's Image refuses files to
            # which the browser gives no type, as Chrome does HEIC. photo.js gives the button what
            # is dropped here.
            self._page.own = gr.Image(
                type="filepath", image_mode=None, sources=["upload"], label="Your own style",
                show_label=False, height=200, elem_id="own", buttons=[],
                alt_text="A picture of your own to take the style from")
            self.own_file = upload_button("Choose a picture to paint like", "own-file")
            self.own_note = note_line()
            choices = [("—", NO_SECOND), *(
                (preset.credit or preset.name, number) for number, preset
                in enumerate(service.presets[:SECOND_STYLES]))]
            self.second = gr.Dropdown(choices, value=NO_SECOND, label="Blend with",
                                      elem_id="second")
            self.blend = gr.Slider(0, 1, 0.5, step=0.05, label="How much of it")

    def wire(self) -> None:
        page = self._page
        paged = [
            gr.on([self.movement.change, self.search.change], self.show_first_page,
                  self._asked | {self.pages_of}, [*self._thumbnails, self.pages_of], **LAST),
            *(button.click(partial(self.show_page, step), self._asked, self._thumbnails, **LAST)
              for button, step in ((self.previous, -1), (self.next, 1)))]
        for one in paged:
            one.then(None, js="() => showFirst()")
        self.paged += paged
        # A style may be chosen without being among the pictures, and a blend is seen nowhere else.
        blended = self.second.input(None, **QUICK)  # see LAST: comeback.py has one of it
        for event in (*(one.then for one in paged), blended.then, self.blend.release):
            event(self.describe, self.described, self.about, **LAST)
        page.own.change(self.check_own, page.own, self.own_note, **QUICK)
        chosen = [page.chosen, page.own]
        tapped = self.gallery.select(self.choose, self.on_page, chosen, **TAPPED)
        self.tapped = self.follow(tapped, mark=False)  # and the controls have moved
        self.show_example_after(tapped)
        for event in (
                self.surprise.click(self.draw, self.searched, self.drawn, **QUICK),
                page.own.clear(None, **QUICK),
                self.own_file.upload(self.take_own, self.own_file, [page.own, self.own_note],
                                     **QUICK)):
            self.follow(event)
            self.show_example_after(event)

    def open_link_after(self, event: Any) -> None:
        """After the page was opened with what the visit has: the style that its address names."""
        page = self._page
        linked = event.then(self.open_link, None, [page.chosen, page.own], **QUICK)
        self.follow(linked).then(
            self.linked_strength, None, page.controls["strength"], **QUICK)
        linked.then(self.show_linked, self._on_wall, self._wall.outputs, **QUICK)

    def follow(self, event: Any, mark: bool = True) -> Any:
        """After an event by which another style was chosen: describe it, and move the controls.

        ``mark``: turn the gallery to it and mark it there. A tap there has done so itself, and an
        answer that comes after the next tap would undo that one.
        """
        page, seen = self._page, event
        if mark:
            seen = event.then(self.turn, self._asked | {page.own, self.on_page},
                              self._thumbnails, **LAST)
            seen.then(None, js="() => showChosen()")
            self.paged.append(seen)
        seen.then(self.describe, self.described, self.about, **LAST)
        recommended = event.then(
            self.recommend, {page.chosen, page.own, self.recommended, *page.controls.values()},
            [self.recommended, *page.controls.values()], **LAST)
        self.followed.append(recommended)
        return recommended

    def show_example_after(self, event: Any) -> None:
        """Show what was painted beforehand in the style that is chosen, if anything was."""
        event.then(self.show_example, self._on_wall, self._wall.outputs, **LAST)

    @property
    def _on_wall(self) -> set[Any]:
        """What says whether an example may be shown, and which."""
        page = self._page
        return {page.chosen, page.own, page.photo, page.job, page.shown}

    @property
    def _asked(self) -> set[Any]:
        """What says which page of the gallery is shown."""
        return {self.movement, self.search, self.number, self._page.chosen}

    @property
    def _thumbnails(self) -> list[Any]:
        """What :meth:`show_page` changes."""
        return [self.gallery, self.on_page, self.nothing, self.number, self.previous, self.place,
                self.next]

    @property
    def inputs(self) -> set[Any]:
        """The components that :meth:`choice` reads."""
        return {self._page.chosen, self._page.own, self.second, self.blend}

    @property
    def searched(self) -> list[Any]:
        """The components that :meth:`draw` reads, and clears where nothing matches."""
        return [self.movement, self.search]

    @property
    def drawn(self) -> list[Any]:
        """The components that :meth:`draw` changes."""
        return [self._page.chosen, self._page.own, *self.searched, self.pages_of]

    @property
    def described(self) -> set[Any]:
        """The components that :meth:`describe` reads."""
        return self.inputs | {self.on_page}

    def choice(self, values: Values) -> StyleChoice:
        """What the picture is to be painted after, unchecked."""
        page, second = self._page, values[self.second]
        return StyleChoice(values[page.chosen], path_of(values[page.own]),
                           None if second == NO_SECOND else second, values[self.blend])

    def thumbnails(self, numbered: list[tuple[int, str]]) -> list[tuple[str, str]]:
        """(thumbnail, caption) for gr.Gallery."""
        return [(file, self.caption(number)) for number, file in numbered]

    def caption(self, number: int) -> str:
        """Title, painter and year, as far as they are known."""
        preset = self._service.presets[number]
        return ", ".join(filter(None, (preset.title, preset.artist, preset.year)))

    def show_first_page(self, values: Values) -> Changes:
        """The first page of what was searched for; nothing where its pages are shown already.

        A search that :meth:`draw` has cleared is also a change of what is searched for, and comes
        at the same time as the page with what was drawn.
        """
        asked = values[self.movement], values[self.search] or ""
        if asked == values[self.pages_of]:
            return UNCHANGED
        changes = self.show_page(0, {**values, self.number: 1})
        return changes | {self.pages_of: asked} if self.gallery in changes else changes

    def show_page(self, step: int, values: Values) -> Changes:
        """A page of what was searched for: so many after the one that was shown.

        On a full disk, or where a hub with styles gives no answer, the gallery stays, with a note.
        """
        page, chosen = values[self.number] + step, values[self._page.chosen]
        try:
            found, pages = self._service.page(_movement(values[self.movement]),
                                              values[self.search] or "", page, PAGE_SIZE)
        except UserError as error:
            return {self.nothing: note(str(error))}
        page, numbers = min(max(page, 1), pages), [number for number, _ in found]
        selected = numbers.index(chosen) if chosen in numbers else None
        return {self.gallery: gr.Gallery(self.thumbnails(found), selected_index=selected),
                self.on_page: numbers, self.nothing: note("" if found else NOTHING),
                self.number: page, self.previous: gr.Button(interactive=page > 1),
                self.place: _place(page, pages), self.next: gr.Button(interactive=page < pages)}

    def turn(self, values: Values) -> Changes:
        """The chosen style marked in the gallery, which turns to the page on which it lies.

        The gallery stays where it is on none, or where the style is the visitor's own.
        """
        page = self._page
        chosen, own, numbers = (values[one] for one in (page.chosen, page.own, self.on_page))
        if not own and chosen not in numbers:
            found = self._service.numbers(_movement(values[self.movement]),
                                          values[self.search] or "")
            if chosen in found:
                number = found.index(chosen) // PAGE_SIZE + 1
                return self.show_page(0, {**values, self.number: number})
        return {self.gallery: self.marked(chosen, own, numbers)}

    def choose(self, event: gr.SelectData, numbers: list[int]) -> tuple[int, None]:
        """(the number of the thumbnail that was clicked, no own style)."""
        return numbers[event.index], None

    def draw(self, movement: str, text: str) -> tuple[int, None, Any, Any, Any]:
        """(a number drawn from what was searched for, no own style, and the search).

        Where nothing matches, it is drawn from all, and the search is cleared.
        """
        number, collection = self._service.number, self._service.collection
        try:
            found = collection.search(text or "", _movement(movement)).surprise()
        except UserError:
            return number[collection.surprise().name], None, ALL, "", (ALL, "")
        return number[found.name], None, gr.skip(), gr.skip(), gr.skip()

    def check_own(self, own: dict | None) -> gr.Markdown:
        """The note under an own style: that it cannot be read, or how it was."""
        if own:
            try:
                path = original_of(self._service.picture(path_of(own)))
                return _told(open_picture(path, max_side=TOLD_SIDE), path)
            except UserError as error:
                return note(str(error))
        return note()

    def take_own(self, upload: dict | None) -> tuple[Any, Any]:
        """(an upload as the own style, a note on how it was read), or (the old one, what is wrong).

        Of what browsers do not show (HEIC, TIFF) the page gets a PNG; the file itself is the style.
        """
        try:
            path = self._service.picture(path_of(upload))
            picture = open_picture(path, max_side=OWN_SIDE)
            told = _told(picture, path)
            if Path(path).suffix.lower() not in SHOWN_BY_BROWSERS:
                path = shown_as_png(picture, path)
        except UserError as error:
            return gr.skip(), note(str(error))
        return path, told

    def describe(self, values: Values) -> str:
        """What the style is: the visitor's own, if there is one, else the chosen preset; a blend.

        A preset that a movement, a search or a page leaves out says that it is still chosen.
        """
        number, own = values[self._page.chosen], values[self._page.own]
        second = None if values[self.second] == NO_SECOND else (
            self._service.preset(values[self.second]), values[self.blend])
        if own:
            path = path_of(own) or ""
            file = original_of(path)
            name = own.get("orig_name") if file == path else None
            return markup.own_style(name or Path(file).name, second)
        return markup.preset_style(self._service.preset(number), self._service.told(number), second,
                                   seen=number in values[self.on_page])

    def marked(self, number: int, own: dict | None, numbers: list[int]) -> gr.Gallery:
        """The gallery with the chosen style marked; none where the style is the visitor's own."""
        return gr.Gallery(selected_index=(
            numbers.index(number) if not own and number in numbers else None))

    def recommend(self, values: Values) -> Changes:
        """What the style recommends, and the controls that move to it.

        Those that the style before had moved, and the visitor has not, go back to their defaults.
        """
        page, service = self._page, self._service
        before = values[self.recommended]
        wanted = {} if values[page.own] else dict(service.preset(values[page.chosen]).settings)
        if wanted == before:
            return UNCHANGED
        moved = {name: service.defaults[name] for name in before
                 if values[page.controls[name]] == before[name]}
        return {self.recommended: wanted} | {
            page.controls[name]: value for name, value in (moved | wanted).items()}

    def show_example(self, values: Values) -> Changes:
        """What was painted beforehand in the style, unless the visitor's result is shown."""
        page = self._page
        if values[page.job] is not None or values[page.shown] is not None:
            return UNCHANGED
        try:
            return self._wall.example(
                values[page.chosen], values[page.own], values[page.photo]) or UNCHANGED
        except CannotStoreError as error:
            return {page.notice: note(str(error))}

    def open_link(self, request: gr.Request) -> tuple[Any, Any]:
        """(the style that the page's address names, no own style)."""
        number = self._service.number.get(request.query_params.get("style", ""))
        return (gr.skip(), gr.skip()) if number is None else (number, None)

    def shown(self, values: Values) -> Changes:
        """A style that was chosen earlier: described, and marked in the gallery."""
        page = self._page
        return {self.about: self.describe(values), self.gallery: self.marked(
            values[page.chosen], values[page.own], values[self.on_page])}

    def linked_strength(self, request: gr.Request) -> Any:
        """The strength that the page's address names, if it is one."""
        try:
            strength = float(request.query_params.get("strength", ""))
        except ValueError:
            return gr.skip()
        return strength if 0 <= strength <= 1 else gr.skip()

    def show_linked(self, values: Values, request: gr.Request) -> Changes:
        """What was painted beforehand in the style that the page's address names."""
        if request.query_params.get("style", "") not in self._service.number:
            return UNCHANGED
        return self.show_example(values)


def _told(picture: Image.Image, path: str) -> gr.Markdown:
    """How a style's picture is read otherwise than one may think, if it is."""
    return note(without_border(picture, Path(path).name).info.get(NOTICE, ""))


def _place(page: int, pages: int) -> str:
    return f"<p class='quiet'>Page {page} of {pages}</p>"


def _movement(chip: str) -> str:
    return "" if chip == ALL else chip
