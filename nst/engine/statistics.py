"""The statistics of a layer's features that make a style: covariance and mean, or Gram matrix."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .products import gram_product, mixed_channels

__all__ = ["gram", "moments"]


def gram(activation: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
    """Gram matrix G = F W F^T / sum(W) of an activation's channels (Gatys et al. 2016, eq. 3).

    Divided by the number of positions, so that pictures of different sizes compare.

    Args:
        activation: (1, C, H, W).
        weight: (1, 1, h, w) of any size, resized to the activation's: how much each position
            counts (Gatys et al. 2017, eq. 4 with T^2 = W); None counts all the same.

    Returns:
        (C, C), float32.
    """
    return moments(activation, weight, centred=False)[:, :-1]


def moments(
    activation: torch.Tensor, weight: torch.Tensor | None = None, centred: bool = True
) -> torch.Tensor:
    """Covariance and mean of an activation's channels, or Gram matrix and mean.

    Features are positive after a ReLU, so a raw Gram matrix G = C + m m^T is mostly the outer
    product of the means and says little of how channels vary together.

    Args:
        activation, weight: as in :func:`gram`.
        centred: whether the matrix is the covariance C or the Gram matrix G.

    Returns:
        (C, C + 1), float32: the matrix, and the mean as its last column.
    """
    flat = activation.flatten(2).squeeze(0)
    if weight is not None:
        size = activation.shape[2], activation.shape[3]
        weight = F.adaptive_avg_pool2d(weight, size).flatten()
        # A region too small to hold a position has no statistics: the floor keeps them at 0.
        weight = weight / weight.sum().clamp_min(1e-3)
    return _Moments.apply(flat, weight, centred)


class _Moments(torch.autograd.Function):
    """(F - m) W (F - m)^T and m = F w of a (C, N) matrix F and (N,) weights w that sum to 1.

    The mean is subtracted before the product: as G - m m^T a covariance would be lost in bfloat16's
    rounding. The deviations sum to 0, so the covariance's gradient does not depend on the mean's.
    It is a single product, (D + D^T)(F - m) W, made in F's memory layout: adding it to
    the network's own gradient is then twice as fast.
    """

    @staticmethod
    def forward(ctx, flat, weight, centred):
        count = flat.shape[1]
        weight = None if weight is None else weight.to(flat.dtype)
        if weight is None:
            mean = flat.sum(1, dtype=torch.float32) / count
        else:
            mean = (flat @ weight).float()
        ctx.centre = mean if centred else torch.zeros_like(mean)
        ctx.save_for_backward(flat, weight)
        deviation = flat - mean.to(flat.dtype)[:, None] if centred else flat
        if weight is None:
            product = gram_product(deviation, deviation).float() / count
        else:
            product = gram_product(deviation * weight, deviation).float()
        return torch.cat((product, mean[:, None]), 1)

    @staticmethod
    def backward(ctx, gradient):
        flat, weight = ctx.saved_tensors
        matrix, offset = gradient[:, :-1] + gradient[:, :-1].T, gradient[:, -1]
        offset = offset - ctx.centre @ matrix
        if weight is None:
            matrix, offset = matrix / flat.shape[1], offset / flat.shape[1]
        result = mixed_channels(matrix.to(flat.dtype), flat, offset.to(flat.dtype))
        return (result if weight is None else result * weight), None, None
