"""Corrects the exposure of a dark or pale photo, moderately, before it is painted."""

from __future__ import annotations

import numpy as np
from PIL import Image

__all__ = ["even_exposure", "nearly_black"]

PERCENTILES = (1, 99)  # of brightness: what counts as the photo's black and white
TARGET_RANGE = (0.02, 0.95)  # black above its start or white below its end is stretched towards it
STRENGTH = 0.5  # share of that distance by which they are stretched
MEDIAN_RANGE = (0.25, 0.60)  # a median outside is moved to the nearer end by a gamma curve
DARK_LEVEL = 100  # of 255: a photo with at most a twentieth of its pixels above it is nearly black
GAMMA_RANGE = (0.45, 1.6)  # limits of that curve, which amplifies noise in the shadows


def nearly_black(grey: np.ndarray) -> bool:
    """Whether a photo, uint8 grey of any size, is too dark to tell what it shows."""
    return bool(np.percentile(grey, 95) < DARK_LEVEL)


def even_exposure(image: Image.Image) -> Image.Image:
    """The RGB picture with its brightness stretched and its middle tones lifted or lowered.

    One curve for all pixels and all three channels, so hues stay and no halo can arise. A photo
    that is well exposed already comes back as it is.
    """
    grey = np.asarray(image.convert("L").resize(_small(image.size))) / 255
    low, high = np.percentile(grey, PERCENTILES)
    black = STRENGTH * max(0.0, low - TARGET_RANGE[0])
    white = 1 - STRENGTH * max(0.0, TARGET_RANGE[1] - high)
    span = max(white - black, 0.1)
    median = np.clip((np.median(grey) - black) / span, 0.01, 0.99)
    gamma = np.clip(np.log(np.clip(median, *MEDIAN_RANGE)) / np.log(median), *GAMMA_RANGE)
    if black == 0 and white == 1 and gamma == 1:
        return image
    level = np.clip((np.arange(256) / 255 - black) / span, 0, 1) ** gamma
    return image.point(np.rint(255 * level).astype(int).tolist() * 3)


def _small(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, 256 / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
