"""The statistics of a layer's features that make a style: covariance and mean, or Gram matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .products import gram_product, mixed_channels

__all__ = ["Positions", "gram", "moments"]

# Features are centred, weighted and multiplied in parts of this many bytes, so that a part is still
# in the CPU's cache when it is multiplied.
_PART_BYTES = 4 << 20


@dataclass(frozen=True)
class Positions:
    """Which of a layer's positions count, and how much.

    Attributes:
        size: the layer's (h, w).
        rows, columns: the box outside which nothing counts.
        weight: (n,), of the box's positions, row by row.
        total: their sum. They are not divided by it: where all weights are 1 bfloat16 holds them,
            but it would round each 1 / n the same way (the loss was 1 % off).
    """

    size: tuple[int, int]
    rows: slice
    columns: slice
    weight: torch.Tensor
    total: torch.Tensor

    @classmethod
    def of(cls, weight: torch.Tensor, size: tuple[int, int]) -> Positions:
        """Those of a weight (1, 1, h, w) of any size, resized to the layer's ``size``."""
        pooled = F.adaptive_avg_pool2d(weight, size)[0, 0]
        rows, columns = (_extent(pooled.amax(dim) > 0) for dim in (1, 0))
        # A region too small to hold a position has no statistics: the floor keeps them at 0.
        total = pooled.sum().clamp_min(1e-3)
        return cls(size, rows, columns, pooled[rows, columns].flatten(), total)


def _extent(counted: torch.Tensor) -> slice:
    """From the first to the last that counts; one where none does."""
    found = counted.nonzero()
    return slice(int(found[0]), int(found[-1]) + 1) if len(found) else slice(0, 1)


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
    activation: torch.Tensor, weight: torch.Tensor | Positions | None = None, centred: bool = True
) -> torch.Tensor:
    """Covariance and mean of an activation's channels, or Gram matrix and mean.

    Features are positive after a ReLU, so a raw Gram matrix G = C + m m^T is mostly the outer
    product of the means and says little of how channels vary together.

    Args:
        activation: as in :func:`gram`.
        weight: as in :func:`gram`, or its Positions, made once.
        centred: whether the matrix is the covariance C or the Gram matrix G.

    Returns:
        (C, C + 1), float32: the matrix, and the mean as its last column.
    """
    if isinstance(weight, torch.Tensor):
        weight = Positions.of(weight, (activation.shape[2], activation.shape[3]))
    return _Moments.apply(activation, weight, centred)


class _Moments(torch.autograd.Function):
    """(F - m) W (F - m)^T / t and m = F w / t of features F (C, N), weights w (N,) and their sum t.

    The mean is subtracted before the product: as G - m m^T a covariance would be lost in bfloat16's
    rounding. The deviations sum to 0, so the covariance's gradient does not depend on the mean's.
    It is a single product, (D + D^T)(F - m) W / t, made in F's memory layout: adding it to
    the network's own gradient is then twice as fast.
    """

    @staticmethod
    def forward(ctx, activation, positions, centred):
        flat, weight = _counted_features(activation, positions)
        total = flat.shape[1] if positions is None else positions.total
        if weight is None:
            mean = flat.sum(1, dtype=torch.float32) / total
        else:
            mean = (weight[None] @ flat.T)[0].float() / total
        ctx.positions, ctx.centre = positions, mean if centred else torch.zeros_like(mean)
        ctx.save_for_backward(activation)
        centre = ctx.centre.to(flat.dtype)[:, None]
        root = None if weight is None else weight.sqrt()
        product = flat.new_zeros((len(flat), len(flat)), dtype=torch.float32)
        for part in _cache_sized_parts(flat):
            deviation = flat[:, part] - centre
            if root is not None:
                deviation *= root[part]
            product += gram_product(deviation)
        return torch.cat((product / total, mean[:, None]), 1)

    @staticmethod
    def backward(ctx, gradient):
        (activation,), positions = ctx.saved_tensors, ctx.positions
        flat, weight = _counted_features(activation, positions)
        matrix, offset = gradient[:, :-1] + gradient[:, :-1].T, gradient[:, -1]
        offset = offset - ctx.centre @ matrix
        total = flat.shape[1] if positions is None else positions.total
        matrix, offset = (matrix / total).to(flat.dtype), (offset / total).to(flat.dtype)
        inside = torch.empty_like(flat)
        for part in _cache_sized_parts(flat):
            mixed_channels(matrix, flat[:, part], offset, out=inside[:, part])
            if weight is not None:
                inside[:, part] *= weight[part]
        if positions is None or len(positions.weight) == activation[0, 0].numel():
            return inside.view(activation.shape), None, None
        result = torch.zeros_like(activation)
        box = result[..., positions.rows, positions.columns]
        box.copy_(inside.view(box.shape))
        return result, None, None


def _counted_features(
    activation: torch.Tensor, positions: Positions | None
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The features that count, (C, N) in the activation's memory layout, and their weights."""
    if positions is None:
        return activation.flatten(2)[0], None
    box = activation[..., positions.rows, positions.columns]
    layout = torch.contiguous_format if activation.is_contiguous() else torch.channels_last
    flat = box.contiguous(memory_format=layout).flatten(2)[0]
    return flat, positions.weight.to(flat.dtype)


def _cache_sized_parts(flat: torch.Tensor) -> Iterator[slice]:
    """The positions of (C, N) features in parts; on a GPU all at once."""
    channels, count = flat.shape
    length = max(1, _PART_BYTES // (channels * flat.element_size())) if flat.is_cpu else count
    for start in range(0, count, length):
        yield slice(start, start + length)
