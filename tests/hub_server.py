"""A small hub on loopback: models and datasets, as far as huggingface_hub asks for them.

    with Hub() as hub:
        hub.add("datasets/owner/name/Baroque/one.jpg", data)   # models: without "datasets/"
        hub.point(monkeypatch)                                 # huggingface_hub now asks here
        hub.fail("drop")                                       # the next file breaks off half-way

Every file is answered as the real hub answers a large one: a redirect that states the commit and
the sha256, to another host that understands ranges.
"""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

__all__ = ["Hub"]

COMMIT = "c0ffee" + "0" * 34


class Hub:
    """The server; a context manager.

    ``requests``: what was asked for, as in "GET /cdn/... bytes=0-9".
    ``revisions``: the names and commits it knows. ``page``: entries on a page of a listing.
    """

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.revisions = {"main": COMMIT, COMMIT: COMMIT}
        self.page = 1000
        self.closing = threading.Event()
        self._faults: list[str] = []
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Hub:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def add(self, path: str, content: bytes) -> None:
        self.files[path] = content

    def direct(self, path: str) -> str:
        """A file's address without the redirect."""
        return f"{self.url}/cdn/{quote(path)}"

    def point(self, monkeypatch) -> None:
        """Makes huggingface_hub ask here, until the test ends."""
        from huggingface_hub import constants

        monkeypatch.setenv("HF_ENDPOINT", self.url)
        monkeypatch.setattr(constants, "ENDPOINT", self.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE",
                            self.url + "/{repo_id}/resolve/{revision}/{filename}")

    def fail(self, fault: str) -> None:
        """What becomes of the next request for a file: "silent" (no answer) or a status such as
        "503"; or of the next file sent: "drop" (half of it, then the line is cut), "stall"
        (silence after half)."""
        self._faults.append(fault)

    def next_fault(self, sending: bool) -> str:
        """The fault that is due for this step of a request, if any."""
        due = self._faults and (self._faults[0] in ("drop", "stall")) == sending
        return self._faults.pop(0) if due else ""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        # Unquoted part by part: a revision such as refs/pr/1 comes as one part, with %2F in it.
        path, query = url.path.strip("/"), parse_qs(url.query)
        asked = self.headers.get("Range", "")
        self.hub.requests.append(f"{self.command} {self.path} {asked}".strip())
        fault = "" if path.startswith("api/") else self.hub.next_fault(sending=False)
        if fault == "silent":
            self.hub.closing.wait(30)
            self.close_connection = True
        elif fault:
            self._answer(int(fault))
        elif path.startswith("cdn/"):
            self._file(unquote(path[4:]), asked)
        elif path.startswith("api/"):
            self._api(path[4:], query)
        elif "/resolve/" in path:
            repo, _, rest = path.partition("/resolve/")
            revision, _, name = rest.partition("/")
            self._redirect(repo, unquote(revision), f"{repo}/{unquote(name)}")
        else:
            self._answer(404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(404)

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _redirect(self, repo: str, revision: str, path: str) -> None:
        if not any(known.startswith(repo + "/") for known in self.hub.files):
            self._answer(404, X_Error_Code="RepoNotFound")
        elif revision not in self.hub.revisions:
            self._answer(404, X_Error_Code="RevisionNotFound")
        elif path not in self.hub.files:
            self._answer(404, X_Error_Code="EntryNotFound")
        else:
            file = self.hub.files[path]
            # "localhost" is another host than 127.0.0.1, as the real hub's storage is.
            self._answer(302, Location=f"http://localhost:{self.hub.port}/cdn/{quote(path)}",
                         X_Repo_Commit=self.hub.revisions[revision],
                         X_Linked_Etag=f'"{_sha256(file)}"', X_Linked_Size=str(len(file)))

    def _file(self, path: str, asked: str) -> None:
        if path not in self.hub.files:
            self._answer(404)
            return
        file = self.hub.files[path]
        start, stop = 0, len(file)
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, stop = int(first), min(int(last or stop - 1) + 1, stop)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(file)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(stop - start))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{_sha256(file)}"')
        self.end_headers()
        if self.command == "HEAD":
            return
        fault = self.hub.next_fault(sending=True)
        try:
            self.wfile.write(file[start:start + (stop - start) // 2 if fault else stop])
            self.wfile.flush()
        except ConnectionError:  # the client gave up
            fault = "drop"
        if fault == "stall":
            self.hub.closing.wait(30)
        self.close_connection = bool(fault)

    def _api(self, path: str, query: dict[str, list[str]]) -> None:
        kind, *rest = map(unquote, path.split("/"))
        if kind not in ("models", "datasets") or len(rest) < 2:
            self._answer(404)
            return
        owner, name, *more = rest
        prefix = ("datasets/" if kind == "datasets" else "") + f"{owner}/{name}/"
        paths = sorted(key.removeprefix(prefix) for key in self.hub.files
                       if key.startswith(prefix))
        revision = more[1] if len(more) > 1 else "main"
        if not paths:
            self._answer(404, X_Error_Code="RepoNotFound")
        elif revision not in self.hub.revisions:
            self._answer(404, X_Error_Code="RevisionNotFound")
        elif more[:1] == ["tree"]:
            self._tree(prefix, paths, "/".join(more[2:]), query)
        else:
            self._json({"id": f"{owner}/{name}", "sha": self.hub.revisions[revision],
                        "private": False, "tags": [], "downloads": 0, "likes": 0,
                        "siblings": [{"rfilename": path} for path in paths]})

    def _tree(self, prefix: str, paths: list[str], folder: str,
              query: dict[str, list[str]]) -> None:
        inside = folder + "/" if folder else ""
        recursive = query.get("recursive", ["false"])[0].lower() in ("true", "1")
        entries: dict[str, dict] = {}
        for path in paths:
            if not path.startswith(inside):
                continue
            parts = path.removeprefix(inside).split("/")
            for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
                folder_path = inside + "/".join(parts[:depth])
                entries[folder_path] = {"type": "directory", "path": folder_path, "size": 0,
                                        "oid": hashlib.sha1(folder_path.encode()).hexdigest()}
            if recursive or len(parts) == 1:
                file = self.hub.files[prefix + path]
                entries[path] = {"type": "file", "path": path, "size": len(file),
                                 "oid": _sha256(file)[:40],
                                 "lfs": {"oid": _sha256(file), "size": len(file),
                                         "pointerSize": 100}}
        if folder and not entries:
            self._answer(404, X_Error_Code="EntryNotFound")
            return
        at = int(query.get("cursor", ["0"])[0])
        rows = list(entries.values())
        headers = {}
        if at + self.hub.page < len(rows):
            flat = "&".join(f"{key}={values[0]}" for key, values in query.items()
                            if key != "cursor")
            here = f"{self.hub.url}{urlsplit(self.path).path}?{flat}"
            headers["Link"] = f'<{here}&cursor={at + self.hub.page}>; rel="next"'
        self._json(rows[at:at + self.hub.page], **headers)

    def _json(self, value, **headers: str) -> None:
        self._answer(200, json.dumps(value).encode(), Content_Type="application/json", **headers)

    def log_message(self, *_) -> None:
        pass


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
