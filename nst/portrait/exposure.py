"""Evens out a dark or pale photo before painting, gently."""

from __future__ import annotations

import numpy as np
from PIL import Image

__all__ = ["even_exposure", "nearly_black"]

ENDS = (1, 99)  # percentiles of brightness that count as its black and its white
RANGE = (0.02, 0.95)  # where they belong; inside of it nothing is stretched
HALF = 0.5  # how much of the way there the stretch goes
MIDDLE = (0.25, 0.60)  # a median within is left alone, else brought to the nearer end
DARK = 100  # of 255: a photo with a twentieth at most of its pixels above it is nearly black
GAMMA = (0.45, 1.6)  # limits of the curve that brings it there: noise in the dark grows with it


def nearly_black(grey: np.ndarray) -> bool:
    """Whether a photo, uint8 grey of any size, is too dark to tell what it shows."""
    return bool(np.percentile(grey, 95) < DARK)


def even_exposure(image: Image.Image) -> Image.Image:
    """The RGB picture with its brightness stretched and its middle tones lifted or lowered.

    One curve for all pixels and all three channels, so hues stay and no halo can arise. A photo
    that is well exposed already comes back as it is.
    """
    grey = np.asarray(image.convert("L").resize(_small(image.size))) / 255
    low, high = np.percentile(grey, ENDS)
    black = HALF * max(0.0, low - RANGE[0])
    white = 1 - HALF * max(0.0, RANGE[1] - high)
    span = max(white - black, 0.1)
    median = np.clip((np.median(grey) - black) / span, 0.01, 0.99)
    gamma = np.clip(np.log(np.clip(median, *MIDDLE)) / np.log(median), *GAMMA)
    if black == 0 and white == 1 and gamma == 1:
        return image
    level = np.clip((np.arange(256) / 255 - black) / span, 0, 1) ** gamma
    return image.point(np.rint(255 * level).astype(int).tolist() * 3)


def _small(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, 256 / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
