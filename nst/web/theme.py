"""The page's colours and fonts: warm greys, one accent on Paint."""

from __future__ import annotations

import gradio as gr

__all__ = ["theme"]

# System fonts: a page that shows people's faces asks no other server for anything.
_SANS = ["ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"]
_MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "monospace"]


def theme() -> gr.themes.Base:
    """Warm greys, square corners, hardly any lines."""
    return gr.themes.Base(
        primary_hue=gr.themes.colors.stone, secondary_hue=gr.themes.colors.stone,
        neutral_hue=gr.themes.colors.stone, radius_size=gr.themes.sizes.radius_sm,
        font=_SANS, font_mono=_MONO,
    ).set(
        body_background_fill="#f3f1ec", body_background_fill_dark="#171614",
        body_text_color="#26231f", body_text_color_dark="#e8e4dc",
        body_text_color_subdued="#645e55", body_text_color_subdued_dark="#a8a196",
        background_fill_primary="#faf9f6", background_fill_primary_dark="#1f1d1a",
        background_fill_secondary="#f3f1ec", background_fill_secondary_dark="#171614",
        block_background_fill="#faf9f6", block_background_fill_dark="#1f1d1a",
        block_border_width="0px", block_border_width_dark="0px",
        block_label_background_fill="transparent", block_label_background_fill_dark="transparent",
        block_label_border_width="0px", block_label_border_width_dark="0px",
        block_label_text_color="#645e55", block_label_text_color_dark="#a8a196",
        block_title_text_color="#26231f", block_title_text_color_dark="#e8e4dc",
        block_title_text_weight="500", block_info_text_color="#645e55",
        block_info_text_color_dark="#a8a196",
        border_color_primary="#dcd7cd", border_color_primary_dark="#38342e",
        input_background_fill="#ffffff", input_background_fill_dark="#26231f",
        checkbox_border_color="#8a8276", checkbox_border_color_dark="#a8a196",
        slider_color="#6f685d", slider_color_dark="#a8a196",
        button_primary_background_fill="#a8371d", button_primary_background_fill_dark="#b9431f",
        button_primary_background_fill_hover="#8e2c15",
        button_primary_background_fill_hover_dark="#a13a1a",
        button_primary_text_color="#ffffff", button_primary_text_color_dark="#ffffff",
        button_primary_border_color="transparent", button_primary_border_color_dark="transparent",
        button_secondary_background_fill="#e7e3da", button_secondary_background_fill_dark="#2e2b26",
        button_secondary_background_fill_hover="#dcd7cd",
        button_secondary_background_fill_hover_dark="#3a362f",
        button_secondary_text_color="#26231f", button_secondary_text_color_dark="#e8e4dc",
        layout_gap="14px",
    )
