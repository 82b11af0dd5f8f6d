"""Where the server listens, and what it offers."""

from __future__ import annotations

import importlib.util
import re
import socket
from pathlib import Path

import gradio
import pytest
from gradio import http_server

from nst.errors import UserError
from nst.web.server import check_address, light_player, listening_host, mcp_server


def test_an_address_that_cannot_be_listened_on_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} cannot be used"):
            check_address(None, port)
    check_address(None, port)
    for host in ("203.0.113.7", "no-such-host.invalid", "a" * 70 + ".invalid", "[1:2"):
        with pytest.raises(UserError, match="--host"):
            check_address(host, None)
    check_address("0.0.0.0", None)


def test_the_library_for_streams_is_next_to_nothing_and_has_all_that_gradio_imports_of_it():
    assets = Path(gradio.__file__).parent / "templates/frontend/assets"
    [route] = light_player()
    library = assets / Path(route.path).name
    script = route.endpoint(None).body.decode()
    assert len(script) < 200 and library.stat().st_size > 100_000
    imported = {name for file in assets.glob("*.js") for names in re.findall(
        r"import\{([^}]*)\}from\"\./" + re.escape(library.name), file.read_text("utf-8"))
        for name in re.findall(r"(?:^|,)(\w+)", names)}
    assert imported and imported <= set(re.findall(r"no as (\w+)", script))


@pytest.mark.parametrize("flag, variable, host", [
    (None, None, None), ("0.0.0.0", "::", "0.0.0.0"), (None, "localhost", "localhost"),
    ("::1", None, "[::1]"), ("[::1]", None, "[::1]"), ("::", None, "[::]"),
    (None, "::", "[::]"), (None, "[::1]", "[::1]")])
def test_an_ipv6_address_is_given_to_gradio_in_brackets(monkeypatch, flag, variable, host):
    monkeypatch.setattr(http_server, "LOCALHOST_NAME", variable)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "localhost")
    if variable is None:
        monkeypatch.delenv("GRADIO_SERVER_NAME", raising=False)
    else:
        monkeypatch.setenv("GRADIO_SERVER_NAME", variable)
    assert listening_host(flag) == host
    if host and host.startswith("["):
        assert http_server.LOCALHOST_NAME == "127.0.0.1"
        check_address(host, None)


def test_without_the_flag_gradios_own_variable_decides_on_agents(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert mcp_server(True) is True and mcp_server(False) is None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.delenv("GRADIO_MCP_SERVER", raising=False)
    assert mcp_server(False) is None
    with pytest.raises(UserError, match="pip install"):
        mcp_server(True)
    monkeypatch.setenv("GRADIO_MCP_SERVER", "True")
    with pytest.raises(UserError, match="GRADIO_MCP_SERVER"):
        mcp_server(False)
