"""The wall: the photo, the result and what goes with it, and what can be done with it."""

from __future__ import annotations

from typing import Any

import gradio as gr

from . import parts
from .panel import Panel

__all__ = ["wall"]


def wall(example: Panel) -> tuple[tuple[Any, Any, Any, Any, Any], dict[str, Any]]:
    """((the strip, its thumbnails, "Compare two", "Forget all", the six), the others by Panel's
    names).

    ``example`` is what it shows at first.
    """
    with gr.Column(scale=7, min_width=300, elem_id="wall"):
        with gr.Tabs(selected="compare") as tabs:
            with gr.Tab("Result", id="result"):
                stage = parts.result_image(example.stage)
            with gr.Tab("Before / after", id="compare"):
                compare = gr.HTML(example.compare, elem_id="before-after")
            with gr.Tab("Six", id="six"):
                six = parts.six()
            with gr.Tab("Film", id="film"):
                film = gr.HTML("", elem_id="film")
            with gr.Tab("Curves", id="curves"):
                curves = parts.loss_curves()
            with gr.Tab("Details", id="details"):
                details = gr.HTML(example.details, elem_id="details")
        status = gr.HTML(example.status, elem_id="status")
        with gr.Column(visible=False, elem_id="result-actions") as actions:
            with gr.Row():
                share = parts.result_button(gr.Button, "Share", "share", "primary")
                png = parts.result_button(gr.DownloadButton, "Save", "png")
                mp4 = parts.result_button(gr.DownloadButton, "Save the film", "mp4")
            larger = parts.result_button(gr.Button, "Larger", "larger")
            with gr.Row():
                softer = parts.result_button(gr.Button, "Again, softer", "softer")
                stronger = parts.result_button(gr.Button, "Again, stronger", "stronger")
                another = parts.result_button(gr.Button, "Another style", "another")
        with gr.Column(visible=False, elem_id="visit") as visit:
            with gr.Row():
                gr.HTML("<h2>This visit</h2>", elem_classes="step")
                compare_two = gr.Checkbox(False, label="Compare two", container=False, scale=0,
                                   min_width=90, visible=False, elem_id="both")
                forget = gr.Button("Forget all", size="sm", scale=0, min_width=90,
                                   elem_id="forget")
            strip = parts.strip()
    return (visit, strip, compare_two, forget, six), dict(
        stage=stage, compare=compare, film=film, curves=curves, details=details, tabs=tabs,
        status=status, actions=actions, share=share, png=png, mp4=mp4, softer=softer,
        stronger=stronger, another=another, larger=larger)
