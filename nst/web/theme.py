"""The studio's looks: a quiet museum wall. The pictures are the colour; one accent, on Paint."""

from __future__ import annotations

import dataclasses
from html import escape

import gradio as gr
import pandas as pd

from ..gallery.examples import Example
from ..gallery.presets import Preset
from ..settings import Knob
from .job import Job, Limits, Update, status_line

__all__ = [
    "CSS", "JS", "SHOW_WALL", "about_style", "bar", "control", "curve_table", "details_of",
    "details_of_example", "first_words", "mask_editor", "progress", "theme",
]

# The system's own letters: a page that shows people's faces asks no other server for anything.
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


CSS = """
.gradio-container {
  padding: 0 !important; overflow: visible !important; overflow-x: clip !important; }
/* Said once for every width: Gradio rewrites the selectors inside @media, and this one is lost. */
.fillable { max-width: 1400px !important; padding: 16px clamp(16px, 3vw, 28px) 96px !important; }
#columns { gap: 28px; }
#columns > .column { min-width: 0 !important; gap: 10px; }
#masthead h1 { font-size: 1.35rem; font-weight: 600; letter-spacing: .01em; margin: 0; }
#masthead p, .quiet, .quiet p {
  color: var(--body-text-color-subdued); font-size: .9rem; margin: 0; }
#masthead .html-container, .step .html-container, #about .html-container,
#status .html-container, #camera .html-container, #privacy .html-container {
  padding: 0 !important; }
.quiet a { color: inherit; }
#photo .icon-button-wrapper:not(:has(button)), #own .icon-button-wrapper:not(:has(button)) {
  display: none; }
#photo .source-selection button, #own .source-selection button { width: 32px; height: 32px; }
.step h2 { font-size: .95rem; font-weight: 600; margin: 10px 0 0; }
#camera:has([hidden]) { display: none; }
.notice { padding: 0 !important; background: none !important; }
.notice p { border-left: 3px solid #a8371d; padding: 4px 10px; margin: 0; font-size: .9rem; }
.dark .notice p { border-color: #d8663f; }
.notice p:has(.quiet) { border: 0; padding: 0; }
#about { min-height: 5.4em; font-size: .92rem; }
#about p { margin: 0 0 2px; }
#details { height: 560px; overflow: auto !important; background: var(--block-background-fill); }
#details table { font-size: .85rem; border-collapse: collapse; margin: 6px 0; }
#details table, #details tr, #details th, #details td {
  border: 0 !important; padding: 3px 24px 3px 0; }
#details th { text-align: left; font-weight: 400; color: var(--body-text-color-subdued); }

/* The wall keeps its height from the start, so that nothing jumps, and stays in sight. */
@media (min-width: 769px) { #wall { position: sticky; top: 12px; align-self: flex-start; } }
#wall .tabs { min-height: 606px; }  /* its bar and 560 px, also while no tab is open */
#stage .image-frame, #stage .image-frame img { width: 100%; height: 100%; }
#stage img { object-fit: contain; }
#wall button[role=tab] { color: var(--body-text-color-subdued); }
#wall button[role=tab].selected { color: var(--body-text-color); font-weight: 600; }
#status .bar { height: 3px; background: var(--border-color-primary); margin-bottom: 6px; }
#status .bar i { display: block; height: 100%; background: #a8371d; transition: width .4s linear; }
.dark #status .bar i { background: #d8663f; }
#status p { margin: 0; font-size: .85rem; font-variant-numeric: tabular-nums; min-height: 2.8em;
  color: var(--body-text-color-subdued); }

/* The line says the place in the queue and what failed in words of its own: see JS. */
#status .pending { opacity: 1 !important; }
#status [data-testid=status-tracker] { display: none; }

/* Movement chips; rows of pictures. */
#movements { overflow: visible !important; }
#movements .wrap { display: flex; flex-wrap: wrap; gap: 6px; padding: 3px; margin: -3px; }
#find { align-items: center; }
#movements label { padding: 4px 11px; border-radius: 999px; font-size: .85rem; box-shadow: none; }
#movements input { position: absolute; opacity: 0; pointer-events: none; }
#movements label span { margin: 0; padding: 0; }
#movements label.selected { background: var(--body-text-color); }
#movements label.selected span { color: var(--body-background-fill); }
#movements label:focus-within { outline: 2px solid #a8371d; outline-offset: 1px; }
#gallery .caption-label, #portraits .caption-label { display: none; }
#gallery .thumbnail-lg, #portraits .thumbnail-lg { border: 0; border-radius: 2px; }
#gallery .thumbnail-lg.selected { box-shadow: 0 0 0 3px #a8371d; }
.dark #gallery .thumbnail-lg.selected { box-shadow: 0 0 0 3px #d8663f; }
#portraits, #gallery { background: none; }
#portraits .thumbnail-lg { height: 72px; }
#portraits .grid-container { grid-template-columns: repeat(auto-fill, 72px); padding: 0; }
#gallery .grid-wrap, #portraits .grid-wrap { padding: 3px; }
#gallery .grid-container { grid-template-columns: repeat(auto-fill, minmax(88px, 1fr)); gap: 6px;
  padding: 0; }
.dark input[type=range] { --neutral-200: #45403a; }
button:focus-visible, input:focus-visible { outline: 2px solid #a8371d; outline-offset: 2px; }
footer { display: none !important; }

@media (max-width: 768px) {
  #columns { flex-direction: column; }
  #columns > .column { width: 100%; }
  #movements .wrap { flex-wrap: nowrap; overflow-x: auto; padding-bottom: 9px; }
  #movements label { flex: none; }
  #gallery, #gallery .grid-wrap { height: 222px !important; }
  #gallery .grid-container { grid-template: repeat(2, 100px) / none; grid-auto-columns: 100px;
    grid-auto-flow: column; overflow-x: auto; }
  /* Gradio measures the invisible copy and hides behind a menu what does not fit. */
  #wall .tab-container button { padding: 4px 7px; font-size: .82rem; }
  #stage, #before-after, #film, #details { height: 400px !important; }
  #wall .tabs { min-height: 446px; }
  #actions { position: fixed; left: 0; right: 0; bottom: 0; z-index: 60; padding: 10px 12px;
    background: var(--body-background-fill); border-top: 1px solid var(--border-color-primary); }
}
"""

