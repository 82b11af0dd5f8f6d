"""The convolution chosen for a machine and a size equals torch's own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nst.engine.convolutions import Convolution, winograd_available

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
