"""The studio is ended while it paints, finds the disk full, or is asked to fetch an address."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import gradio as gr
import pytest
from gradio import processing_utils
from playwright.sync_api import expect

from nst.web.paint import NOT_PAINTED
from nst.web.server import NO_ADDRESSES, refuse_addresses
from nst.web.uploads import CANNOT_STORE

from .conftest import PATIENCE, running
from .studio_page import StudioPage
from .visitor import Refused, Visitor, file_data

SMALL, ENDLESS = dict(size=128, steps=3), dict(size=128, steps=5000)


@pytest.fixture
def visitor(server) -> Visitor:
    return Visitor(server.url)


@pytest.fixture
def photo(visitor, portrait) -> dict:
    return visitor.upload("selfie.jpg", portrait.read_bytes())


def test_a_server_that_is_ended_while_it_paints_leaves_nothing_and_can_be_started_again(
        tmp_path, portrait):
    for way in (signal.SIGINT, signal.SIGTERM):
        with running(tmp_path) as server:
            visitor = Visitor(server.url)
            photo = visitor.upload("selfie.jpg", portrait.read_bytes())
            with visitor.listening(visitor.ask(photo, **ENDLESS)) as events:
                next(events)
                server.process.send_signal(way)
                server.process.wait(PATIENCE)
        assert server.process.returncode == 0, server.log.read_text()
        assert not server.folder.exists()
        assert "Traceback" not in server.log.read_text()


@contextlib.contextmanager
def full_disk(server) -> Iterator[None]:
    """No file of the server's may get larger than 1,000 bytes: as good as no room, and reversible,
    for root and anybody else. (A write that goes on gets EFBIG in place of ENOSPC.)"""
    resource = pytest.importorskip("resource", reason="there is no such limit on Windows")
    if not hasattr(resource, "prlimit"):
        pytest.skip("only Linux limits another process")
    most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1000, most[1]))
    try:
        yield
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, most)


@contextlib.contextmanager
def no_folder(server) -> Iterator[None]:
    """A file lies where the folder of uploads should: nothing can be written, by root either."""
    away = server.folder.with_name("away")
    server.folder.rename(away)
    server.folder.touch()
    try:
        yield
    finally:
        server.folder.unlink()
        away.rename(server.folder)


@pytest.mark.parametrize("fault, said", [
    (full_disk, CANNOT_STORE),
    (no_folder, "There is no picture file selfie.jpg; choose one that exists."),
])
def test_nothing_can_be_stored_and_then_it_can_again(
        server, visitor, photo, portrait, fault, said):
    before = set(server.folder.glob("nst-*"))
    with fault(server):
        with pytest.raises(Refused) as refused:
            visitor.upload("selfie.jpg", portrait.read_bytes())
        assert str(refused.value) == CANNOT_STORE
        with pytest.raises(Refused) as refused:
            visitor.painted(visitor.ask(photo, **SMALL))
        assert str(refused.value) == said
        assert b"Neural style studio" in visitor.fetch(server.url)
    assert set(server.folder.glob("nst-*")) == before
    assert visitor.painted(visitor.ask(photo, **SMALL))[:4] == b"\x89PNG"


def test_a_full_disk_is_said_in_the_page(browser, server, shots, portrait, example):
    with StudioPage(browser, server.url, shots, "disk") as page:
        page.upload(portrait)
        page.small()
        with full_disk(server):
            page.page.locator("#paint").click()
            expect(page.page.locator("#notice")).to_have_text(CANNOT_STORE)
            expect(page.page.locator("#status")).to_have_text(NOT_PAINTED)
            page.shot("paint")
            with page.page.expect_file_chooser() as chooser:
                page.page.locator("#upload").click()
            chooser.value.set_files(str(portrait))
            expect(page.page.locator("#sending")).to_have_text(CANNOT_STORE)
            page.shot("upload")
            # It is all that is said, once and in words; of an own style Gradio says it, until the
            # next try.
            expect(page.page.locator("#notice").or_(page.page.locator(".toast-body"))).to_be_hidden()
            page.page.get_by_text("Your own style, or a blend").click()
            page.page.locator("#own-style input[type=file]").last.set_input_files(portrait)
            expect(page.page.locator(".toast-message-text")).to_have_text(CANNOT_STORE)
            page.page.locator("#paint").click()
            expect(page.page.locator(".toast-body")).to_be_hidden()
            expect(page.page.locator("#sending")).to_be_hidden()
            expect(page.page.locator("#notice")).to_have_text(CANNOT_STORE)
        page.upload(example)
        expect(page.page.locator("#notice")).to_be_hidden()
        page.paint()
        assert "Done in" in page.finish()


@pytest.fixture
def hits() -> Iterator[list[str]]:
    """A server on this machine that notes what it is asked for: the first entry is its address."""
    asked: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Noting) as web:
        thread = threading.Thread(target=web.serve_forever, args=[0.05])
        thread.start()
        asked.append(f"http://127.0.0.1:{web.server_port}")
        yield asked
        web.shutdown()
        thread.join()


@pytest.mark.parametrize("address", [
    "{here}/secret.png", "http://localhost:1/a.png", "http://[::1]/a.png",
    "http://169.254.169.254/latest/meta-data", "http://192.0.2.1/a.png",
    "https://huggingface.co/a.png",  # Gradio trusts that one whatever it resolves to
])
def test_an_address_is_not_fetched(visitor, hits, address):
    url = address.format(here=hits[0])
    for photo in (file_data(url), file_data(url) | {"url": url}):
        with pytest.raises(Refused, match=NO_ADDRESSES):
            visitor.painted(visitor.ask(photo, **SMALL))
    assert len(hits) == 1


def test_no_component_fetches_an_address(hits, monkeypatch):
    """Gradio would: with the loopback among the hosts it trusts, only what we add refuses."""
    for name in ("async_ssrf_protected_download", "async_ssrf_protected_get"):
        monkeypatch.setattr(processing_utils, name, getattr(processing_utils, name))
    monkeypatch.setattr(processing_utils, "PUBLIC_HOSTNAME_WHITELIST", ["127.0.0.1"])
    fetch = gr.Image().move_resource_to_block_cache
    fetch(f"{hits[0]}/first.png")
    assert hits[1:] == ["/first.png"]
    refuse_addresses()
    with pytest.raises(gr.Error, match=NO_ADDRESSES):
        fetch(f"{hits[0]}/second.png")
    assert hits[1:] == ["/first.png"]
