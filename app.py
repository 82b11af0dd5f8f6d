"""The studio in the browser: ``python app.py``. Layout and wiring; what happens is in nst/web."""

from __future__ import annotations

import nst.proxies  # noqa: F401 (before gradio)

try:  # on ZeroGPU this has to come before torch
    import spaces  # noqa: F401
except ImportError:
    pass

import logging
import os
import sys
from functools import partial

import gradio as gr
from gradio.utils import get_upload_folder

from nst import UserError
from nst.gallery.catalogue import movements
from nst.process import prepare_process
from nst.web import markup, parts
from nst.web.api import add_api
from nst.web.handlers_paint import STRENGTH_STEP, PaintHandlers, changed_strength
from nst.web.handlers_photo import PhotoHandlers, correct_mask
from nst.web.handlers_six import SixHandlers
from nst.web.handlers_style import PAGE, StyleHandlers
from nst.web.handlers_visit import VisitHandlers
from nst.web.limits import Limits
from nst.web.options import arguments
from nst.web.panel import Panel
from nst.web.photos import PhotoFaces
from nst.web.server import QUEUE_NAME, exit_now, people_before, serve
from nst.web.service import FIRST_STYLE, Service
from nst.web.uploads import KEPT_SECONDS, SWEEP_SECONDS, uploads
from nst.web.visits import Visits
from nst.web.wall import wall
from nst.web.zerogpu import lent_frames

AT_HAND = ("strength", "likeness", "quality", "size")  # the others are under Advanced


