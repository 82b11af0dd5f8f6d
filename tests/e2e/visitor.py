"""A visitor without a browser or a client library: plain HTTP, as curl speaks it."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator

from .conftest import PATIENCE

__all__ = ["Refused", "Visitor", "file_data"]


class Refused(Exception):
    """The server said no; ``status`` is HTTP's, the message is what the server said."""

    def __init__(self, status: int, said: str):
        super().__init__(said)
        self.status = status


class Visitor:
    """Everything one visitor does.

    ``url``: the studio's. ``forwarded``: what a proxy on this machine would tell of the visitor's
    address.
    """

    def __init__(self, url: str, forwarded: str = ""):
        self.url, self._forwarded = url, forwarded
        self._function: int | None = None

    def upload(self, name: str, content: bytes) -> dict:
        """The photo as /stylize takes it."""
        edge = "----nst"
        body = (f"--{edge}\r\nContent-Disposition: form-data; name=\"files\"; "
                f"filename=\"{name}\"\r\n\r\n").encode() + content + f"\r\n--{edge}--\r\n".encode()
        [path] = json.loads(self._send("upload", body, f"multipart/form-data; boundary={edge}"))
        return file_data(path)

    def ask(self, photo: dict, **settings) -> str:
        """Join the queue for a painting; the event to listen to. Raises Refused when it is full."""
        return self._post("call/v2/stylize", {"photo": photo} | settings)["event_id"]

    @contextlib.contextmanager
    def listening(self, event: str) -> Iterator[Iterator[tuple[str, object]]]:
        """What the server tells about the event, as (kind, data); leaving hangs up."""
        with self._open(f"call/stylize/{event}") as stream:
            yield _events(stream)

    def painted(self, event: str) -> bytes:
        """Wait for the finished PNG; raises Refused with what the server said instead."""
        with self.listening(event) as events:
            for kind, data in events:
                if kind == "error":
                    raise Refused(200, str((data or {}).get("error")))
                if kind == "complete":
                    return self.fetch(data[2]["url"])
        raise Refused(0, "the stream ended before the painting was done")

    def cancel(self, event: str) -> None:
        """What a client library's cancel() sends."""
        if self._function is None:
            config = json.loads(self.fetch(f"{self.url}/config"))
            self._function = next(function["id"] for function in config["dependencies"]
                                  if function["api_name"] == "stylize")
        self._post("cancel", {"session_hash": event, "event_id": event,
                              "fn_index": self._function})

    def fetch(self, url: str) -> bytes:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            return response.read()

    def _post(self, path: str, body: dict) -> dict:
        return json.loads(self._send(path, json.dumps(body).encode(), "application/json"))

    def _send(self, path: str, body: bytes, kind: str) -> bytes:
        with self._open(path, body, {"Content-Type": kind}) as response:
            return response.read()

    def _open(self, path: str, body: bytes | None = None, headers: dict | None = None):
        told = {"X-Forwarded-For": self._forwarded} if self._forwarded else {}
        request = urllib.request.Request(f"{self.url}/gradio_api/{path}", body,
                                         (headers or {}) | told)
        try:
            return urllib.request.urlopen(request, timeout=PATIENCE)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            with contextlib.suppress(ValueError, KeyError, TypeError):
                text = json.loads(text)["detail"]
            raise Refused(error.code, text) from None


def file_data(path: str) -> dict:
    """A file on the server, as Gradio's API wants it named."""
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _events(stream) -> Iterator[tuple[str, object]]:
    kind = ""
    for line in stream:
        name, _, value = line.decode().rstrip("\n").partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)
