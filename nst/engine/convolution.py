"""A frozen convolution with its ReLU, computed by what is fastest for this machine and size."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F

from .winograd import winograd, winograd_wins

__all__ = ["Convolution", "turned"]


class Convolution:
    """relu(kernel * x + bias), differentiable in x alone.

    Args:
        kernel: (out, in, k, k), on its device and in its dtype. bias: (out,).
        stride, pad: in pixels.
        winograd: whether Winograd's method may be chosen (winograd.py). What it makes is
            contiguous (NCHW), what torch's own makes channels_last.
    """

    def __init__(
        self, kernel: torch.Tensor, bias: torch.Tensor, stride: int, pad: int, *, winograd: bool
    ):
        self.kernel = kernel.to(memory_format=torch.channels_last)
        self.bias = bias
        self._stride, self._pad = stride, pad
        self._winograd = winograd and (stride, pad) == (1, 1)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """x (1, in, H, W) to (1, out, h, w)."""
        if self._winograd and winograd_wins(x, self.kernel):
            return _WinogradReLU.apply(x.contiguous(), *self._nchw_kernels, self.bias)
        x = x.contiguous(memory_format=torch.channels_last)
        return F.conv2d(x, self.kernel, self.bias, self._stride, self._pad).relu_()

    @functools.cached_property
    def _nchw_kernels(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The kernel, and the one that takes the output's gradient to the input's."""
        return self.kernel.contiguous(), turned(self.kernel).contiguous()


def turned(kernel: torch.Tensor) -> torch.Tensor:
    """The kernel that takes the output's gradient to the input's: by 180 degrees, transposed."""
    return kernel.flip(2, 3).transpose(0, 1)


class _WinogradReLU(torch.autograd.Function):
    """The gradient is a convolution too, with the kernel :func:`turned`.

    It overwrites the gradient that it is given: every consumer of an activation here (the next
    convolution, a pool, a loss) makes one of its own, and a copy would be the largest block of
    the backward pass.
    """

    @staticmethod
    def forward(ctx, x, kernel, back, bias):
        result = winograd(x, kernel, bias).relu_()
        ctx.save_for_backward(result, back)
        return result

    @staticmethod
    def backward(ctx, gradient):
        result, back = ctx.saved_tensors
        gradient = gradient.contiguous()
        torch.ops.aten.threshold_backward(gradient, result, 0, grad_input=gradient)
        return winograd(gradient, back), None, None, None
