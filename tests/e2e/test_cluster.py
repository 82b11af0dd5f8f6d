"""The page on a real Ray cluster on 127.0.0.1, in the order of its machines' lives and deaths."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from nst.cluster.driver import AGAIN
from nst.cluster.link import LOST
from tests.bench.crowd import crowd
from tests.ray_nodes import Nodes, nodes

from .conftest import Server, running
from .studio_page import PHONE, StudioPage

ENDLESS = 5000  # steps
PAINTING = re.compile("First shapes|Brushwork|Details")


@pytest.fixture(scope="module")
def ray() -> Iterator[Nodes]:
    with nodes("ada", "bob") as machines:
        yield machines


@pytest.fixture(scope="module")
def studio(ray, tmp_path_factory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("cluster"), "--cluster", ray.address,
                 "--painter-cpus", "1", "--max-size", "256", NST_AWAY_SECONDS="1") as server:
        yield server


@pytest.fixture
def visit(browser, studio, shots, portrait) -> Iterator[Callable[..., StudioPage]]:
    """A visitor who has pressed Paint; all leave at the end."""
    with contextlib.ExitStack() as leaving:
        def visit(name: str, steps: int = ENDLESS, **how) -> StudioPage:
            page = leaving.enter_context(StudioPage(browser, studio.url, shots, name, **how))
            page.upload(portrait)
            page.small(steps)
            page.paint()
            return page

        yield visit


def status(page: StudioPage):
    return expect(page.page.locator("#status p"))


def test_two_are_painted_at_once_and_a_third_is_told_his_place(visit):
    first, second = visit("cluster-first"), visit("cluster-second")
    for page in (first, second):
        status(page).to_have_text(PAINTING)
    third = visit("cluster-third", steps=3, view=PHONE)
    status(third).to_have_text(
        "Waiting for a turn: 2 people before you, 2 of them being painted now.")
    third.shot("waits")
    first.page.locator("#stop").click()
    assert "Stopped at step" in first.finish()
    assert "Done in" in third.finish()
    second.__exit__()  # closes the page; where others wait, nothing is painted for it any more
    fourth, fifth = visit("cluster-fourth"), visit("cluster-fifth")
    for page in (fourth, fifth):
        status(page).to_have_text(PAINTING)
    assert not any(page.errors for page in (first, third, fourth, fifth))


def test_programs_get_each_its_own_picture(studio):
    outcomes, said = crowd(studio.url, 6, ask_again=lambda: False)
    assert outcomes == Counter(own=6), said


def test_a_machine_dies_and_its_picture_starts_again_on_one_that_comes(visit, ray):
    pages = [visit("cluster-one", view=PHONE), visit("cluster-two", view=PHONE)]
    for page in pages:
        status(page).to_have_text(PAINTING)
    ray.kill("bob")
    while not any(page.page.locator("#notice").is_visible() for page in pages):
        pages[0].page.wait_for_timeout(100)
    [page] = [page for page in pages if page.page.locator("#notice").is_visible()]
    expect(page.page.locator("#notice")).to_have_text(AGAIN)
    page.shot("machine-died")
    ray.start("eve")
    status(page).to_have_text(PAINTING)
    expect(page.page.locator("#notice")).to_have_text(AGAIN)  # to be read as long as it is painted
    page.page.locator("#stop").click()
    assert "Stopped at step" in page.finish()
    expect(page.page.locator("#notice")).to_be_hidden()
    assert not any(page.errors for page in pages)


def test_without_the_head_the_page_paints_by_itself_and_says_so(visit, ray, studio):
    page = visit("cluster-head")
    status(page).to_have_text(PAINTING)
    ray.kill_head()
    expect(page.page.locator("#notice")).to_have_text(LOST)
    status(page).to_have_text(PAINTING)
    page.shot("head-gone")
    page.page.locator("#stop").click()
    assert "Stopped at step" in page.finish()
    assert "Done in" in visit("cluster-after", steps=3).finish()
    assert "Traceback" not in studio.log.read_text()
