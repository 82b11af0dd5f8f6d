"""Each way of computing a convolution equals torch's own, or is as near to it as it promises."""

from __future__ import annotations

import os

import pytest
import torch
import torch.nn.functional as F

from nst.engine import convolutions
from nst.engine.backbone import Backbone
from nst.engine.convolutions import (
    RANKS,
    Convolution,
    LowRankConvolution,
    Projection,
    low_rank_kernels,
    projections,
    ranks,
    winograd,
    winograd_available,
    winograd_wins,
)
from nst.engine.stylize import load_backbone
from nst.engine.tensors import to_tensor
from nst.engine.weights import load
from nst.geometry import resized
from nst.settings import Settings
from tools.fit_low_rank import regression

needs_winograd = pytest.mark.skipif(not winograd_available(), reason="no NNPACK here")


def made(channels: tuple[int, int], size: tuple[int, int]) -> tuple[torch.Tensor, ...]:
    """A map, a kernel, a bias and a gradient of the output.

    The gradient is 0 where the ReLU's decision hangs on rounding.
    """
    random = torch.Generator().manual_seed(1)
    inside, outside = channels
    x = torch.randn(1, inside, *size, generator=random)
    kernel = torch.randn(outside, inside, 3, 3, generator=random) / (9 * inside) ** 0.5
    bias = torch.randn(outside, generator=random)
    gradient = torch.randn(1, outside, *size, generator=random)
    return x, kernel, bias, gradient * (F.conv2d(x, kernel, bias, 1, 1).abs() > 1e-4)


def with_slope(function, x, gradient):
    x = x.clone().requires_grad_()
    result = function(x)
    return result.detach(), torch.autograd.grad(result, x, gradient.clone())[0]


def assert_equal(ours, theirs):
    for mine, wanted in zip(ours, theirs, strict=True):
        assert (mine - wanted).norm() < 1e-4 * wanted.norm()


@pytest.mark.parametrize("low_rank", [False, True])
def test_in_bfloat16_it_equals_torchs_own_to_the_bit(low_rank):
    """The ReLU and its gradient are computed on integers there."""
    x, kernel, bias, gradient = (part.bfloat16() for part in made((16, 24), (10, 12)))
    if low_rank:
        thin, wide = kernel[:8], torch.ones(24, 8, 1, 1).bfloat16() / 8

        def plain(x):
            return F.conv2d(F.conv2d(x, thin, padding=1), wide, bias).relu()

        ours = LowRankConvolution(thin, wide, bias, winograd=True)
    else:
        def plain(x):
            return F.conv2d(x, kernel, bias, 1, 1).relu()

        ours = Convolution(kernel, bias, 1, 1, winograd=True)
    x = x.contiguous(memory_format=torch.channels_last)
    (result, slope), (wanted, wanted_slope) = (
        with_slope(way, x, gradient) for way in (ours, plain))
    assert torch.equal(result, wanted) and 0.2 < (result == 0).float().mean() < 0.8
    assert (slope - wanted_slope).float().norm() < 0.01 * wanted_slope.float().norm()


@needs_winograd
@pytest.mark.parametrize("channels", [(64, 64), (64, 128), (128, 32)])
@pytest.mark.parametrize("size", [(40, 40), (43, 53), (100, 41)])
def test_by_winograd_it_equals_the_convolution(channels, size):
    x, kernel, bias, gradient = made(channels, size)
    chosen = Convolution(kernel, bias, 1, 1, winograd=True)
    ours = with_slope(chosen, x, gradient)
    assert ours[0].is_contiguous()
    assert_equal(ours, with_slope(lambda x: F.conv2d(x, kernel, bias, 1, 1).relu(), x, gradient))
    # channels_last in, as from a layer before it
    again = with_slope(chosen, x.contiguous(memory_format=torch.channels_last), gradient)
    assert all(torch.equal(*pair) for pair in zip(ours, again, strict=True))