# A browser gives no camera to a page that came over plain HTTP from another machine: said here
# before the button fails. On a touch screen the camera comes first. And Gradio calls a thumbnail
# "Thumbnail 3 of 23" where its picture has a description.
JS = """
() => {
  const note = document.querySelector('#camera-note');
  if (note) note.hidden = window.isSecureContext;
  const camera = document.querySelector('#photo [aria-label="Capture from camera"]');
  if (camera && window.isSecureContext && matchMedia('(pointer: coarse)').matches) camera.click();
  const describe = () => document.querySelectorAll('.thumbnail-item').forEach(button => {
    const words = button.querySelector('img')?.alt;
    if (words && button.ariaLabel !== words) button.ariaLabel = button.title = words;
  });
  // Nor does its slider or its film say what they show.
  const name = () => {
    const film = document.querySelector('#film video');
    if (film && !film.ariaLabel) film.ariaLabel = 'The painting coming into being';
    document.querySelectorAll('#before-after img').forEach((image, after) => {
      const words = after ? 'After: the painting' : 'Before: the photo';
      if (image.alt !== words) image.alt = words;
    });
  };
  // Gradio counts those who wait; one more is being painted.
  const wait = () => {
    const place = document.querySelector('#status .progress-text')?.textContent
      .match(/queue: (\\d+)/);
    const line = document.querySelector('#status p');
    if (!place || !line) return;
    const words = 'Waiting for a turn: ' +
      (place[1] == 1 ? '1 person' : place[1] + ' people') + ' before you.';
    if (line.textContent !== words) line.textContent = words;
  };
  const look = () => { describe(); name(); wait(); };
  look();
  new MutationObserver(look).observe(
    document.body, {childList: true, subtree: true, characterData: true});
}
"""

