"""HDR light (PQ, HLG) toned down to what sRGB shows."""

from __future__ import annotations

import numpy as np

__all__ = ["WHITE_NITS", "hlg_light", "pq_nits", "tone_mapped"]

# cd/m2 of a sheet of white paper in an HDR picture (Report ITU-R BT.2408-7, section 2.1); sRGB's
# white.
WHITE_NITS = 203.0
# SMPTE ST 2084, Recommendation ITU-R BT.2100-2, table 4.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
PQ_PEAK = 10_000.0  # cd/m2
# BT.2100-2, table 5: the inverse of HLG's opto-electronic transfer function, and the exponent of
# the luminance on a display of HLG_PEAK cd/m2, for which it is defined.
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
HLG_PEAK, HLG_EXPONENT = 1000.0, 1.2
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)  # of BT.2020's red, green and blue


def pq_nits(number: np.ndarray) -> np.ndarray:
    """The light in WHITE_NITS that PQ's numbers 0..1 stand for."""
    power = np.power(np.clip(number, 0, 1), 1 / _M2)
    linear = np.power(np.maximum(power - _C1, 0) / (_C2 - _C3 * power), 1 / _M1)
    return linear * (PQ_PEAK / WHITE_NITS)


def pq_number(light: np.ndarray | float) -> np.ndarray:
    """PQ's number 0..1 of a light in WHITE_NITS."""
    power = np.power(np.clip(np.asarray(light) * (WHITE_NITS / PQ_PEAK), 0, 1), _M1)
    return np.power((_C1 + _C2 * power) / (1 + _C3 * power), _M2)


def hlg_light(number: np.ndarray) -> np.ndarray:
    """The light in WHITE_NITS of HLG's numbers 0..1 on its reference display; (..., 3), float32."""
    scene = np.where(number <= 0.5, number**2 / 3, (np.exp((number - _C) / _A) + _B) / 12)
    luminance = np.maximum(scene @ _LUMINANCE, 1e-6)[..., None]
    light = scene * luminance ** (HLG_EXPONENT - 1) * (HLG_PEAK / WHITE_NITS)
    return light.astype(np.float32)


def tone_mapped(light: np.ndarray, peak: float) -> np.ndarray:
    """Light (..., 3) of at most ``peak`` brought under 1, both in WHITE_NITS.

    The curve of Report ITU-R BT.2390-11, section 5.4.1: in PQ's numbers the identity up to a knee,
    then a Hermite spline up to white. It is applied to the strongest of the three channels, and the
    others keep their proportion to it, so hues stay.
    """
    if peak <= 1:
        return light
    grid = np.linspace(0, pq_number(peak), 1024)
    source = pq_nits(grid)
    strongest = light.max(axis=-1)
    mapped = np.interp(strongest, source, pq_nits(_curve(grid, float(pq_number(peak)))))
    return light * (mapped / np.maximum(strongest, 1e-6)).astype(np.float32)[..., None]


def _curve(number: np.ndarray, peak: float) -> np.ndarray:
    """BT.2390's curve on PQ's numbers, from ``peak`` down to sRGB's white."""
    share = number / peak  # E1
    most = float(pq_number(1.0)) / peak  # maxLum
    knee = 1.5 * most - 0.5  # KS
    t = np.clip((share - knee) / (1 - knee), 0, 1)
    spline = ((2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee)
              + (-2 * t**3 + 3 * t**2) * most)
    return np.where(share < knee, share, spline) * peak