def build(service: Service) -> gr.Blocks:
    """The page and the API."""
    photos, styles = PhotoHandlers(service), StyleHandlers(service)
    first = service.number[FIRST_STYLE]
    preset, example = service.presets[first], styles.show_example(first, None, None, None)
    shown, pages = service.page("", "", 1, PAGE)
    controls: dict[str, gr.components.Component] = {}

    def add_controls(*names: str) -> None:
        for knob in service.knobs:
            if knob.name in names and knob.name not in controls:
                controls[knob.name] = parts.control(
                    knob, preset.settings.get(knob.name, knob.default))

    with gr.Blocks(title="Neural style studio", analytics_enabled=False,
                   delete_cache=(SWEEP_SECONDS, KEPT_SECONDS)) as demo:
        job, mask_found, mask, faces = gr.State(), gr.State(), gr.State(), gr.State(PhotoFaces())
        chosen, on_page = gr.State(first), gr.State([number for number, _ in shown])
        shown_result = gr.State()
        recommended = gr.State(dict(preset.settings))  # by the style, for the controls
        place, six_styles = gr.Timer(1, active=False), gr.State([])
        visit = gr.BrowserState("", storage_key="studio-visit")
        parts.masthead()
        with gr.Row(elem_id="columns"):
            (strip, thumbnails_painted, compare_two, forget, six), on_wall = wall(example)
            with gr.Column(scale=5, min_width=300, elem_id="steps"):
                selfie, upload, photo_note, photo = parts.photo_inputs()
                samples = parts.sample_photos(service.samples)
                parts.heading("The style")
                movement = parts.movement_chips(movements(service.presets))
                search, surprise = parts.style_search(pages)
                nothing = parts.note_line()
                gallery = parts.style_gallery(
                    styles.pictures(shown), [number for number, _ in shown].index(first))
                notice, paint, in_six, stop = parts.bar()
                page = gr.Slider(1, max(2, pages), 1, step=1, label="Page", visible=pages > 1)
                about = gr.HTML(markup.preset_style(preset), elem_classes="about", elem_id="about")
                own, own_file, own_note, second, blend = parts.own_style_or_blend(service.presets)
                add_controls(*AT_HAND)
                with gr.Accordion("Only the person, or only the background", open=False,
                                  elem_id="region"):
                    add_controls("region")
                    editor = parts.mask_editor()
                with gr.Accordion("Advanced", open=False, elem_id="advanced"):
                    for title, names in parts.ADVANCED.items():
                        parts.heading(title)
                        add_controls(*names or service.defaults)
        parts.privacy()

        kept = Visits(service.folder)
        painting = PaintHandlers(service, partial(people_before, demo), kept)
        sixes, visits = SixHandlers(service, kept, painting), VisitHandlers(service, kept)
        panel = Panel(job=job, place=place, paint=paint, stop=stop, notice=notice,
                      shown=shown_result, **on_wall)
        in_strip = [strip, thumbnails_painted, compare_two]
        settings = [controls[knob.name] for knob in service.knobs]
        # Handlers take pictures as the browser names them (preprocess=False): Service checks them.
        quick = dict(queue=False, show_progress="hidden", api_visibility="private",
                     preprocess=False)
        queued = dict(show_progress="hidden", api_visibility="private", concurrency_id=QUEUE_NAME)

        for button in (selfie, upload):
            button.upload(photos.take_photo, button, [photo, photo_note], **quick)
        samples.select(photos.take_sample, None, photo, **quick)
        photo.change(styles.show_photo, [chosen, own, photo, job], panel, **quick)
        photo.change(photos.check_photo, photo, [photo_note, faces], **quick)
        panel.stage.select(photos.mark_face, [panel.stage, photo, faces],
                           [faces, panel.stage, photo_note], **quick)
        gr.on([faces.change, controls["region"].input], photos.find_mask,
              [controls["region"], photo, faces], [mask_found, mask, editor], **quick)
        editor.input(correct_mask, [editor, mask_found], mask, **quick | dict(preprocess=True))

        thumbnails = [gallery, on_page, page, nothing]
        gr.on([movement.change, search.change], styles.show_page, [movement, search, chosen],
              thumbnails, trigger_mode="always_last", **quick)
        page.release(styles.show_page, [movement, search, chosen, page], thumbnails, **quick)
        own.change(photos.check_own_style, own, own_note, **quick)

        def styled(event):  # after another style was chosen
            event.then(styles.describe, [chosen, own], about, **quick)
            return event.then(styles.recommend, [chosen, own, recommended, *settings],
                              [recommended, *settings], **quick)

        for event in (gallery.select(styles.choose, on_page, [chosen, own], **quick),
                      surprise.click(styles.surprise, [movement, search], [chosen, own], **quick),
                      own.upload(None, **quick), own.clear(None, **quick),
                      own_file.upload(photos.take_own_style, own_file, [own, own_note], **quick)):
            styled(event)
            event.then(styles.show_example, [chosen, own, photo, job], panel, **quick)

        def run_after(event) -> None:  # after a job was made
            run = event.then(painting.run, [job, visit], panel, concurrency_limit=1, **queued)
            run.failure(painting.fail, job, panel, **quick)
            run.then(visits.strip, visit, in_strip, **quick)

        def paint_after(event) -> None:
            run_after(event.then(painting.begin, [photo, own, chosen, second, blend, mask,
                                                  faces, *settings], panel, **quick))

        paint_after(paint.click(None, **quick))
        for button, change in ((panel.softer, -STRENGTH_STEP), (panel.stronger, STRENGTH_STEP)):
            paint_after(button.click(partial(changed_strength, change), controls["strength"],
                                     controls["strength"], **quick))
        paint_after(styled(panel.another.click(
            styles.surprise, [movement, search], [chosen, own], **quick)))
        run_after(panel.larger.click(painting.enlarge, shown_result, panel, **quick))
        linked = demo.load(styles.open_link, [on_page, chosen], [chosen, gallery], **quick)
        styled(linked).then(styles.linked_strength, None, controls["strength"], **quick)
        linked.then(styles.show_linked, [chosen, own, photo, job], panel, **quick)
        demo.load(visits.open, visit, [visit, *in_strip, *panel], **quick)
        thumbnails_painted.select(visits.show_again, [visit, job, compare_two, shown_result],
                                  [*panel, *settings], **quick)
        compare_two.input(visits.compare, [compare_two, visit, job, shown_result], panel, **quick)
        forgot = forget.click(visits.forget, [visit, photo, job], [photo, *in_strip, job], **quick)
        forgot.then(styles.show_example, [chosen, own, photo, job], panel, **quick)
        run_six = in_six.click(
            sixes.begin, [photo, faces], [*panel, six, six_styles], **quick,
        ).then(sixes.run, [job, visit], [*panel, six], **queued)
        run_six.failure(painting.fail, job, panel, **quick)
        run_six.then(visits.strip, visit, in_strip, **quick).then(
            lambda: gr.Button("Other six"), None, in_six, **quick)
        paint_after(styled(six.select(styles.choose, six_styles, [chosen, own], **quick)))
        place.tick(painting.show_place, job, panel, **quick)
        stop.click(painting.stop, job, panel, **quick)
        panel.share.click(None, js="() => share()")
        add_api(service)
    return demo


def main(argv: list[str] | None = None) -> None:
    """Serve the page until the process is told to end."""
    args = arguments(argv)
    prepare_process()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        with uploads(get_upload_folder()) as folder:
            os.environ["GRADIO_TEMP_DIR"] = str(folder)
            service = Service(args.styles, Limits(size=args.max_size, seconds=args.max_seconds),
                              folder, lent_frames())
            serve(build(service), args, service.head())
    except UserError as error:
        sys.exit(f"app.py: {error}")


if __name__ == "__main__":
    main()
    exit_now()
