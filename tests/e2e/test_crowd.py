"""More visitors than the queue takes: each gets a painting of its own photo, or one sentence."""

from __future__ import annotations

import contextlib
import math
import re
from collections import Counter

import pytest
from gradio_client import Client, handle_file
from gradio_client.utils import QueueError
from playwright.sync_api import expect

from nst.web.queue import BUSY, ENOUGH_WAITING
from nst.web.wall import PHOTO
from tests.bench.crowd import crowd, page_watched

from .studio_page import StudioPage
from .visitor import Refused, Visitor

CLIENTS = 24  # one is painted, 20 wait, and there are some left to be told "busy"
ENDLESS = dict(size=128, steps=5000)


@pytest.fixture
def visitor(server):
    return Visitor(server.url)


@pytest.fixture
def photo(visitor, portrait) -> dict:
    return visitor.upload("selfie.jpg", portrait.read_bytes())


@pytest.fixture
def line(visitor, photo):
    """``line(n)``: a painting that does not end by itself is at work, and n wait for it."""
    waiting = []
    with contextlib.ExitStack() as stack:
        def form(number: int) -> list[str]:
            next(stack.enter_context(visitor.listening(visitor.ask(photo, **ENDLESS))))
            waiting.extend(visitor.ask(photo, **ENDLESS) for _ in range(number))
            return waiting

        yield form
        for event in waiting:
            visitor.cancel(event)


def test_every_client_gets_its_own_painting_or_is_told_to_come_back(server):
    with page_watched(server.url) as seconds:
        outcomes, said = crowd(server.url, CLIENTS, ask_again=lambda: False)
    assert set(said) <= {BUSY}
    assert outcomes == Counter(own=outcomes["own"], busy=CLIENTS - outcomes["own"])
    assert 20 <= outcomes["own"] < CLIENTS
    assert len(seconds) > 3 and all(map(math.isfinite, seconds))


def test_a_full_queue_is_one_sentence_everywhere(
        browser, server, shots, visitor, photo, portrait, line):
    line(20)
    with pytest.raises(Refused, match=f"^{re.escape(BUSY)}$") as refused:
        visitor.ask(photo)
    assert refused.value.status == 503
    with pytest.raises(QueueError, match="Queue is full! Please try again."):
        Client(server.url, verbose=False).predict(handle_file(str(portrait)), api_name="/stylize")
    with StudioPage(browser, server.url, shots, "full") as page:
        page.upload(portrait)
        page.page.locator("#paint").click()
        expect(page.page.locator("#notice")).to_have_text(BUSY)
        page.shot("told")
        page.page.wait_for_timeout(1000)
        expect(page.page.get_by_text(BUSY)).to_have_count(1)
        expect(page.page.locator("#paint")).to_be_visible()
        expect(page.page.locator("#status")).to_have_text(PHOTO)


def test_whoever_asks_while_another_takes_the_last_place_reads_the_same_sentence(
        browser, server, shots, visitor, photo, portrait, line):
    line(19)
    with StudioPage(browser, server.url, shots, "last-place") as page:
        page.upload(portrait)
        asked = []
        page.page.route("**/queue/join*", lambda request: asked.append(request), times=1)
        page.page.locator("#paint").click()
        while not asked:
            page.page.wait_for_timeout(50)
        last = visitor.ask(photo, **ENDLESS)
        try:
            asked[0].continue_()
            expect(page.page.locator("#notice")).to_have_text(BUSY)
            # Gradio's own notice would stand in its place for ten seconds.
            expect(page.page.locator("#notice")).to_be_visible(timeout=5000)
            expect(page.page.locator(".toast-body")).to_have_count(0)
            page.shot("told")
        finally:
            visitor.cancel(last)


def test_a_waiting_visitor_sees_how_many_are_before_him(
        browser, server, shots, portrait, visitor, line):
    with StudioPage(browser, server.url, shots, "waiting") as page:
        page.upload(portrait)
        page.small()
        others = line(2)
        page.paint()
        for before in ("3 people", "1 person"):
            expect(page.page.locator("#status p")).to_have_text(re.compile(
                rf"Waiting for a turn: {before} before you(, about \d+ (s|min))?\."))
            page.shot(before.replace(" ", "-"))
            for event in others:
                visitor.cancel(event)
        page.page.locator("#stop").click()
        expect(page.page.locator("#paint")).to_be_visible()


def test_one_visitor_has_two_pictures_waiting_and_leaves_the_others_to_the_next(
        server, visitor, photo, line):
    others = line(0)
    asking = Visitor(server.url, forwarded="9.9.9.9")
    others += [asking.ask(photo, **ENDLESS) for _ in range(2)]
    for same in (asking, Visitor(server.url, forwarded="8.8.8.8, 9.9.9.9")):  # told by the visitor
        with pytest.raises(Refused, match=f"^{re.escape(ENOUGH_WAITING)}$") as refused:
            same.ask(photo)
        assert refused.value.status == 429
    others.append(Visitor(server.url, forwarded="9.9.9.10").ask(photo, **ENDLESS))


def test_whoever_stops_before_his_turn_leaves_the_queue(browser, server, shots, portrait, line):
    with StudioPage(browser, server.url, shots, "leaving") as page, StudioPage(
            browser, server.url, shots, "behind") as behind:
        for one in (page, behind):
            one.upload(portrait)
            one.small()
        line(0)
        for _ in range(3):  # more than may wait
            page.paint()
            expect(page.page.locator("#status p")).to_contain_text("1 person before you")
            behind.paint()
            expect(behind.page.locator("#status p")).to_contain_text("2 people before you")
            page.page.locator("#stop").click()
            expect(page.page.locator("#paint")).to_be_visible()
            expect(page.page.locator("#status p")).to_contain_text("Stopped before anything")
            expect(behind.page.locator("#status p")).to_contain_text("1 person before you")
            behind.page.locator("#stop").click()
            expect(behind.page.locator("#paint")).to_be_visible()
        assert page.errors == behind.errors == []
