"""A service without an engine, and the page's features built but not wired to events."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from PIL import Image

from nst import Frame
from nst.web.comeback import ComeBack
from nst.web.controls import Controls
from nst.web.gifts import Gifts
from nst.web.limits import Limits
from nst.web.moving import Moving
from nst.web.page import Page
from nst.web.paint import Again, Paint
from nst.web.photo import Photo, PhotoFaces, Region
from nst.web.previews import Previews
from nst.web.service import Service
from nst.web.six import SixMovements
from nst.web.style import NO_SECOND, Style
from nst.web.uploads import STATIC
from nst.web.visit import Visit
from nst.web.wall import Wall

SAME = gr.skip()
VISITOR = SimpleNamespace(session_hash="a visitor")


def frames(photo, styles, settings, mask=None, marked_faces=()) -> Iterator[Frame]:
    """Stands for nst.stylize: three steps at 64 x 64, the last one finished."""
    for step in (1, 2, 3):
        yield Frame(Image.new("RGB", (64, 64), (80 * step, 0, 0)), step, 3, 64,
                    dict(content=0.5, style=0.2, tv=0.01, total=1.0), step * 1.0, 3.0 - step,
                    finished=step == 3)


def said(note: gr.Markdown) -> str:
    """The words of a note, which is seen only where it has some."""
    assert note.visible == bool(note.value)
    return note.value or ""


def tap(index: Any) -> SimpleNamespace:
    """What Gradio tells of a tap on a picture of a gallery, or on a place of a picture."""
    return SimpleNamespace(index=index)


@contextlib.contextmanager
def without_routes() -> Iterator[None]:
    """Nobody is served by the pages that are built here; the routes take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "create_app", lambda *_, **__: None)
        yield


class Studio:
    """The features of the page, and what a visitor has put in and sees."""

    def __init__(self, service: Service):
        self.service = service
        with without_routes(), gr.Blocks() as demo:
            self.page = page = Page(service, demo)
            self.wall, self.controls = wall, controls = Wall(page), Controls(page)
            self.photo, self.style = Photo(page, wall), Style(page, wall)
            self.previews = Previews(page, self.photo, self.style)
            self.region = Region(page, controls, self.photo)
            self.visit = Visit(page, wall, self.style)
            self.paint = Paint(page, wall, self.style, self.visit)
            self.again = Again(page, wall, self.style, self.paint)
            self.six = SixMovements(page, wall, self.style, self.paint)
            self.moving = Moving(page, wall, self.style, self.paint)
            self.gifts = Gifts(page, wall, self.again)
            self.comeback = ComeBack(page, wall, self.photo, self.style, self.visit, self.paint,
                                     self.moving)
            self.photo.build()
            self.moving.build()
            self.style.build()
            self.style.build_about()
            controls.build()
            self.region.build()
            controls.build_advanced()
            with self.paint.build():
                self.moving.build_button()
                self.six.build_button()
            with wall.build():
                self.six.build_tab()
            with wall.build_actions():
                self.moving.build_action()
                self.again.build()
                self.six.build_actions()
                self.gifts.build()
            self.visit.build()
        paint, again, style, moving = self.paint, self.again, self.style, self.moving
        gifts, covering = self.gifts, again.covering
        self.named = dict(
            job=page.job, shown=page.shown, notice=page.notice, photo=page.photo, own=page.own,
            chosen=page.chosen, faces=page.faces, kept=page.kept, mask=page.mask, visit=page.visit,
            stage=wall.stage, compare=wall.compare, film=wall.film, curves=wall.curves,
            details=wall.details, tabs=wall.tabs, status=wall.status, actions=wall.actions,
            story=wall.story, compare_tab=wall.compare_tab, film_tab=wall.film_tab,
            curves_tab=wall.curves_tab, details_tab=wall.details_tab, six_tab=self.six.tab,
            six_softer=self.six.softer, six_stronger=self.six.stronger,
            share=wall.share, png=wall.png, mp4=wall.mp4, larger=again.larger, softer=again.softer,
            stronger=again.stronger, another=again.another,
            cover_whole=covering.whole, cover_face=covering.face, place=paint.place,
            paint=paint.paint, stop=paint.stop, movement=style.movement, search=style.search,
            number=style.number, previous=style.previous, next=style.next,
            page_told=style.place, gallery=style.gallery, about=style.about, on_page=style.on_page,
            nothing=style.nothing, pages_of=style.pages_of,
            second=style.second, blend=style.blend, recommended=style.recommended,
            strip=self.visit.column, thumbnails=self.visit.thumbnails, two=self.visit.two,
            first=self.visit.first, asked=self.visit.asked,
            gift_panel=gifts.panel, shape=gifts.shape, gift_caption=gifts.caption,
            gift_note=gifts.note,
            gift=gifts.picture, gift_film=gifts.clip, share_gift=gifts.share, save_gift=gifts.save,
            link=gifts.link,
            six=self.six.gallery, six_styles=self.six.styles, clip=moving.clip,
            start=moving.start, end=moving.end, way=moving.way, gif=moving.gif, cut=moving.cut,
            move=moving.button, moving_opened=moving.opened, clip_strip=moving.strip,
            cut_told=moving.told) | page.controls

    def values(self, **changed: Any) -> dict:
        """What the page holds when it opens, as a handler gets it, with changes by name."""
        usual = dict.fromkeys(self.named) | dict(
            chosen=self.page.chosen.value, faces=PhotoFaces(), second=NO_SECOND, blend=0.5,
            movement="All", search="", pages_of=("All", ""), number=1, two=False, visit="",
            recommended={},
        ) | self.service.defaults
        assert set(changed) <= set(usual)
        return {self.named[name]: value for name, value in (usual | changed).items()}

    def seen(self, changes: Mapping) -> SimpleNamespace:
        """What a handler returned, by name; SAME where a component stays as it was."""
        if changes == SAME:
            changes = {}
        names = {component: name for name, component in self.named.items()}
        return SimpleNamespace(**dict.fromkeys(self.named, SAME) | {
            names[component]: value for component, value in changes.items()})

    def told(self, changes: Mapping) -> set[str]:
        """The names of the components that change."""
        return {name for name, value in vars(self.seen(changes)).items()
                if not (isinstance(value, dict) and value == SAME)}

    def begin(self, **changed: Any) -> SimpleNamespace:
        """Paint was pressed, after changes by name; what is seen then."""
        return self.seen(self.paint.begin(self.values(**changed), VISITOR))

    def painted(self, job: Any, visit: Any = None) -> SimpleNamespace:
        """What is seen when the job is done."""
        *_, last = self.paint.run(job, visit)
        return self.seen(last)


@pytest.fixture(scope="session")
def own_files(tmp_path_factory) -> Path:
    """The server's own pictures, made for the page once for all tests."""
    folder = tmp_path_factory.mktemp("own")
    Studio(Service([], Limits(), folder, frames))
    return folder / STATIC


@pytest.fixture
def folder(tmp_path, own_files) -> Path:
    """Where uploads and results lie."""
    shutil.copytree(own_files, tmp_path / "uploads" / STATIC, copy_function=os.link)
    return tmp_path / "uploads"


@pytest.fixture
def service(folder) -> Service:
    return Service([], Limits(), folder, frames)


@pytest.fixture
def studio(service) -> Studio:
    return Studio(service)


@pytest.fixture
def upload(folder, astronaut) -> dict:
    """A portrait as the page names it."""
    (folder / "0123abcd").mkdir()
    file = folder / "0123abcd" / "selfie.jpg"
    file.write_bytes(astronaut.read_bytes())
    return {"path": str(file), "orig_name": "selfie.jpg"}
