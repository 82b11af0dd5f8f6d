"""The photo booth: a guest looks, is counted down, chooses a style, and takes the picture away.

For a screen that stands somewhere: ``python app.py --booth``, or ``?booth`` in the address.
What the guest sees is in booth.js and booth.css, which only a booth loads; here is its text, and
what answers it: the styles, the painting, the address for the guest's phone, and forgetting.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
import segno

from ..errors import UserError
from ..run import Pause
from ..settings import settings_for
from . import markup
from .job import Job
from .page import Page
from .photo import PhotoFaces, faces_found
from .previews import Previews
from .queue import QUEUE_NAME
from .server import FAULT
from .service import StyleChoice
from .takeaway import KEPT_MINUTES
from .uploads import delete_inside

__all__ = ["SIX", "Booth"]

log = logging.getLogger("studio")

# Each of another movement, and faces look well in all.
SIX = ("van-gogh-starry-night", "hokusai-great-wave", "klimt-the-kiss",
       "study-head-before-mountains", "study-portrait-in-a-hat", "study-lamplight")
MOST = 6  # styles to choose from
LOOPBACK = ("localhost", "127.0.0.1", "::1")  # no phone finds the booth there

NO_CAMERA = ("The booth gets no camera. Open this page over HTTPS or on localhost, and allow the "
             "camera beside the page's address.")


class Booth:
    """A box over the page, which opens where the page is a booth, and what answers it.

    Args:
        styles: names of presets with commas between them, of which the guest chooses one; a single
            one is not asked for; empty: SIX; None: the page is a booth only with ``?booth``.
        public_url: the page's address for the guests' phones; without it the share link, or the
            address under which the booth itself sees the page.

    Raises:
        UserError: there is no such style, or there are too many.
    """

    def __init__(self, page: Page, previews: Previews, styles: str | None = None,
                 public_url: str | None = None):
        self._page, self._service, self._previews = page, page.service, previews
        self._styles, self._public_url = styles, public_url
        self._jobs: dict[str, Job] = {}  # being painted, by the photo
        self.presets(styles or "")

    def build(self) -> None:
        """The box; unseen until booth.js opens it."""
        on = "" if self._styles is None else f" data-styles='{escape(self._styles)}'"
        gr.HTML(
            f"<dialog aria-label='Photo booth' data-state='mirror'{on}><div class='seen'>"
            "<video playsinline muted aria-label='What the camera sees'></video>"
            "<canvas role='img' aria-label='Your photo'></canvas>"
            "<img class='painting' alt='Your portrait, painted'>"
            "<output aria-live='assertive'></output></div>"
            "<section data-in='mirror'><h2>Be painted</h2>"
            "<button type='button' data-do='shoot'>Take my picture</button>"
            "<p class='quiet'>Your photo is used only to paint, and deleted when the booth starts "
            f"again; the painting is deleted after {KEPT_MINUTES} minutes.</p></section>"
            "<section data-in='choose'><h2>Choose a style</h2><div class='styles'></div>"
            "<button type='button' data-do='begin'>Take another picture</button></section>"
            "<section data-in='painting'><div class='status' role='status'></div>"
            "<button type='button' data-do='begin'>Stop</button></section>"
            "<section data-in='done'><figure hidden><img class='qr' alt='A QR code'>"
            "<figcaption>Point your phone's camera here to take the picture with you.</figcaption>"
            "</figure><p><button type='button' data-do='print'>Print</button>"
            "<button type='button' data-do='begin'>New picture</button></p></section>"
            "<section data-in='failed'><p role='alert' "
            f"data-words-camera='{escape(NO_CAMERA, True)}' "
            f"data-words-fault='{escape(FAULT, True)}'></p>"
            "<button type='button' data-do='begin'>Start again</button></section>"
            "<p class='again' data-words='Starts again in {1} s.'></p></dialog>", elem_id="booth")

    def wire(self) -> None:
        private: dict[str, Any] = dict(api_visibility="undocumented")
        gr.api(self.offer, api_name="booth_styles", queue=False, **private)
        gr.api(self.crop, api_name="booth_crop", queue=False, **private)
        gr.api(self.paint, api_name="booth_paint", concurrency_id=QUEUE_NAME, concurrency_limit=1,
               **private)
        gr.api(self.forget, api_name="booth_forget", queue=False, **private)

    def presets(self, styles: str) -> list[int]:
        """The numbers of the presets that are named, with commas between them; of SIX for none."""
        names = [name.strip() for name in styles.split(",") if name.strip()] or list(SIX)
        unknown = [name for name in names if name not in self._service.number]
        if unknown:
            raise UserError(f"There is no style {unknown[0]!r} for the booth; python -m nst styles "
                            "lists their names.")
        if len(names) > MOST:
            raise UserError(f"A booth offers at most {MOST} styles; name fewer.")
        return [self._service.number[name] for name in names]

    def offer(self, styles: str) -> dict:
        """The styles that the guest chooses from, or what is wrong with their names."""
        try:
            presets = [(number, self._service.preset(number)) for number in self.presets(styles)]
            return {"styles": [{
                "number": number, "title": preset.title, "by": preset.artist or preset.movement,
                "picture": self._service.servable(preset.thumbnail())}
                for number, preset in presets]}
        except UserError as error:
            return {"error": str(error)}

    def crop(self, photo: str) -> dict:
        """Head and shoulders, for which previews.py answers in each style; or none."""
        if not self._service.limits.previews:
            return {"crop": None}
        try:
            file = self._service.picture(photo)
            return {"crop": self._previews.crop(file, PhotoFaces(photo, faces_found(file)))}
        except UserError:  # the painting tells it
            return {"crop": None}

    def paint(self, photo: str, style: int, page: str) -> Iterator[dict]:
        """Paint a photo: pictures with a status (HTML), then the last one with its QR code.

        Args:
            photo: a file that was uploaded. style: the number of a preset.
            page: the address under which the booth sees the page.
        """
        job = None
        try:
            recommended = self._service.preset(style).settings
            settings = settings_for({**self._service.defaults, **recommended}, {})
            job = self._service.job(
                photo, self._service.chosen(StyleChoice(style), settings), settings, extras=False)
            self._jobs[photo] = job
            for update in job.run():
                if isinstance(update, Pause):
                    yield {"status": markup.status_bar(0, update.why)}
                elif update.result is None:
                    yield {"picture": str(update.preview),
                           "status": markup.progress(update, settings.size)}
                elif job.stopped:
                    delete_inside(update.result.png.parent, self._service.folder)
                else:
                    yield {"picture": str(update.result.png), "done": True,
                           **self._taken_away(update.result.png, page)}
        except UserError as error:
            yield {"error": str(error)}
        except Exception:
            log.exception("the booth could not paint")
            yield {"error": FAULT}
        finally:
            if job is not None and self._jobs.get(photo) is job:
                del self._jobs[photo]

    def forget(self, photo: str, painting: str) -> dict:
        """Stop painting a photo and delete it, and the painting, which may be empty.

        What waits for the guest's phone stays for its minutes.
        """
        job = self._jobs.get(photo)
        if job is not None:
            job.stop()
        for file in filter(None, (photo, painting)):
            with contextlib.suppress(UserError):  # it is none of ours
                delete_inside(Path(self._service.picture(file)).parent, self._service.folder)
        return {}

    def _taken_away(self, png: Path, page: str) -> dict:
        """The address for the guest's phone and its QR code; nothing where no phone finds it."""
        url = self._public_url or self._page.demo.share_url or page
        if urlsplit(url).hostname in (None, *LOOPBACK):
            return {}
        address = f"{url.rstrip('/')}/takeaway/{self._service.takeaways.add(png)}/"
        return {"address": address, "qr": segno.make(address, micro=False).svg_data_uri(border=4)}
