"""Bytes from a hub: whole files and single tensors of large ones, within a deadline.

Nothing here writes a named file, so that whatever breaks leaves nothing half-written behind.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping
from typing import IO, Any, TypeVar

import torch

__all__ = ["HubError", "download", "read_tensors", "within"]

T = TypeVar("T")

_TICKS = 10  # how finely the silence is counted
_HEADER = 1 << 16  # a VGG's header has 4 KB: one request nearly always gets all of it
_HEADER_LIMIT = 1 << 23
_GAP = 1 << 16  # reading over a gap of this many bytes is cheaper than another request


class HubError(Exception):
    """Why something could not be fetched, in words that can follow "because"."""


def within(deadline: float, work: Callable[[Callable[[], None]], T]) -> T:
    """Runs ``work(beat)`` in a thread; gives up once it is silent for ``deadline`` seconds.

    ``work`` calls ``beat()`` whenever it gets on, so a long download that flows may take as long
    as it needs. A thread of our own because a name server or a proxy that does not answer obeys
    no timeout of the HTTP library's. What was given up ends at its next beat.

    Raises:
        HubError: nothing happened for ``deadline`` seconds.
        Exception: whatever ``work`` raised.
    """
    silent = 0
    given_up = False
    outcome: dict[str, Any] = {}
    done = threading.Event()

    def beat() -> None:
        nonlocal silent
        if given_up:
            raise HubError("it was given up")
        silent = 0

    def run() -> None:
        try:
            outcome["value"] = work(beat)
        except BaseException as error:
            outcome["error"] = error
        done.set()

    threading.Thread(target=run, name="hub", daemon=True).start()
    try:
        # Counted, not read off the clock: a laptop that slept has not been waiting all night.
        while not done.wait(deadline / _TICKS):
            silent += 1
            if silent >= _TICKS:
                raise HubError(f"nothing came for {deadline:.2g} seconds")
    finally:
        given_up = True
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]


def download(url: str, into: IO[bytes], *, beat: Callable[[], None], timeout: float) -> None:
    """The whole of a file, written to ``into``. Raises HubError."""
    _get(url, into.write, beat=beat, timeout=timeout)


def read_tensors(
    repo: str, filename: str, revision: str, shapes: Mapping[str, tuple[int, ...]], *,
    beat: Callable[[], None], timeout: float, sha256: str = "",
) -> tuple[dict[str, torch.Tensor], str]:
    """Single float32 tensors of a .safetensors file on the hub, by range requests.

    Args:
        repo, filename, revision: as in huggingface_hub; HF_ENDPOINT says where the hub is.
        shapes: the tensors wanted, by name, and the shape that each must have.
        beat: see :func:`within`.
        timeout: seconds for each of connecting, sending and receiving; it ends the thread that
            :func:`within` gave up, so it should be longer than the deadline there.
        sha256: the hash that the hub must state for the whole file (its large-file storage keeps
            files by their sha256, so the statement comes with every answer); "": any.

    Returns:
        the tensors, and the commit that they are of. The header and all parts are read at that
        one commit.

    Raises:
        HubError: no answer, a broken connection, no such file, another hash, another network.
    """
    from huggingface_hub import hf_hub_url  # slow to import, and not needed for the embedded VGG19

    def part(start: int, stop: int, at: str) -> tuple[bytearray, Mapping[str, str]]:
        data = bytearray()
        url = hf_hub_url(repo, filename, revision=at)
        headers = _get(url, data.extend, part=(start, stop), beat=beat, timeout=timeout)
        return data, headers

    data, headers = part(0, _HEADER, revision)
    stated = headers.get("x-linked-etag", "").strip('"')
    if sha256 and stated != sha256:
        raise HubError(f"the hub states another hash for {repo} than the one that is pinned")
    commit = headers.get("x-repo-commit", revision)
    size = int.from_bytes(data[:8], "little")
    if size > _HEADER_LIMIT:
        raise HubError(f"{filename} of {repo} is not a safetensors file")
    if 8 + size > len(data):
        data, _ = part(0, 8 + size, commit)
    places = _places(data[8:8 + size], 8 + size, shapes, f"{filename} of {repo}")

    tensors = {}
    for start, stop, names in _runs(places):
        data, _ = part(start, stop, commit)
        if len(data) != stop - start:
            raise HubError("the connection broke")
        for name in names:
            shape = shapes[name]
            tensors[name] = torch.frombuffer(
                data, dtype=torch.float32, count=math.prod(shape), offset=places[name][0] - start,
            ).view(shape)
    return tensors, commit


def _places(header: bytes, base: int, shapes: Mapping[str, tuple[int, ...]],
            what: str) -> dict[str, tuple[int, int]]:
    """Where each tensor begins and ends in the file, checked against its shape."""
    try:
        entries = json.loads(header)
        found = {name: entries[name] for name in shapes}
        good = all(
            entry["dtype"] == "F32" and tuple(entry["shape"]) == shapes[name]
            and entry["data_offsets"][0] % 4 == 0
            and entry["data_offsets"][1] - entry["data_offsets"][0] == 4 * math.prod(shapes[name])
            for name, entry in found.items())
    except (ValueError, KeyError, TypeError, IndexError):
        good = False
    if not good:
        raise HubError(f"{what} holds another network")
    return {name: tuple(base + at for at in entry["data_offsets"])
            for name, entry in found.items()}


def _runs(places: Mapping[str, tuple[int, int]]) -> list[tuple[int, int, list[str]]]:
    """The parts of the file to ask for: neighbours are read together."""
    runs: list[tuple[int, int, list[str]]] = []
    for name, (start, stop) in sorted(places.items(), key=lambda item: item[1]):
        if runs and start - runs[-1][1] <= _GAP:
            first, last, names = runs[-1]
            runs[-1] = first, max(last, stop), [*names, name]
        else:
            runs.append((start, stop, [name]))
    return runs


def _get(url: str, write: Callable[[bytes], Any], *, beat: Callable[[], None], timeout: float,
         part: tuple[int, int] | None = None) -> dict[str, str]:
    """GETs a file or a part of it; the headers of the answer and of the redirects before it."""
    from huggingface_hub import get_session

    # Not build_hf_headers: it makes a request of its own first, and sends the user's token, which
    # public files do not need.
    headers = {"Accept-Encoding": "identity"}
    if part:
        headers["Range"] = f"bytes={part[0]}-{part[1] - 1}"
    beat()
    try:
        with get_session().stream("GET", url, headers=headers, timeout=timeout,
                                  follow_redirects=True) as answer:
            beat()
            if answer.status_code not in (200, 206):
                raise HubError(f"{answer.url.host} answered {answer.status_code} for it")
            if part and not answer.headers.get("content-range", "").startswith(
                    f"bytes {part[0]}-"):
                raise HubError(f"{answer.url.host} did not send the part that was asked for")
            for chunk in answer.iter_raw():
                beat()
                write(chunk)
            seen: dict[str, str] = {}
            for response in (answer, *reversed(answer.history)):
                seen.update({name.lower(): value for name, value in response.headers.items()})
            return seen
    except HubError:
        raise
    # Broad on purpose: huggingface_hub 1 raises httpx's errors and 2 httpx2's, and nothing but
    # the transport stands in this block.
    except Exception as error:
        raise HubError(f"the connection failed ({type(error).__name__})") from error
