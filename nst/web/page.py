"""What the features of the page share, and how their handlers are called.

A feature is one module with one class: build() makes its components where they stand on the page,
handlers answer events, wire() says which event calls which handler. app.py names the features in
the order in which one sees them.

A handler of more than a few values takes them as a dict, component: value (``inputs`` is a set
then), and returns a dict of the components that change, or UNCHANGED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.utils import get_space

from ..people import Box
from ..settings import Settings
from .language import chooser
from .queue import QUEUE_NAME
from .service import Service, path_of

__all__ = [
    "LAST", "QUEUED", "QUICK", "TAPPED", "UNCHANGED", "Changes", "Page", "Values", "heading",
    "masthead", "note", "note_line", "pictures", "privacy", "quiet_note", "upload_button",
]

Values = Mapping[Any, Any]  # what components hold, by component
Changes = dict[Any, Any]  # new values or updates, by component

# Nothing changes: Gradio takes an empty dict for a wrong number of values.
UNCHANGED: Changes = gr.skip()

# How events are answered: at once, or when it is the visitor's turn. Handlers take pictures as the
# browser names them (preprocess=False): Service.picture() checks the paths.
QUICK: dict[str, Any] = dict(queue=False, show_progress="hidden", api_visibility="private",
                             preprocess=False)
# A handler that is called once more where its event came again meanwhile. Gradio then starts all
# handlers of that event, so that two such handlers of one event start each other for ever: what
# wants a second one begins with an event without a handler, and each comes then().
LAST: dict[str, Any] = QUICK | dict(trigger_mode="always_last")
# A handler that is told what was tapped, called for every tap: LAST calls it with the first tap's
# data once more. What follows it wants no more than the last tap.
TAPPED: dict[str, Any] = QUICK | dict(trigger_mode="multiple")
QUEUED: dict[str, Any] = dict(show_progress="hidden", api_visibility="private",
                              concurrency_id=QUEUE_NAME, concurrency_limit=1)


class Page:
    """Components that several features read or change, each set by the module that is named.

    Attributes:
        service: the gallery, the limits, and what makes jobs.
        demo: the page as Gradio knows it.
        photo: the portrait (photo.py).
        photo_given: the event after which it is another one; see :data:`LAST` (photo.py).
        faces: State: the PhotoFaces of the photo (photo.py).
        kept: State: file of the photo of a page that came back with a result on its wall, until
            another photo is taken (photo.py).
        own: a picture of the visitor's own as the style (style.py).
        chosen: State: the number of the style that is chosen (style.py).
        controls: the control of each setting, by name (controls.py).
        mask: State: the person as the visitor corrected it, a picture in mode L; None: as it was
            found (photo.py).
        shown: State: the Painted on the wall; None where it is an example or the photo (wall.py).
        job: State: the visitor's Job or Six, waiting, painted or over; None: none for this photo
            (paint.py).
        notice: what is wrong, beside the Paint button (paint.py).
        visit: the name of the visit, which the browser keeps (visit.py).
    """

    service: Service
    demo: gr.Blocks
    photo: gr.Image
    photo_given: Any
    faces: gr.State
    kept: gr.State
    own: gr.Image
    chosen: gr.State
    controls: dict[str, Any]
    mask: gr.State
    shown: gr.State
    job: gr.State
    notice: gr.Markdown
    visit: gr.BrowserState

    def __init__(self, service: Service, demo: gr.Blocks):
        self.service, self.demo, self.controls = service, demo, {}

    def settings(self, values: Values) -> Settings:
        """What the controls say; raises UserError, also for more than the studio's limits."""
        return self.service.limits.check(Settings(
            **{name: values[control] for name, control in self.controls.items()}))

    def marked_faces(self, values: Values) -> tuple[Box, ...]:
        """Where the visitor says that the photo has faces."""
        return values[self.faces].marked_in(path_of(values[self.photo]))


def masthead() -> gr.HTML:
    """What the page is, and its language."""
    return gr.HTML("<h1>Neural style studio</h1><p>Your portrait, in the manner of a painting."
                   f"</p>{chooser()}", elem_id="masthead")


# page.js puts the page's own address for ADDRESS. Gradio's page of the API (?view=api) opens from
# Gradio's footer alone, which the page hides.
PROGRAM = """# pip install gradio_client
from gradio_client import Client, handle_file

studio = Client("ADDRESS")
styles = [style["name"] for style in studio.predict(api_name="/styles")]
job = studio.submit(handle_file("portrait.jpg"), styles[0], api_name="/stylize")
for picture, status, png in job:
    print(status)
print(png)"""


def privacy(where: str) -> gr.HTML:
    """What happens to the pictures, which go to ``where``; the way to the API."""
    if get_space():
        gr.DuplicateButton("Duplicate this Space", size="sm", elem_id="duplicate")
    return gr.HTML(f"<p class='quiet'>Your photo is sent to {where}, used only to paint it, and "
                   "deleted within the hour, as are the results; what you download carries no "
                   "location and no camera data.</p><details class='quiet'><summary>Use it from a "
                   f"program.</summary><pre>{PROGRAM}</pre></details>", elem_id="privacy")


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
    """A large button that opens the camera or the photos; photo.js says which."""
    return gr.UploadButton(label, file_types=None, size="lg", min_width=130, elem_id=elem_id)


def pictures(shown: Sequence[tuple[str, str]], label: str, elem_id: str, *, columns: int,
             height: int | str, selected_index: int | None = None) -> gr.Gallery:
    """Rows of small pictures to choose one from; ``shown``: (file, caption) of each."""
    return gr.Gallery(list(shown), label=label, show_label=False, columns=columns, height=height,
                      allow_preview=False, interactive=False, object_fit="cover", buttons=[],
                      elem_id=elem_id, selected_index=selected_index)
