"""What an open studio adds to Gradio: refusals in plain words, no errands, a prompt end."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import NoReturn

import gradio as gr
from fastapi import Request
from fastapi.responses import JSONResponse
from gradio import processing_utils
from gradio.tunneling import CURRENT_TUNNELS

from .job import CANNOT_STORE

__all__ = [
    "BUSY", "NO_ADDRESSES", "SESSIONS", "fetch_nothing", "leave", "refusals", "wait_for_the_end",
]

log = logging.getLogger("studio")

# Gradio keeps the page's state for each visitor and each call from a program, and lets go of the
# one that was not used for longest. A session takes 0.2 MB (measured), its job a few more.
SESSIONS = 100
BUSY = "Too many people are waiting; please try again in a minute."
NO_ADDRESSES = "This studio fetches nothing from an address; upload the picture itself."


def fetch_nothing() -> None:
    """Make Gradio refuse an http(s) address given in place of a file.

    Gradio would fetch it before any code of ours sees it; there is no setting for that. It keeps
    away from private addresses itself, but the rest of the internet could be asked from here.
    """
    async def refuse(*_, **__):
        raise gr.Error(NO_ADDRESSES, print_exception=False)

    processing_utils.async_ssrf_protected_download = refuse  # what every component calls
    processing_utils.async_ssrf_protected_get = refuse


def refusals() -> dict:
    """For FastAPI: what is said where Gradio would answer in its own words or not at all."""
    async def busy(request: Request, error: Exception) -> JSONResponse:
        # At 503 a page of Gradio's shows words of its own and at anything else the server's; its
        # client in Python knows a full queue by 503 alone. Only pages name their origin.
        status = 429 if "origin" in request.headers else 503
        return _said(BUSY, status, {"Retry-After": "60"})

    async def full(request: Request, error: Exception) -> JSONResponse:
        log.error("%s: %s", request.url.path, error)
        return _said(CANNOT_STORE, 507)

    return {503: busy, OSError: full}


def wait_for_the_end() -> None:
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


def leave() -> NoReturn:
    """End the process in the middle of a painting.

    The interpreter's own way out stops torch's thread in the middle of a step, and the C++ runtime
    answers that with an abort.
    """
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _said(sentence: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    # Programs read the one, Gradio's page the other.
    return JSONResponse({"detail": sentence, "error": sentence}, status, headers)
