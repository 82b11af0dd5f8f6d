"""Where the studio listens, and what it says where it cannot start."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import urllib.request

import pytest

from .conftest import PATIENCE, ROOT, running
from .visitor import Visitor


@pytest.fixture
def ipv6() -> None:
    """A machine that listens on ::1; elsewhere a skip, which CI does not take."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        if os.environ.get("NST_REQUIRE_BROWSER") == "1":
            raise
        pytest.skip(f"this machine does not listen on ::1 ({error.strerror})")


@pytest.mark.parametrize("flags, variables, printed", [
    (["--host", "::1"], {}, "http://[::1]:"),
    ([], {"GRADIO_SERVER_NAME": "::", "HTTP_PROXY": "http://127.0.0.1:9"}, "http://[::]:"),
])
def test_the_studio_serves_on_an_ipv6_address(
        ipv6, tmp_path, portrait, flags, variables, printed):
    with running(tmp_path, *flags, url_host="[::1]", **variables) as server:
        visitor = Visitor(server.url)
        photo = visitor.upload("selfie.jpg", portrait.read_bytes())
        assert visitor.painted(visitor.ask(photo, size=128, steps=2))[:4] == b"\x89PNG"
        log = server.log.read_text()
        assert printed in log and "Traceback" not in log


def test_gradios_variable_offers_the_api_to_agents_or_ends_in_one_sentence(tmp_path):
    variables = {"GRADIO_MCP_SERVER": "True"}
    if importlib.util.find_spec("mcp"):
        with running(tmp_path, **variables) as server:
            with urllib.request.urlopen(f"{server.url}/gradio_api/mcp/schema") as schema:
                assert b"stylize" in schema.read()
        return
    ended = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, timeout=PATIENCE, text=True, capture_output=True,
        env=os.environ | variables | {"GRADIO_TEMP_DIR": str(tmp_path)})
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert "pip install 'gradio[mcp]'" in ended.stderr.splitlines()[-1]
