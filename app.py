"""The studio in the browser: ``python app.py``. Layout and wiring; the painting is in nst/."""

from __future__ import annotations

try:  # on ZeroGPU this has to come before torch
    import spaces  # noqa: F401
except ImportError:
    pass

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import gradio as gr
from gradio.processing_utils import save_file_to_cache
from gradio.utils import get_upload_folder

from nst import Settings, UserError
from nst.gallery.examples import Portrait, find_example, load_portraits
from nst.gallery.presets import movements
from nst.pictures.reading import open_picture
from nst.portrait.faces import NO_FACE
from nst.portrait.person import corrected
from nst.process import prepare_process
from nst.settings import settings_for
from nst.web import theme as looks
from nst.web.api import FAULT, FIRST_STYLE, add_api, offered, path_of
from nst.web.job import Job, Limits, Update
from nst.web.options import arguments
from nst.web.server import BUSY, SESSIONS, fetch_nothing, leave, refusals, wait_for_the_end
from nst.web.service import Studio
from nst.web.uploads import KEPT_SECONDS, OURS, SWEEP_SECONDS, uploads
from nst.web.zerogpu import lent_frames

log = logging.getLogger("studio")

PAGE = 24  # thumbnails at a time
QUEUE = 20  # visitors who may wait; the next one is told to come back
MAX_UPLOAD = "40mb"
SECOND_STYLES = 300  # entries of the second style's list: the catalogue's own come first
AGAIN = 0.2  # of strength
HOME = Settings()  # where the controls stand when no painting recommends otherwise
ALL = "All"
NOTHING = "No painting here answers to that; search for something else, or choose another movement."
AT_HAND = ("strength", "likeness", "quality", "size")
PRIVACY = ("Your pictures stay on this machine, are seen by nobody, and are deleted within the "
           "hour; what you download carries no location and no camera data.")


def served(path: Path) -> str:
    """A copy of a file of ours in Gradio's folder, from where it may be shown and sent back."""
    return save_file_to_cache(path, cache_dir=f"{get_upload_folder()}/{OURS}")


def build(studio: Studio) -> gr.Blocks:
    """The page and the API."""
    chips = [ALL, *movements(studio.presets)]
    first = studio.number.get(FIRST_STYLE, 0)
    start = settings_for(recommended := studio.presets[first].settings, {})
    portraits_sent = {served(portrait.file): portrait for portrait in load_portraits()}
    example = find_example(load_portraits()[0], studio.presets[first].name)
    shown, pages = studio.page("", "", 1, PAGE)

    def pictures(found: list[tuple[int, Path]]) -> list[tuple[str, str]]:
        return [(served(file), studio.presets[n].alt) for n, file in found]

    def control(knob):
        return looks.control(knob, studio.limits, getattr(start, knob.name))

    quiet = dict(queue=False, show_progress="hidden", api_visibility="private")

    with gr.Blocks(title="Neural style studio", analytics_enabled=False,
                   delete_cache=(SWEEP_SECONDS, KEPT_SECONDS)) as demo:
        job, chosen, on_page = gr.State(), gr.State(first), gr.State([n for n, _ in shown])
        outlined, mask = gr.State(), gr.State()  # as it was found; as it was corrected
        advised = gr.State(dict(recommended))  # of the controls
        gr.HTML("<h1>Neural style studio</h1><p>Your portrait, repainted in the manner of a "
                "painting.</p>", elem_id="masthead")
        with gr.Row(elem_id="columns"):
            with gr.Column(scale=5, min_width=300):
                gr.HTML("<h2>1&ensp;Your portrait</h2>", elem_classes="step")
                photo = gr.Image(
                    type="filepath", image_mode=None, sources=["upload", "webcam", "clipboard"],
                    label="Your portrait", show_label=False, height=300, elem_id="photo",
                    buttons=[], alt_text="The portrait to paint")
                gr.HTML("<p id='camera-note' class='quiet' hidden>The camera needs HTTPS or "
                        "localhost, and this page came over neither; upload a photo instead.</p>",
                        elem_id="camera")
                photo_note = gr.Markdown(visible=False, elem_classes="notice")
                portraits = gr.Gallery(
                    [(file, p.alt) for file, p in portraits_sent.items()], label="Or one of these",
                    show_label=False, columns=6, height=76, allow_preview=False, interactive=False,
                    object_fit="cover", buttons=[], elem_id="portraits")
                gr.HTML("<h2>2&ensp;The style</h2>", elem_classes="step")
                movement = gr.Radio(chips, value=ALL, show_label=False, label="Movement",
                                    elem_id="movements", container=False)
                with gr.Row(visible=pages > 1, elem_id="find"):
                    search = gr.Textbox("", placeholder="Artist, title, year", show_label=False,
                                        label="Search", max_lines=1, scale=3, container=False)
                    surprise = gr.Button("Surprise me", size="md", scale=1, min_width=120)
                nothing = gr.Markdown(visible=False, elem_classes="notice")
                gallery = gr.Gallery(
                    pictures(shown), label="Paintings", show_label=False, columns=5, height=300,
                    allow_preview=False, interactive=False, object_fit="cover", buttons=[],
                    selected_index=[n for n, _ in shown].index(first), elem_id="gallery")
                with gr.Row(visible=pages > 1):
                    number = gr.Slider(1, max(2, pages), value=1, step=1, label="Page")
                about = gr.HTML(looks.about_style(studio.presets[first]), elem_classes="about",
                                elem_id="about")
                with gr.Accordion("Your own painting, or a blend", open=False):
                    own = gr.Image(
                        type="filepath", image_mode=None, sources=["upload", "clipboard"],
                        label="Your own painting", height=200, elem_id="own", buttons=[],
                        alt_text="A painting of your own to take the style from")
                    own_note = gr.Markdown(visible=False, elem_classes="notice")
                    second = gr.Dropdown(
                        [("None", -1), *((preset.credit or preset.name, number) for number, preset
                                         in enumerate(studio.presets[:SECOND_STYLES]))],
                        value=-1, label="Blend with", elem_id="second")
                    blend = gr.Slider(0, 1, value=0.5, step=0.05, label="How much of it",
                                      elem_id="blend")
                gr.HTML("<h2>3&ensp;Paint</h2>", elem_classes="step")
                controls = {knob.name: control(knob)
                            for knob in offered if knob.name in AT_HAND}
                with gr.Row(elem_id="actions"):
                    paint = gr.Button("Paint", variant="primary", elem_id="paint")
                    stop = gr.Button("Stop", visible=False, elem_id="stop")
                notice = gr.Markdown(visible=False, elem_classes="notice", elem_id="notice")
                with gr.Accordion("Only the person, or only the background", open=False,
                                  elem_id="region"):
                    controls |= {knob.name: control(knob)
                                 for knob in offered if knob.name == "region"}
                    editor = looks.mask_editor()
                with gr.Accordion("Advanced", open=False, elem_id="advanced"):
                    controls |= {knob.name: control(knob)
                                 for knob in offered if knob.name not in controls}
            with gr.Column(scale=7, min_width=300, elem_id="wall"):
                with gr.Tabs(selected="compare") as tabs:
                    with gr.Tab("Painting", id="painting"):
                        stage = gr.Image(
                            example and served(example.file), format="jpeg", interactive=False,
                            show_label=False, label="The painting", height=560, elem_id="stage",
                            buttons=["fullscreen"], alt_text="The painting, as far as it is")
                    with gr.Tab("Before / after", id="compare"):
                        compare = gr.ImageSlider(
                            example and (served(example.portrait.file), served(example.file)),
                            type="filepath", interactive=False, show_label=False, height=560,
                            max_height=560, label="Before and after", elem_id="before-after",
                            buttons=[])
                    with gr.Tab("Film", id="film"):
                        film = gr.Video(interactive=False, show_label=False, height=560,
                                        label="The painting coming into being", elem_id="film",
                                        autoplay=True, loop=True, buttons=[])
                    with gr.Tab("Curves", id="curves"):
                        curves = gr.LinePlot(x="step", y="loss", color="of", height=380,
                                             label="Losses", elem_id="curves", show_label=False)
                    with gr.Tab("Details", id="details"):
                        details = gr.HTML(
                            example and looks.details_of_example(
                                example, studio.credits([(example.style, 1.0)])),
                            elem_id="details", min_height=560)
                status = gr.HTML(looks.bar(0, looks.first_words(example)), elem_id="status")
                with gr.Row():
                    later = dict(interactive=False, size="md", min_width=140)
                    png = gr.DownloadButton("Picture (PNG)", **later, elem_id="png")
                    mp4 = gr.DownloadButton("Film (MP4)", **later, elem_id="mp4")
                    softer = gr.Button("Again, softer", **later, elem_id="softer")
                    stronger = gr.Button("Again, stronger", **later, elem_id="stronger")
        gr.HTML(f"<p class='quiet'>{PRIVACY} <a href='?view=api'>Use it from a program.</a></p>",
                elem_id="privacy")

        results = [stage, status, tabs, compare, film, curves, details, png, mp4, softer, stronger,
                   paint, stop, notice]

        def note(text: str = ""):
            return gr.Markdown(text, visible=bool(text))

        def idle(text: str = "") -> dict:
            return {paint: gr.Button(visible=True), notice: note(text),
                    stop: gr.Button("Stop", interactive=True, visible=False)}

        def failed(text: str) -> dict:
            return idle(text) | {status: looks.bar(0, "")}

        def closed() -> dict:  # what only a finished painting offers
            off = dict(interactive=False)
            return {png: gr.DownloadButton(**off), mp4: gr.DownloadButton(**off),
                    softer: gr.Button(**off), stronger: gr.Button(**off)}

        def check(data):
            """The note beside a picture that was just given."""
            if not data:
                return note()
            try:
                open_picture(studio.picture(path_of(data)), max_side=256)
            except UserError as error:
                return note(str(error))
            return note()

        def check_photo(data):
            """The same for the photo, where a face is looked for as well."""
            try:
                faceless = data and not studio.has_face(path_of(data))
            except UserError as error:
                return note(str(error))
            return note(f"<span class='quiet'>{NO_FACE}</span>" if faceless else "")

        def outline(region, data) -> dict:
            """The subject as it was found, to be corrected with a brush; nothing is yet."""
            found = None
            if data and region != "everything":
                with contextlib.suppress(UserError):  # it is said beside the photo
                    found = studio.subject(path_of(data))
            # An editor that is to go keeps its picture: without it Gradio's page stumbles.
            shown = dict(value=found) if found else {}
            return {outlined: found, mask: None,
                    editor: gr.ImageEditor(visible=found is not None, **shown)}

        def exhibit(portrait: Portrait | None, number: int) -> dict:
            """A picture painted beforehand takes the wall; what belonged to another one goes."""
            found = portrait and find_example(portrait, studio.presets[number].name)
            if not found:
                return {}
            credits = studio.credits([(found.style, 1.0)])
            return {job: None, stage: served(found.file), tabs: gr.Tabs(selected="compare"),
                    compare: (served(portrait.file), served(found.file)), film: None, curves: None,
                    status: looks.bar(0, looks.first_words(found)),
                    details: looks.details_of_example(found, credits), **closed()}

        def take_portrait(chosen, job_now, event: gr.SelectData):
            file, portrait = list(portraits_sent.items())[event.index]
            free = job_now is None or job_now.over
            return {photo: file} | (exhibit(portrait, chosen) if free else {})

        def advise(new: Mapping, old: Mapping, values) -> dict:
            """The controls move to what a painting recommends; those that still stand where the
            painting before had them go home."""
            now = dict(zip(controls, values, strict=True))
            home = {name: getattr(HOME, name) for name in old if now[name] == old[name]}
            return {advised: dict(new),
                    **{controls[name]: value for name, value in (home | dict(new)).items()}}

        def take_style(number, job_now, sent, old, values) -> dict:
            preset = studio.presets[number]
            portrait = portraits_sent.get(path_of(sent)) if sent else load_portraits()[0]
            return {chosen: number, about: looks.about_style(preset), own: None,
                    **advise(preset.settings, old, values),
                    **(exhibit(portrait, number) if job_now is None else {})}

        def show(movement, text, at):
            found, pages = studio.page("" if movement == ALL else movement, text or "", at,
                                       PAGE)
            return (gr.Gallery(pictures(found), selected_index=None), [n for n, _ in found],
                    gr.Slider(value=at, maximum=max(2, pages), interactive=pages > 1),
                    note("" if found else NOTHING))

        def choose(event: gr.SelectData, numbers, job_now, photo, old, *values):
            return take_style(numbers[event.index], job_now, photo, old, values)

        def surprised(movement, text, *rest):
            found = studio.collection.search(text, "" if movement == ALL else movement)
            job_now, photo, old, *values = rest
            try:
                number = studio.number[found.surprise().name]
            except UserError:
                return {nothing: note(NOTHING)}
            return take_style(number, job_now, photo, old, values)

        def begin(photo, own, chosen, second, blend, mask, *values):
            """Everything that can be wrong is found before anybody waits for a turn."""
            try:
                settings = Settings(**dict(zip(controls, values, strict=True)))
                styles = studio.chosen(chosen, path_of(own), None if second == -1 else second,
                                       blend, studio.limits.check(settings))
                made = studio.job(path_of(photo), styles, settings, mask)
            except UserError as error:
                return {job: None, notice: note(str(error))}
            except Exception:
                log.exception("a painting could not begin")
                return {job: None, notice: note(FAULT)}
            return {job: made, notice: note(), paint: gr.Button(visible=False),
                   stop: gr.Button(visible=True), tabs: gr.Tabs(selected="painting"),
                   status: looks.bar(0, "Waiting for a turn."), **closed()}

        def run(job):
            if job is None or job.begun:
                yield {status: gr.skip()}  # a generator without a value would clear everything
                return
            update = None
            try:
                for update in job.run():
                    if update.result is None:
                        yield {stage: str(update.preview), status: looks.progress(update)}
                    else:
                        yield idle() | finished(update, job)
            except UserError as error:
                yield failed(str(error))
            except gr.Error as error:  # of ZeroGPU: no GPU is free, or a quota is used up
                yield failed(f"{error.title}: {error.message}")
            except Exception:
                log.exception("a painting failed")
                yield failed(FAULT)
            else:
                if update is None:
                    yield idle() | {status: looks.bar(0, "Stopped before anything was painted.")}

        def finished(update: Update, job: Job) -> dict:
            result = update.result
            return {
                stage: str(result.png), status: looks.progress(update),
                compare: (str(result.before), str(result.png)),
                film: str(result.film), curves: looks.curve_table(result.curves),
                details: looks.details_of(job, update, studio.credits(job.named)),
                png: gr.DownloadButton(value=str(result.png), interactive=True),
                mp4: gr.DownloadButton(value=str(result.film), interactive=True),
                softer: gr.Button(interactive=True), stronger: gr.Button(interactive=True)}

        def halt(job):
            if job is not None:
                job.stop()
            going = job is not None and job.begun
            return {stop: gr.Button("Stopping", interactive=False)} if going else idle()

        paged = [gallery, on_page, number, nothing]
        gr.on([movement.change, search.change], lambda m, t: show(m, t, 1), [movement, search],
              paged, trigger_mode="always_last", **quiet)
        number.release(show, [movement, search, number], paged, **quiet)
        wall = [job, stage, status, tabs, compare, film, curves, details, png, mp4, softer,
                stronger]
        settled = [job, photo, advised, *controls.values()]
        moved = [chosen, about, own, advised, *controls.values(), *wall]
        gallery.select(choose, [on_page, *settled], moved, preprocess=False, **quiet)
        surprise.click(surprised, [movement, search, *settled], [nothing, *moved],
                       preprocess=False, **quiet)
        portraits.select(take_portrait, [chosen, job], [photo, *wall], **quiet)
        # An own painting recommends nothing; without it the chosen one counts again.
        own.upload(lambda old, *values: advise({}, old, values), [advised, *controls.values()],
                   [advised, *controls.values()], **quiet)
        own.clear(lambda number, old, *values: advise(studio.presets[number].settings, old, values),
                  [chosen, advised, *controls.values()], [advised, *controls.values()], **quiet)
        photo.change(check_photo, photo, photo_note, preprocess=False, **quiet)
        gr.on([photo.change, controls["region"].input], outline, [controls["region"], photo],
              [outlined, mask, editor], preprocess=False, **quiet)
        editor.input(lambda drawn, found: corrected((drawn or {}).get("composite"), found),
                     [editor, outlined], mask, **quiet)
        own.change(check, own, own_note, preprocess=False, **quiet)

        asked = [photo, own, chosen, second, blend, mask, *controls.values()]
        busy = [job, notice, paint, stop, tabs, status, png, mp4, softer, stronger]
        for button, change in ((paint, 0.0), (softer, -AGAIN), (stronger, AGAIN)):
            event = button.click(
                lambda s, change=change: min(1.0, max(0.0, s + change)), controls["strength"],
                controls["strength"], js=looks.SHOW_WALL, **quiet)
            event.then(begin, asked, busy, preprocess=False, **quiet).then(
                run, job, results, show_progress="minimal", show_progress_on=status,
                concurrency_id="paint", concurrency_limit=1, api_visibility="private",
            ).failure(lambda job_now: failed(FAULT if job_now and job_now.begun else BUSY)
                      | {job: None}, job, busy, **quiet)
        stop.click(halt, job, [paint, stop, notice], **quiet)
        add_api(studio)
    return demo


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    prepare_process()
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    try:
        with uploads(get_upload_folder()) as folder:
            os.environ["GRADIO_TEMP_DIR"] = str(folder)
            serve(args, folder)
    except UserError as error:
        sys.exit(f"app.py: {error}")


def serve(args: argparse.Namespace, folder: Path) -> None:
    """The studio until somebody ends it; ``folder``: of uploads and results."""
    studio = Studio(args.styles, Limits(size=args.max_size, seconds=args.max_seconds), folder,
                    lent_frames())
    if args.share and not args.auth:
        log.warning("sharing without --auth: whoever has the link can use this machine to paint.")
    fetch_nothing()
    demo = build(studio).queue(max_size=QUEUE, default_concurrency_limit=1)
    _, _, link = demo.launch(
        server_name=args.host, server_port=args.port, share=args.share, auth=args.auth,
        mcp_server=args.mcp, theme=looks.theme(), css=looks.CSS, js=looks.JS, footer_links=[],
        show_error=False, run_history=False, enable_monitoring=False, ssr_mode=False,
        max_file_size=MAX_UPLOAD, strict_cors=True, prevent_thread_lock=True,
        state_session_capacity=SESSIONS, app_kwargs={"exception_handlers": refusals()})
    if args.share and not link:
        log.warning("no share link could be made (is the internet reachable from here?); the "
                    "studio goes on locally, and --host 0.0.0.0 opens it to the local network.")
    wait_for_the_end()


if __name__ == "__main__":
    main()
    leave()
