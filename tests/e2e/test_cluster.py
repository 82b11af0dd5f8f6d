"""The page on a real Ray cluster on 127.0.0.1, in the order of its machines' lives and deaths."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from nst.cluster.driver import AGAIN
from nst.cluster.link import LOST
from tests.bench.crowd import crowd
from tests.ray_nodes import Nodes, nodes

from .conftest import Server, running
from .studio_page import PHONE, StudioPage
from .visitor import Visitor

ENDLESS = 5000  # steps
PAINTING = re.compile("First shapes|Brushwork|Details")


@pytest.fixture(scope="module")
def ray() -> Iterator[Nodes]:
    with nodes("ada", "bob") as machines:
        yield machines


@pytest.fixture(scope="module")
def studio(ray, tmp_path_factory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("cluster"), "--cluster", ray.address,
                 "--painter-cpus", "1", "--max-size", "256", "--away-seconds", "1") as server:
        yield server


@pytest.fixture(scope="module")
def visits(browser, studio, shots, portrait) -> Iterator[Callable[..., StudioPage]]:
    """A visitor with a photo; all leave at the end."""
    with contextlib.ExitStack() as leaving:
        def visit(name: str, **how) -> StudioPage:
            page = leaving.enter_context(StudioPage(browser, studio.url, shots, name, **how))
            page.upload(portrait)
            page.small()
            return page

        yield visit


@pytest.fixture(scope="module")
def phone(visits) -> Iterator[StudioPage]:
    page = visits("cluster-phone", view=PHONE)
    yield page
    assert not page.errors


def begin(page: StudioPage, steps: int = ENDLESS) -> None:
    """Press Paint."""
    page.number("Steps", steps)
    page.paint()


def status(page: StudioPage):
    return expect(page.page.locator("#status p"))


def notice(page: StudioPage):
    return expect(page.page.locator("#notice"))


@contextlib.contextmanager
def program_painting(url: str, portrait: Path) -> Iterator[None]:
    """A program whose picture is painted all the while."""
    program = Visitor(url)
    asked = program.ask(program.upload("a.jpg", portrait.read_bytes()), size=128, steps=ENDLESS)
    with program.listening(asked) as events:
        assert next(kind for kind, _ in events if kind != "heartbeat") == "generating"
        yield
        program.cancel(asked)


def test_two_are_painted_at_once_and_a_third_is_told_his_place(visits, phone, studio, portrait):
    desktop = visits("cluster-desktop")
    begin(desktop)
    status(desktop).to_have_text(PAINTING)
    with program_painting(studio.url, portrait):
        begin(phone, 3)
        status(phone).to_have_text(
            "Waiting for a turn: 2 people before you, 2 of them being painted now.")
        phone.shot("waits")
        desktop.page.locator("#stop").click()
        assert "Stopped at step" in desktop.finish()
        assert "Done in" in phone.finish()

        begin(desktop)
        status(desktop).to_have_text(PAINTING)
        begin(phone, 3)
        assert not desktop.errors
        desktop.__exit__()  # closes the page; where others wait, it is painted for no more
        assert "Done in" in phone.finish()


def test_programs_get_each_its_own_picture(studio):
    outcomes, said = crowd(studio.url, 6, ask_again=lambda: False)
    assert outcomes == Counter(own=6), said


def test_machines_die_and_the_picture_starts_again_on_one_that_came(phone, ray):
    begin(phone)
    status(phone).to_have_text(PAINTING)
    ray.start("eve")
    for name in ("ada", "bob"):
        ray.kill(name)
    notice(phone).to_have_text(AGAIN)
    phone.shot("machine-died")
    status(phone).to_have_text(PAINTING)
    notice(phone).to_have_text(AGAIN)  # to be read as long as it is painted
    phone.page.locator("#stop").click()
    assert "Stopped at step" in phone.finish()
    notice(phone).to_be_hidden()


def test_without_the_head_the_page_paints_by_itself_and_says_so(phone, ray, studio):
    begin(phone)
    status(phone).to_have_text(PAINTING)
    ray.kill_head()
    notice(phone).to_have_text(LOST)
    status(phone).to_have_text(PAINTING)
    phone.shot("head-gone")
    phone.page.locator("#stop").click()
    assert "Stopped at step" in phone.finish()
    begin(phone, 3)
    assert "Done in" in phone.finish()
    assert "Traceback" not in studio.log.read_text()