@needs_winograd
@pytest.mark.parametrize(("stride", "pad", "winograd", "expected"), [
    (1, 1, True, True), (1, 1, False, False), (2, 1, True, False), (1, 0, True, False)])
def test_winograd_is_used_only_where_it_may_and_can(monkeypatch, stride, pad, winograd, expected):
    seen, own = [], torch._nnpack_spatial_convolution

    def counted(x, *rest):
        seen.append(tuple(x.shape))
        return own(x, *rest)

    monkeypatch.setattr(torch, "_nnpack_spatial_convolution", counted)
    x, kernel, bias, _ = made((64, 64), (40, 40))
    found = Convolution(kernel, bias, stride, pad, winograd=winograd)(x)
    assert bool(seen) == expected
    assert_equal([found], [F.conv2d(x, kernel, bias, stride, pad).relu()])

# NNPACK's Winograd convolutions: chosen where they win, gone without harm, whole after a fork


@needs_winograd
@pytest.mark.parametrize("size", [(37, 53), (100, 41)])
@pytest.mark.parametrize("strip", [10**9, 1])  # 1: the shortest strips
@pytest.mark.parametrize("with_bias", [True, False])
def test_winograd_equals_the_convolution(monkeypatch, size, strip, with_bias):
    monkeypatch.setattr(convolutions, "_LARGEST_STRIP", strip)
    x, kernel, bias, _ = made((64, 32), size)
    bias = bias if with_bias else None
    assert_equal([winograd(x, kernel, bias)], [F.conv2d(x, kernel, bias, padding=1)])


@needs_winograd
def test_winograd_wins_only_for_shapes_and_formats_it_is_fast_for():
    x, kernel, *_ = made((64, 64), (40, 60))
    assert winograd_wins(x, kernel)
    assert not winograd_wins(x[:, :, :39], kernel)  # too small
    assert not winograd_wins(x, kernel[..., :1, :1])
    assert not winograd_wins(x.bfloat16(), kernel.bfloat16())


@pytest.mark.parametrize("fault", ["missing", "refuses", "unavailable"])
def test_without_nnpack_torch_convolves(monkeypatch, fault):
    def refused(*_):
        raise RuntimeError("NNPACK was not initialised")

    if fault == "missing":
        monkeypatch.delattr(torch, "_nnpack_available")
    elif fault == "refuses":
        monkeypatch.setattr(torch, "_nnpack_spatial_convolution", refused)
    else:
        monkeypatch.setattr(torch, "_nnpack_available", lambda: False)
    winograd_available.cache_clear()
    try:
        assert not winograd_available()
        x, kernel, bias, gradient = made((64, 64), (40, 40))
        assert_equal(with_slope(Convolution(kernel, bias, 1, 1, winograd=True), x, gradient),
                     with_slope(lambda x: F.conv2d(x, kernel, bias, 1, 1).relu(), x, gradient))
    finally:
        winograd_available.cache_clear()


@needs_winograd
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # this process has threads
def test_winograd_works_after_a_fork():
    """ZeroGPU paints in a forked process, where the threads of NNPACK's pool are gone."""
    x, kernel, bias, _ = made((64, 64), (64, 64))
    before = winograd(x, kernel, bias).numpy()
    child = os.fork()
    if not child:  # compared by numpy: OpenMP, unlike NNPACK, does not survive a fork
        after = winograd(x, kernel, bias).numpy()
        os._exit(0 if (after == before).all() else 1)
    assert os.waitpid(child, 0)[1] == 0

# Convolutions as two thinner ones: the right product, and much the same features


@pytest.fixture(scope="module")
def weights():
    return load()


