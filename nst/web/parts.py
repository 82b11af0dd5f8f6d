"""The page's components: one function for each that takes more than a line to configure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import gradio as gr
from gradio.utils import get_space

from ..gallery.presets import Preset
from ..settings import Knob
from .handlers_paint import NO_SECOND
from .handlers_style import ALL
from .service import Sample

__all__ = [
    "ADVANCED", "bar", "control", "heading", "loss_curves", "mask_editor", "masthead",
    "movement_chips", "note_line", "own_style_or_blend", "photo_inputs", "privacy", "result_button",
    "result_image", "sample_photos", "six", "strip", "style_gallery", "style_search",
]

ADVANCED = {  # settings in groups; the last one has all the others
    "The picture": ("colors", "background", "style_scale", "style_faces", "exposure", "init",
                    "seed"),
    "The machine": ("seconds", "steps", "backbone"),
    "The method": (),
}
SECOND_STYLES = 300  # entries in the second style's list: the catalogue's own come first


def masthead() -> gr.HTML:
    """What the page is."""
    return gr.HTML("<h1>Neural style studio</h1><p>Your portrait, in the manner of a painting."
                   "</p>", elem_id="masthead")


def style_search(pages: int) -> tuple[gr.Textbox, gr.Button]:
    """(words to find a style by, "Surprise me"); only where the styles fill several pages."""
    with gr.Row(visible=pages > 1, elem_id="find"):
        search = gr.Textbox("", placeholder="Artist, title, year", show_label=False,
                            label="Search", max_lines=1, scale=3, container=False)
        return search, gr.Button("Surprise me", size="md", scale=1, min_width=120)


def bar() -> tuple[gr.Markdown, gr.Button, gr.Button, gr.Button]:
    """What is always in reach: (the notice, Paint, "In six movements", Stop)."""
    with gr.Column(elem_id="bar"):
        notice = note_line("notice")
        with gr.Row(elem_id="actions"):
            return (notice, gr.Button("Paint", variant="primary", elem_id="paint"),
                    gr.Button("In six movements", elem_id="six"),
                    gr.Button("Stop", visible=False, elem_id="stop"))


def heading(text: str) -> gr.HTML:
    """The heading of a step."""
    return gr.HTML(f"<h2>{text}</h2>", elem_classes="step")


def note_line(elem_id: str | None = None) -> gr.Markdown:
    """Where a handler's note() appears."""
    return gr.Markdown(visible=False, elem_classes="notice", elem_id=elem_id)


def _photo_button(label: str, elem_id: str) -> gr.UploadButton:
    """A large button that opens the camera or the photos; page.js says which."""
    return gr.UploadButton(label, file_types=None, size="lg", min_width=130, elem_id=elem_id)


def photo_inputs() -> tuple[gr.UploadButton, gr.UploadButton, gr.Markdown, gr.Image]:
    """("Take a selfie", "Choose a photo", the note about the photo, the photo)."""
    with gr.Row(elem_id="take"):
        selfie = _photo_button("Take a selfie", "selfie")
        upload = _photo_button("Choose a photo", "upload")
    return selfie, upload, note_line("photo-note"), _photo_input()


def _photo_input() -> gr.Image:
    """Holds the photo; seen only while the webcam of a computer is used (style.css).

    Above it are notes that page.js shows: for browsers that give no camera, and for visitors whose
    photo went with a server that stopped.
    """
    gr.HTML("<p id='camera-note' class='quiet' hidden>The camera needs HTTPS or localhost, "
            "and this page came over neither; choose a photo instead.</p>"
            "<p id='lost-note' role='status' hidden>The server that had your photo has stopped. "
            "Take or choose it again.</p>", elem_id="camera")
    return gr.Image(type="filepath", image_mode=None, sources=["webcam", "upload"],
                    label="Your portrait", show_label=False, height=320, elem_id="photo",
                    buttons=[], alt_text="The portrait to paint")


def sample_photos(samples: Sequence[Sample]) -> gr.Gallery:
    """Photos to try, beside words that say so."""
    with gr.Row(elem_id="try"):
        gr.HTML("<p class='quiet'>No photo?<br>Try one</p>", min_width=80, scale=0)
        return gr.Gallery([(sample.thumbnail, sample.portrait.alt) for sample in samples],
                          label="No photo? Try one", show_label=False, columns=4, height=64,
                          allow_preview=False, interactive=False, object_fit="cover", buttons=[],
                          elem_id="samples")


def movement_chips(movements: Sequence[str]) -> gr.Radio:
    """One movement, or all of them."""
    return gr.Radio([ALL, *movements], value=ALL, show_label=False, label="Movement",
                    elem_id="movements", container=False)


def strip() -> gr.Gallery:
    """Thumbnails of what was painted in this visit."""
    return gr.Gallery([], label="Painted in this visit", show_label=False, columns=6, height=134,
                      allow_preview=False, interactive=False, object_fit="cover", buttons=[],
                      elem_id="strip")


