"""Downloads from the Hugging Face Hub, with a time limit and an error that says what went wrong."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["ANSWER_SECONDS", "HubError", "NotOnHub", "ask", "fetch"]

# Without it huggingface_hub tries an unreachable hub for minutes. Imports included, a program then
# reports it within ten seconds of its start.
ANSWER_SECONDS = 6.0

log = logging.getLogger(__name__)
T = TypeVar("T")


class HubError(Exception):
    """Why something could not be fetched, in words that can follow "because"."""


class NotOnHub(HubError):
    """The hub answers and has no such repository, revision or file."""


def ask(request: Callable[[], T], seconds: float | None = None) -> T:
    """The result of ``request()``, which runs in a thread of its own.

    A thread, because the HTTP library's timeout does not cover a name server or proxy that does
    not answer. A request past its time limit goes on in the background; a program that ends does
    not wait for it.

    Args:
        request: anything that asks a server.
        seconds: time limit; ANSWER_SECONDS by default.

    Raises:
        HubError: no answer in time, or ``request`` raised.
    """
    seconds = ANSWER_SECONDS if seconds is None else seconds
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(request())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="hub", daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        raise HubError(f"no answer came within {seconds:.2g} seconds") from error
    # Every exception: huggingface_hub 1 raises httpx's errors, 2 httpx2's, torch.hub urllib's.
    except Exception as error:
        raise _hub_error(error) from error


def fetch(repo: str, filename: str, revision: str, *, repo_type: str = "model",
          sha256: str = "") -> Path:
    """A file in huggingface_hub's cache, downloaded when it is not there yet.

    A cached file is used without a request, also when ``revision`` is a branch that has changed
    since. The download has huggingface_hub's own timeouts and can resume; an incomplete file
    never gets its name in the cache.

    Args:
        repo, filename, revision, repo_type: as in huggingface_hub.
        sha256: the hash that the file must have; "": the one that the hub states.

    Raises:
        HubError: no answer, no such file, another hash, or a cache that cannot be written.
    """
    # Imported here: it takes a while, and the embedded weights and pictures do not need it.
    from huggingface_hub import (
        get_hf_file_metadata,
        hf_hub_download,
        hf_hub_url,
        try_to_load_from_cache,
    )

    where: dict[str, Any] = dict(
        repo_id=repo, filename=filename, repo_type=repo_type, revision=revision)
    cached = try_to_load_from_cache(**where)
    if isinstance(cached, str):
        return Path(cached)
    stated = ask(lambda: get_hf_file_metadata(hf_hub_url(**where))).etag or ""
    if sha256 and stated != sha256:
        raise HubError(f"the hub states another hash for {repo} than the one that is pinned")
    try:
        # In this thread, so that Ctrl-C ends it and huggingface_hub removes the unfinished file.
        path = Path(hf_hub_download(**where))
    except Exception as error:
        raise _hub_error(error) from error
    # The hub names large files by their sha256 (64 digits), small ones by git's hash (40).
    if len(stated) == 64 and _sha256(path) != stated:
        path.resolve().unlink()
        raise HubError("it arrived with another hash than the hub states")
    return path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hub_error(error: Exception) -> HubError:
    """The exception of a request as a HubError that says why it failed."""
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    if isinstance(error, HubError):
        return error
    log.info("a hub's request failed: %r", error)
    if isinstance(error, RevisionNotFoundError):
        return NotOnHub("the hub has no such revision of it (404)")
    if isinstance(error, RepositoryNotFoundError):  # GatedRepoError is one of these
        return NotOnHub("the hub has no public repository of that name (404)")
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None) or getattr(error, "code", None)
    if status == 404:
        return NotOnHub("the hub has no such file (404)")
    if status:
        return HubError(f"the server answered {status}")
    # strerror: a full disk, for instance. RuntimeError: torch.hub's for a wrong hash.
    if reason := getattr(error, "strerror", None) or type(error) is RuntimeError and str(error):
        return HubError(f"of this: {reason}")
    return HubError(f"the connection failed ({type(error).__name__})")
