"""How a picture's numbers stand for light, where its file says so without an ICC profile.

HEIC, AVIF and PNG give code points of ISO/IEC 23091-2 (ITU-T H.273): primaries and transfer
characteristics. Phones' HDR pictures use PQ or HLG with the primaries of BT.2020; shown as if they
were sRGB they are flat and dark. An older PNG gives an exponent (gAMA) and chromaticities (cHRM).
A gain map is not read: the base picture that it belongs to is in sRGB or has a profile.
"""

from __future__ import annotations

import dataclasses
from typing import BinaryIO

import numpy as np
from PIL import Image

from .boxes import avif_code_points, png_code_points
from .tone import hlg_light, pq_nits, tone_mapped

__all__ = ["CODING", "Coding", "coding_of", "note_coding", "peak_light", "to_srgb"]

CODING = "coding"  # key of Image.info: a Coding, until the picture is in sRGB
_READERS = {"PNG": png_code_points, "AVIF": avif_code_points}
_BAND = 256  # rows at a time, which keeps little in memory

_D65 = (0.3127, 0.3290)
_SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
# By code point: x, y of red, green and blue, then of white (H.273, table 2). Others than these are
# nearly sRGB's, or nobody's.
_PRIMARIES = {9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
              11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
              12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65)}
PQ, HLG = 16, 18  # transfer characteristics (H.273, table 3)
# By code point: the exponent of the light; 8 is linear. The others count as sRGB, as in browsers.
_EXPONENTS = {4: 2.2, 5: 2.8, 8: 1.0}
_SRGB_EXPONENT = 2.2  # what sRGB files give in gAMA
_SAME_EXPONENT = 0.05  # share by which an exponent may differ from sRGB's and is left alone


@dataclasses.dataclass(frozen=True)
class Coding:
    """Primaries and white as x, y (CIE 1931) of red, green, blue, white; how numbers become light.

    ``transfer``: PQ, HLG, or 0 for sRGB's or for an ``exponent``.
    """

    primaries: tuple[float, ...] = _SRGB
    transfer: int = 0
    exponent: float | None = None

    @property
    def is_hdr(self) -> bool:
        return self.transfer in (PQ, HLG)


def note_coding(image: Image.Image, file: BinaryIO) -> None:
    """Keep with an opened PNG or AVIF what its file says and Pillow does not pass on.

    The file's position is kept.
    """
    points = None
    if image.format in _READERS:
        place = file.tell()
        points = _READERS[image.format](file)
        file.seek(place)
    if points is not None:
        coding = _from_code_points(*points)
        if image.format == "PNG" or coding.is_hdr or "icc_profile" not in image.info:
            image.info[CODING] = coding


def coding_of(info: dict) -> Coding | None:
    """The coding of a picture with that Image.info; None: a profile says it, or it is sRGB.

    A profile comes before the code points of HEIC and AVIF, unless these say PQ or HLG, which a
    profile can hardly express; in a PNG they come before everything (PNG 3rd edition, section 4.3).
    """
    if CODING in info:
        return info[CODING]
    profile, nclx = "icc_profile" in info, info.get("nclx_profile")
    if isinstance(nclx, dict):  # pillow-heif's
        coding = _from_code_points(nclx.get("color_primaries", 2),
                                   nclx.get("transfer_characteristics", 2))
        return coding if coding.is_hdr or not profile else None
    return None if profile or "srgb" in info else _from_gamma(info)


