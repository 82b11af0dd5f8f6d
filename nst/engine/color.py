"""Whose colours: maps between the colour statistics of two pictures, and luminance.

All pictures here are (1, 3, H, W) float tensors, RGB in 0..1.
"""

from __future__ import annotations

import torch

__all__ = ["grey", "match_colors", "matched_luminance", "luminance", "with_luminance"]

# Added to every covariance's diagonal: a grey or flat picture has none in some direction. A
# standard deviation of 1/255 is one step of an 8-bit picture.
_FLOOR = (1 / 255) ** 2

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Gatys et al. 2016b (YIQ)


def _moments(picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    flat = picture[0].flatten(1).double()
    cov = torch.cov(flat) + _FLOOR * torch.eye(3, dtype=flat.dtype, device=flat.device)
    return flat.mean(1, keepdim=True), cov


def _power(matrix: torch.Tensor, exponent: float) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp_min(1e-12) ** exponent) @ vectors.T


def match_colors(
    picture: torch.Tensor, models: list[tuple[torch.Tensor, float]], amount: float = 1.0
) -> torch.Tensor:
    """The picture with its colours moved towards the models' mean and covariance.

    The linear Monge-Kantorovich map (Pitie & Kokaram 2007), which of all linear maps onto a
    given mean and covariance moves the colours least:
    T = A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2, x' = T (x - mean_A) + mean_B.

    Args:
        picture: what is recoloured.
        models: pictures with weights (their means and covariances are blended).
        amount: 0 leaves the picture alone, 1 maps it all the way.

    Returns:
        a new tensor, clamped to 0..1.
    """
    total = sum(weight for _, weight in models)
    mean_a, cov_a = _moments(picture)
    moments = [(_moments(model), weight / total) for model, weight in models]
    mean_b = sum(mean * w for (mean, _), w in moments)
    cov_b = sum(cov * w for (_, cov), w in moments)
    root = _power(cov_a, 0.5)
    inverse = _power(cov_a, -0.5)
    transport = inverse @ _power(root @ cov_b @ root, 0.5) @ inverse
    flat = picture[0].flatten(1).double()
    mapped = transport @ (flat - mean_a) + mean_b
    mixed = torch.lerp(flat, mapped, amount).clamp(0, 1)
    return mixed.to(picture.dtype).view_as(picture)


def grey(picture: torch.Tensor) -> torch.Tensor:
    """The picture's luminance, (1, 1, H, W)."""
    luma = torch.tensor(_LUMA, dtype=picture.dtype, device=picture.device).view(1, 3, 1, 1)
    return (picture * luma).sum(1, keepdim=True)


def luminance(picture: torch.Tensor) -> torch.Tensor:
    """The picture's luminance in all three channels (still RGB in 0..1)."""
    return grey(picture).expand_as(picture).contiguous()


def matched_luminance(model: torch.Tensor, picture: torch.Tensor) -> torch.Tensor:
    """The model's luminance, with the mean and standard deviation of the picture's.

    Gatys et al. 2016b ("Preserving Color in Neural Artistic Style Transfer", eq. 10); both
    results and arguments as in :func:`luminance`.
    """
    ours, theirs = luminance(model), luminance(picture)
    ratio = theirs.std() / ours.std().clamp_min(_FLOOR**0.5)
    return ((ours - ours.mean()) * ratio + theirs.mean()).clamp(0, 1)


def with_luminance(photo: torch.Tensor, painted: torch.Tensor) -> torch.Tensor:
    """The photo's chrominance under the painted picture's luminance (same sizes)."""
    return (photo + luminance(painted) - luminance(photo)).clamp(0, 1)
