"""The statistics of a layer's features that make a style: covariance and mean, or Gram matrix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .tensors import Rows, extent, rows_of

__all__ = ["Regions", "flat", "gram", "moments"]

# Features are centred, weighted and multiplied in parts of this many bytes, so that a part is still
# in the CPU's cache when it is multiplied.
_PART_BYTES = 4 << 20

# Boxes lie on a grid of so many cells of a side, and are of one of these numbers of cells. Else a
# face that moves has another box in every picture, and oneDNN makes code for each shape and keeps
# it: over 51 pictures of 256 px a process grew from 691 to 923 MB (Xeon with AMX).
SNAPPED, LENGTHS = 16, (1, 2, 3, 4, 6, 8, 10, 12, 16)


@dataclass(frozen=True)
class Positions:
    """Which of a layer's positions count, and how much.

    Attributes:
        rows, columns: the box outside which nothing counts.
        weight: (h, w), of the box's positions, in the activation's dtype; None: all count alike.
        root: their square roots.
        total: their sum. They are not divided by it: where all weights are 1 bfloat16 holds them,
            but it would round each 1 / n the same way (the loss was 1 % off).
    """

    rows: slice
    columns: slice
    weight: torch.Tensor | None
    root: torch.Tensor | None
    total: torch.Tensor

    @classmethod
    def of(cls, weight: torch.Tensor | None, activation: torch.Tensor) -> Positions:
        """Those of an activation with the weight (1, 1, H, W) of its positions."""
        if weight is None:
            total = activation.new_full((), activation[0, 0].numel(), dtype=torch.float32)
            return cls(slice(None), slice(None), None, None, total)
        counts = weight[0, 0]
        rows, columns = map(_snapped, extent(counts), counts.shape)
        inside = counts[rows, columns].to(activation.dtype)
        return cls(rows, columns, inside, inside.sqrt(), counts.sum())

    def box(self, activation: torch.Tensor) -> torch.Tensor:
        """The features that count, (C, h, w), of an activation (1, C, H, W)."""
        return activation[0, :, self.rows, self.columns]


def _snapped(inside: slice, side: int) -> slice:
    """Reaching out to a grid of SNAPPED cells of the ``side``, over one of the LENGTHS."""
    cell = max(1, side // SNAPPED)
    start = inside.start // cell
    needed = -(-inside.stop // cell) - start
    length = cell * next((length for length in LENGTHS if length >= needed), needed)
    start = max(0, min(start * cell, side - length))
    return slice(start, min(side, start + length))


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
    return Regions([weight], centred)(activation)[0]


class Regions:
    """The regions of a picture whose :func:`moments` are wanted, at whatever layer.

    Args:
        weights: of each, as in :func:`gram`.
        centred: as in :func:`moments`.
    """

    def __init__(self, weights: Sequence[torch.Tensor | None] = (None,), centred: bool = True):
        self._weights, self._centred = weights, centred
        # What was asked for so far: the weights at a layer's size; the regions' positions in some
        # of its rows, and the weights' sums there.
        self._sized: dict[tuple[int, int], list[torch.Tensor | None]] = {}
        self._at: dict[tuple, tuple[list[Positions], torch.Tensor]] = {}

    def __call__(self, activation: torch.Tensor) -> torch.Tensor:
        """(regions, C, C + 1) of an activation (1, C, H, W)."""
        return self.merged([self.strip(activation, rows_of(activation))])

    def strip(self, activation: torch.Tensor, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        """What :meth:`merged` needs of some rows of a layer: their moments and weights."""
        size = rows.height, activation.shape[3]
        if size not in self._sized:
            self._sized[size] = [weight if weight is None else F.adaptive_avg_pool2d(weight, size)
                                 for weight in self._weights]
        key = size, rows
        if key not in self._at:
            found = [Positions.of(weight if weight is None else rows.cut(weight), activation)
                     for weight in self._sized[size]]
            self._at[key] = found, torch.stack([positions.total for positions in found])
        positions, totals = self._at[key]
        return _Moments.apply(activation, positions, self._centred), totals

    def merged(self, strips: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        """(regions, C, C + 1) of a layer from all of its strips.

        The covariance within them plus that of their means (Chan et al. 1979).
        """
        if len(strips) == 1:
            return strips[0][0]
        found, totals = map(torch.stack, zip(*strips, strict=True))
        shares = (totals / _divisor(totals.sum(0)))[..., None, None]
        whole = (shares * found).sum(0)
        if not self._centred:
            return whole
        apart = found[..., -1:] - whole[..., -1:]
        between = (shares * apart @ apart.mT).sum(0)
        return torch.cat((whole[..., :-1] + between, whole[..., -1:]), -1)


class _Moments(torch.autograd.Function):
    """(F - m) W (F - m)^T / t and m = F w / t of features F (C, N), weights w (N,) and their sum t.

    The mean is subtracted before the product: as G - m m^T a covariance would be lost in bfloat16's
    rounding. The deviations sum to 0, so the covariance's gradient does not depend on the mean's.
    It is a single product, (D + D^T)(F - m) W / t, made in F's memory layout: adding it to
    the network's own gradient is then twice as fast. All regions share one gradient: each of its
    own would be as large as the features.
    """

    @staticmethod
    def forward(ctx, activation, regions, centred):
        channels = activation.shape[1]
        result = activation.new_empty((len(regions), channels, channels + 1), dtype=torch.float32)
        ctx.regions = regions
        ctx.centres = [_find(activation, positions, centred, found)
                       for positions, found in zip(regions, result, strict=True)]
        ctx.save_for_backward(activation)
        return result

    @staticmethod
    def backward(ctx, gradient):
        (activation,) = ctx.saved_tensors
        result = torch.empty_like(activation)
        is_empty = _covers(ctx.regions[0], activation)
        if not is_empty:
            result.zero_()
        for positions, centre, part in zip(ctx.regions, ctx.centres, gradient, strict=True):
            _add_gradient(result, activation, positions, centre, part, is_empty)
            is_empty = False
        return result, None, None


def _find(
    activation: torch.Tensor, positions: Positions, centred: bool, result: torch.Tensor
) -> torch.Tensor:
    """Put a region's matrix and mean into ``result`` (C, C + 1); what was subtracted, (C,).

    Both are float32.
    """
    box, weight = positions.box(activation), positions.weight
    total = _divisor(positions.total)
    mean = box.new_zeros(len(box), dtype=torch.float32)
    for rows in _cache_sized_parts(box):
        features = flat(box[:, rows])
        mean += (features.sum(1, dtype=torch.float32) if weight is None
                 else (weight[None, rows].flatten(1) @ features.T)[0])
    mean /= total
    centre = mean if centred else torch.zeros_like(mean)
    matrix = box.new_zeros((len(box), len(box)), dtype=torch.float32)
    for rows in _cache_sized_parts(box):
        deviation = flat(box[:, rows]) - centre.to(box.dtype)[:, None]
        if positions.root is not None:
            deviation *= positions.root[rows].flatten()
        matrix += _gram_product(deviation)
    torch.div(matrix, total, out=result[:, :-1])
    result[:, -1] = mean
    return centre


def _add_gradient(
    result: torch.Tensor, activation: torch.Tensor, positions: Positions,
    centre: torch.Tensor, gradient: torch.Tensor, is_empty: bool,
) -> None:
    """Add a region's share, ``gradient`` (C, C + 1), to the activation's gradient ``result``.

    Or put it in the place of what is there, where ``result`` is empty.
    """
    box, out, weight = positions.box(activation), positions.box(result), positions.weight
    total = _divisor(positions.total)
    matrix, offset = gradient[:, :-1] + gradient[:, :-1].T, gradient[:, -1]
    offset = offset - centre @ matrix
    matrix, offset = (matrix / total).to(box.dtype), (offset / total).to(box.dtype)
    for rows in _cache_sized_parts(box):
        part = out[:, rows]
        inside = _mixed_channels(matrix, flat(box[:, rows]), offset)
        inside = inside.unflatten(1, part.shape[1:])
        if weight is None:
            part.copy_(inside) if is_empty else part.add_(inside)
        elif is_empty:
            torch.mul(inside, weight[rows], out=part)
        else:
            part.add_(inside.mul_(weight[rows]))


def _covers(positions: Positions, activation: torch.Tensor) -> bool:
    """Whether a region's box is the whole map."""
    return positions.weight is None or positions.weight.shape == activation.shape[2:]


