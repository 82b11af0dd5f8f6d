"""The photo, its masks and the paintings, at whatever scale the descent works."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from ..errors import UserError
from ..geometry import fit_size, resized
from ..portrait.exposure import even_exposure, nearly_black
from ..portrait.faces import NO_FACE
from ..portrait.masks import core_mask, face_mask, find_faces
from ..portrait.person import find_subject
from ..settings import Settings
from .color import luminance, match_colors, matched_luminance, with_luminance
from .losses import ShadingLoss
from .objective import Region, StyleSource
from .recipe import Recipe
from .tensors import to_tensor

__all__ = ["Scene", "View"]

log = logging.getLogger(__name__)

# A painting is not enlarged beyond this: past it there are no finer brush marks to learn from.
MAX_ENLARGEMENT = 1.5
SHADES = 16  # across the largest face: as fine as what the detector tells a face by
MIN_STYLE_SIDE = 32  # px
# Of a painting: a smaller face has too few brush marks to learn skin from. One of .017 (a dancer of
# Renoir's, hat and all) left black and orange patches on a cheek; .09 and .29 paint well.
SMALLEST_SKIN = 0.03


@dataclass(frozen=True)
class View:
    """The scene at one scale; tensors (1, 3, H, W) RGB in 0..1, masks (1, 1, H, W) in 0..1.

    Attributes:
        photo: as it was taken. content: in the colours that the content loss should see.
        mask: where to paint; None: everywhere.
        gain: how many times more than elsewhere content counts; None: all the same.
        shading: the loss that keeps the faces' light and shade; None: there is none.
    """

    photo: torch.Tensor
    content: torch.Tensor
    styles: tuple[StyleSource, ...]
    regions: tuple[Region, ...]
    mask: torch.Tensor | None
    gain: torch.Tensor | None
    shading: ShadingLoss | None


class Scene:
    """What is painted, and after which paintings.

    Args:
        photo, styles: RGB pictures of any size; the styles with weights.
        mask: mode L, where to paint (white); None: as ``settings.region`` says.

    Raises:
        UserError: no style, a weight that is no positive number, or a region without a face
            or mask to find it by.
    """

    def __init__(
        self, photo: Image.Image, styles: Sequence[tuple[Image.Image, float]],
        settings: Settings, recipe: Recipe, device: torch.device,
        mask: Image.Image | None = None,
    ):
        if not styles:
            raise UserError("Choose at least one painting to take the style from.")
        for _, weight in styles:
            if not (isinstance(weight, (int, float)) and 0 < weight < math.inf):
                raise UserError(f"A style's weight is {weight!r}; give a number above 0.")
        self._settings, self._recipe, self._device = settings, recipe, device
        photo = photo.convert("RGB")
        self.size = fit_size(photo.size, settings.size)
        self._faces = find_faces(photo)
        self._photo = photo.resize(self.size, Image.Resampling.LANCZOS)
        if settings.exposure or nearly_black(np.asarray(self._photo.convert("L"))):
            self._photo = even_exposure(self._photo)
        self._styles = [(style.convert("RGB"), float(weight)) for style, weight in styles]
        self._style_faces = [
            find_faces(style) if settings.style_faces and self._faces else []
            for style, _ in self._styles
        ]
        self._mask = self._find_mask(mask)
        if not self._faces and settings.likeness:
            log.info(NO_FACE)

    def _find_mask(self, mask: Image.Image | None) -> np.ndarray | None:
        """Where to paint, float32 (height, width) in 0..1, or None for everywhere."""
        if mask is not None:
            found = np.asarray(mask.convert("L").resize(self.size), np.float32) / 255
        elif self._settings.region == "everything":
            return None
        else:
            found = find_subject(self._photo, self._faces)
        if self._settings.region == "background":
            found = 1 - found
        if found.mean() < 1e-3:
            raise UserError("The mask leaves nothing to paint; mark a larger part of the photo.")
        return found

    def at(self, longer_side: int) -> View:
        """The scene with ``longer_side`` pixels on the photo's longer side."""
        settings, device = self._settings, self._device
        shrunk = resized(self._photo, longer_side)
        photo = to_tensor(shrunk).to(device)
        paintings = [to_tensor(self._sized(style, shrunk.size)).to(device)
                     for style, _ in self._styles]
        weights = [weight for _, weight in self._styles]
        face = self._tensor(face_mask(self._faces, shrunk.size)) if self._faces else None
        content = photo
        if settings.colors == "painting":
            models = list(zip(paintings, weights, strict=True))
            content = match_colors(photo, models, self._recipe.color_match)
            if face is not None:
                # The map is the whole picture's: beside an orange suit it takes skin to grey. A
                # likeness of 0.5 keeps half of the photo's chrominance in a face.
                alive = with_luminance(photo, content)
                content = torch.lerp(content, alive, settings.likeness * face)
        elif settings.colors == "photo":
            paintings = [match_colors(painting, [(photo, 1.0)]) for painting in paintings]
        else:
            content = luminance(photo)
            paintings = [matched_luminance(painting, photo) for painting in paintings]
        sources = tuple(
            StyleSource(painting, weight, self._skin(faces, painting))
            for painting, weight, faces in zip(paintings, weights, self._style_faces, strict=True)
        )
        mask = None if self._mask is None else self._tensor(
            np.array(Image.fromarray(self._mask).resize(shrunk.size, Image.Resampling.BOX)))
        gain, shading = None, None
        if face is not None:
            core = self._tensor(core_mask(self._faces, shrunk.size))
            recipe = self._recipe
            gain = 1 + (recipe.face_gain - 1) * face + (recipe.core_gain - recipe.face_gain) * core
            if recipe.shading:
                side = self._faces[0].width * shrunk.width / SHADES
                shading = ShadingLoss(content, face, max(1.0, side))
        return View(photo, content, sources, _regions(sources, face, mask), mask, gain,
                    shading)

    def finish(self, picture: torch.Tensor, view: View) -> torch.Tensor:
        """A painted picture as people see it: with the photo's colours or unpainted parts back."""
        if self._settings.colors == "luminance":
            picture = with_luminance(view.photo, picture)
        if view.mask is not None:
            picture = torch.lerp(view.photo, picture, view.mask)
        return picture

    def _sized(self, style: Image.Image, size: tuple[int, int]) -> Image.Image:
        """The painting with as many pixels as the photo, times the style scale squared."""
        area = math.sqrt(size[0] * size[1] / (style.width * style.height))
        scale = min(area * self._settings.style_scale, MAX_ENLARGEMENT)
        scale = max(scale, MIN_STYLE_SIDE / min(style.size))
        new = (round(style.width * scale), round(style.height * scale))
        return style.resize(new, Image.Resampling.LANCZOS)

    def _skin(self, faces, painting: torch.Tensor) -> torch.Tensor | None:
        if not faces:
            return None
        skin = face_mask(faces, (painting.shape[3], painting.shape[2]))
        return self._tensor(skin) if skin.mean() >= SMALLEST_SKIN else None

    def _tensor(self, mask: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(mask)[None, None].to(self._device)


def _regions(sources, face, mask) -> tuple[Region, ...]:
    if face is None or all(source.skin is None for source in sources):
        return (Region(mask),)
    everywhere = torch.ones_like(face) if mask is None else mask
    parts = Region(everywhere * (1 - face)), Region(everywhere * face, skin=True)
    return tuple(part for part in parts if part.where.mean() > 1e-3)
