"""Backbones from a hub (a small one on loopback): what is fetched, checked and kept."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from nst.engine import checkpoints, fetched, weights
from nst.engine.backbone import layer_names
from tests.hub_server import COMMIT, Hub
from tests.made_weights import alexnet_state, refused, saved

IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
REPOS = {"vgg16": "timm/vgg16.tv_in1k", "vgg19-imagenet": "timm/vgg19.tv_in1k"}


def made_up(start: int, stop: int) -> np.ndarray:
    """The made-up values of a large file, by their number in it: neighbours differ."""
    return (np.arange(start, stop, dtype=np.int64) % 9973).astype(np.float32) / 9973 - 0.5


def add_large(hub: Hub, backbone: str, order=None) -> dict[str, int]:
    """timm's model.safetensors, 575 MB with its classifier, none of which exists: the values are
    made when they are asked for. ``order``: a sort key for the tensors' names; by default as
    safetensors writes them. Returns the number of each tensor's first value."""
    shapes = checkpoints.keys(backbone) | {
        "head.fc.bias": (1000,), "head.fc.weight": (1000, 4096), "pre_logits.fc1.bias": (4096,),
        "pre_logits.fc1.weight": (4096, 512, 7, 7), "pre_logits.fc2.bias": (4096,),
        "pre_logits.fc2.weight": (4096, 4096, 1, 1)}
    entries, first, at = {}, {}, 0
    for name in sorted(shapes, key=order):
        count = math.prod(shapes[name])
        entries[name] = {"dtype": "F32", "shape": shapes[name],
                         "data_offsets": [4 * at, 4 * (at + count)]}
        first[name] = at
        at += count
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    head = len(text).to_bytes(8, "little") + text

    def read(start: int, stop: int) -> bytes:
        begin, end = max(start - len(head), 0), max(stop - len(head), 0)
        values = made_up(begin // 4, -(-end // 4)).tobytes()[begin % 4:][:end - begin]
        return head[start:stop] + values

    hub.add_made(f"{REPOS[backbone]}/model.safetensors", len(head) + 4 * at, read, "5" * 64)
    return first


@pytest.fixture
def hub(monkeypatch):
    """A hub with both large files and AlexNet, to which everything points; vgg16 is not pinned."""
    with Hub() as server:
        server.point(monkeypatch)
        monkeypatch.setitem(fetched._HUB, "vgg16", (REPOS["vgg16"], "main", ""))
        add_large(server, "vgg16")
        data = saved(alexnet_state())
        name = f"alexnet-owt-{hashlib.sha256(data).hexdigest()[:8]}.pth"
        server.add(name, data)
        monkeypatch.setattr(fetched, "_alexnet_url", lambda: server.direct(name))
        monkeypatch.setattr(torch.hub, "get_dir", lambda: "no-such-folder")
        yield server


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_only_the_convolutions_are_fetched_and_only_once(hub, tmp_path):
    # Spelled backwards the classifier's tensors come to lie between the convolutions.
    first = add_large(hub, "vgg19-imagenet", order=lambda name: name[::-1])
    loaded = weights.load("vgg19-imagenet", cache_dir=tmp_path)
    assert list(loaded.convs) == list(layer_names("vgg19-imagenet"))
    assert hub.sent < 85e6 < hub.files["timm/vgg19.tv_in1k/model.safetensors"].size
    for name, (place, shape) in checkpoints.layout("vgg19").items():
        start = first[f"features.{place}.weight"]
        expected = torch.from_numpy(made_up(start, start + math.prod(shape))).view(shape)
        if name == "conv1_1":
            expected = expected / IMAGENET_STD
        assert torch.equal(loaded.convs[name][0], expected), name
    assert COMMIT in loaded.source and "timm/vgg19.tv_in1k" in loaded.source

    before = len(hub.requests)
    again = weights.load("vgg19-imagenet", cache_dir=tmp_path)
    assert len(hub.requests) == before
    assert again.source == loaded.source
    assert all(torch.equal(a, b) for name in loaded.convs
               for a, b in zip(loaded.convs[name], again.convs[name], strict=True))


def test_alexnet_is_checked_against_torchvisions_hash(hub, tmp_path):
    loaded = weights.load("alexnet", cache_dir=tmp_path)
    assert list(loaded.convs) == list(layer_names("alexnet"))
    assert torch.equal(loaded.convs["conv5"][0], alexnet_state()["features.10.weight"])
    before = len(hub.requests)
    weights.load("alexnet", cache_dir=tmp_path)
    assert len(hub.requests) == before

    path = next(iter(path for path in hub.files if path.startswith("alexnet")))
    hub.add(path, saved(alexnet_state() | {"features.0.bias": torch.ones(64)}))
    assert "hash" in refused("alexnet", cache_dir=tmp_path / "other")
    assert not files_in(tmp_path / "other")


def test_the_hub_must_state_the_pinned_hash(hub, tmp_path, monkeypatch):
    monkeypatch.setitem(fetched._HUB, "vgg16", (REPOS["vgg16"], "main", "6" * 64))
    assert "another hash" in refused("vgg16", cache_dir=tmp_path)
    assert hub.sent < 100_000 and not files_in(tmp_path)


@pytest.mark.parametrize(("backbone", "fault", "says"), [
    ("vgg16", "drop", "connection"), ("vgg16", "silent", "nothing came"),
    ("vgg16", "404", "404"), ("alexnet", "drop", "connection"),
    ("alexnet", "stall", "nothing came"), ("alexnet", "503", "503")])
def test_a_failed_download_is_one_sentence_and_a_retry_works(hub, tmp_path, backbone, fault, says):
    hub.fail(fault)
    sentence = refused(backbone, cache_dir=tmp_path, deadline=1.0)
    assert says in sentence and backbone in sentence and "vgg19, which is embedded" in sentence
    assert not files_in(tmp_path)
    assert weights.load(backbone, cache_dir=tmp_path).convs
    assert len(files_in(tmp_path)) == 1


def test_a_hub_without_ranges_is_one_sentence(hub, tmp_path):
    hub.fail("whole")
    assert "part" in refused("vgg16", cache_dir=tmp_path)
    assert hub.sent < 100e6


def test_a_break_in_the_middle_of_the_convolutions_leaves_nothing(hub, tmp_path):
    hub.fail("")  # the header comes through
    hub.fail("drop")
    assert "connection" in refused("vgg16", cache_dir=tmp_path)
    assert not files_in(tmp_path)


def test_a_slow_download_that_flows_may_take_longer_than_the_deadline(hub, tmp_path):
    hub.fail("slow")
    began = time.monotonic()
    assert weights.load("alexnet", cache_dir=tmp_path, deadline=1.0).convs
    assert time.monotonic() - began > 1.0  # else this test shows nothing


def test_no_network_is_one_sentence(tmp_path, monkeypatch, hub):
    hub.__exit__()
    sentence = refused("vgg16", cache_dir=tmp_path)
    assert "vgg16" in sentence and "vgg19, which is embedded" in sentence


def test_a_hub_that_swallows_everything_is_given_up_in_time(tmp_path, monkeypatch):
    """A name server that never answers obeys no timeout of the HTTP library's."""
    monkeypatch.setattr("nst.hub._get", lambda *args, **kwargs: time.sleep(5))
    began = time.monotonic()
    assert "nothing came" in refused("vgg16", cache_dir=tmp_path, deadline=0.3)
    assert time.monotonic() - began < 4


def test_another_network_under_the_right_name_is_one_sentence(hub, tmp_path):
    hub.files["timm/vgg16.tv_in1k/model.safetensors"] = add_and_take(hub, "vgg19-imagenet")
    hub.files["timm/vgg19.tv_in1k/model.safetensors"] = hub.files.pop(
        next(path for path in hub.files if path.startswith("alexnet")))
    assert "another network" in refused("vgg16", cache_dir=tmp_path)
    assert "not a safetensors" in refused("vgg19-imagenet", cache_dir=tmp_path)


def add_and_take(hub: Hub, backbone: str):
    add_large(hub, backbone)
    return hub.files[f"{REPOS[backbone]}/model.safetensors"]


def test_a_damaged_copy_is_fetched_again_and_must_be_the_same(hub, tmp_path):
    weights.load("alexnet", cache_dir=tmp_path)
    kept, = files_in(tmp_path)
    whole = kept.read_bytes()
    for damaged in (whole[:-1000], whole[:-1000] + bytes(1000)):
        kept.write_bytes(damaged)
        assert weights.load("alexnet", cache_dir=tmp_path).convs
        assert kept.read_bytes() == whole and files_in(tmp_path) == [kept]


def test_other_weights_than_before_are_refused(hub, tmp_path, monkeypatch):
    weights.load("alexnet", cache_dir=tmp_path)
    kept, = files_in(tmp_path)
    kept.write_bytes(kept.read_bytes()[:-4] + b"abcd")
    data = saved(alexnet_state() | {"features.0.bias": torch.ones(64)})
    name = f"alexnet-owt-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    hub.add(name, data)
    monkeypatch.setattr(fetched, "_alexnet_url", lambda: hub.direct(name))
    assert str(kept) in refused("alexnet", cache_dir=tmp_path)


def test_a_revision_can_be_chosen(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("NST_VGG16_REVISION", "refs/pr/7")
    assert "404" in refused("vgg16", cache_dir=tmp_path)
    hub.revisions |= {"refs/pr/7": "7" * 40, "7" * 40: "7" * 40}
    assert "7" * 40 in weights.load("vgg16", cache_dir=tmp_path).source


def test_the_whole_file_in_huggingface_hubs_cache_is_used_if_its_hash_is_right(hub, tmp_path):
    """As a download of the whole file by other software leaves it."""
    state = {name: torch.full(shape, 0.25) for name, shape in checkpoints.keys("vgg16").items()}
    repo = tmp_path / "models--timm--vgg16.tv_in1k"
    for folder in ("refs", "blobs", f"snapshots/{COMMIT}"):
        (repo / folder).mkdir(parents=True)
    (repo / "refs/main").write_text(COMMIT)
    save_file(state, repo / "blobs/new")
    blob = repo / "blobs" / hashlib.sha256((repo / "blobs/new").read_bytes()).hexdigest()
    (repo / "blobs/new").rename(blob)
    link = repo / f"snapshots/{COMMIT}/model.safetensors"
    link.symlink_to(os.path.relpath(blob, link.parent))
    loaded = weights.load("vgg16", cache_dir=tmp_path)
    assert not hub.requests
    assert (loaded.convs["conv3_3"][0] == 0.25).all()

    for kept in (tmp_path / "nst").iterdir():
        kept.unlink()
    with blob.open("r+b") as file:
        file.seek(-4, os.SEEK_END)
        file.write(b"\0\0\0\0")
    weights.load("vgg16", cache_dir=tmp_path)
    assert hub.requests


def test_a_cache_that_cannot_be_written_does_not_stop_the_work(hub, tmp_path):
    (tmp_path / "nst").write_text("a file where the folder should be")
    assert weights.load("alexnet", cache_dir=tmp_path).convs


def test_torchvision_can_be_imported_beside_any_torch():
    """In a process of its own: what is imported once stays."""
    code = "from nst.engine.fetched import _alexnet_url; print(_alexnet_url())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          cwd=Path(__file__).parents[3])
    assert done.stdout.strip().endswith(".pth"), done.stderr
