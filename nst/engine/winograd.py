"""3 by 3 convolutions in float32 on a CPU by Winograd's method (Lavin & Gray 2016).

It takes a fourth to a third of the multiplications. oneDNN no longer has it for x86, but NNPACK,
inside torch's CPU wheels, does.
"""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F

__all__ = ["winograd", "winograd_available", "winograd_wins"]

# NNPACK wins from maps of this shorter side on (two AVX2 cores, milliseconds, NNPACK against
# oneDNN, 256 channels to 96: 2.3 / 2.2 at 32 px, 3.4 / 4.9 at 48, 5.0 / 8.3 at 64, 17 / 34 at 128).
_MIN_SIDE = 40
# NNPACK's buffers hold 7 bytes for every value that goes in or out, until the thread ends: 84 MB
# for so many. A larger map is computed in strips (12 % slower there).
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


def winograd_wins(x: torch.Tensor, kernel: torch.Tensor) -> bool:
    """Whether it can and should convolve x (1, in, H, W) with a kernel (out, in, k, k).

    It follows from flags and shapes and never from a timing: the same machine always paints the
    same.
    """
    return (x.is_cpu and x.dtype == torch.float32 and kernel.shape[2:] == (3, 3)
            and min(x.shape[2:]) >= _MIN_SIDE and winograd_available())


def winograd(
    x: torch.Tensor, kernel: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """kernel * x + bias, padded by 1: x (1, in, H, W) to (1, out, H, W), in strips where large.

    All are contiguous (NCHW), float32, on the CPU; without gradient.
    """
    _, channels, height, width = x.shape
    rows = _LARGEST_STRIP // (width * (channels + len(kernel))) // _TILE * _TILE
    rows = max(rows, 2 * _TILE)
    if rows >= height:
        return torch._nnpack_spatial_convolution(x, kernel, bias, (1, 1))
    result = x.new_empty(1, len(kernel), height, width)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        strip = x[:, :, max(0, top - 1):bottom + 1]
        if top == 0 or bottom == height:  # a row of the zero padding
            strip = F.pad(strip, (0, 0, int(top == 0), int(bottom == height)))
        result[:, :, top:bottom] = torch._nnpack_spatial_convolution(
            strip.contiguous(), kernel, bias, (0, 1))
    return result
