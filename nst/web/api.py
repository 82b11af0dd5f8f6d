"""The API's endpoints /styles and /stylize, for gradio_client, curl and (with --mcp) agents."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from ..errors import UserError
from ..run import Pause, status_line
from ..settings import settings_for
from .queue import QUEUE_NAME
from .server import FAULT
from .service import FIRST_STYLE, Service, path_of

__all__ = ["add_api"]

log = logging.getLogger("studio")


def add_api(service: Service) -> None:
    """Add both endpoints to the gr.Blocks that is being built."""

    def styles() -> list[dict]:
        """Every style: name, movement, title, artist, year, licence, source, settings and more."""
        return [preset.as_json() for preset in service.presets]

    def stylize(photo, style, *values):
        yield from stylized(service, photo, style, values)

    knobs = service.knobs
    types = {"photo": gr.FileData, "style": str} | {knob.name: knob.type for knob in knobs}
    defaults = {"style": FIRST_STYLE} | service.defaults
    returns = tuple[gr.FileData, str, gr.FileData | None]
    # Gradio makes the endpoint's parameters from these three.
    stylize.__annotations__ = types | {"return": returns}
    stylize.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
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
        *(f"    {knob.name}: {knob.help}; {knob.wanted()}." for knob in knobs)])
    gr.api(styles, api_name="styles", queue=False)
    gr.api(stylize, api_name="stylize", concurrency_id=QUEUE_NAME, concurrency_limit=1)


def stylized(service: Service, photo: object, style: object,
             values: tuple) -> Iterator[tuple[dict | None, str, dict | None]]:
    """What /stylize streams; ``values`` are in the order of ``service.knobs``.

    Raises:
        gr.Error: a mistake of the caller's, no GPU on ZeroGPU, or a fault of ours.
    """
    try:
        # A default cannot be told from an argument that was not given.
        given = {knob.name: value for knob, value in zip(service.knobs, values, strict=True)
                 if value != knob.default}
        settings = service.limits.check(
            settings_for(service.defaults | dict(service.recommended(style)), given))
        job = service.job(path_of(photo), service.named(style, settings), settings,
                          extras=False)
        shown = None
        for update in job.run():
            if isinstance(update, Pause):
                yield shown, update.why, None
            elif update.result is None:
                shown = _file_data(update.preview)
                yield shown, status_line(update.frame), None
            else:
                file = _file_data(update.result.png)
                yield file, status_line(update.frame), file
    except UserError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except gr.Error:  # of ZeroGPU: no GPU is free, or a quota is used up
        raise
    except Exception as error:
        log.exception("a request to /stylize failed")
        raise gr.Error(FAULT, print_exception=False) from error


def _file_data(path) -> dict:
    return gr.FileData(path=str(path), orig_name=Path(path).name).model_dump()
