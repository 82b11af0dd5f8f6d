"""The convolution chosen for a machine and a size equals torch's own."""

from __future__ import annotations

import os

import pytest
import torch
import torch.nn.functional as F

from nst.engine import convolution
from nst.engine.convolution import Convolution, winograd_available

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
@pytest.mark.parametrize("size", [(32, 32), (37, 53), (100, 41)])
@pytest.mark.parametrize("strip", [10**9, 1])  # 1: the shortest strips
def test_winograd_equals_the_convolution(monkeypatch, channels, size, strip):
    monkeypatch.setattr(convolution, "_LARGEST_STRIP", strip)
    x, kernel, bias, gradient = made(channels, size)
    chosen = Convolution(kernel, bias, 1, 1)
    ours = with_slope(chosen, x, gradient)
    assert ours[0].is_contiguous()
    assert_equal(ours, with_slope(lambda x: F.conv2d(x, kernel, bias, 1, 1).relu(), x, gradient))
    # channels_last in, as from a layer before it
    again = with_slope(chosen, x.contiguous(memory_format=torch.channels_last), gradient)
    assert all(torch.equal(*pair) for pair in zip(ours, again, strict=True))


def calls(monkeypatch) -> list[tuple[int, ...]]:
    """The shapes that NNPACK is given from now on."""
    seen, own = [], torch._nnpack_spatial_convolution

    def counted(x, *rest):
        seen.append(tuple(x.shape))
        return own(x, *rest)

    monkeypatch.setattr(torch, "_nnpack_spatial_convolution", counted)
    return seen


@needs_winograd
def test_nnpack_is_used_only_for_shapes_and_formats_it_is_fast_for(monkeypatch):
    seen = calls(monkeypatch)
    x, kernel, bias, _ = made((64, 64), (40, 40))
    Convolution(kernel, bias, 1, 1)(x)
    assert len(seen) == 1
    Convolution(kernel, bias, 1, 1)(x[..., :16, :])  # too small
    Convolution(kernel, bias, 2, 1)(x)  # strided
    Convolution(kernel[:, :3].contiguous(), bias, 1, 1)(x[:, :3])  # too few channels
    Convolution(kernel.bfloat16(), bias.bfloat16(), 1, 1)(x.bfloat16())
    assert len(seen) == 1


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
        assert_equal(with_slope(Convolution(kernel, bias, 1, 1), x, gradient),
                     with_slope(lambda x: F.conv2d(x, kernel, bias, 1, 1).relu(), x, gradient))
    finally:
        winograd_available.cache_clear()


@needs_winograd
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # this process has threads
def test_it_works_after_a_fork():
    """ZeroGPU paints in a forked process, where the threads of NNPACK's pool are gone."""
    x, kernel, bias, _ = made((64, 64), (64, 64))
    before = torch._nnpack_spatial_convolution(x, kernel, bias, (1, 1)).numpy()
    child = os.fork()
    if not child:  # compared by numpy: OpenMP, unlike NNPACK, does not survive a fork
        after = torch._nnpack_spatial_convolution(x, kernel, bias, (1, 1)).numpy()
        os._exit(0 if (after == before).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
