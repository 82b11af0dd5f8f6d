"""A frozen convolution with its ReLU, computed by what is fastest for this machine and size.

On a CPU in float32, 3 by 3 convolutions of large maps are done by Winograd's method (Lavin & Gray
2016), which takes a fourth to a third of the multiplications; oneDNN no longer has it for x86, but
NNPACK, inside torch's CPU wheels, does. Everything else goes to torch's own convolution. What is
chosen follows from flags and shapes and never from a timing: the same machine always paints the
same.
"""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F

__all__ = ["Convolution", "turned", "winograd_available"]

# NNPACK wins from maps of this shorter side on (two AVX2 cores, milliseconds, NNPACK against
# oneDNN: 64 channels at 512 px 73 / 109, 128 at 256 50 / 98, 512 at 64 36 / 91, 256 at 32
# 4.9 / 5.6, 512 at 16 13 / 6.3).
_MIN_SIDE = 32
_MIN_CHANNELS = 16  # the first convolution, with 3, is left to oneDNN
# NNPACK's buffers hold 7 bytes for every value that goes in or out, until the thread ends: 230 MB
# for 64 channels at 512 px. A larger map is computed in strips (12 % slower there).
_LARGEST_STRIP = 12_000_000  # values in and out
_TILE = 6  # rows of a Winograd tile


@functools.cache
def winograd_available() -> bool:
    """Whether this torch has NNPACK and the CPU what it needs (AVX2, caches that it can read)."""
    try:
        if not torch._nnpack_available():
            return False
        torch._nnpack_spatial_convolution(
            torch.zeros(1, 16, 8, 8), torch.zeros(16, 16, 3, 3), None, (1, 1))
    except (AttributeError, RuntimeError):
        return False
    return True


class Convolution:
    """relu(kernel * x + bias), differentiable in x alone.

    Args:
        kernel: (out, in, k, k), on its device and in its dtype. bias: (out,).
        stride, pad: in pixels.
    """

    def __init__(self, kernel: torch.Tensor, bias: torch.Tensor, stride: int, pad: int):
        self.kernel = kernel.to(memory_format=torch.channels_last)
        self.bias = bias
        self._stride, self._pad = stride, pad
        out_channels, in_channels, *size = kernel.shape
        # Beside NNPACK's, activations lie channel by channel (NCHW), not channels_last.
        self._nchw = (size == [3, 3] and stride == 1 and kernel.dtype == torch.float32
                      and kernel.device.type == "cpu")
        self._winograd = (
            self._nchw and pad == 1 and min(out_channels, in_channels) >= _MIN_CHANNELS)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """x (1, in, H, W) to (1, out, h, w)."""
        if self._nchw and min(x.shape[2:]) >= _MIN_SIDE and winograd_available():
            kernel, back = self._nchw_kernels
            if self._winograd:
                return _WinogradReLU.apply(x, kernel, back, self.bias)
            return F.conv2d(x.contiguous(), kernel, self.bias, 1, self._pad).relu_()
        if self._nchw:  # the map may come from NNPACK, and is too small for it from here on
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
        result = _convolved(x.contiguous(), kernel, bias, relu=True)
        # A byte where the result takes four, which nobody needs once the next layer has run.
        ctx.save_for_backward(result <= 0, back)
        return result

    @staticmethod
    def backward(ctx, gradient):
        blocked, back = ctx.saved_tensors
        gradient = gradient.contiguous().masked_fill_(blocked, 0)
        return _convolved(gradient, back, None, relu=False), None, None, None


def _convolved(
    x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None, *, relu: bool
) -> torch.Tensor:
    """x (1, in, H, W) to (1, out, H, W), in horizontal strips where it is large."""
    _, channels, height, width = x.shape
    rows = _LARGEST_STRIP // (width * (channels + len(kernel))) // _TILE * _TILE
    rows = max(rows, 2 * _TILE)
    if rows >= height:
        result = torch._nnpack_spatial_convolution(x, kernel, bias, (1, 1))
        return result.relu_() if relu else result
    result = x.new_empty(1, len(kernel), height, width)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        strip = x[:, :, max(0, top - 1):bottom + 1]
        if top == 0 or bottom == height:  # a row of the zero padding
            strip = F.pad(strip, (0, 0, int(top == 0), int(bottom == height)))
        part = torch._nnpack_spatial_convolution(strip.contiguous(), kernel, bias, (0, 1))
        if relu:
            torch.clamp_min(part, 0, out=result[:, :, top:bottom])
        else:
            result[:, :, top:bottom] = part
    return result
