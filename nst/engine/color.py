"""Whose colours: maps between the colour statistics of two pictures, and luminance.

All pictures here are (1, 3, H, W) float tensors, RGB in 0..1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

__all__ = [
    "blend_moments", "chrominance", "color_moments", "grey", "luminance", "match_colors",
    "matched_luminance", "transport_matrix", "with_luminance",
]

# Added to every covariance's diagonal: a grey or flat picture has none in some direction. A
# standard deviation of 1/255 is one step of an 8-bit picture.
_FLOOR = (1 / 255) ** 2

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601, as in Gatys et al. 2016b (YIQ)


def color_moments(
    picture: torch.Tensor, weight: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean (C, 1) and covariance (C, C) of the channels of a picture (1, C, H, W), in float64.

    ``weight`` (1, 1, H, W): how much each pixel counts; None: all the same.
    """
    flat = picture[0].flatten(1).double()
    share = torch.ones_like(flat[0]) if weight is None else weight.flatten().double()
    share = share / share.sum().clamp_min(1e-9)
    mean = (flat * share).sum(1, keepdim=True)
    covariance = ((flat - mean) * share) @ (flat - mean).T
    return mean, covariance + _FLOOR * torch.eye(len(flat), dtype=flat.dtype, device=flat.device)


def blend_moments(
    moments: Sequence[tuple[torch.Tensor, torch.Tensor]], weights: Sequence[float]
) -> tuple[torch.Tensor, torch.Tensor]:
    """The weighted means of several pictures' means and covariances."""
    means, covariances = (torch.stack(part) for part in zip(*moments, strict=True))
    shares = (torch.tensor(weights).to(means) / sum(weights)).view(-1, 1, 1)
    return (shares * means).sum(0), (shares * covariances).sum(0)


def transport_matrix(
    source: torch.Tensor, target: torch.Tensor, max_stretch: float = math.inf
) -> torch.Tensor:
    """The linear map that takes covariance ``source`` (C, C) to ``target``.

    T = A^-1/2 (A^1/2 B A^1/2)^1/2 A^-1/2, the Monge-Kantorovich map (Pitie & Kokaram 2007): of all
    linear maps that do so it moves the colours least. It stretches by at most ``max_stretch``.
    """
    root, inverse = _power(source, 0.5), _power(source, -0.5)
    transport = inverse @ _power(root @ target @ root, 0.5) @ inverse
    if max_stretch == math.inf:
        return transport
    values, vectors = torch.linalg.eigh(transport)
    return vectors @ torch.diag(values.clamp_max(max_stretch)) @ vectors.T


def _power(matrix: torch.Tensor, exponent: float) -> torch.Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    return vectors @ torch.diag(values.clamp_min(1e-12) ** exponent) @ vectors.T


def match_colors(
    picture: torch.Tensor, models: list[tuple[torch.Tensor, float]], amount: float = 1.0
) -> torch.Tensor:
    """The picture with its colours moved towards the models' mean and covariance.

    x' = T (x - mean_A) + mean_B with :func:`transport_matrix`'s T.

    Args:
        picture: what is recoloured.
        models: pictures with weights (their means and covariances are blended).
        amount: 0 leaves the picture alone, 1 maps it all the way.

    Returns:
        a new tensor, clamped to 0..1.
    """
    mean_a, cov_a = color_moments(picture)
    mean_b, cov_b = blend_moments([color_moments(model) for model, _ in models],
                                  [weight for _, weight in models])
    flat = picture[0].flatten(1).double()
    mapped = transport_matrix(cov_a, cov_b) @ (flat - mean_a) + mean_b
    mixed = torch.lerp(flat, mapped, amount).clamp(0, 1)
    return mixed.to(picture.dtype).view_as(picture)


def grey(picture: torch.Tensor) -> torch.Tensor:
    """The picture's luminance, (1, 1, H, W)."""
    luma = torch.tensor(_LUMA, dtype=picture.dtype, device=picture.device).view(1, 3, 1, 1)
    return (picture * luma).sum(1, keepdim=True)


def chrominance(picture: torch.Tensor) -> torch.Tensor:
    """The picture less its luminance, (1, 3, H, W) around 0."""
    return picture - grey(picture)


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