# Where the columns are stacked, the wall comes into view when painting begins.
SHOW_WALL = """
(...values) => {
  const wall = document.querySelector('#wall');
  if (window.innerWidth <= 768) wall.scrollIntoView({behavior: 'smooth', block: 'start'});
  return values;
}
"""


def control(knob: Knob, limits: Limits, value) -> gr.components.Component:
    """The control of one knob; its range and help are the knob's own."""
    label = knob.name.replace("_", " ").capitalize().replace("Tv ", "TV ")
    about = dict(label=label, info=knob.help, value=value)
    high = {"size": limits.size, "seconds": limits.seconds}.get(knob.name, knob.high)
    if knob.choices:
        return gr.Radio(list(knob.choices), **about)
    if knob.type is bool:
        return gr.Checkbox(**about)
    if knob.type is str:
        return gr.Textbox(max_lines=1, max_length=1000, **about)
    if (high - knob.low) / knob.step > 500:  # too fine for a slider
        return gr.Number(minimum=knob.low, maximum=high, step=knob.step, **about)
    return gr.Slider(knob.low, high, step=knob.step, **about)


def mask_editor() -> gr.ImageEditor:
    """Where a mask is corrected: white is the person, black the background."""
    return gr.ImageEditor(
        type="pil", image_mode="L", sources=(), transforms=(),
        layers=gr.LayerOptions(allow_additional_layers=False),
        brush=gr.Brush(default_size=24, colors=["#ffffff", "#000000"], default_color="#ffffff",
                       color_mode="fixed"),
        label="White is the person", height=420, visible=False,
        elem_id="mask", buttons=[])


def about_style(preset: Preset) -> str:
    """The painting's credit and what its movement is about."""
    credit = f"<b>{escape(preset.title)}</b>"
    rest = ", ".join(filter(None, (preset.artist, preset.year)))
    return f"<p>{credit}{', ' + escape(rest) if rest else ''}</p>" \
           f"<p class='quiet'>{escape(preset.about or preset.movement)}</p>"


def bar(part: float, text: str) -> str:
    """A thin bar, ``part`` of it filled (0..1), above a line of text."""
    return f"<div class='bar'><i style='width:{100 * part:.1f}%'></i></div>" \
           f"<p role='status'>{escape(text)}</p>"


def progress(update: Update) -> str:
    """How far the work is."""
    frame, text = update.frame, status_line(update.frame)
    if update.result is None:
        return bar(frame.step / frame.steps, text)
    if not frame.finished:
        text = f"Stopped at step {frame.step} of {frame.steps}; this is what was painted."
    return bar(1.0, text)


def first_words(example: Example | None) -> str:
    """What the status says before anything was painted."""
    return "Painted beforehand, as an example. Choose a photo and a painting, then press Paint." \
        if example else "Choose a photo and a painting, then press Paint."


def curve_table(curves: list[tuple[int, str, float]]) -> pd.DataFrame:
    """The losses for gr.LinePlot."""
    return pd.DataFrame(curves, columns=["step", "of", "loss"])


def details_of(job: Job, update: Update, credits: list[str]) -> str:
    """The paintings' credits, what it took, and every setting."""
    rows = [("after", credit) for credit in credits]
    rows += [("painted in", f"{update.result.seconds:.1f} s, {update.frame.step} steps")]
    rows += dataclasses.asdict(job.settings).items()
    return _table(rows)


def details_of_example(example: Example, credits: list[str]) -> str:
    """Whose the photo and the painting are."""
    portrait = example.portrait
    return _table([("photo", f"{portrait.title}, {portrait.author} ({portrait.licence})"),
                   *(("after", credit) for credit in credits)])


def _table(rows: list[tuple[str, object]]) -> str:
    cells = "".join(f"<tr><th>{escape(str(name).replace('_', ' '))}</th><td>{escape(str(value))}"
                    "</td></tr>" for name, value in rows if value != "")
    return f"<table>{cells}</table>"
