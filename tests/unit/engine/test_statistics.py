"""Covariance and mean of features, and their gradient, held against plain torch."""

from __future__ import annotations

import pytest
import torch

from nst.engine import statistics
from nst.engine.losses import StyleLoss
from nst.engine.statistics import Positions, Regions, gram, moments
from nst.engine.tensors import strips


def activation(seed: int = 0) -> torch.Tensor:
    return torch.rand((1, 4, 6, 8), generator=torch.Generator().manual_seed(seed))


def test_covariance_and_mean_are_torchs_own():
    a = activation()
    flat = a[0].flatten(1)
    found = moments(a)
    torch.testing.assert_close(found[:, :-1], torch.cov(flat, correction=0))
    torch.testing.assert_close(found[:, -1], flat.mean(1))


def test_a_gram_matrix_is_covariance_and_the_means_outer_product():
    a = activation()
    found = moments(a)
    mean = found[:, -1]
    torch.testing.assert_close(gram(a), found[:, :-1] + torch.outer(mean, mean))


def test_a_weighted_covariance_sees_only_its_region():
    a = activation()
    left = torch.zeros(1, 1, 6, 8)
    left[..., :4] = 1
    torch.testing.assert_close(moments(a, left), moments(a[..., :4]))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_regions_seen_at_once_are_those_seen_one_by_one(layout):
    a = activation().contiguous(memory_format=layout).requires_grad_()
    left = torch.zeros(1, 1, 6, 8)
    left[..., :5] = activation(3)[:, 0, :, :5]
    regions, pull = [left, None, 1 - left], torch.tensor([1.0, 2.0, 3.0])[:, None, None]
    one_by_one = torch.stack([moments(a, region) for region in regions])
    at_once = Regions(regions)(a)
    assert torch.equal(at_once, one_by_one)
    torch.testing.assert_close(*(torch.autograd.grad((found * pull).sum(), a)[0]
                                 for found in (at_once, one_by_one)))


@pytest.mark.parametrize("centred", [False, True])
def test_strips_have_the_moments_and_the_gradient_of_the_whole(centred):
    a = (activation() + 3).requires_grad_()
    below = torch.zeros(1, 1, 6, 8)
    below[..., 4:, :] = activation(3)[:, :1, 4:]  # in the first strip nothing counts
    regions = Regions([None, below], centred)
    whole = regions(a)
    merged = regions.merged([regions.strip(rows.cut(a), rows)
                             for rows, _ in strips(6, rows=2, margin=0, least=1)])
    torch.testing.assert_close(merged, whole)
    pull = torch.rand(whole.shape, generator=torch.Generator().manual_seed(9))
    torch.testing.assert_close(*(torch.autograd.grad((found * pull).sum(), a)[0]
                                 for found in (merged, whole)))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("weighted", ["nowhere", "everywhere", "in a box"])
