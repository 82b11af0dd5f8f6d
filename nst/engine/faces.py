"""Faces in a style's light: in planes, their skin, the style's tones nearest to it, light and hue.

Pores, hairs and threads are no marks of a brush. What the content loss holds on to is what stays in
the result, so they are taken out of the photo beforehand, and its edges are not.

Every style has some tones near skin (a star's halo, foam, paper). A face that takes its colours and
brush strokes from those places fits the style and turns neither green nor grey.
Pictures are (1, 3, H, W) RGB in 0..1, masks (1, 1, H, W) in 0..1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F

from ..people import Face
from .color import (
    blend_moments,
    chrominance,
    color_moments,
    from_oklab,
    grey,
    oklab,
    transport_matrix,
)
from .tensors import extent, window_mean

__all__ = ["LIGHT_CELLS", "Relight", "below_eyes", "in_planes", "skin_colors", "skin_mask",
           "skin_tones"]

# OKLab's a and b of skin, of whatever lightness: Fitzpatrick's types I to VI lie within 20 degrees
# of this hue.
_SKIN_HUE = (0.045, 0.055)
_CHROMA_RANGE = 0.06, 0.11  # of the mapped faces' mean; skin itself has .04 to .09
_WARMTH = 0.45  # share of skin's own hue mixed in, so that skin turns neither green nor grey
_MAX_STRETCH = 1.5  # of a face's colours in any direction
# How far skin spreads around the face's mean in L (darker, lighter), and in a / L and b / L.
_DARKER, _LIGHTER, _COLOR_WIDTH = 0.32, 0.6, 0.14
_BESIDE_FACE = 3.0  # power of the similarity in colour outside the face, near hair and clothes
_NECK_END = 2.2  # from the eyes, in distances from eyes to chin
_TONE_REACH = 1 / 16  # of the style's shorter side, over which tones are averaged
# Skin keeps at least this share of the redness (OKLab's a) that it should have, and its hue stays
# this near, in a and b: it turns neither green nor grey.
_LEAST_REDNESS, _MOST_TINT = 0.8, 0.025
_OWN_REDNESS = 0.4  # of the photo's skin, that a style without any leaves
_LIGHTNESS_WEIGHT = 0.5  # of a difference in lightness beside one in a and b


def below_eyes(faces: Sequence[Face], size: Sequence[int]) -> torch.Tensor:
    """Where ears and necks are, (1, 1, height, width) for a ``size`` of (height, width).

    Below the eyes and not far from them, along each face's own axis: a head may lean.
    """
    height, width = size
    x, y = torch.arange(width) + 0.5, (torch.arange(height) + 0.5)[:, None]
    found = torch.zeros(height, width)
    for face in faces:
        (eye_x, eye_y), (chin_x, chin_y) = face.axis
        right, down = x - eye_x * width, y - eye_y * height
        axis_right, axis_down = (chin_x - eye_x) * width, (chin_y - eye_y) * height
        square = max(1e-6, axis_right**2 + axis_down**2)
        along = (right * axis_right + down * axis_down) / square  # 0 at the eyes, 1 at the chin
        away = ((right.square() + down.square()) / square).sqrt()
        found = torch.maximum(
            found, (2 * along + 0.2).clamp(0, 1) * (2 * (_NECK_END - away)).clamp(0, 1))
    return found[None, None]


def skin_mask(
    photo: torch.Tensor, face: torch.Tensor, near: torch.Tensor
) -> tuple[torch.Tensor, float]:
    """Where people show skin and not hair, glasses or a hat; and the skin's lightness, 0..1.

    Skin is what is near the face's mean colour, computed again without the rest.

    Args:
        face, near: (1, 1, H, W) in 0..1, where the faces are, and where ears and necks may be.
    """
    lab, skin = oklab(photo), face
    # Shade scales L, a and b alike, so skin keeps its a / L and b / L from light to shadow.
    color = torch.cat((lab[:, :1], lab[:, 1:] / lab[:, :1].clamp_min(0.1)), 1)
    width = torch.full_like(color, _COLOR_WIDTH)
    mean = lab.new_zeros(1, 3, 1, 1)
    alike = lab.new_zeros(())
    for _ in range(2):
        mean = (color * skin).sum((2, 3), keepdim=True) / skin.sum().clamp_min(1e-6)
        width[:, :1] = torch.where(lab[:, :1] < mean[:, :1], _DARKER, _LIGHTER)
        alike = torch.exp(-((color - mean) / width).square().sum(1, keepdim=True))
        skin = face * alike
    skin = torch.maximum(skin, near * alike**_BESIDE_FACE)
    return (1.5 * skin).clamp_max(1), float(mean[0, 0])


def skin_tones(
    style: torch.Tensor, lightness: float, share: float, within: torch.Tensor | None = None
) -> torch.Tensor:
    """Where a style has the tones that are nearest to skin.

    Args:
        lightness: of the skin, OKLab's 0..1.
        share: of the style's area that counts, 0..1.
        within: the only part that counts, a face of the style; None: all of it.
    """
    lab = oklab(style)
    skin = torch.tensor((lightness, *_SKIN_HUE)).to(lab).view(1, 3, 1, 1)
    weight = torch.tensor((_LIGHTNESS_WEIGHT, 1.0, 1.0)).to(lab).view(1, 3, 1, 1)
    distance = ((lab - skin) * weight).square().sum(1, keepdim=True).sqrt()
    half = max(1, round(min(distance.shape[2:]) * _TONE_REACH / 2))
    distance = window_mean(distance, half)
    counted = distance.flatten() if within is None else distance[within > 0.5]
    if not len(counted):
        counted, within = distance.flatten(), None
    sample = counted[:: max(1, len(counted) // 100_000)]
    edge = torch.quantile(sample, share).clamp_min(1e-3)
    tones = torch.exp(-1.5 * (distance / edge).square())
    return tones if within is None else tones * within


def skin_colors(
    photo: torch.Tensor, skin: torch.Tensor, styles: Sequence[torch.Tensor],
    tones: Sequence[torch.Tensor], weights: Sequence[float], amount: float,
) -> torch.Tensor:
    """The photo with the hue and chroma of the styles' tones, its lightness kept (OKLab).

    Args:
        skin: where the photo shows skin; its colours are mapped onto those of the tones.
        tones: where each style has tones near skin. weights: of the styles.
        amount: 0 leaves the photo's colours alone, 1 maps them all the way.
    """
    lab = oklab(photo)
    mean_a, cov_a = color_moments(lab[:, 1:], skin)
    mean_b, cov_b = blend_moments(
        [color_moments(oklab(style)[:, 1:], where)
         for style, where in zip(styles, tones, strict=True)], weights)
    mean_b = torch.lerp(mean_b, mean_b.new_tensor(_SKIN_HUE)[:, None], _WARMTH)
    mean_b = mean_b * (mean_b.norm().clamp(*_CHROMA_RANGE) / mean_b.norm())
    mean_b[0] = torch.maximum(mean_b[0], _OWN_REDNESS * mean_a[0])
    flat = lab[0, 1:].flatten(1).double()
    mapped = transport_matrix(cov_a, cov_b, _MAX_STRETCH) @ (flat - mean_a) + mean_b
    colors = torch.lerp(flat, mapped, amount).to(lab.dtype).view_as(lab[:, 1:])
    return from_oklab(torch.cat((lab[:, :1], colors), 1))


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
        light, hue: how much of it, 0..1; more of the hue where skin would look ill.
    """

    def __init__(
        self, content: torch.Tensor, face: torch.Tensor, skin: torch.Tensor | None,
        face_width: float, light: float, hue: float,
    ):
        self._content, self._light, self._hue = content, light, hue
        self._face = _Cells(face, face_width / LIGHT_CELLS)
        self._skin = None
        if skin is not None and hue:
            self._skin = _Cells(skin, face_width / HUE_CELLS)
            self._skin_hue = self._skin.mean(oklab(content[self._skin.box])[:, 1:])

    def __call__(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture (1, 3, H, W) in 0..1, relit."""
        face, skin, relit = self._face, self._skin, picture.clone()
        light = face.mean(grey(self._content[face.box] - picture[face.box]))
        relit[face.box] += self._light * face.where * light
        if skin is not None:
            hue = skin.mean(chrominance(self._content[skin.box] - picture[skin.box]))
            amount = self._enough(skin.mean(oklab(relit[skin.box])[:, 1:]))
            relit[skin.box] += amount * skin.where * hue
        return relit.clamp_(0, 1)

    def _enough(self, ours: torch.Tensor) -> torch.Tensor:
        """How much of the hue is given back at each place, (1, 1, h, w) in ``hue``..1.

        ``ours``: (1, 2, h, w), OKLab's a and b of the picture's skin.
        """
        theirs = self._skin_hue
        wanted = _LEAST_REDNESS * theirs[:, :1].clamp_min(0)
        missing = (wanted - ours[:, :1]) / (theirs[:, :1] - ours[:, :1]).clamp_min(1e-4)
        far = torch.hypot(*(theirs - ours).split(1, 1))
        tinted = 1 - _MOST_TINT / far.clamp_min(1e-4)
        return torch.maximum(missing, tinted).clamp(self._hue, 1)


class _Cells:
    """A grid of cells, over which pictures are averaged only where they count.

    Args:
        where: (1, 1, H, W) in 0..1, how much each pixel counts.
        side: of a cell, in pixels; at least 1.

    Attributes:
        box: the smallest rectangle, of (1, C, H, W), that holds all that count.
        where: in the box, (1, 1, h, w).
    """

    def __init__(self, where: torch.Tensor, side: float):
        self._size = where.shape[2:]
        self._grid = [max(1, round(pixels / max(1.0, side))) for pixels in self._size]
        self.box = (slice(None), slice(None), *extent(where[0, 0]))
        self.where = where[self.box].contiguous()
        self._weight = self._coarse(self.where).clamp_min(1e-3)

    def mean(self, part: torch.Tensor) -> torch.Tensor:
        """The means around each pixel of the box, of what a picture shows there (1, C, h, w)."""
        return self._coarse(part * self.where) / self._weight

    def _coarse(self, part: torch.Tensor) -> torch.Tensor:
        whole = part.new_zeros(1, part.shape[1], *self._size)
        whole[self.box] = part
        small = F.interpolate(whole, size=self._grid, mode="bilinear", antialias=True)
        return F.interpolate(small, size=self._size, mode="bilinear")[self.box]


_SECTORS = 8
_SHARPNESS = 8.0  # power of a sector's deviation; the higher, the more the calmest alone counts
_LEAST_DEVIATION = 0.02  # of RGB: calmer sectors count alike, or noise would choose among them


def in_planes(picture: torch.Tensor, radius: float, where: torch.Tensor | None = None
              ) -> torch.Tensor:
    """The generalised Kuwahara filter (Papari, Petkov, Campisi 2007).

    Each pixel gets the mean of those of eight sectors around it in which the picture is calmest: so
    beside an edge that of its own side, and the edge stays.

    Args:
        radius: of the sectors, in pixels; under 1 nothing is changed.
        where: (1, 1, H, W), above 0 where it is wanted; the rest may stay as it is. None:
            everywhere.
    """
    if radius < 1:
        return picture
    reach = math.ceil(radius)
    if where is not None:
        box = (slice(None), slice(None), *(
            slice(max(0, inside.start - reach), inside.stop + reach)
            for inside in extent(where[0, 0])))
        result = picture.clone()
        result[box] = in_planes(picture[box], radius)
        return result
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
