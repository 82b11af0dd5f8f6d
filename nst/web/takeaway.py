"""A picture that a phone fetches: an address that nobody guesses, a page with Save and Share."""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from pathlib import Path

from PIL import Image
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from .uploads import save_picture, storing

__all__ = ["KEPT_MINUTES", "Takeaways"]

_PAGE = Path(__file__).resolve().parent / "takeaway.html"

KEPT_MINUTES = 10  # time to find the phone, and to save the picture after looking at it
MAX_KEPT = 100  # pictures; a booth makes fewer in KEPT_MINUTES. The oldest is dropped
QUALITY = 95  # of JPEG
# The phone's browser keeps no copy that outlives the picture here, and tells nobody the address.
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex"}


class Takeaways:
    """The pictures that wait for a phone, each under a name that only its QR code tells.

    A login (--auth) does not guard them: a guest's phone has none. Their names have 128 bits.

    Args:
        folder: of uploads, where they are kept.
    """

    def __init__(self, folder: Path):
        self._folder = folder
        self._lock = threading.Lock()
        self._kept: dict[str, Path] = {}

    def add(self, png: Path) -> str:
        """Keep a copy of a result for KEPT_MINUTES; gives its name.

        Raises:
            CannotStoreError: the disk is full or cannot be written.
        """
        with storing(), Image.open(png) as picture:
            file = Path(tempfile.mkdtemp(prefix="takeaway-", dir=self._folder)) / "portrait.jpg"
            save_picture(picture, file, quality=QUALITY)
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[name] = file
            oldest = next(iter(self._kept)) if len(self._kept) > MAX_KEPT else None
        if oldest:
            self.drop(oldest)
        timer = threading.Timer(60 * KEPT_MINUTES, self.drop, [name])
        timer.daemon = True
        timer.start()
        return name

    def drop(self, name: str) -> None:
        """Delete a picture; nothing where it has been deleted."""
        with self._lock:
            file = self._kept.pop(name, None)
        if file:
            shutil.rmtree(file.parent, ignore_errors=True)

    @property
    def routes(self) -> list[Route]:
        """What the web server answers: ``takeaway/NAME/``, the page, and the picture in it."""
        return [Route("/takeaway/{name}/", self._page),
                Route("/takeaway/{name}/portrait.jpg", self._picture)]

    def _page(self, request: Request) -> Response:
        known = request.path_params["name"] in self._kept
        page = _PAGE.read_text("utf-8").replace("{{minutes}}", str(KEPT_MINUTES))
        return HTMLResponse(page.replace("{{state}}", "here" if known else "gone"),
                            200 if known else 404, headers=_PRIVATE)

    def _picture(self, request: Request) -> Response:
        file = self._kept.get(request.path_params["name"])
        if file is None or not file.exists():
            return Response(status_code=404, headers=_PRIVATE)
        return FileResponse(file, headers=_PRIVATE)