@pytest.mark.parametrize("centred", [False, True])
def test_the_gradient_is_that_of_the_formula(monkeypatch, centred, weighted, layout):
    monkeypatch.setattr(statistics, "_PART_BYTES", 8 * 4 * 5 * 3)  # 3 rows of the box, then 1
    a = activation().double().contiguous(memory_format=layout).requires_grad_()
    weight = None if weighted == "nowhere" else activation(3)[:, :1].double()
    if weighted == "in a box":
        weight[..., :2, :] = weight[..., 5:] = 0

    def by_hand(a):
        flat = a[0].flatten(1)
        w = torch.ones_like(flat[0]) if weight is None else weight.flatten()
        w = w / w.sum()
        mean = flat @ w
        apart = flat - mean[:, None] if centred else flat
        return torch.cat(((apart * w) @ apart.T, mean[:, None]), 1)

    pull = torch.rand((4, 5), generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    expected, = torch.autograd.grad((by_hand(a) * pull).sum(), a)
    found, = torch.autograd.grad((moments(a, weight, centred).double() * pull).sum(), a)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
    # Adding it to the gradient of the network is then fast.
    assert found.is_contiguous(memory_format=layout)
    torch.testing.assert_close(
        moments(a, weight, centred), by_hand(a).float(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("size", [(48, 48), (50, 46), (37, 53)])
def test_bfloat16_does_not_round_all_weights_one_way(size):
    random = torch.Generator().manual_seed(5)
    a = torch.rand((1, 32, *size), generator=random).bfloat16()
    weight = torch.ones(1, 1, *size)
    weight[..., :9] = 0
    exact = moments(a.float(), weight)
    assert float(moments(a, weight)[:, :-1].trace() / exact[:, :-1].trace()) == pytest.approx(
        1, abs=1.5e-3)


def test_brightness_alone_moves_the_gram_matrix_more_than_the_covariance():
    """Why covariance: a raw Gram matrix is mostly the outer product of the means."""
    a = activation() * 0.1 + 1
    brighter = a + 0.1
    raw = StyleLoss(moments(a, centred=False)[None], centred=False)(brighter)
    covariance_alone = (moments(brighter) - moments(a))[:, :-1].square().sum()
    assert raw > 0.03 and covariance_alone < 1e-9


def test_the_style_loss_is_1_for_each_part_that_is_missing():
    a = activation()
    assert StyleLoss(moments(a)[None])(a) < 1e-10
    assert StyleLoss(moments(a)[None])(a * 0) == pytest.approx(2.0, rel=1e-5)  # covariance and mean


def test_the_gram_matrix_counts_channels_that_occur_together():
    a = activation()
    by_hand = torch.einsum("nchw,ndhw->cd", a, a) / (6 * 8)
    torch.testing.assert_close(gram(a), by_hand)


def test_a_weighted_gram_matrix_sees_only_its_region():
    a = activation()
    left = torch.zeros(1, 1, 6, 8)
    left[..., :4] = 1
    torch.testing.assert_close(gram(a, left), gram(a[..., :4]))
    halved = gram(a, torch.full((1, 1, 12, 16), 0.5))
    torch.testing.assert_close(halved, gram(a))


def test_an_empty_region_has_no_statistics_and_no_infinities():
    assert gram(activation(), torch.zeros(1, 1, 6, 8)).abs().max() == 0


@pytest.mark.parametrize("first_covers", [False, True])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_several_regions_share_the_gradient_of_their_formula(first_covers, layout):
    """Two boxes that overlap, and one in which nothing counts."""
    a = activation().double().contiguous(memory_format=layout).requires_grad_()
    weights = [activation(seed)[:, :1].double() for seed in (3, 4)]
    weights[1][..., :2, :] = weights[1][..., 6:] = 0
    if not first_covers:
        weights[0][..., 4:, :] = 0
    weights.append(torch.zeros_like(weights[0]))

    def by_hand(a, weight):
        flat, w = a[0].flatten(1), weight.flatten() / weight.sum().clamp_min(1e-3)
        mean = flat @ w
        apart = flat - mean[:, None]
        return torch.cat(((apart * w) @ apart.T, mean[:, None]), 1)

    pull = torch.rand((3, 4, 5), generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    wanted = torch.stack([by_hand(a, weight) for weight in weights])
    expected, = torch.autograd.grad((wanted * pull).sum(), a)
    found = Regions(weights)(a)
    torch.testing.assert_close(found, wanted.float())
    slope, = torch.autograd.grad((found.double() * pull).sum(), a)
    torch.testing.assert_close(slope, expected, rtol=1e-4, atol=1e-6)


def test_a_region_that_moves_a_little_keeps_its_box():
    """oneDNN keeps the code for each shape, so that new ones cost memory."""
    activation, boxes = torch.rand(1, 4, 64, 64), set()
    for at in (17, 18, 19):
        weight = torch.zeros(1, 1, 64, 64)
        weight[..., at:at + 20, at:at + 8] = 1
        positions = Positions.of(weight, activation)
        boxes.add((positions.rows.start, positions.rows.stop, positions.columns.start,
                   positions.columns.stop))
        inside = activation[0, :, at:at + 20, at:at + 8].flatten(1)
        torch.testing.assert_close(gram(activation, weight), inside @ inside.T / 160)
    assert boxes == {(16, 40, 16, 28)}


def test_a_region_that_moves_about_has_one_shape():
    activation, shapes = torch.rand(1, 4, 64, 64), set()
    for at in range(44):
        weight = torch.zeros(1, 1, 64, 64)
        weight[..., at:at + 20, at:at + 20] = 1
        shapes.add(tuple(Positions.of(weight, activation).box(activation).shape[1:]))
        inside = activation[0, :, at:at + 20, at:at + 20].flatten(1)
        torch.testing.assert_close(gram(activation, weight), inside @ inside.T / 400)
    assert shapes == {(24, 24)}
