"""The losses, held against their formulas written out by hand."""

from __future__ import annotations

import pytest
import torch

from nst.engine.losses import (
    ContentLoss,
    ShadingLoss,
    StyleLoss,
    TotalVariation,
    _WeightedSquares,
)
from nst.engine.statistics import gram, moments


def activation(seed: int = 0, size: tuple[int, int] = (6, 8)) -> torch.Tensor:
    return torch.rand((1, 4, *size), generator=torch.Generator().manual_seed(seed))


def test_the_style_loss_ignores_places_and_knows_strength():
    a = activation()
    loss = StyleLoss(moments(a, centred=False)[None], centred=False)
    shuffled = a.flatten(2)[..., torch.randperm(48)].reshape(a.shape)
    assert loss(shuffled) < 1e-10
    assert loss(a * 0) == pytest.approx(1.0)  # nothing at all is 1 off
    expected = (gram(a * 1.1) - gram(a)).square().sum() / gram(a).square().sum()
    assert loss(a * 1.1) == pytest.approx(expected.item(), rel=1e-4)


def test_the_content_loss_knows_places_and_is_relative():
    a, b = activation(), activation(1)
    loss = ContentLoss(a)
    assert loss(a) == 0 and loss(a * 0) == pytest.approx(1.0)
    expected = (b - a).square().mean() / a.square().mean()
    assert loss(b) == pytest.approx(expected.item(), rel=1e-5)
    assert ContentLoss(a * 100)(b * 100) == pytest.approx(expected.item(), rel=1e-5)


def test_content_counts_more_where_the_gain_is():
    a = activation()
    gain = torch.ones(1, 1, 12, 16)  # resized to the activation's 6 x 8
    gain[..., :8] = 5
    left, right = a.clone(), a.clone()
    left[..., :4] += 0.1
    right[..., 4:] += 0.1
    loss = ContentLoss(a, gain)
    assert loss(left) == pytest.approx(5 * loss(right).item(), rel=1e-4)


def test_the_shading_loss_sees_a_dark_eye_and_no_brush_strokes():
    photo = torch.linspace(0.3, 0.6, 64).expand(1, 3, 64, 64).clone()
    face = torch.zeros(1, 1, 64, 64)
    face[..., 16:48, 16:48] = 1
    loss = ShadingLoss(photo, face, side=8)
    assert loss(photo) < 1e-10
    eye, elsewhere, strokes = photo.clone(), photo.clone(), photo.clone()
    eye[..., 24:32, 24:32] -= 0.2
    elsewhere[..., :8, :8] -= 0.2
    strokes[..., ::2] += 0.2
    strokes[..., 1::2] -= 0.2
    assert loss(eye) > 0.1
    assert loss(elsewhere) < 1e-10
    assert loss(strokes) < 0.01 * loss(eye)
    tinted = photo + torch.tensor([0.2, 0.0, -0.2 * 0.299 / 0.114]).view(1, 3, 1, 1)
    assert loss(tinted) < 1e-6  # only light and shade count, not colour


def test_total_variation_is_the_mean_square_step():
    ramp = torch.arange(5.0).expand(1, 3, 4, 5) * 0.1
    assert TotalVariation()(ramp) == pytest.approx(0.01, rel=1e-4)
    assert TotalVariation()(ramp.transpose(2, 3)) == pytest.approx(0.01, rel=1e-4)
    assert TotalVariation()(torch.full((1, 3, 4, 4), 0.7)) == 0


def test_total_variations_gradient_is_its_own():
    picture = torch.rand(1, 3, 7, 9, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(TotalVariation(), picture)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("with_gain", [False, True])
def test_the_content_losss_gradient_is_that_of_the_formula_in_its_maps_layout(layout, with_gain):
    """Adding it to the gradient of the network is then fast."""
    a, target = (activation(seed).double().contiguous(memory_format=layout) for seed in (0, 1))
    gain = activation(2)[:, :1].double() if with_gain else None

    def slope(loss):
        x = a.clone().requires_grad_()
        return torch.autograd.grad(7 * loss(x), x)[0]

    found = slope(lambda x: _WeightedSquares.apply(x, target, gain))
    wanted = slope(lambda x: ((1 if gain is None else gain) * (x - target).square()).sum())
    torch.testing.assert_close(found, wanted)
    assert found.is_contiguous(memory_format=layout)
    assert _WeightedSquares.apply(a.bfloat16(), target.bfloat16(), None).dtype == torch.float32
