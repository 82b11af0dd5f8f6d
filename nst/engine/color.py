"""Colours: OKLab, luminance, and maps between the colour statistics of two pictures.

All pictures here are (1, 3, H, W) float tensors, RGB in 0..1 where nothing else is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

__all__ = [
    "blend_moments", "chrominance", "color_moments", "from_oklab", "grey", "luminance",
    "match_colors", "matched_luminance", "oklab", "transport_matrix", "with_luminance",
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
    # Numbers and no tensor of them: to copy one to a GPU the host waits, at every step.
    red, green, blue = (weight * channel for weight, channel in zip(
        _LUMA, picture.split(1, dim=1), strict=True))
    return red + green + blue


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


# Linear sRGB to cone responses, and their cube roots to lightness, green-red, blue-yellow.
_CONES = ((0.4122214708, 0.5363325363, 0.0514459929),
          (0.2119034982, 0.6806995451, 0.1073969566),
          (0.0883024619, 0.2817188376, 0.6299787005))
_OPPONENTS = ((0.2104542553, 0.7936177850, -0.0040720468),
              (1.9779984951, -2.4285922050, 0.4505937099),
              (0.0259040371, 0.7827717662, -0.8086757660))


def oklab(picture: torch.Tensor) -> torch.Tensor:
    """RGB as OKLab, (1, 3, H, W): lightness 0..1, a (green to red) and b (blue to yellow)."""
    linear = torch.where(
        picture <= 0.04045, picture / 12.92, ((picture.clamp_min(0) + 0.055) / 1.055) ** 2.4)
    cones = _matrix_product(linear, torch.tensor(_CONES))
    return _matrix_product(cones.clamp_min(0) ** (1 / 3), torch.tensor(_OPPONENTS))


def from_oklab(lab: torch.Tensor) -> torch.Tensor:
    """RGB of OKLab; colours that a screen cannot show are clamped to 0..1."""
    opponents, cones = (torch.linalg.inv(torch.tensor(matrix, dtype=torch.float64))
                        for matrix in (_OPPONENTS, _CONES))
    linear = _matrix_product(_matrix_product(lab, opponents) ** 3, cones).clamp(0, 1)
    return torch.where(
        linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-8) ** (1 / 2.4) - 0.055)


def _matrix_product(picture: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    return torch.einsum("ij,njhw->nihw", matrix.to(picture), picture)
