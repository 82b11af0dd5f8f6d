"""A service without an engine: jobs yield frames that are drawn, not painted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from nst import Frame
from nst.web.limits import Limits
from nst.web.service import Service
from nst.web.visits import Visits


def frames(photo, styles, settings, mask=None, marked_faces=()) -> Iterator[Frame]:
    """Stands for nst.stylize: three steps at 64 x 64, the last one finished."""
    for step in (1, 2, 3):
        yield Frame(Image.new("RGB", (64, 64), (80 * step, 0, 0)), step, 3, 64,
                    dict(content=0.5, style=0.2, tv=0.01, total=1.0), step * 1.0, 3.0 - step,
                    finished=step == 3)


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where uploads and results lie."""
    (tmp_path / "uploads").mkdir()
    return tmp_path / "uploads"


@pytest.fixture
def service(folder) -> Service:
    return Service([], Limits(), folder, frames)


@pytest.fixture
def visits(folder) -> Visits:
    return Visits(folder)


@pytest.fixture
def upload(folder, astronaut) -> dict:
    """A portrait as the page names it."""
    (folder / "0123abcd").mkdir()
    file = folder / "0123abcd" / "selfie.jpg"
    file.write_bytes(astronaut.read_bytes())
    return {"path": str(file), "orig_name": "selfie.jpg"}
