"""Proxies set in the environment do not keep a program from starting."""

from __future__ import annotations

import http.server
import importlib.util
import os
import subprocess
import sys
import threading

import pytest

from nst.proxies import clean_proxies
from tests.conftest import EXAMPLES


def test_this_machines_own_addresses_use_no_proxy():
    environment = {"NO_PROXY": "intranet, 127.0.0.1", "HTTP_PROXY": "http://127.0.0.1:9"}
    assert clean_proxies(environment) == ""
    assert environment["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    assert environment["HTTP_PROXY"] == "http://127.0.0.1:9"
    environment = {"NO_PROXY": "*"}
    clean_proxies(environment)
    assert environment["NO_PROXY"] == "*"


def test_a_socks_proxy_without_its_library_is_dropped_with_a_sentence(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    environment = {"ALL_PROXY": "socks5://127.0.0.1:9", "http_proxy": "http://proxy:3128"}
    assert "ALL_PROXY names a SOCKS proxy" in clean_proxies(environment)
    assert "ALL_PROXY" not in environment and environment["http_proxy"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    environment = {"ALL_PROXY": "socks5://127.0.0.1:9"}
    assert clean_proxies(environment) == "" and environment["ALL_PROXY"]


@pytest.mark.slow
def test_the_app_starts_whatever_proxies_are_set():
    proxies = {"ALL_PROXY": "socks5://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    done = subprocess.run([sys.executable, "app.py", "--help"], cwd=EXAMPLES.parent,
                          env=os.environ | proxies, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr


class Refusing(http.server.BaseHTTPRequestHandler):
    """A proxy that lets nobody through."""

    def do_CONNECT(self) -> None:
        self.send_response(403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_CONNECT

    def log_message(self, *_) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_one_sentence(scheme, tmp_path):
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "nst", "styles", "--styles", "hf://datasets/owner/name@main"],
            cwd=EXAMPLES.parent, capture_output=True, text=True,
            env=os.environ | {f"{scheme.upper()}_PROXY": f"http://127.0.0.1:{proxy.server_port}",
                              "HF_ENDPOINT": f"{scheme}://hub.example",
                              "HF_HOME": str(tmp_path)})
    finally:
        proxy.shutdown()
        proxy.server_close()
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "The hub does not answer for owner/name" in done.stderr.splitlines()[-1]
