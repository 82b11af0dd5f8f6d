"""Sizes of pictures: the same shape with another longer side."""

from __future__ import annotations

from PIL import Image

__all__ = ["fit_size", "resized"]


def fit_size(size: tuple[int, int], longer_side: int) -> tuple[int, int]:
    """``(width, height)`` scaled so that the longer side is ``longer_side``, each at least 1."""
    scale = longer_side / max(size)
    width, height = (max(1, round(side * scale)) for side in size)
    return width, height


def resized(image: Image.Image, longer_side: int) -> Image.Image:
    """The picture with ``longer_side`` pixels on its longer side, smaller or larger (Lanczos)."""
    return image.resize(fit_size(image.size, longer_side), Image.Resampling.LANCZOS)
