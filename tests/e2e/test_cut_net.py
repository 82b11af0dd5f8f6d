"""The net is cut, the page is loaded anew: nothing is lost. (A server that died: test_replicas.)"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from .studio_page import PHONE, StudioPage


class Net:
    """The way from the browser to a server on this machine, which can be cut and mended."""

    def __init__(self, port: int):
        self._to, self._cut = port, False
        self._open: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._let_in, daemon=True).start()

    def cut(self) -> None:
        """Nothing gets through; what was connected is not any more."""
        self._cut = True
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """New connections get through."""
        self._cut = False

    def close(self) -> None:
        self._door.close()
        self.cut()

    def _let_in(self) -> None:
        with contextlib.suppress(OSError):  # the door was closed
            while True:
                guest, _ = self._door.accept()
                if self._cut:
                    guest.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._to))
                for one, other in ((guest, server), (server, guest)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        self._open.add(one)
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.discard(one)


@pytest.fixture
def net(server) -> Iterator[Net]:
    net = Net(int(server.url.rpartition(":")[2]))
    yield net
    net.close()


def as_it_was(visitor: StudioPage, style: str = "The Scream") -> None:
    """The photo, the style and the settings of the tests below are there."""
    page = visitor.page
    expect(page.locator("#about")).to_contain_text(style)
    expect(page.locator("#gallery .thumbnail-item.selected img")).to_have_attribute(
        "alt", re.compile(style))
    expect(page.locator("#photo-note")).to_contain_text("1 face found")
    expect(visitor.field("Strength")).to_have_value("0.4")
    expect(visitor.field("Size")).to_have_value("128")


def test_a_cut_of_the_net_while_painting_loses_nothing(browser, server, net, shots, portrait):
    others = set(server.folder.rglob("selfie*"))  # other visitors'
    with StudioPage(browser, net.url, shots, "cut", view=PHONE) as visitor:
        page = visitor.page
        visitor.upload(portrait)
        visitor.choose("The Scream")
        visitor.small(steps=5000)
        visitor.number("Strength", 0.4)
        visitor.paint()
        visitor.previews(2)
        page.evaluate("window.before = true")
        net.cut()
        lost = page.get_by_text("The connection was lost. The page comes back by itself")
        expect(lost).to_be_visible()
        assert lost.bounding_box()["y"] > page.evaluate(  # it lies on no picture
            "document.querySelector('#stage').getBoundingClientRect().bottom")
        expect(page.locator("#stop")).to_be_in_viewport(ratio=1)
        visitor.shot("cut")
        net.mend()
        page.wait_for_function("!window.before")
        expect(page.locator("#stop")).to_be_visible()
        as_it_was(visitor)
        assert len(visitor.previews(3)) == 3  # it goes on before one's eyes
        visitor.shot("back")
        page.locator("#stop").click()
        assert "Stopped at step" in visitor.finish()
        expect(page.locator("#strip img")).to_have_count(1)
        visitor.shot("done")
        page.reload()
        expect(visitor.compared()).to_have_attribute("src", re.compile("selfie-munch"))
        as_it_was(visitor)
        visitor.small()
        page.locator("#stronger").click()
        page.locator("#stop").wait_for()
        page.reload()
        expect(page.locator("#strip img")).to_have_count(2)
        assert "Done in" in visitor.finish()
        expect(visitor.field("Strength")).to_have_value("0.6")
        page.goto(f"{net.url}/?style=klimt-the-kiss")
        expect(page.locator("#about")).to_contain_text("The Kiss")
        expect(visitor.compared()).to_have_attribute("src", re.compile("selfie-munch"))
        page.locator("#larger").click()
        page.locator("#stop").wait_for()
        visitor.finish()
        expect(page.locator("#strip img")).to_have_count(3)
        visitor.shot("larger")
        for _ in range(2):  # it asks
            page.locator("#forget").click()
        expect(page.locator("#visit")).to_be_hidden()
        page.goto(net.url)
        expect(visitor.compared()).to_have_attribute("src", re.compile("astronaut"))
        assert set(server.folder.rglob("selfie*")) <= others
        assert visitor.errors == []


def test_a_picture_that_waits_keeps_its_turn_without_its_page(
        browser, server, net, shots, portrait):
    with (StudioPage(browser, server.url, shots, "first") as first,
          StudioPage(browser, net.url, shots, "waits") as visitor):
        for one in (first, visitor):
            one.upload(portrait)
            one.small(steps=5000)
        first.paint()
        first.previews(2)
        visitor.paint()
        expect(visitor.page.locator("#status p")).to_contain_text("1 person before you")
        visitor.page.goto("about:blank")
        first.page.locator("#stop").click()
        first.finish()
        visitor.page.goto(net.url)
        expect(visitor.page.locator("#stop")).to_be_visible()
        visitor.previews(2)
        visitor.shot("turn")
        visitor.page.locator("#stop").click()
        visitor.finish()
        assert visitor.errors == []
