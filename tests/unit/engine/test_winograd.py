"""NNPACK's Winograd convolutions: chosen where they win, gone without harm, whole after a fork."""

from __future__ import annotations

import os

import pytest
import torch
import torch.nn.functional as F

from nst.engine import convolutions as module
from nst.engine.convolutions import Convolution, winograd, winograd_available, winograd_wins

from .test_convolution import assert_equal, made, needs_winograd, with_slope


@needs_winograd
@pytest.mark.parametrize("size", [(37, 53), (100, 41)])
@pytest.mark.parametrize("strip", [10**9, 1])  # 1: the shortest strips
@pytest.mark.parametrize("with_bias", [True, False])
def test_it_equals_the_convolution(monkeypatch, size, strip, with_bias):
    monkeypatch.setattr(module, "_LARGEST_STRIP", strip)
    x, kernel, bias, _ = made((64, 32), size)
    bias = bias if with_bias else None
    assert_equal([winograd(x, kernel, bias)], [F.conv2d(x, kernel, bias, padding=1)])


@needs_winograd
def test_it_wins_only_for_shapes_and_formats_it_is_fast_for():
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
def test_it_works_after_a_fork():
    """ZeroGPU paints in a forked process, where the threads of NNPACK's pool are gone."""
    x, kernel, bias, _ = made((64, 64), (64, 64))
    before = winograd(x, kernel, bias).numpy()
    child = os.fork()
    if not child:  # compared by numpy: OpenMP, unlike NNPACK, does not survive a fork
        after = winograd(x, kernel, bias).numpy()
        os._exit(0 if (after == before).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
