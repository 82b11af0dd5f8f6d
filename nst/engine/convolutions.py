"""Frozen convolutions with their ReLU, each computed by what is fastest for machine and size.

Three ways, chosen from flags and shapes and never from a timing, so that the same machine always
paints the same:

- torch's own, with the channels of a position side by side (channels_last);
- Winograd's method in float32 on a CPU (Lavin & Gray 2016), a fourth to a third of the
  multiplications: oneDNN no longer has it for x86, but NNPACK, inside torch's CPU wheels, does;
- VGG19 in half of the multiplications: a 3 by 3 convolution's responses to pictures lie near a
  subspace. ``outer @ inner`` projects them on one of a few dozen dimensions, and the projected
  convolution is one of ``inner @ kernel``, thin, and one of 1 by 1 pixels, ``outer`` (Zhang et al.
  2016, "Accelerating Very Deep Convolutional Networks for Classification and Detection").
  ``python -m tools.fit_low_rank`` has found the subspaces on the gallery's paintings and portraits.
  The features of these pictures differ by .02 to .13 of their spread from the exact network's,
  which two blind judges did not see in the results. They saw it with half of these ranks: suns,
  lamps and circles were less whole, and colours had violet and green tints (docs/blind.md).
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from ..settings import Settings

__all__ = ["LOW_RANK_FILE", "RANKS", "Convolution", "LowRankConvolution", "Projection",
           "low_rank_kernels", "projections", "ranks", "winograd", "winograd_available",
           "winograd_wins"]

class Convolution:
    """relu(kernel * x + bias), differentiable in x alone.

    Args:
        kernel: (out, in, k, k), on its device and in its dtype. bias: (out,).
        stride, pad: in pixels.
        winograd: whether Winograd's method may be chosen . What it makes is
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
        return _ReLU.apply(F.conv2d(x, self.kernel, self.bias, self._stride, self._pad))

    @functools.cached_property
    def _nchw_kernels(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The kernel, and the one that takes the output's gradient to the input's."""
        return self.kernel.contiguous(), turned(self.kernel).contiguous()


def turned(kernel: torch.Tensor) -> torch.Tensor:
    """The kernel that takes the output's gradient to the input's: by 180 degrees, transposed."""
    return kernel.flip(2, 3).transpose(0, 1)


def relu_(x: torch.Tensor) -> torch.Tensor:
    """What is below 0 in x becomes 0, in place."""
    _comparable(x).clamp_min_(0)
    return x


def relu_gradient_(gradient: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
    """The gradient of relu(x) to that of x in place, where relu(x) was ``result``, in its layout.

    Overwritten, because every consumer of an activation here (the next convolution, a pool, a loss)
    makes a gradient of its own, and a copy would be the largest block of the backward pass.
    """
    layout = torch.contiguous_format if result.is_contiguous() else torch.channels_last
    gradient = gradient.contiguous(memory_format=layout)
    slopes = _comparable(gradient)
    torch.ops.aten.threshold_backward(slopes, _comparable(result), 0, grad_input=slopes)
    return gradient


def _comparable(x: torch.Tensor) -> torch.Tensor:
    """The same values, bfloat16 as integers of 16 bits, which are above 0 where it is.

    On a CPU torch turns bfloat16 into float32 and back for a comparison: 5.0 ms against 1.7 for the
    ReLU of 64 channels at 512 px (one core of a Xeon with AVX-512, 29 November).
    """
    return x.view(torch.int16) if x.is_cpu and x.dtype == torch.bfloat16 else x


class _ReLU(torch.autograd.Function):
    """In place, forward and backward."""

    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        ctx.save_for_backward(relu_(x))
        return x

    @staticmethod
    def backward(ctx, gradient):
        return relu_gradient_(gradient, *ctx.saved_tensors)


class _WinogradReLU(torch.autograd.Function):
    """The gradient is a convolution too, with the kernel :func:`turned`."""

    @staticmethod
    def forward(ctx, x, kernel, back, bias):
        result = relu_(winograd(x, kernel, bias))
        ctx.save_for_backward(result, back)
        return result

    @staticmethod
    def backward(ctx, gradient):
        result, back = ctx.saved_tensors
        return winograd(relu_gradient_(gradient, result), back), None, None, None


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


# Of each convolution's responses; conv1_1, with 3 channels, is cheap and stays as it is, and behind
# conv4_2 the maps are small.
RANKS = {"conv1_2": 32, "conv2_1": 64, "conv2_2": 80, "conv3_1": 96, "conv3_2": 112,
         "conv3_3": 96, "conv3_4": 96, "conv4_1": 160, "conv4_2": 160}

LOW_RANK_FILE = Path(__file__).with_name("vgg19_low_rank.safetensors")


class Projection(NamedTuple):
    """Of a convolution's responses y (C, N), without its bias, on rank r: outer @ inner @ y + bias.

    ``outer`` (C, r), ``inner`` (r, C); ``bias`` (C,) takes the place of the convolution's own.
    """

    outer: torch.Tensor
    inner: torch.Tensor
    bias: torch.Tensor


def ranks(settings: Settings) -> dict[str, int]:
    """Of the convolutions that are computed as two thinner ones: RANKS, or none of them.

    The subspaces are those of the embedded weights.
    """
    known = settings.backbone == "vgg19" and not settings.weights
    return RANKS if known and settings.convolutions == "low-rank" else {}


def projections() -> dict[str, Projection]:
    """Those of the embedded VGG19, by the convolution's name, float32."""
    stored = load_file(LOW_RANK_FILE)
    # By numpy: torch's own conversion from float16 fails in sandboxes without /proc/cpuinfo.
    return {name: Projection(*(torch.from_numpy(stored[f"{name}.{field}"].numpy().astype("float32"))
                               for field in Projection._fields)) for name in RANKS}


def low_rank_kernels(
    kernel: torch.Tensor, projection: Projection
) -> tuple[torch.Tensor, torch.Tensor]:
    """The thin kernel (r, in, k, k) and the one (out, r, 1, 1) that follows it, float32."""
    thin = (projection.inner @ kernel.float().flatten(1)).view(-1, *kernel.shape[1:])
    return thin, projection.outer[:, :, None, None]


class LowRankConvolution:
    """relu(wide * thin * x + bias), differentiable in x alone.

    Args:
        thin: (r, in, 3, 3), padded by 1. wide: (out, r, 1, 1). bias: (out,). All on their device
            and in their dtype.
        winograd: as Convolution's, for the thin one.
    """

    def __init__(
        self, thin: torch.Tensor, wide: torch.Tensor, bias: torch.Tensor, *, winograd: bool
    ):
        self._kernels = thin, wide, turned(wide), turned(thin)
        self._bias, self._winograd = bias, winograd
        self._laid_out: dict[bool, tuple[torch.Tensor, ...]] = {}  # those that were needed so far

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """x (1, in, H, W) to (1, out, H, W)."""
        wins = self._winograd and winograd_wins(x, self._kernels[0])
        layout = _layout(wins)
        if wins not in self._laid_out:
            self._laid_out[wins] = tuple(kernel.contiguous(memory_format=layout)
                                         for kernel in self._kernels)
        x = x.contiguous(memory_format=layout)
        return _LowRankReLU.apply(x, self._laid_out[wins], self._bias, wins)


class _LowRankReLU(torch.autograd.Function):
    """Keeps the result alone for the gradient; torch would keep the thin map as well."""

    @staticmethod
    def forward(ctx, x, kernels, bias, by_winograd):
        thin, wide, *ctx.back = kernels
        result = relu_(F.conv2d(_thin(x, thin, by_winograd), wide, bias))
        ctx.save_for_backward(result)
        ctx.by_winograd = by_winograd
        return result

    @staticmethod
    def backward(ctx, gradient):
        [result] = ctx.saved_tensors
        wide, thin = ctx.back
        gradient = relu_gradient_(gradient, result)
        return _thin(F.conv2d(gradient, wide), thin, ctx.by_winograd), None, None, None


def _thin(x: torch.Tensor, kernel: torch.Tensor, by_winograd: bool) -> torch.Tensor:
    return winograd(x, kernel) if by_winograd else F.conv2d(x, kernel, padding=1)


def _layout(by_winograd: bool) -> torch.memory_format:
    return torch.contiguous_format if by_winograd else torch.channels_last
