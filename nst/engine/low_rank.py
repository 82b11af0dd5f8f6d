"""VGG19's convolutions in half of the multiplications: each as two thinner ones.

A 3 by 3 convolution's responses to pictures lie near a subspace: ``outer @ inner`` projects them on
one of a few dozen dimensions, and the projected convolution is one of ``inner @ kernel``, thin, and
one of 1 by 1 pixels, ``outer`` (Zhang et al. 2016, "Accelerating Very Deep Convolutional Networks
for Classification and Detection"). ``python -m tools.fit_low_rank`` has found the subspaces on the
gallery's paintings and portraits.

The features of these pictures differ by .02 to .13 of their spread from the exact network's, which
two blind judges did not see in the results. They saw it with half of these ranks: suns, lamps and
circles were less whole, and colours had violet and green tints (docs/blind.md).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from ..settings import Settings
from .convolution import turned
from .winograd import winograd, winograd_wins

__all__ = ["FILE", "RANKS", "LowRankConvolution", "Projection", "low_rank_kernels", "projections",
           "ranks"]

# Of each convolution's responses; conv1_1, with 3 channels, is cheap and stays as it is, and behind
# conv4_2 the maps are small.
RANKS = {"conv1_2": 32, "conv2_1": 64, "conv2_2": 80, "conv3_1": 96, "conv3_2": 112,
         "conv3_3": 96, "conv3_4": 96, "conv4_1": 160, "conv4_2": 160}

FILE = Path(__file__).with_name("vgg19_low_rank.safetensors")


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
    stored = load_file(FILE)
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
    """Keeps the result alone for the gradient; torch would keep the thin map as well.

    Overwrites the gradient that it is given, as convolution.py's does and for the same reason.
    """

    @staticmethod
    def forward(ctx, x, kernels, bias, by_winograd):
        thin, wide, *ctx.back = kernels
        result = F.conv2d(_thin(x, thin, by_winograd), wide, bias).relu_()
        ctx.save_for_backward(result)
        ctx.by_winograd = by_winograd
        return result

    @staticmethod
    def backward(ctx, gradient):
        [result] = ctx.saved_tensors
        wide, thin = ctx.back
        gradient = gradient.contiguous(memory_format=_layout(ctx.by_winograd))
        torch.ops.aten.threshold_backward(gradient, result, 0, grad_input=gradient)
        return _thin(F.conv2d(gradient, wide), thin, ctx.by_winograd), None, None, None


def _thin(x: torch.Tensor, kernel: torch.Tensor, by_winograd: bool) -> torch.Tensor:
    return winograd(x, kernel) if by_winograd else F.conv2d(x, kernel, padding=1)


def _layout(by_winograd: bool) -> torch.memory_format:
    return torch.contiguous_format if by_winograd else torch.channels_last
