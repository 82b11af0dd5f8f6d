"""What the environment says of proxies does not keep a program from starting."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from nst.proxies import tame
from tests.conftest import EXAMPLES


def test_loopback_passes_by_every_proxy():
    environment = {"NO_PROXY": "intranet, 127.0.0.1", "HTTP_PROXY": "http://127.0.0.1:9"}
    assert tame(environment) == ""
    assert environment["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"
    assert environment["HTTP_PROXY"] == "http://127.0.0.1:9"
    environment = {"NO_PROXY": "*"}
    tame(environment)
    assert environment["NO_PROXY"] == "*"


def test_a_socks_proxy_without_its_library_is_dropped_with_a_sentence(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    environment = {"ALL_PROXY": "socks5://127.0.0.1:9", "http_proxy": "http://proxy:3128"}
    assert "ALL_PROXY names a SOCKS proxy" in tame(environment)
    assert "ALL_PROXY" not in environment and environment["http_proxy"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    environment = {"ALL_PROXY": "socks5://127.0.0.1:9"}
    assert tame(environment) == "" and environment["ALL_PROXY"]


@pytest.mark.slow
@pytest.mark.parametrize("name, value", [("ALL_PROXY", "socks5://127.0.0.1:9"),
                                         ("HTTP_PROXY", "http://127.0.0.1:9")])
def test_the_app_starts_beside_any_proxy(name, value):
    done = subprocess.run([sys.executable, "app.py", "--help"], cwd=EXAMPLES.parent,
                          env=os.environ | {name: value}, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr
