"""OKLab, the colour space in which equal distances look about equal.

Ottosson 2020, "A perceptual color space for image processing". Pictures are (1, 3, H, W) float.
"""

from __future__ import annotations

import torch

__all__ = ["from_oklab", "oklab"]

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
