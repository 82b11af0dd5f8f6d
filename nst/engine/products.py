"""Matrix products of a layer's features, in whichever memory layout they lie."""

from __future__ import annotations

import torch

__all__ = ["gram_product", "mixed_channels"]

# Parts in which a long product is computed: (64, 262144) with its transpose takes 15 ms in 16
# parts, 19 ms at once.
_CHUNKS = 16


def gram_product(features: torch.Tensor) -> torch.Tensor:
    """features @ features.T of a (C, N) matrix: (C, C)."""
    channels, count = features.shape
    dense = features.is_cpu and features.is_contiguous()
    if dense and count % _CHUNKS == 0 and count > 64 * channels:
        chunks = features.view(channels, _CHUNKS, -1).transpose(0, 1)
        return torch.bmm(chunks, chunks.transpose(1, 2)).sum(0)
    return features @ features.T


def mixed_channels(
    matrix: torch.Tensor, flat: torch.Tensor, offset: torch.Tensor
) -> torch.Tensor:
    """matrix @ flat + offset[:, None] of (C, C), (C, N) and (C,): (C, N).

    It has the memory layout of ``flat``, as the network's own gradient has, to which it is added.
    """
    if flat.stride(0) == 1:  # channels_last: the channels of a position lie together
        return torch.addmm(offset, flat.T, matrix.T).T
    return torch.addmm(offset[:, None], matrix, flat)
