"""The networks' layers: how much work they are, and a plan of losses for every size."""

from __future__ import annotations

import math

import pytest
import torch

import nst.engine.stylize
from nst.engine.architectures import ARCHITECTURES, Pool, _vgg, layer_names
from nst.engine.recipe import plan
from nst.engine.stylize import stylize
from nst.engine.weights import Weights, torchvision_models
from nst.settings import Settings


@pytest.mark.parametrize("layers, thousands", [
    (["conv1_1"], 1.728), (["conv3_1"], 112.32), (["conv1_1", "conv4_1"], 241.344),
    (["conv4_2"], 278.208)])
def test_a_layer_takes_the_multiplications_of_those_before_it(layers, thousands):
    assert ARCHITECTURES["vgg19"].multiplications(layers) == pytest.approx(1000 * thousands)


def test_strides_and_pools_leave_fewer_positions():
    alexnet = ARCHITECTURES["alexnet"]
    first = 64 * 3 * 11 * 11 / 16
    assert alexnet.multiplications(["conv1"]) == first
    assert alexnet.multiplications(["conv2"]) == first + 192 * 64 * 5 * 5 / 16 / 4
    with pytest.raises(KeyError, match="conv9"):
        alexnet.multiplications(["conv1", "conv9"])


# What each network's layers are used for


@pytest.mark.parametrize("backbone", ARCHITECTURES)
@pytest.mark.parametrize("quality", ["draft", "standard", "fine"])
@pytest.mark.parametrize("size", [128, 256, 512, 1024, 2048, 4096])
def test_every_plan_names_layers_that_there_are_with_weights_that_sum_to_one(
        backbone, quality, size):
    names = layer_names(backbone)
    for scale in plan(Settings(backbone=backbone, quality=quality, size=size)).scales:
        assert {*scale.style, *scale.content, scale.strokes} <= {*names}
        assert sum(scale.style.values()) == pytest.approx(1) and min(scale.style.values()) > 0
        assert scale.content and min(scale.content.values()) > 0


def test_the_layers_of_a_vgg19s_scales():
    """The deepest layer weighs most where figures are decided; only a draft leaves it out."""
    *scales, last = plan(Settings(size=1024)).scales
    firsts = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
    for scale, weights in zip(scales, [(1, 1, 1, 2)] * 2 + [(4, 3, 2, 2), (8, 4, 2, 1)],
                              strict=True):
        assert scale.style == pytest.approx({name: weight / sum(weights) for name, weight
                                             in zip(firsts, weights, strict=True)})
    assert last.style == pytest.approx({"conv1_1": 8 / 14, "conv2_1": 4 / 14, "conv3_1": 2 / 14})
    assert [scale.content for scale in (*scales, last)] == [
        {"conv4_2": 0.45}, {"conv4_2": 0.45}, {"conv3_3": 1.0}, {"conv4_1": 0.15},
        {"conv3_1": 0.2}]
    *_, before, fast = plan(Settings(size=512, quality="draft")).scales
    assert "conv4_1" in before.style and fast.style == pytest.approx(last.style)
    assert fast.content == {"conv3_1": 0.2}
    assert {scale.strokes for scale in scales} == {"conv3_1"}


@pytest.mark.parametrize("backbone", ARCHITECTURES)
def test_a_position_that_strokes_are_looked_up_at_has_a_side_of_four_pixels(backbone):
    side = 1
    for layer in ARCHITECTURES[backbone].up_to([ARCHITECTURES[backbone].plan.strokes]):
        side *= 2 if isinstance(layer, Pool) else layer.stride
    assert side == 4


@pytest.mark.slow
@pytest.mark.parametrize(("backbone", "model"), [
    ("vgg19", "vgg19"), ("vgg16", "vgg16"), ("alexnet", "alexnet")])
def test_the_layers_are_torchvisions(monkeypatch, backbone, model):
    for layer in torch.nn.Linear, torch.nn.Conv2d:
        monkeypatch.setattr(layer, "reset_parameters", lambda self: None)
    with torch.device("meta"):
        features = getattr(torchvision_models(), model)().features
    for conv in ARCHITECTURES[backbone].convs:
        theirs = features[conv.index]
        assert tuple(theirs.weight.shape) == conv.shape, conv.name
        assert (theirs.stride[0], theirs.padding[0]) == (conv.stride, conv.pad)
        assert isinstance(features[conv.index + 1], torch.nn.ReLU)
    pools = [layer.kernel_size for layer in features if isinstance(layer, torch.nn.MaxPool2d)]
    ours = [layer.size for layer in ARCHITECTURES[backbone].layers if isinstance(layer, Pool)]
    assert ours == pools[:-1]  # nothing is read behind the last
    assert list(ARCHITECTURES[backbone].tensors()) == [
        f"features.{name}" for name in features.state_dict()]


def test_a_network_ends_at_the_deepest_layer_that_is_asked_for():
    vgg19 = ARCHITECTURES["vgg19"]
    assert [getattr(layer, "name", "pool") for layer in vgg19.up_to(["conv2_1", "conv1_1"])] == [
        "conv1_1", "conv1_2", "pool", "conv2_1"]
    assert [conv.name for conv in vgg19.first_block] == ["conv1_1", "conv1_2"]
    with pytest.raises(KeyError, match="conv6_1"):
        vgg19.up_to(["conv6_1", "conv1_1"])


@pytest.mark.parametrize(("size", "quality"), [(128, "draft"), (256, "standard")])
def test_a_new_vgg_paints_with_nothing_but_its_entry(monkeypatch, portrait, canvas, size, quality):
    """Column A of the paper's table, VGG11, with made-up weights."""
    vgg11 = _vgg(1, 1, 2, 2, 2)
    monkeypatch.setitem(ARCHITECTURES, "vgg11", vgg11)
    random = torch.Generator().manual_seed(1)
    convs = {conv.name: (torch.randn(conv.shape, generator=random)
                         * (2 / math.prod(conv.shape[1:])) ** 0.5, torch.zeros(conv.shape[0]))
             for conv in vgg11.convs}
    monkeypatch.setattr(nst.engine.stylize, "load",
                        lambda name, file: Weights(convs, (0.5, 0.5, 0.5), name))
    settings = Settings(size=size, steps=3, quality=quality, precision="float32")
    object.__setattr__(settings, "backbone", "vgg11")
    nst.engine.stylize._backbone.cache_clear()
    *_, last = stylize(portrait.crop((0, 32, 128, 96)), [(canvas, 1.0)], settings)
    nst.engine.stylize._backbone.cache_clear()
    assert last.finished and last.image.size == (size, size // 2)
    assert {name: math.isfinite(value) for name, value in last.losses.items()} == dict.fromkeys(
        ("content", "style", "match", "tv", "shading", "total"), True)