@pytest.mark.parametrize("size", [(16, 16), (7, 13), (41, 43)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("winograd", [True, False])
def test_two_thin_convolutions_equal_the_one_of_their_product(size, layout, winograd):
    random = torch.Generator().manual_seed(1)
    kernel = torch.randn(24, 10, 3, 3, generator=random) / 9
    projection = Projection(*(torch.randn(*shape, generator=random)
                              for shape in ((24, 8), (8, 24), (24,))))
    x = torch.randn(1, 10, *size, generator=random).contiguous(memory_format=layout)
    gradient = torch.randn(1, 24, *size, generator=random)
    thin, wide = low_rank_kernels(kernel, projection)
    ours = with_slope(LowRankConvolution(thin, wide, projection.bias, winograd=winograd),
                      x, gradient)
    product = (projection.outer @ projection.inner @ kernel.flatten(1)).view_as(kernel)
    assert_equal(ours, with_slope(
        lambda x: F.conv2d(x, product, projection.bias, padding=1).relu(), x, gradient))


def test_a_convolution_keeps_its_result_alone_for_the_gradient():
    kept = []
    x = torch.randn(1, 8, 16, 16).requires_grad_()
    convolution = LowRankConvolution(torch.randn(4, 8, 3, 3), torch.randn(8, 4, 1, 1),
                                     torch.zeros(8), winograd=False)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape), lambda t: t):
        result = convolution(x)
    assert kept == [result.shape]


def test_the_features_are_much_those_of_the_exact_network(weights, photo):
    picture = to_tensor(resized(photo, 224))
    exact, reduced = (Backbone("vgg19", weights, low_rank=found)
                      for found in (None, projections()))
    wanted, given = (network.features(picture, ["conv1_1", *RANKS]) for network in (exact, reduced))
    assert torch.equal(wanted.pop("conv1_1"), given["conv1_1"])
    for name, activation in wanted.items():
        spread = (activation - activation.mean((2, 3), keepdim=True)).norm()
        # The worst are .13 off; without the bias that was fitted they would be over 1.
        assert (given[name] - activation).norm() < 0.2 * spread, name


def test_the_embedded_network_alone_is_reduced_and_only_where_it_is_asked_for(tmp_path):
    assert ranks(Settings()) == RANKS
    assert ranks(Settings(convolutions="exact")) == {}
    assert ranks(Settings(backbone="vgg16")) == {}
    assert ranks(Settings(weights=str(tmp_path / "own.pth"))) == {}


def test_settings_choose_the_exact_network(weights, photo):
    picture = to_tensor(resized(photo, 96))
    exact = load_backbone(Settings(convolutions="exact", precision="float32"))
    by_hand = Backbone("vgg19", weights, pooling="average")
    found, wanted = (network.features(picture, ["conv3_1"])["conv3_1"]
                     for network in (exact, by_hand))
    assert torch.equal(found, wanted)
    reduced = load_backbone(Settings(precision="float32")).features(picture, ["conv3_1"])
    assert not torch.equal(reduced["conv3_1"], wanted)


def test_a_projection_of_the_right_rank_loses_nothing():
    """Responses that are y = A B z + c, A B of rank 3, are found again; of rank 2 they are not."""
    random = torch.Generator().manual_seed(2)
    given = torch.randn(12, 500, generator=random) + 1
    mix = torch.randn(12, 3, generator=random) @ torch.randn(3, 12, generator=random)
    wanted = mix @ given + torch.randn(12, 1, generator=random)

    def error(rank: int) -> float:
        found = regression(wanted, given, rank)
        made = found.outer @ (found.inner @ given) + found.bias[:, None]
        return float((made - wanted).norm() / wanted.norm())

    assert error(3) < 1e-3
    assert error(2) > 0.05


@pytest.mark.parametrize("size", [(5, 4), (3, 7)])
def test_two_thin_convolutions_have_the_gradient_of_their_result(size):
    random = torch.Generator().manual_seed(6)
    thin, wide, bias, x = (torch.randn(*shape, generator=random, dtype=torch.float64)
                           for shape in ((2, 3, 3, 3), (4, 2, 1, 1), (4,), (1, 3, *size)))
    convolution = LowRankConvolution(thin, wide, bias, winograd=False)
    assert torch.autograd.gradcheck(convolution, x.requires_grad_())
