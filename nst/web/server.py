"""What a public server adds to Gradio: plain errors, no fetching of addresses, a quick exit."""

from __future__ import annotations

import argparse
import errno
import importlib.util
import logging
import os
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import gradio as gr
from fastapi import Request
from fastapi.responses import FileResponse, JSONResponse, Response
from gradio import http_server, processing_utils
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import UserError
from .away import keep_without_page
from .head import describe_page
from .language import language_routes
from .queue import BUSY, QUEUE_SIZE, limit_each_visitor
from .script import page_script
from .service import Service
from .theme import theme
from .uploads import CANNOT_STORE

__all__ = [
    "FAULT", "NO_ADDRESSES", "check_address", "exit_now", "light_player", "listening_host",
    "mcp_server", "refuse_addresses", "serve",
]

log = logging.getLogger("studio")

_HERE = Path(__file__).resolve().parent
_ASSETS = Path(gr.__file__).parent / "templates/frontend/assets"  # what Gradio's page loads

# Gradio keeps the page's state for each visitor and each call from a program, and drops the
# one that was not used for longest. A session takes 0.2 MB (measured), its job a few more.
SESSIONS = 100
# Each picture that is painted holds one, also while a machine of a cluster does the work.
THREADS, CLUSTER_THREADS = 40, 250
MAX_UPLOAD = "100mb"  # a photo of 200 megapixels takes 60
FAULT = "Something went wrong on our side; please try once more."
NO_ADDRESSES = "This studio fetches nothing from an address; upload the picture itself."


def serve(demo: gr.Blocks, args: argparse.Namespace, service: Service,
          opened: Callable[[gr.Blocks], None] = lambda demo: None) -> None:
    """Launch the page with the flags of options.py; return when the process is told to end.

    ``opened``: called once there is a queue.
    """
    if args.share and not args.auth:
        log.warning("sharing without --auth: whoever has the link can use this machine to paint.")
    host = listening_host(args.host)
    check_address(host, args.port)
    mcp = mcp_server(args.mcp)
    refuse_addresses()
    head = service.head()
    describe_page(head)
    demo.queue(max_size=QUEUE_SIZE, default_concurrency_limit=1)
    keep_without_page(demo, service.limits.away)
    limit_each_visitor(demo)
    opened(demo)
    try:
        _, _, link = demo.launch(
            server_name=host, server_port=args.port, share=args.share, auth=args.auth,
            mcp_server=mcp, theme=theme(), favicon_path=head.icon, css_paths=_HERE / "style.css",
            js=page_script(), footer_links=[], show_error=False,
            run_history=False, enable_monitoring=False, ssr_mode=False, pwa=True,
            max_file_size=MAX_UPLOAD, strict_cors=True, prevent_thread_lock=True,
            state_session_capacity=SESSIONS,
            max_threads=CLUSTER_THREADS if args.cluster else THREADS,
            app_kwargs={"exception_handlers": _error_handlers(),
                        "routes": [*service.takeaways.routes, *language_routes(), *_booth_files(),
                                   *light_player()],
                        "middleware": [Middleware(_CompressedPage)]})
    except OSError as error:  # Gradio found no port
        raise UserError("No port could be listened on; give a free one with --port.") from error
    if args.share and not link:
        log.warning("no share link could be made (is the internet reachable from here?); the "
                    "studio goes on locally, and --host 0.0.0.0 opens it to the local network.")
    _wait_for_signal()


def listening_host(host: str | None) -> str | None:
    """The address to listen on, as Gradio wants it: IPv6 in brackets; None: its default.

    ``host``: what --host says; without it GRADIO_SERVER_NAME holds.
    """
    host = host or os.environ.get("GRADIO_SERVER_NAME") or None
    if host is None or ":" not in host:
        return host
    # Gradio looks for a free port on GRADIO_SERVER_NAME, but only by IPv4.
    http_server.LOCALHOST_NAME = "127.0.0.1"
    if host.strip("[]") == "::":
        # Gradio asks its own page at this address, which a proxy could not reach.
        for name in ("NO_PROXY", "no_proxy"):
            os.environ[name] = ",".join(filter(None, (os.environ.get(name), "::")))
    return f"[{host.strip('[]')}]"


def mcp_server(asked: bool) -> bool | None:
    """Gradio's mcp_server: True for --mcp; None leaves it to GRADIO_MCP_SERVER.

    Raises:
        UserError: it is wanted and its package is missing.
    """
    wanted = asked or os.environ.get("GRADIO_MCP_SERVER", "").lower() == "true"
    if wanted and importlib.util.find_spec("mcp") is None:
        raise UserError("To offer the API to agents, install what that needs (pip install "
                        "'gradio[mcp]'), or leave out --mcp and GRADIO_MCP_SERVER.")
    return asked or None