def _divisor(total: torch.Tensor) -> torch.Tensor:
    """A sum of weights to divide by: a region without a position has statistics of 0."""
    return total.clamp_min(1e-3)


def flat(box: torch.Tensor) -> torch.Tensor:
    """Features (C, h, w) as (C, N) in their own memory layout."""
    if box.stride(0) == 1:  # channels_last
        return box.permute(1, 2, 0).flatten(0, 1).T
    return box.flatten(1)


def _cache_sized_parts(box: torch.Tensor) -> Iterator[slice]:
    """The rows of (C, h, w) features in parts; on a GPU all at once."""
    channels, height, width = box.shape
    length = height
    if box.is_cpu:
        length = max(1, _PART_BYTES // (channels * width * box.element_size()))
    for start in range(0, height, length):
        yield slice(start, start + length)


# Parts in which a long product is computed: (64, 262144) with its transpose takes 15 ms in 16
# parts, 19 ms at once.
_CHUNKS = 16


def _gram_product(features: torch.Tensor) -> torch.Tensor:
    """features @ features.T of a (C, N) matrix: (C, C)."""
    channels, count = features.shape
    dense = features.is_cpu and features.is_contiguous()
    if dense and count % _CHUNKS == 0 and count > 64 * channels:
        chunks = features.view(channels, _CHUNKS, -1).transpose(0, 1)
        return torch.bmm(chunks, chunks.transpose(1, 2)).sum(0)
    return features @ features.T


def _mixed_channels(
    matrix: torch.Tensor, features: torch.Tensor, offset: torch.Tensor
) -> torch.Tensor:
    """matrix @ features + offset[:, None] of (C, C), (C, N) and (C,): (C, N).

    It has the memory layout of ``features``, as the network's own gradient has, to which it is
    added.
    """
    if features.stride(0) == 1:  # channels_last: the channels of a position lie together
        return torch.addmm(offset, features.T, matrix.T).T
    return torch.addmm(offset[:, None], matrix, features)
