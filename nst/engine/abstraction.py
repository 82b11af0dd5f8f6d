"""The photo's person in planes, as a painter blocks them in before there is any stroke.

Pores, hairs and threads are no marks of a brush. What the content loss holds on to is what stays in
the result, so they are taken out of the photo beforehand, and its edges are not.
Pictures are (1, 3, H, W) RGB in 0..1.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

__all__ = ["in_planes"]

_SECTORS = 8
_SHARPNESS = 8.0  # power of a sector's deviation; the higher, the more the calmest alone counts
_LEAST_DEVIATION = 0.02  # of RGB: calmer sectors count alike, or noise would choose among them


def in_planes(picture: torch.Tensor, radius: float) -> torch.Tensor:
    """The generalised Kuwahara filter (Papari, Petkov, Campisi 2007).

    Each pixel gets the mean of those of eight sectors around it in which the picture is calmest: so
    beside an edge that of its own side, and the edge stays.

    Args:
        radius: of the sectors, in pixels; under 1 nothing is changed.
    """
    if radius < 1:
        return picture
    reach = math.ceil(radius)
    planes = torch.cat((picture, picture.square().sum(1, keepdim=True)), 1)
    planes = F.pad(planes, (reach,) * 4, mode="reflect" if reach < min(picture.shape[2:])
                   else "replicate")
    size = planes.shape[2:]
    waves = torch.fft.rfft2(planes)
    result, total = torch.zeros_like(picture), torch.zeros_like(picture[:, :1])
    for sector in _sectors(radius).to(picture):
        kernel = torch.zeros(size, dtype=picture.dtype, device=picture.device)
        kernel[:2 * reach + 1, :2 * reach + 1] = sector
        kernel = kernel.roll((-reach, -reach), (0, 1))
        # Correlation, not convolution: the sector lies where it is drawn.
        found = torch.fft.irfft2(waves * torch.fft.rfft2(kernel).conj(), s=tuple(size))
        found = found[..., reach:size[0] - reach, reach:size[1] - reach]
        mean, square = found[:, :3], found[:, 3:]
        deviation = (square - mean.square().sum(1, keepdim=True)).clamp_min(0).sqrt()
        weight = (deviation / _LEAST_DEVIATION).clamp_min(1) ** -_SHARPNESS
        result += weight * mean
        total += weight
    return (result / total).clamp(0, 1)


def _sectors(radius: float) -> torch.Tensor:
    """The weights of the sectors, (8, side, side), each with a sum of 1; soft at their borders."""
    reach = math.ceil(radius)
    along = torch.arange(-reach, reach + 1, dtype=torch.float64)
    y, x = torch.meshgrid(along, along, indexing="ij")
    disc = torch.exp(-2 * (x.square() + y.square()) / radius**2)
    angle = torch.atan2(y, x)
    middles = torch.arange(_SECTORS, dtype=torch.float64) * (2 * math.pi / _SECTORS)
    apart = (angle - middles[:, None, None] + math.pi) % (2 * math.pi) - math.pi
    inside = torch.cos((apart * _SECTORS / 4).clamp(-math.pi / 2, math.pi / 2)).square()
    inside[:, reach, reach] = 1 / _SECTORS
    weight = inside * disc
    return weight / weight.sum((1, 2), keepdim=True)
