"""Matrix products of a layer's features, in whichever memory layout they lie."""

from __future__ import annotations

import torch

__all__ = ["gram_product", "mixed_channels"]

_CHUNKS = 16  # of positions; one product of (64, 262144) with its transpose: 19 ms, so: 15


def gram_product(features: torch.Tensor) -> torch.Tensor:
    """features @ features.T of a (C, N) matrix: (C, C)."""
    channels, count = features.shape
    dense = features.is_cpu and features.is_contiguous()
    if dense and count % _CHUNKS == 0 and count > 64 * channels:
        chunks = features.view(channels, _CHUNKS, -1).transpose(0, 1)
        return torch.bmm(chunks, chunks.transpose(1, 2)).sum(0)
    return features @ features.T


def mixed_channels(
    matrix: torch.Tensor, flat: torch.Tensor, offset: torch.Tensor, *, out: torch.Tensor
) -> None:
    """matrix @ flat + offset[:, None] of (C, C), (C, N) and (C,), into ``out`` (C, N).

    ``out`` lies as ``flat`` does: so does then what is added to the network's own gradient.
    """
    if flat.stride(0) == 1:  # channels_last: the channels of a position lie together
        torch.addmm(offset, flat.T, matrix.T, out=out.T)
    else:
        torch.addmm(offset[:, None], matrix, flat, out=out)
