"""Convolutions as two thinner ones: the right product, and much the same features."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nst.engine.backbone import Backbone
from nst.engine.convolutions import (
    RANKS,
    LowRankConvolution,
    Projection,
    low_rank_kernels,
    projections,
    ranks,
)
from nst.engine.stylize import load_backbone
from nst.engine.tensors import to_tensor
from nst.engine.weights import load
from nst.geometry import resized
from nst.settings import Settings
from tools.fit_low_rank import regression

from .test_convolution import assert_equal, with_slope


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
