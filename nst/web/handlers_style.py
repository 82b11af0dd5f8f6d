"""What the page does when a visitor looks for a style and chooses one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from ..errors import UserError
from ..gallery.examples import find_example
from ..gallery.presets import Preset
from . import markup
from .job import Job
from .panel import Panel, as_example, as_photo, note
from .photos import display_copy, original_of
from .service import Service, path_of
from .storing import CannotStoreError

__all__ = ["ALL", "PAGE", "StyleHandlers"]

PAGE = 24  # thumbnails at a time
ALL = "All"  # the first of the movements
NOTHING = "No style matches; search for something else, or choose another movement."


class StyleHandlers:
    """Handlers of the gallery's events; a style goes by its number in ``service.presets``."""

    def __init__(self, service: Service):
        self._service = service

    def pictures(self, numbered: list[tuple[int, str]]) -> list[tuple[str, str]]:
        """(thumbnail, caption) for gr.Gallery."""
        return [(file, _caption(self._service.presets[number])) for number, file in numbered]

    def show_page(self, movement: str, text: str, chosen: int, page: int = 1) -> tuple:
        """(thumbnails, their numbers, the page's slider, the note that there are none)."""
        found, pages = self._service.page(_movement(movement), text or "", page, PAGE)
        numbers = [number for number, _ in found]
        selected = numbers.index(chosen) if chosen in numbers else None
        return (gr.Gallery(self.pictures(found), selected_index=selected), numbers,
                gr.Slider(value=page, maximum=max(2, pages), interactive=pages > 1),
                note("" if found else NOTHING))

    def choose(self, event: gr.SelectData, numbers: list[int]) -> tuple[int, None]:
        """(the number of the thumbnail that was clicked, no own style)."""
        return numbers[event.index], None

    def surprise(self, movement: str, text: str) -> tuple:
        """(a number drawn from what was searched for, no own style).

        Where nothing matches, the style stays; show_page has said so.
        """
        found = self._service.collection.search(text or "", _movement(movement))
        try:
            return self._service.number[found.surprise().name], None
        except UserError:
            return gr.skip(), gr.skip()

    def describe(self, number: int, own: dict | None) -> str:
        """What the style is: the visitor's own, if there is one, else the chosen preset."""
        if own:
            path = path_of(own) or ""
            file = original_of(path)
            name = own.get("orig_name") if file == path else None
            return markup.own_style(name or Path(file).name)
        return markup.preset_style(self._service.preset(number))

    def recommend(self, number: int, own: dict | None, before: Mapping[str, Any], *values) -> tuple:
        """(what the style recommends, the settings' values in the order of ``service.knobs``).

        Settings move to what the style recommends. Those that the style before had moved, and
        the visitor has not, go back to their defaults.
        """
        service = self._service
        wanted = {} if own else dict(service.preset(number).settings)
        if wanted == before:
            return before, *(gr.skip() for _ in service.knobs)
        now = dict(zip(service.defaults, values, strict=True))
        moved = {name: service.defaults[name] for name in before if now[name] == before[name]}
        return wanted, *((moved | wanted).get(name, gr.skip()) for name in service.defaults)

    def show_example(self, number: int, own: dict | None, photo: dict | None,
                     job: Job | None) -> Panel:
        """What was painted beforehand in that style, unless the visitor's result is shown."""
        return Panel() if job is not None else self._example(number, own, photo)

    def show_photo(self, number: int, own: dict | None, photo: dict | None,
                   job: Job | None) -> Panel:
        """A photo as soon as it is chosen, or, of a sample, what was painted beforehand.

        It replaces a result, but nothing while one is being painted.
        """
        if not photo or job is not None and not job.over:
            return Panel()
        example = self._example(number, own, photo)
        if example != Panel():
            return example
        try:
            return as_photo(display_copy(self._service.picture(path_of(photo))))
        except CannotStoreError as error:
            return Panel(notice=note(str(error)))
        except UserError:  # check_photo tells it
            return Panel()

    def open_link(self, request: gr.Request, numbers: list[int], chosen: int) -> tuple:
        """(the style that the page's address names, the gallery with it marked)."""
        number = self._service.number.get(request.query_params.get("style", ""))
        if number is None:
            return gr.skip(), gr.skip()
        return number, gr.Gallery(
            selected_index=numbers.index(number) if number in numbers else None)

    def linked_strength(self, request: gr.Request) -> Any:
        """The strength that the page's address names, if it is one."""
        try:
            strength = float(request.query_params.get("strength", ""))
        except ValueError:
            return gr.skip()
        return strength if 0 <= strength <= 1 else gr.skip()

    def show_linked(self, request: gr.Request, number: int, own: dict | None, photo: dict | None,
                    job: Job | None) -> Panel:
        """What was painted beforehand in the style that the page's address names."""
        if request.query_params.get("style", "") not in self._service.number:
            return Panel()
        return self.show_example(number, own, photo, job)

    def _example(self, number: int, own: dict | None, photo: dict | None) -> Panel:
        service = self._service
        sample = service.sample(path_of(photo)) if photo else service.samples[0]
        example = sample and find_example(sample.portrait, service.preset(number).name)
        if own or not sample or not example:
            return Panel()
        photo_file, result_file = map(service.compressed, (sample.portrait.file, example.file))
        return as_example(example, photo_file, result_file,
                          service.credits([(example.style, 1.0)]))


def _caption(preset: Preset) -> str:
    return ", ".join(filter(None, (preset.title, preset.artist, preset.year)))


def _movement(chip: str) -> str:
    return "" if chip == ALL else chip
