"""Styles from a data set on a hub (one on loopback): listed, pinned, cached, out of reach."""

import time

import pytest

from nst.errors import UserError
from nst.gallery.library import _loaded, load_presets
from nst.gallery.search import Collection, with_thumbnails
from tests.hub_server import COMMIT, Hub

from .made_folders import opened, picture


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    with Hub() as hub:
        hub.point(monkeypatch)
        for path in ("Impressionism/claude-monet_water-lilies-1919.png", "Impressionism/b.png",
                     "Art_Nouveau_Modern/c.png", "README.md", "deep/er.png/d.png", "Realism/e.txt"):
            hub.add(f"datasets/owner/name/{path}", picture())
        yield hub


def fetched(hub) -> set[str]:
    return {request.split("/cdn/")[1].split()[0].rsplit("/", 1)[1]
            for request in hub.requests if request.startswith("GET /cdn/")}


def test_a_dataset_on_the_hub(hub):
    hub.page = 2  # several pages
    found = opened("hf://datasets/owner/name")
    assert [(p.movement, p.name) for p in found] == [
        ("Art Nouveau", "c"), ("Impressionism", "b"),
        ("Impressionism", "claude-monet_water-lilies-1919")]
    assert found[2].credit == "Claude Monet, Water Lilies, 1919"
    assert fetched(hub) == set()
    chosen = Collection(found).search(movement="Art Nouveau")
    assert [path.exists() for _, path in with_thumbnails(chosen)] == [True]
    assert fetched(hub) == {"c.png"}
    asked = len(hub.requests)
    assert found[0].open().size == (64, 48)
    assert len(hub.requests) == asked  # it is cached


def test_one_movement_alone_is_listed(hub):
    found = opened("hf://datasets/owner/name/Art Nouveau")
    assert [preset.name for preset in found] == ["c"]
    assert not any("Impressionism" in request or "recursive=true" in request.lower()
                   for request in hub.requests)
    with pytest.raises(UserError, match="did you mean Impressionism"):
        load_presets(["hf://datasets/owner/name/Impresionism"])


def test_a_revision_is_kept_to(hub):
    hub.revisions |= {"v1": "1" * 40, "1" * 40: "1" * 40}
    assert {p.folder.commit for p in opened("hf://datasets/owner/name@v1")} == {"1" * 40}
    assert any(f"/tree/{'1' * 40}" in request for request in hub.requests)
    assert {p.folder.commit for p in opened("hf://datasets/owner/name")} == {COMMIT}
    with pytest.raises(UserError, match="revision"):
        load_presets(["hf://datasets/owner/name@v2"])
    with pytest.raises(UserError, match="owner/nothing"):
        load_presets(["hf://datasets/owner/nothing"])


def test_what_was_seen_once_works_without_the_hub(hub, monkeypatch, caplog):
    for address in ("hf://datasets/owner/name", f"hf://datasets/owner/name@{COMMIT}"):
        before = opened(address)
        before[0].open()
        _loaded.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr("huggingface_hub.HfApi.dataset_info", lambda *a, **k: 1 / 0)
            again = opened(address)
            patch.setattr("huggingface_hub.hf_hub_download", lambda *a, **k: 1 / 0)
            assert again == before and again[0].open().size == (64, 48)
    assert caplog.text.count("does not answer") == 1  # a pinned commit need not ask


def test_a_hub_that_does_not_answer_is_one_sentence(hub, monkeypatch):
    monkeypatch.setattr("nst.hub.ANSWER_SECONDS", 0.2)
    preset = opened("hf://datasets/owner/name")[0]
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", lambda *a, **k: time.sleep(60))
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", lambda *a, **k: time.sleep(60))
    with pytest.raises(UserError, match="does not answer"):
        load_presets(["hf://datasets/owner/other"])
    with pytest.raises(UserError, match="does not answer"):
        preset.open()


def test_a_broken_picture_on_the_hub_is_skipped(hub, caplog):
    hub.add("datasets/owner/name/Impressionism/aa.png", picture()[:50])
    found = Collection(opened("hf://datasets/owner/name/Impressionism"))
    assert [preset.name for preset, _ in with_thumbnails(found)] == [
        "b", "claude-monet_water-lilies-1919"]
    assert "aa.png" in caplog.text