def check_address(host: str | None, port: int | None) -> None:
    """Raise UserError where nothing can listen there: no such address, or a port in use."""
    try:
        [family, kind, protocol, _, address], *_ = socket.getaddrinfo(
            (host or "127.0.0.1").strip("[]"), port or 0, type=socket.SOCK_STREAM)
        with socket.socket(family, kind, protocol) as probe:
            if os.name != "nt":  # there it would take a port that is in use
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        if port and getattr(error, "errno", None) in (errno.EADDRINUSE, errno.EACCES):
            raise UserError(f"Port {port} cannot be used ({reason}); give another one with --port, "
                            "or leave it out.") from None
        raise UserError(f"The address {host} cannot be listened on ({reason}); give one of this "
                        "machine's with --host, or leave it out.") from None


def refuse_addresses() -> None:
    """Make Gradio refuse an http(s) address given in place of a file.

    Gradio would fetch it before any code of ours sees it; there is no setting for that. It keeps
    away from private addresses itself, but the rest of the internet could be asked from here.
    """
    async def refuse(*_, **__):
        raise gr.Error(NO_ADDRESSES, print_exception=False)

    processing_utils.async_ssrf_protected_download = refuse  # what every component calls
    processing_utils.async_ssrf_protected_get = refuse


def _booth_files() -> list[Route]:
    """What a photo booth loads beside the page."""
    return [Route(f"/booth/{name}", lambda _, file=_HERE / name: FileResponse(file))
            for name in ("booth.js", "booth.css")]


def light_player() -> list[Route]:
    """Next to nothing in place of the library for streamed videos, a fifth of the first load.

    Gradio's gallery loads its player, and that the library, which it asks first whether the browser
    can stream. Its functions answer nothing here, which means no. The page streams no video.
    """
    routes = []
    for file in _ASSETS.glob("hls-*.js"):
        names = re.findall(r"(\w+)[,}]", file.read_text("utf-8").rpartition("export{")[2])
        exports = ", ".join(f"no as {name}" for name in names)
        answer = Response(f"const no = () => {{}}; export {{{exports}}};",
                          media_type="text/javascript")
        routes.append(Route(f"/assets/{file.name}", lambda _, answer=answer: answer))
    return routes


def _error_handlers() -> dict:
    """FastAPI's exception handlers, for errors to which Gradio gives its own text or none."""
    async def busy(request: Request, error: Exception) -> JSONResponse:
        # At 503 Gradio's page shows its own words and at any other status the server's; its
        # client in Python knows a full queue by 503 alone. Only pages name their origin.
        status = 429 if "origin" in request.headers else 503
        return _answer(BUSY, status, {"Retry-After": "60"})

    async def enough(request: Request, error: Exception) -> JSONResponse:
        return _answer(str(getattr(error, "detail", BUSY)), 429, {"Retry-After": "60"})

    async def disk_full(request: Request, error: Exception) -> JSONResponse:
        log.error("%s: %s", request.url.path, error)
        return _answer(CANNOT_STORE, 507)

    return {503: busy, 429: enough, OSError: disk_full}


class _CompressedPage:
    """Compresses the page itself to a tenth; Gradio compresses only scripts and styles."""

    def __init__(self, app: ASGIApp):
        self._plain, self._zipped = app, GZipMiddleware(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["type"] == "http" and scope["path"] in ("/", "/config")
        await (self._zipped if page else self._plain)(scope, receive, send)


def _wait_for_signal() -> None:
    """Return when the process is told to end (SIGTERM) or interrupted (Ctrl-C).

    Gradio's own way waits for every open connection first.
    """
    end, numbers = threading.Event(), (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        signal.signal(number, lambda *_: end.set())
    if hasattr(os, "register_at_fork"):  # ZeroGPU's forks are ended by the same signals
        os.register_at_fork(after_in_child=lambda: [signal.signal(number, signal.SIG_DFL)
                                                    for number in numbers])
    end.wait()


def exit_now() -> NoReturn:
    """End the process, also while a picture is being painted.

    The interpreter's own exit stops torch's thread in the middle of a step, and the C++ runtime
    answers that with an abort.
    """
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _answer(sentence: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    # Programs read "detail", Gradio's page reads "error".
    return JSONResponse({"detail": sentence, "error": sentence}, status, headers)
