"""A computer's webcam: what one sees in it, 3-2-1, the picture, which is used or taken again.

All that happens in the browser (camera.js); a phone opens its own camera instead.
"""

from __future__ import annotations

import gradio as gr

__all__ = ["camera"]

# The keys are the names of the browser's errors; "policy" is an iframe without allow="camera".
NO_CAMERA = {
    "insecure": "Browsers lend the camera only to pages with a secure connection, and this one "
                "has none; choose a photo instead.",
    "policy": "The page around this one keeps the camera from it. <a href='' target='_blank'>Open "
              "the studio in a tab of its own</a>, or choose a photo instead.",
    "NotAllowedError": "The browser was not allowed to use the camera. Allow it beside the page's "
                       "address and try again, or choose a photo instead.",
    "NotFoundError": "No camera was found. Choose a photo instead.",
    "NotReadableError": "The camera is in use by another program. Close that and try again, or "
                        "choose a photo instead.",
    "other": "The camera gives no picture. Choose a photo instead.",
}


def camera() -> None:
    """Why there is no camera, once somebody wants it, and the box that opens where there is one."""
    notes = "".join(f"<p class='quiet' role='status' data-why='{why}' hidden>{sentence}</p>"
                    for why, sentence in NO_CAMERA.items())
    gr.HTML(notes, elem_id="no-camera")
    gr.HTML("<dialog aria-label='Take a selfie' data-state='live'>"
            "<div class='seen'><video playsinline muted aria-label='What the camera sees'></video>"
            "<canvas role='img' aria-label='The picture that was taken'></canvas>"
            "<output aria-live='assertive'></output></div><p>"
            "<button type='button' data-do='cancel'>Cancel</button>"
            "<button type='button' data-do='again'>Again</button>"
            "<button type='button' data-do='shoot' autofocus>Take the picture</button>"
            "<button type='button' data-do='use'>Use this one</button></p></dialog>",
            elem_id="camera-box")
