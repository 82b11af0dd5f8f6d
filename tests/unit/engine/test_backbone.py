"""The feature extractors: layers by name, with the real weights, run no further than needed."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nst.engine import backbone
from nst.engine.architectures import layer_names
from nst.engine.backbone import Backbone, _AveragePool2x2, _recomputed
from nst.engine.tensors import to_tensor
from nst.engine.weights import Weights, load
from nst.geometry import resized


@pytest.fixture(scope="module")
def weights():
    return load()


@pytest.fixture(scope="module")
def picture(photo):
    return to_tensor(resized(photo, 96))


def test_layers_are_those_of_the_literature(weights, picture):
    """conv3_2 is what the convolutions up to it and their ReLUs make, done by hand here."""
    x = picture - torch.tensor(weights.mean).view(1, 3, 1, 1)
    for name in ("conv1_1", "conv1_2", "pool", "conv2_1", "conv2_2", "pool", "conv3_1", "conv3_2"):
        if name == "pool":
            x = F.max_pool2d(x, 2, 2)
        else:
            mode = "replicate" if name == "conv1_1" else "constant"
            x = F.relu(F.conv2d(F.pad(x, (1,) * 4, mode=mode), *weights.convs[name]))
    features = Backbone("vgg19", weights, pooling="max").features(picture, ["conv3_2"])
    assert (features["conv3_2"] - x).norm() < 1e-5 * x.norm()


def test_every_layer_has_its_size(weights, picture):
    features = Backbone("vgg19", weights).features(picture, layer_names("vgg19"))
    assert list(features) == list(layer_names("vgg19")) and len(features) == 16
    for name, activation in features.items():
        block = int(name[4])
        channels = (64, 128, 256, 512, 512)[block - 1]
        assert activation.shape == (1, channels, *(side >> (block - 1) for side in (96, 96)))
        assert activation.min() >= 0 and activation.max() > 0


def test_the_network_is_cut_behind_the_deepest_layer_asked_for(weights, picture):
    cut = {name: conv for name, conv in weights.convs.items() if name <= "conv3_1"}
    shallow = Backbone("vgg19", Weights(cut, weights.mean, "cut"))
    assert set(shallow.features(picture, ["conv1_1", "conv3_1"])) == {"conv1_1", "conv3_1"}


def gradient(network, picture):
    """The sums of squares at three layers, and the gradient of them all."""
    x = picture.clone().requires_grad_(True)
    found = network(x, dict.fromkeys(("conv1_1", "conv2_2", "conv4_2"), squares))
    values = {name: sum(strips) for name, strips in found.items()}
    (slope,) = torch.autograd.grad(sum(values.values()), x)
    return {name: value.item() for name, value in values.items()}, slope


def squares(activation, rows):
    return activation.float().square().sum()


@pytest.mark.parametrize("height", [96, 65, 66, 67, 68])
@pytest.mark.parametrize("pooling", ["average", "max"])
def test_recomputing_in_strips_changes_nothing_but_memory(
        monkeypatch, weights, picture, height, pooling):
    network, picture = Backbone("vgg19", weights, pooling=pooling), picture[:, :, :height]
    layers = ["conv1_2", "conv2_2", "conv3_1"]
    wanted, wanted_slope = gradient(network, picture)
    kept = network.features(picture, layers)
    monkeypatch.setattr(backbone, "RECOMPUTE_PIXELS", 0)
    monkeypatch.setattr(backbone, "STRIP_ROWS", 32)
    found, slope = gradient(network, picture)
    assert found == pytest.approx(wanted, rel=1e-6)
    assert (slope - wanted_slope).norm() < 1e-5 * wanted_slope.norm()
    for name, activation in network.features(picture, layers).items():
        assert (activation - kept[name]).norm() < 1e-5 * kept[name].norm()


def test_taps_are_told_which_rows_they_see(monkeypatch, weights, picture):
    monkeypatch.setattr(backbone, "RECOMPUTE_PIXELS", 0)
    monkeypatch.setattr(backbone, "STRIP_ROWS", 32)

    def look(activation, rows):
        assert activation.shape[2] == rows.stop - rows.start
        return rows

    with torch.no_grad():
        found = Backbone("vgg19", weights)(
            picture[:, :, :69], dict.fromkeys(("conv1_1", "conv2_2", "conv3_1"), look))
    assert found == {"conv1_1": [(0, 32, 69), (32, 64, 69), (64, 69, 69)],
                     "conv2_2": [(0, 16, 34), (16, 32, 34), (32, 34, 34)],
                     "conv3_1": [(0, 17, 17)]}


def test_bfloat16_gives_nearly_the_same_and_float32_is_restored(weights, picture):
    exact, rough = (Backbone("vgg19", weights, dtype=dtype)
                    for dtype in (torch.float32, torch.bfloat16))
    layers = ["conv1_1", "conv4_2"]
    wanted = exact.features(picture, layers)
    assert exact.to_float32() is exact
    for network, allowed in ((rough, 0.03), (rough.to_float32(), 0.01)):
        for name, activation in network.features(picture, layers).items():
            off = (activation.float() - wanted[name]).norm() / wanted[name].norm()
            assert off < allowed, name
    assert rough.features(picture, layers)["conv4_2"].dtype == torch.bfloat16


def test_average_pooling_is_smoother_than_max(weights, picture):
    average, most = (Backbone("vgg19", weights, pooling=pooling).features(picture, ["conv2_1"])
                     for pooling in ("average", "max"))
    assert average["conv2_1"].mean() < most["conv2_1"].mean()


def test_alexnet_strides_and_pads(picture):
    shapes = {"conv1": (64, 3, 11), "conv2": (192, 64, 5), "conv3": (384, 192, 3),
              "conv4": (256, 384, 3), "conv5": (256, 256, 3)}
    convs = {name: (torch.randn(o, i, k, k), torch.zeros(o)) for name, (o, i, k) in shapes.items()}
    features = Backbone("alexnet", Weights(convs, (0.5, 0.5, 0.5), "made")).features(picture, convs)
    assert [tuple(a.shape[2:]) for a in features.values()] == [
        (23, 23), (11, 11), (5, 5), (5, 5), (5, 5)]


@pytest.mark.parametrize("size", [(8, 8), (9, 6), (7, 11)])
def test_average_pooling_gives_torchs_gradient(weights, size):
    picture = torch.rand(1, 3, *size, requires_grad=True)
    network = Backbone("vgg19", weights, pooling="average")
    (ours,) = torch.autograd.grad(network(picture, {"conv2_1": squares})["conv2_1"], picture)
    network._pool = F.avg_pool2d
    (theirs,) = torch.autograd.grad(network(picture, {"conv2_1": squares})["conv2_1"], picture)
    assert torch.allclose(ours, theirs, rtol=1e-4, atol=1e-5 * theirs.abs().max())


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("size", [(4, 6), (5, 6), (4, 7), (5, 5)])
def test_average_pooling_by_hand_is_torchs_own(layout, size):
    random = torch.Generator().manual_seed(3)
    x = torch.rand(1, 3, *size, generator=random, dtype=torch.float64)
    x = x.contiguous(memory_format=layout).requires_grad_()
    torch.testing.assert_close(_AveragePool2x2.apply(x), F.avg_pool2d(x, 2))
    assert torch.autograd.gradcheck(_AveragePool2x2.apply, x)


def test_what_is_computed_again_has_its_gradient_whatever_is_asked_for():
    """Results that lie in lists and dictionaries, some of them unused, or without a gradient."""
    x = torch.rand(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(4),
                   requires_grad=True)

    def run(x):
        return x.sin() * x, {"a": [x.exp(), x.square().sum()], "constant": torch.ones(2)}

    def results(x):
        first, found = _recomputed(run, x)
        return first, *found["a"]

    assert torch.autograd.gradcheck(results, x, check_undefined_grad=False)
    first, found = _recomputed(run, x)
    assert torch.equal(first, x.sin() * x) and found["constant"].tolist() == [1, 1]
    used = found["a"][1] + found["constant"].sum()  # nothing else is
    torch.testing.assert_close(torch.autograd.grad(used, x)[0], 2 * x)
    with torch.no_grad():
        assert not _recomputed(run, x)[0].requires_grad


def test_what_is_computed_again_is_not_kept():
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape), lambda t: t):
        _recomputed(lambda x: x.exp().sin().exp().sum(), torch.rand(5, requires_grad=True))
    assert kept == [(5,)]
