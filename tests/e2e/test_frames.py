"""Inside a frame of another site, as on the Hub, and where the browser blocks all storage."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Frame, expect

from .conftest import PATIENCE, chromium

# What a user can choose in Chromium's settings.
THIRD_PARTIES = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
ALL = {"default_content_setting_values": {"cookies": 2}}
BLOCKED = """() => { try { localStorage.getItem(''); return Object.prototype.toString.call(
    localStorage) != '[object Storage]'; } catch { return true; } }"""


@pytest.fixture
def outside(server) -> Iterator[str]:
    """A page of another site (localhost, where the studio is 127.0.0.1) that frames the studio."""
    html = f"<iframe src='{server.url}' style='width: 100%; height: 96vh'></iframe>".encode()

    class Framing(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Framing) as web:
        thread = threading.Thread(target=web.serve_forever, args=[0.05])
        thread.start()
        yield f"http://localhost:{web.server_port}"
        web.shutdown()
        thread.join()


def user(folder: Path, preferences: dict) -> Path:
    """A browser's profile with these settings."""
    (folder / "Default").mkdir(parents=True)
    (folder / "Default/Preferences").write_text(json.dumps({"profile": preferences}))
    return folder


def paints_and_shares(studio: Frame, photo: Path) -> None:
    """The whole way, with small numbers."""
    expect(studio.locator("#paint")).to_be_enabled()
    with studio.page.expect_file_chooser() as chooser:
        studio.locator("#upload").click()
    chooser.value.set_files(str(photo))
    expect(studio.locator("#status")).to_contain_text("Your photo")
    studio.locator("#advanced button").first.click()
    for label, value in (("Steps", "8"), ("Size", "128")):
        field = studio.get_by_label(f"number input for {label}").or_(
            studio.get_by_label(label, exact=True)).first
        field.fill(value)
        field.press("Tab")
    studio.locator("#paint").click()
    studio.locator("#stop").wait_for()
    expect(studio.locator("#strip img")).to_have_count(1)
    studio.evaluate("navigator.canShare = () => true;"
                    "navigator.share = async what => { window.shared = what; }")
    studio.locator("#share").click()
    studio.wait_for_function("window.shared")


@pytest.mark.parametrize("blocks, framed", [(THIRD_PARTIES, True), (ALL, False)])
def test_with_storage_blocked_all_works_and_a_reload_loses_nothing(
        playwright, server, outside, portrait, shots, tmp_path, blocks, framed):
    with chromium(playwright, profile=user(tmp_path / "profile", blocks)) as browser:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(outside if framed else server.url)
        studio = page.frames[-1]
        assert studio.evaluate(BLOCKED)
        paints_and_shares(studio, portrait)
        page.screenshot(path=shots / f"blocked-{'frame' if framed else 'page'}.png")
        studio.evaluate("location.reload()")
        page.wait_for_timeout(500)
        expect(studio.locator("#strip img")).to_have_count(1)
        expect(studio.locator("#lost-note")).to_be_hidden()
        expect(studio.locator("#photo-note")).to_contain_text("1 face found")
        assert errors == []
