"""What a scale starts from: the coarser picture with the photo's detail and the styles' strokes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .backbone import Backbone
from .inputs import ScaledInputs
from .recipe import Start
from .tensors import detail, nearest, resampled

__all__ = ["MAX_PLACES", "StyleStrokes", "brush_strokes", "start_of_scale", "strokes_of_styles"]

CELL = 4  # pixels of the coarse picture on a side of one position of the layer
_SIDE, _PAD = 2 * CELL, CELL  # px of the finer one: a position, and how far a window goes beyond it
SKIN_SHARE = 0.25  # of a style's places, those nearest to skin, from which skin takes its strokes
# At most this many positions of the style are compared, which is all of them up to 1024 px: with
# all of them at 4096 px the search would take longer than the optimisation.
MAX_PLACES = 16_384


def start_of_scale(
    picture: torch.Tensor | None, inputs: ScaledInputs, start: Start, layer: str,
    backbone: Backbone,
) -> torch.Tensor:
    """The picture (1, 3, H, W) in 0..1 that a scale starts from.

    Args:
        picture: the coarser scale's result; None: this is the coarsest scale, which starts from
            what ``start.picture`` names.
        layer: as for :func:`brush_strokes`.
    """
    size = inputs.content.shape[2:]
    if picture is not None:
        coarse = picture.shape[2:]
        lost = detail(inputs.content, coarse)
        larger = resampled(picture, size)
        if inputs.relight is not None:
            larger = inputs.relight(larger)
        strokes = start.strokes * brush_strokes(picture, inputs, backbone, layer)
        return (larger + inputs.detail * lost + strokes).clamp_(0, 1)
    if start.picture == "style":
        return resampled(inputs.styles[0].picture, size).clamp_(0, 1)
    if start.picture == "noise":
        random = torch.Generator().manual_seed(start.seed)
        return torch.rand(inputs.content.shape, generator=random).to(inputs.content.device)
    return inputs.content.clone()


@dataclass(frozen=True)
class StyleStrokes:
    """The positions of a style at a coarser scale, and the finer detail that each has.

    Attributes:
        grid: (height, width) in positions.
        places: features, (C, positions), float32.
        windows: the detail around each, (3 * 4 CELL * 4 CELL, positions), by a Hann window.
    """

    grid: tuple[int, int]
    places: torch.Tensor
    windows: torch.Tensor


def brush_strokes(
    picture: torch.Tensor, inputs: ScaledInputs, backbone: Backbone, layer: str,
    known: Sequence[StyleStrokes] = (),
) -> torch.Tensor:
    """The finer detail of the styles at places like the picture's, (1, 3, H, W) around 0.

    Each position of the coarse picture is matched with the style's most similar position at the
    same scale (largest cosine of features, as in Li and Wand 2016, "Combining Markov Random Fields
    and CNNs"), and gets the detail that this position has at the finer scale, so that foam gets the
    strokes of foam (super-resolution in Hertzmann et al. 2001, "Image Analogies"). Faces get less
    of it, divided by their protection.

    Without it, the optimiser has to form the fine detail from none: the covariance distance was
    .43 instead of .20 after as many steps (Starry Night, 512 px), and a mesh formed in flat areas.

    Args:
        picture: (1, 3, h, w), the finished coarser scale; ``inputs`` are of the finer one.
        layer: whose positions are compared; one position has a side of about CELL pixels.
        known: :func:`strokes_of_styles` of such a picture; empty: not known yet.
    """
    total = sum(style.weight for style in inputs.styles)
    strokes = torch.zeros_like(inputs.content)
    known = known or strokes_of_styles(picture, inputs, backbone, layer)
    for style, theirs in zip(inputs.styles, known, strict=True):
        found = _transferred(picture, theirs, backbone, layer, inputs.skin, style.tones)
        strokes += resampled(found, inputs.content.shape[2:]) * (style.weight / total)
    return strokes if inputs.protection is None else strokes / inputs.protection


def strokes_of_styles(
    picture: torch.Tensor, inputs: ScaledInputs, backbone: Backbone, layer: str
) -> list[StyleStrokes]:
    """What :func:`brush_strokes` needs of each style; it depends on the picture's size alone."""
    zoom = inputs.content.shape[2] / picture.shape[2]
    found = []
    for style in inputs.styles:
        shrunk = [max(4 * CELL, round(side / zoom / CELL) * CELL)
                  for side in style.picture.shape[2:]]
        small = resampled(style.picture, shrunk)
        places = backbone.features(small, [layer])[layer].float()
        height, width = places.shape[2:]
        fine = resampled(style.picture, [_SIDE * height, _SIDE * width])
        lost = detail(fine, [CELL * height, CELL * width])
        windows = F.unfold(F.pad(lost, (_PAD,) * 4, mode="reflect"), 2 * _SIDE, stride=_SIDE)
        found.append(StyleStrokes((height, width), places[0].flatten(1),
                                  windows[0] * _hann(lost.device)))
    return found


def _hann(device: torch.device) -> torch.Tensor:
    """The weights of a window, (3 * 4 CELL * 4 CELL, 1)."""
    along = torch.hann_window(2 * _SIDE + 2, periodic=False, device=device)[1:-1]
    return (along[:, None] * along).flatten().repeat(3)[:, None]


def _transferred(
    picture: torch.Tensor, style: StyleStrokes, backbone: Backbone, layer: str,
    skin: torch.Tensor | None, tones: torch.Tensor | None,
) -> torch.Tensor:
    """The style's detail at the positions that are most like the picture's.

    Twice the picture's size; windows of detail overlap by half and are blended by a Hann window.
    Where the picture shows ``skin`` only the places with the most of the style's ``tones`` count.
    """
    ours = backbone.features(picture, [layer])[layer].float()
    height, width = ours.shape[2:]
    flat = ours[0].flatten(1)
    chosen = _nearest(flat, style.places)
    if skin is not None and tones is not None:
        on_skin = F.adaptive_avg_pool2d(skin, (height, width)).flatten() > 0.5
        near = F.adaptive_avg_pool2d(tones, style.grid).flatten()
        near = (near >= torch.quantile(near, 1 - SKIN_SHARE)).nonzero()[:, 0]
        if on_skin.any() and len(near):
            chosen[on_skin] = near[_nearest(flat[:, on_skin], style.places[:, near])]
    out = (_SIDE * height + 2 * _PAD, _SIDE * width + 2 * _PAD)
    blended = F.fold(style.windows[None, :, chosen], out, 2 * _SIDE, stride=_SIDE)
    weight = F.fold(_hann(picture.device).expand(1, -1, len(chosen)), out, 2 * _SIDE, stride=_SIDE)
    blended = (blended / weight)[..., _PAD:-_PAD, _PAD:-_PAD]
    tall, wide = (2 * n for n in picture.shape[2:])  # pools drop an odd last row or column
    return F.pad(blended, (0, wide - blended.shape[3], 0, tall - blended.shape[2]),
                 mode="replicate")


def _nearest(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """For each column of ours (C, N) the index of the most similar of theirs (C, M): (N,).

    Of more than MAX_PLACES in theirs as many are compared, always the same.
    """
    places = torch.arange(theirs.shape[1])
    if len(places) > MAX_PLACES:
        places = torch.randperm(len(places), generator=torch.Generator().manual_seed(0))
        places = places[:MAX_PLACES]
    places = places.to(theirs.device)
    theirs = theirs[:, places]
    mean = theirs.mean(1, keepdim=True)
    return places[nearest(F.normalize(ours - mean, dim=0), F.normalize(theirs - mean, dim=0))]
