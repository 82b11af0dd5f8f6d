"""The studio in the browser: ``python app.py``. Its features in the order of the page."""

from __future__ import annotations

import nst.proxies  # noqa: F401 (before gradio)

try:  # on ZeroGPU this has to come before torch
    import spaces  # noqa: F401
except ImportError:
    pass

import logging
import os

import gradio as gr
from gradio.utils import get_upload_folder

from nst import UserError
from nst.process import prepare_process
from nst.web.api import add_api
from nst.web.booth import Booth
from nst.web.comeback import ComeBack
from nst.web.controls import Controls
from nst.web.engines import engines
from nst.web.gifts import Gifts
from nst.web.moving import Moving
from nst.web.options import arguments
from nst.web.page import Page, masthead, privacy
from nst.web.paint import Again, Paint
from nst.web.photo import Photo, Region
from nst.web.previews import Previews
from nst.web.server import exit_now, serve
from nst.web.service import Limits, Service
from nst.web.six import SixMovements
from nst.web.style import Style
from nst.web.uploads import KEPT, uploads
from nst.web.visit import Visit
from nst.web.wall import Wall


def build(service: Service, *wishes: str | None) -> gr.Blocks:
    """The page and the API; ``wishes``: the booth's styles and its address, as for Booth."""
    with gr.Blocks(title="Neural style studio", analytics_enabled=False, delete_cache=KEPT) as demo:
        page = Page(service, demo)
        wall, controls = Wall(page), Controls(page)
        photo, style = Photo(page, wall), Style(page, wall)
        region, visit = Region(page, controls, photo), Visit(page, wall, style)
        paint = Paint(page, wall, style, visit)
        again, six = Again(page, wall, style, paint), SixMovements(page, wall, style, paint)
        moving, previews = Moving(page, wall, style, paint), Previews(page, photo, style)
        gifts, booth = Gifts(page, wall, again), Booth(page, previews, *wishes)
        masthead()
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=5, min_width=300, elem_id="steps"):
                for step in (photo, moving, style, previews):
                    step.build()
                style.build_about()
                controls.build()
                region.build()
                controls.build_advanced()
                with paint.build():
                    moving.build_button()
                    six.build_button()
            with gr.Column(scale=7, min_width=300, elem_id="wall"):
                with wall.build():
                    six.build_tab()
                with wall.build_actions():
                    moving.build_action()
                    again.build()
                    six.build_actions()
                    gifts.build()
                visit.build()
        privacy(service.where)
        booth.build()
        comeback = ComeBack(page, wall, photo, style, visit, paint, moving)
        for one in (photo, region, style, visit, paint, again, six, moving, gifts, booth, comeback,
                    previews):
            one.wire()
        add_api(service)
    return demo


def main(argv: list[str] | None = None) -> None:
    """Serve the page until the process is told to end."""
    args = arguments(argv)
    prepare_process()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        with uploads(get_upload_folder()) as folder, engines(args) as by:
            os.environ["GRADIO_TEMP_DIR"] = str(folder)
            service = Service(args.styles, Limits.of(args), folder, by.frames, by.video, by.where)
            serve(build(service, args.booth, args.public_url), args, service, by.opened)
    except UserError as error:
        raise SystemExit(f"app.py: {error}") from None


if __name__ == "__main__":
    main()
    exit_now()
