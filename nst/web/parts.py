"""Pieces that several features are made of, and what stands above and below all of them."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from gradio.utils import get_space

__all__ = ["heading", "masthead", "note", "note_line", "pictures", "privacy", "quiet_note",
           "upload_button"]


def masthead() -> gr.HTML:
    """What the page is."""
    return gr.HTML("<h1>Neural style studio</h1><p>Your portrait, in the manner of a painting."
                   "</p>", elem_id="masthead")


def privacy() -> gr.HTML:
    """What happens to the pictures; the way to the API."""
    if get_space():
        gr.DuplicateButton("Duplicate this Space", size="sm", elem_id="duplicate")
    return gr.HTML("<p class='quiet'>Your pictures stay on this machine, are seen by nobody, and "
                   "are deleted within the hour; what you download carries no location and no "
                   "camera data. <a href='?view=api'>Use it from a program.</a></p>",
                   elem_id="privacy")


def heading(text: str) -> gr.HTML:
    """The heading of a step."""
    return gr.HTML(f"<h2>{text}</h2>", elem_classes="step")


def note_line(elem_id: str | None = None) -> gr.Markdown:
    """Where a handler's note() appears."""
    return gr.Markdown(visible=False, elem_classes="notice", elem_id=elem_id)


def note(text: str = "") -> gr.Markdown:
    """A line beside what it is about; none where ``text`` is empty."""
    return gr.Markdown(text, visible=bool(text))


def quiet_note(text: str) -> gr.Markdown:
    """A line that says something is well."""
    return note(f"<span class='quiet'>{text}</span>")


def upload_button(label: str, elem_id: str) -> gr.UploadButton:
    """A large button that opens the camera or the photos; page.js says which."""
    return gr.UploadButton(label, file_types=None, size="lg", min_width=130, elem_id=elem_id)


def pictures(shown: Sequence[tuple[str, str]], label: str, elem_id: str, *, columns: int,
             height: int | str, selected_index: int | None = None) -> gr.Gallery:
    """Rows of small pictures to choose one from; ``shown``: (file, caption) of each."""
    return gr.Gallery(list(shown), label=label, show_label=False, columns=columns, height=height,
                      allow_preview=False, interactive=False, object_fit="cover", buttons=[],
                      elem_id=elem_id, selected_index=selected_index)
