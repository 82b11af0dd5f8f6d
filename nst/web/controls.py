"""The controls of the settings: those at hand, the others under Advanced."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ..settings import Knob
from .labels import choice, label
from .page import Page, heading

__all__ = ["Controls", "control"]

AT_HAND = ("strength", "likeness", "quality", "size")
ADVANCED = {  # the others, in groups; the last one has all that no group names
    "The picture": ("colors", "background", "style_scale", "style_faces", "keep_border",
                    "exposure", "init", "seed"),
    "The machine": ("seconds", "steps", "backbone"),
    "The method": (),
}


class Controls:
    """One control for each knob; style.py moves them to what a style recommends."""

    def __init__(self, page: Page):
        self._page, self._service = page, page.service

    def add(self, *names: str) -> None:
        """The controls of these knobs, in the order of ``service.knobs``; none twice."""
        preset = self._service.preset(self._page.chosen.value)
        for knob in self._service.knobs:
            if knob.name in names and knob.name not in self._page.controls:
                self._page.controls[knob.name] = control(
                    knob, preset.settings.get(knob.name, knob.default))

    def build(self) -> None:
        """Those at hand."""
        self.add(*AT_HAND)

    def build_advanced(self) -> None:
        """All others."""
        with gr.Accordion("Advanced", open=False, elem_id="advanced"):
            for title, names in ADVANCED.items():
                heading(title)
                self.add(*names or self._service.defaults)


def control(knob: Knob, value: Any) -> gr.components.Component:
    """The control of one setting; its range and help are the knob's own."""
    about: dict[str, Any] = dict(label=label(knob.name), info=knob.help, value=value)
    if knob.choices:
        return gr.Radio([(choice(value), value) for value in knob.choices], **about)
    if knob.type is bool:
        return gr.Checkbox(**about)
    if knob.type is str:
        return gr.Textbox(max_lines=1, max_length=1000, **about)
    assert knob.low is not None and knob.high is not None and knob.step is not None  # a number
    # A slider takes no single value (--max-size 128) and no range as fine as the seed's.
    if knob.high == knob.low or (knob.high - knob.low) / knob.step > 500:
        return gr.Number(minimum=knob.low, maximum=knob.high, step=knob.step, **about)
    return gr.Slider(knob.low, knob.high, step=knob.step, **about)
