"""Files of a hub (a small one on loopback): what is fetched, checked, kept and said."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from nst import hub
from nst.hub import HubError, NotOnHub, ask, fetch
from tests.hub_server import COMMIT, Hub

REPO, CONTENT = "owner/name", bytes(range(256)) * 400


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with Hub() as server:
        server.point(monkeypatch)
        server.add(f"{REPO}/a.bin", CONTENT)
        yield server


def unfinished(folder: Path) -> list[Path]:
    return list(folder.rglob("*.incomplete"))


@pytest.mark.parametrize("revision", ["main", COMMIT])
def test_a_file_is_fetched_once(server, revision):
    path = fetch(REPO, "a.bin", revision)
    assert path.read_bytes() == CONTENT and path.parent.name == COMMIT
    asked = len(server.requests)
    server.revisions["main"] = "f" * 40  # a branch that moves on changes nothing
    assert fetch(REPO, "a.bin", revision) == path
    assert len(server.requests) == asked


def test_a_download_that_breaks_off_goes_on(server, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    server.fail("drop")
    assert fetch(REPO, "a.bin", "main").read_bytes() == CONTENT
    assert sum(request.startswith("GET /cdn/") for request in server.requests) == 2
    assert not unfinished(tmp_path)


def test_a_download_that_cannot_be_finished_leaves_nothing(server, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    for _ in range(99):  # half of what is left, again and again
        server.fail("drop")
    with pytest.raises(HubError, match="connection failed"):
        fetch(REPO, "a.bin", "main")
    assert not unfinished(tmp_path) and not list(tmp_path.rglob("a.bin"))


def test_the_hash_must_be_the_pinned_one(server, tmp_path):
    with pytest.raises(HubError, match="another hash"):
        fetch(REPO, "a.bin", "main", sha256="6" * 64)
    assert not list(tmp_path.rglob("a.bin"))


def test_what_arrives_must_have_the_hash_that_was_stated(server, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.hub_server._sha256", lambda content: "5" * 64)
    with pytest.raises(HubError, match="another hash"):
        fetch(REPO, "a.bin", "main", sha256="5" * 64)
    assert not any(path.stat().st_size == len(CONTENT) for path in tmp_path.rglob("*")
                   if path.is_file())


@pytest.mark.parametrize(("repo", "name", "revision", "says"), [
    ("owner/none", "a.bin", "main", "repository"), (REPO, "none.bin", "main", "file"),
    (REPO, "a.bin", "v9", "revision")])
def test_what_is_not_there_is_told_apart(server, repo, name, revision, says):
    with pytest.raises(NotOnHub, match=f"no .*{says}.*404"):
        fetch(repo, name, revision)


def test_a_hub_that_is_down_says_its_status(server):
    server.fail("503")
    with pytest.raises(HubError, match="503"):
        fetch(REPO, "a.bin", "main")


def test_silence_is_given_up_in_time(server, monkeypatch):
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 0.2)
    server.fail("silent")
    began = time.monotonic()
    with pytest.raises(HubError, match="no answer"):
        fetch(REPO, "a.bin", "main")
    assert time.monotonic() - began < 3


def test_no_server_at_all(server):
    server.__exit__()
    with pytest.raises(HubError, match="connection failed"):
        fetch(REPO, "a.bin", "main")


def test_a_cache_that_cannot_be_written_is_a_reason(server, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "file"))
    with pytest.raises(HubError, match="of this: "):
        fetch(REPO, "a.bin", "main")


def test_a_request_that_was_given_up_holds_no_program_back():
    """A name server that never answers obeys no timeout of the HTTP library's."""
    never = threading.Event()
    with pytest.raises(HubError, match="within 0.1 seconds"):
        ask(never.wait, 0.1)
    asking = [thread for thread in threading.enumerate() if thread.name == "hub"]
    assert asking and all(thread.daemon for thread in asking)
    never.set()