def privacy() -> gr.HTML:
    """What happens to the pictures; the way to the API."""
    if get_space():
        gr.DuplicateButton("Duplicate this Space", size="sm", elem_id="duplicate")
    return gr.HTML("<p class='quiet'>Your pictures stay on this machine, are seen by nobody, and "
                   "are deleted within the hour; what you download carries no location and no "
                   "camera data. <a href='?view=api'>Use it from a program.</a></p>",
                   elem_id="privacy")


def six() -> gr.Gallery:
    """Small results of six movements."""
    return gr.Gallery([], label="Six movements", show_label=False, columns=3, height="auto",
                      allow_preview=False, interactive=False, object_fit="cover", buttons=[],
                      elem_id="six-pictures")


def style_gallery(pictures: list[tuple[str, str]], selected: int) -> gr.Gallery:
    """Thumbnails of styles; ``selected``: the position of the one that is chosen."""
    return gr.Gallery(pictures, label="Styles", show_label=False, columns=5, height=340,
                      allow_preview=False, interactive=False, object_fit="cover", buttons=[],
                      selected_index=selected, elem_id="gallery")


def _own_style() -> tuple[gr.Image, gr.UploadButton]:
    """(a picture of the visitor's own as the style, a button for files that a browser can't show).

    Gradio's Image refuses files to which the browser gives no type, as Chrome does HEIC.
    """
    picture = gr.Image(type="filepath", image_mode=None, sources=["upload", "clipboard"],
                       label="Your own style", height=200, elem_id="own", buttons=[],
                       alt_text="A picture of your own to take the style from")
    return picture, _photo_button("Choose a style's picture", "own-file")


def own_style_or_blend(presets: Sequence[Preset]) -> tuple[
        gr.Image, gr.UploadButton, gr.Markdown, gr.Dropdown, gr.Slider]:
    """(the own style, the button for its file, its note, the second style, the second's share)."""
    with gr.Accordion("Your own style, or a blend", open=False):
        own, own_file = _own_style()
        return (own, own_file, note_line(), _second_style(presets),
                gr.Slider(0, 1, 0.5, step=0.05, label="How much of it"))


def _second_style(presets: Sequence[Preset]) -> gr.Dropdown:
    """A preset to blend with, by its number."""
    choices = [("None", NO_SECOND), *((preset.credit or preset.name, number) for number, preset
                                      in enumerate(presets[:SECOND_STYLES]))]
    return gr.Dropdown(choices, value=NO_SECOND, label="Blend with", elem_id="second")


def control(knob: Knob, value: Any) -> gr.components.Component:
    """The control of one setting; its range and help are the knob's own."""
    label = knob.name.replace("_", " ").capitalize().replace("Tv ", "TV ")
    about: dict[str, Any] = dict(label=label, info=knob.help, value=value)
    if knob.choices:
        return gr.Radio(list(knob.choices), **about)
    if knob.type is bool:
        return gr.Checkbox(**about)
    if knob.type is str:
        return gr.Textbox(max_lines=1, max_length=1000, **about)
    assert knob.low is not None and knob.high is not None and knob.step is not None  # a number
    # A slider takes no single value (--max-size 128) and no range as fine as the seed's.
    if knob.high == knob.low or (knob.high - knob.low) / knob.step > 500:
        return gr.Number(minimum=knob.low, maximum=knob.high, step=knob.step, **about)
    return gr.Slider(knob.low, knob.high, step=knob.step, **about)


def mask_editor() -> gr.ImageEditor:
    """Where a mask is corrected on the photo: strokes for the person and for the background.

    corrected() tells them apart by their lightness.
    """
    person, background = "#3ddc84", "#c2185b"
    return gr.ImageEditor(
        type="pil", image_mode="RGBA", sources=(), transforms=(),
        layers=gr.LayerOptions(allow_additional_layers=False),
        brush=gr.Brush(default_size=24, colors=[person, background], default_color=person,
                       color_mode="fixed"),
        label="Green: the person. Pink: the background.", height=360, visible=False,
        elem_id="mask", buttons=[])


def result_image(value: str | None) -> gr.Image:
    """The photo, the last frame, or the result; style.css says how high.

    On Spaces Gradio's own button posts it to the community.
    """
    buttons: list[Any] = ["fullscreen", "share"] if get_space() else ["fullscreen"]
    return gr.Image(value, format="jpeg", interactive=False, show_label=False, label="The result",
                    elem_id="stage", buttons=buttons,
                    alt_text="Your photo, or the result as far as it is painted")


def loss_curves() -> gr.LinePlot:
    """The losses over the steps, a line for each term; takes a curve_table()."""
    return gr.LinePlot(x="step", y="loss", color="term", height=380, label="Losses",
                       elem_id="curves", show_label=False)


def result_button(kind: type[gr.Button] | type[gr.DownloadButton], label: str, elem_id: str,
                  variant: Literal["primary", "secondary"] = "secondary"):
    """A button that needs a result, and waits for one."""
    return kind(label, interactive=False, size="md", min_width=90, elem_id=elem_id,
                variant=variant)
