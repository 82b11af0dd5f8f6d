"""The studio as a program uses it: /styles and /stylize, for gradio_client, curl and agents."""

from __future__ import annotations

import inspect
import logging
from pathlib import Path

import gradio as gr

from ..errors import UserError
from ..settings import knobs, settings_for
from .job import status_line
from .service import Studio

__all__ = ["FAULT", "FIRST_STYLE", "add_api", "offered", "path_of"]

log = logging.getLogger("studio")

FIRST_STYLE = "van-gogh-starry-night"
FAULT = "Something went wrong on our side; please try once more."
_OURS = ("weights", "device", "precision")  # the machine's matters, not a visitor's

offered = tuple(knob for knob in knobs() if knob.name not in _OURS)


def path_of(data) -> str | None:
    """The path that a visitor's page names; not to be trusted, see Studio.picture."""
    return data.get("path") if isinstance(data, dict) else None


def add_api(studio: Studio) -> None:
    """The endpoints /styles and /stylize, for gradio_client, curl and (with --mcp) agents."""

    def styles() -> list[dict]:
        """Every style: name, movement, title, artist, year, licence."""
        return [{"name": p.name, "movement": p.movement, "title": p.title, "artist": p.artist,
                 "year": p.year, "licence": p.licence} for p in studio.presets]

    def stylize(photo, style, *values):
        try:
            # A default cannot be told from an argument that was not given.
            given = {knob.name: value for knob, value in zip(offered, values, strict=True)
                     if value != knob.default}
            settings = studio.limits.check(settings_for(studio.recommended(style), given))
            job = studio.job(path_of(photo), studio.named(style, settings), settings,
                             keepsakes=False)
            for update in job.run():
                if update.result is None:
                    yield _sent(update.preview), status_line(update.frame), None
                else:
                    file = _sent(update.result.png)
                    yield file, status_line(update.frame), file
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error
        except gr.Error:  # of ZeroGPU: no GPU is free, or a quota is used up
            raise
        except Exception as error:
            log.exception("a painting failed")
            raise gr.Error(FAULT, print_exception=False) from error

    types = {"photo": gr.FileData, "style": str} | {knob.name: knob.type for knob in offered}
    defaults = {"style": FIRST_STYLE} | {knob.name: knob.default for knob in offered}
    returns = tuple[gr.FileData, str, gr.FileData | None]
    stylize.__annotations__ = types | {"return": returns}
    stylize.__signature__ = inspect.Signature(
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=kind,
                           default=defaults.get(name, inspect.Parameter.empty))
         for name, kind in types.items()], return_annotation=returns)
    stylize.__doc__ = "\n".join([
        "Repaint a portrait in the manner of a painting.",
        "",
        "Streams (picture, status line, None) while it paints, then (picture, status line, "
        "finished PNG). A setting left at its default takes what the first style recommends.",
        "",
        "Args:",
        "    photo: the portrait, a picture file.",
        "    style: a name from /styles, or several with weights: NAME=0.7,NAME=0.3.",
        *(f"    {knob.name}: {knob.help}; {knob.wanted()}." for knob in offered)])
    gr.api(styles, api_name="styles", queue=False)
    gr.api(stylize, api_name="stylize", concurrency_id="paint", concurrency_limit=1)


def _sent(path) -> dict:
    return gr.FileData(path=str(path), orig_name=Path(path).name).model_dump()