def peak_light(image: Image.Image, coding: Coding) -> float:
    """The light, in whites, of an RGB picture's brightest places; 1 unless the coding is HDR."""
    if not coding.is_hdr:
        return 1.0
    step = max(1, max(image.size) // 512)
    sample = _displayed(_light(coding)[np.asarray(image)[::step, ::step]], coding)
    return float(np.percentile(sample.max(axis=-1), 99.9))


def to_srgb(image: Image.Image, coding: Coding, peak: float | None = None) -> Image.Image:
    """An RGB picture of that coding as sRGB; HDR is toned down to it (nst.pictures.tone).

    ``peak``: the light that becomes white, as from :func:`peak_light`; None: the picture's own. A
    film's pictures share one, or it would flicker.

    It has 8 bits a channel, also where the file has 10: in PQ about 150 steps remain up to the
    white of paper, which is enough for what is painted.
    """
    matrix = np.float32(_to_xyz(_SRGB, inverse=True) @ _adaptation(coding.primaries)
                        @ _to_xyz(coding.primaries))
    if not coding.is_hdr and coding.exponent is None and np.abs(matrix - np.eye(3)).max() < 0.01:
        return image
    picture = np.asarray(image)
    table = _light(coding)
    peak = peak_light(image, coding) if peak is None else peak
    result = np.empty_like(picture)
    for top in range(0, len(picture), _BAND):
        rows = np.s_[top:top + _BAND]
        light = tone_mapped(_displayed(table[picture[rows]], coding), peak)
        result[rows] = _encoded(light @ matrix.T)
    return Image.fromarray(result)


def _from_code_points(primaries: int, transfer: int) -> Coding:
    return Coding(_PRIMARIES.get(primaries, _SRGB), transfer if transfer in (PQ, HLG) else 0,
                  _EXPONENTS.get(transfer))


def _from_gamma(info: dict) -> Coding | None:
    """Of a PNG's gAMA and cHRM chunks as Pillow gives them; None: neither is there, or usable."""
    gamma, white_first = info.get("gamma", 0), info.get("chromaticity", ())
    exponent = 1 / gamma if 0.1 <= gamma <= 10 else None
    if exponent and abs(exponent / _SRGB_EXPONENT - 1) < _SAME_EXPONENT:
        exponent = None
    primaries = _SRGB
    if len(white_first) == 8 and _usable(white_first):
        primaries = (*white_first[2:], *white_first[:2])
    return Coding(primaries, 0, exponent) if exponent or primaries != _SRGB else None


def _usable(chromaticity: tuple[float, ...]) -> bool:
    """Whether x and y of white, red, green and blue can be primaries."""
    points = np.array(chromaticity).reshape(4, 2)
    if points.min() < 0 or points[:, 1].min() < 0.01 or points.max() > 1:
        return False
    (rx, ry), (gx, gy), (bx, by) = points[1:]
    return abs((gx - rx) * (by - ry) - (bx - rx) * (gy - ry)) > 0.02  # twice the triangle's area


def _light(coding: Coding) -> np.ndarray:
    """Linear light for each of the 256 numbers: float32, 1 is white; of PQ and HLG as they are."""
    number = np.arange(256) / 255
    if coding.transfer == PQ:
        light = pq_nits(number)
    elif coding.transfer == HLG:
        light = number
    elif coding.exponent is not None:
        light = number ** coding.exponent
    else:
        light = np.where(number <= 0.04045, number / 12.92, ((number + 0.055) / 1.055) ** 2.4)
    return light.astype(np.float32)


def _displayed(light: np.ndarray, coding: Coding) -> np.ndarray:
    return hlg_light(light) if coding.transfer == HLG else light


# sRGB's numbers for the square roots of 4097 lights: finer than 8 bits also in the dark.
_ROOTS = np.linspace(0, 1, 4097)
_NUMBERS = np.rint(255 * np.where(
    _ROOTS**2 <= 0.0031308, 12.92 * _ROOTS**2,
    1.055 * _ROOTS ** (2 / 2.4) - 0.055)).astype(np.uint8)  # IEC 61966-2-1


def _encoded(light: np.ndarray) -> np.ndarray:
    """sRGB's numbers, uint8, of linear light; what is beyond 0..1 is clipped."""
    root = np.sqrt(np.clip(light, 0, 1))
    return _NUMBERS[np.rint(root * 4096).astype(np.uint16)]


def _to_xyz(primaries: tuple[float, ...], *, inverse: bool = False) -> np.ndarray:
    """The matrix from linear RGB to XYZ, white's Y being 1 (SMPTE RP 177)."""
    columns = np.array([(x / y, 1, (1 - x - y) / y)
                        for x, y in zip(primaries[:6:2], primaries[1:6:2], strict=True)]).T
    matrix = columns * np.linalg.solve(columns, _white(primaries))
    return np.linalg.inv(matrix) if inverse else matrix


def _white(primaries: tuple[float, ...]) -> np.ndarray:
    x, y = primaries[6:]
    return np.array([x / y, 1, (1 - x - y) / y])


# Bradford's matrix, from XYZ to the cones' responses (ICC.1:2022, annex E).
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367],
                      [0.0389, -0.0685, 1.0296]])


def _adaptation(primaries: tuple[float, ...]) -> np.ndarray:
    """From XYZ under that white to XYZ under sRGB's."""
    gain = (_BRADFORD @ _white(_SRGB)) / (_BRADFORD @ _white(primaries))
    return np.linalg.solve(_BRADFORD, gain[:, None] * _BRADFORD)
