"""Gives painted faces back their coarse light and shade, and their skin its hue.

Done between the scales and at the end. As a loss the same was so stiff (a large curvature in few
directions) that L-BFGS made half the progress on the whole picture.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from .color import chrominance, grey

__all__ = ["LIGHT_CELLS", "Relight"]

# Cells across the largest face. Light and shade are given back no finer than a detector needs to
# tell a face, so that brush strokes stay; hue finer, since with 5 and with 12 cells patches of the
# style's colours were left.
LIGHT_CELLS, HUE_CELLS = 16, 20


class Relight:
    """Moves a picture's coarse luminance and hue to the photo's inside its faces.

    Args:
        content: (1, 3, H, W), the photo in the colours that skin should have.
        face: (1, 1, H, W) in 0..1, where luminance is given back.
        skin: where hue is; None: nowhere.
        face_width: of the largest face, in pixels.
        light, hue: how much of it, 0..1.
    """

    def __init__(
        self, content: torch.Tensor, face: torch.Tensor, skin: torch.Tensor | None,
        face_width: float, light: float, hue: float,
    ):
        self._content = content
        self._parts = [(grey, face, face_width / LIGHT_CELLS, light)]
        if skin is not None:
            self._parts.append((chrominance, skin, face_width / HUE_CELLS, hue))

    def __call__(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture (1, 3, H, W) in 0..1, relit."""
        difference = self._content - picture
        for part_of, where, cell, amount in self._parts:
            coarse = _smoothed(part_of(difference), where, max(1.0, cell))
            picture = picture + amount * where * coarse
        return picture.clamp(0, 1)


def _smoothed(picture: torch.Tensor, where: torch.Tensor, cell: float) -> torch.Tensor:
    """The picture on a grid of ``cell`` pixels, averaged only ``where`` it counts."""
    size = picture.shape[2:]
    grid = [max(1, round(pixels / cell)) for pixels in size]

    def coarse(part: torch.Tensor) -> torch.Tensor:
        small = F.interpolate(part, size=grid, mode="bilinear", antialias=True)
        return F.interpolate(small, size=size, mode="bilinear")

    return coarse(picture * where) / coarse(where).clamp_min(1e-3)
