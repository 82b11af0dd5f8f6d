"""The photo, its masks and the styles, at whatever scale the optimiser works."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from ..errors import UserError
from ..geometry import fit_size, resized
from ..people import NOBODY, People
from ..settings import Settings
from .color import luminance, match_colors, matched_luminance, with_luminance
from .losses import ShadingLoss
from .recipe import Recipe
from .tensors import to_tensor

__all__ = ["Inputs", "Region", "ScaledInputs", "StyleSource"]

# A style is not enlarged beyond this: past it there are no finer brush strokes to learn from.
MAX_ENLARGEMENT = 1.5
MIN_STYLE_SIDE = 32  # px
# Cells of the shading loss across the largest face: as fine as what a detector tells a face by.
SHADING_CELLS = 16
# Share of a style's area under which its faces hold too few brush strokes to learn skin from.
# .017 (a small dancer of Renoir's, hat and all) left black and orange patches on a cheek; .09 and
# .29 paint well.
SMALLEST_SKIN = 0.03
LEAST_AREA = 1e-3  # of the picture; a smaller region has no style loss of its own


@dataclass(frozen=True)
class StyleSource:
    """A style at one scale, (1, 3, H, W), and its weight in the blend."""

    picture: torch.Tensor
    weight: float


@dataclass(frozen=True)
class Region:
    """A part of the photo that takes its style from a part of each style.

    Attributes:
        where: (1, 1, H, W) in 0..1, in the photo; None: everywhere.
        in_styles: for each style its part, (1, 1, h, w) in 0..1; None: the whole style.
    """

    where: torch.Tensor | None
    in_styles: tuple[torch.Tensor | None, ...]


@dataclass(frozen=True)
class ScaledInputs:
    """The inputs at one scale; pictures (1, 3, H, W) RGB in 0..1, masks (1, 1, H, W) in 0..1.

    Attributes:
        photo: as it was taken.
        content: the photo in the colours that the content loss compares with.
        styles: with their weights.
        regions: the parts of the photo with a style loss of their own.
        mask: where to paint; None: everywhere.
        gain: how many times more than elsewhere content counts, at least 1; None: 1 everywhere.
        shading: the loss that keeps the faces' light and shade; None without faces.
    """

    photo: torch.Tensor
    content: torch.Tensor
    styles: tuple[StyleSource, ...]
    regions: tuple[Region, ...]
    mask: torch.Tensor | None
    gain: torch.Tensor | None
    shading: ShadingLoss | None


class Inputs:
    """What is painted, and after which styles.

    Args:
        photo: RGB, any size; it is resized to ``settings.size``.
        styles: RGB pictures of any size, with weights.
        mask: mode L, where to paint (white); None: as ``settings.region`` says.
        people: those of the photo. style_people: those of each style, in order; empty: nobody.

    Raises:
        UserError: no style, a weight that is no positive number, a region without a person or a
            mask to find it by, or a mask that leaves nothing to paint.
    """

    def __init__(
        self, photo: Image.Image, styles: Sequence[tuple[Image.Image, float]],
        settings: Settings, recipe: Recipe, device: torch.device,
        mask: Image.Image | None = None, people: People = NOBODY,
        style_people: Sequence[People] = (),
    ):
        if not styles:
            raise UserError("Choose at least one painting to take the style from.")
        for _, weight in styles:
            if not (isinstance(weight, (int, float)) and 0 < weight < math.inf):
                raise UserError(f"A style's weight is {weight!r}; give a number above 0.")
        self._settings, self._recipe, self._device = settings, recipe, device
        self.size = fit_size(photo.size, settings.size)
        photo = photo.convert("RGB")
        self._photo = photo if photo.size == self.size else photo.resize(
            self.size, Image.Resampling.LANCZOS)
        self._styles = [(style.convert("RGB"), float(weight)) for style, weight in styles]
        self._people = people
        self._style_people = style_people or [NOBODY] * len(styles)
        self._mask = self._find_mask(mask)

    def _find_mask(self, mask: Image.Image | None) -> np.ndarray | None:
        """Where to paint, float32 (height, width) in 0..1, or None for everywhere."""
        if mask is not None:
            found = np.asarray(mask.convert("L").resize(self.size), np.float32) / 255
        elif self._settings.region == "everything":
            return None
        elif self._people.person is None:
            raise UserError("No face was found in the photo; give a mask that shows the subject.")
        else:
            found = self._people.person
        if self._settings.region == "background":
            found = 1 - found
        if found.mean() < LEAST_AREA:
            raise UserError("The mask leaves nothing to paint; mark a larger part of the photo.")
        return found

    def at(self, longer_side: int) -> ScaledInputs:
        """The inputs with ``longer_side`` pixels on the photo's longer side."""
        small = resized(self._photo, longer_side)
        photo = to_tensor(small).to(self._device)
        pictures = [to_tensor(self._sized(style, small.size)).to(self._device)
                    for style, _ in self._styles]
        weights = [weight for _, weight in self._styles]
        face = self._at_size(self._people.face, small.size)
        content = photo
        if self._settings.colors == "painting":
            content = match_colors(photo, list(zip(pictures, weights, strict=True)),
                                   self._recipe.color_match)
            if face is not None:
                # The map is the whole picture's: beside an orange suit it turns skin grey. A
                # likeness of 0.5 keeps half of the photo's chrominance in a face.
                natural = with_luminance(photo, content)
                content = torch.lerp(content, natural, self._settings.likeness * face)
        elif self._settings.colors == "photo":
            pictures = [match_colors(picture, [(photo, 1.0)]) for picture in pictures]
        else:
            content = luminance(photo)
            pictures = [matched_luminance(picture, photo) for picture in pictures]
        styles = tuple(map(StyleSource, pictures, weights))
        mask = self._at_size(self._mask, small.size)
        return ScaledInputs(
            photo, content, styles, self._regions(styles, face, mask), mask,
            self._gain(face, small.size), self._shading(content, face))

    def finish(self, picture: torch.Tensor, inputs: ScaledInputs) -> torch.Tensor:
        """The picture as people see it: with the photo's chrominance or unpainted parts back."""
        if self._settings.colors == "luminance":
            picture = with_luminance(inputs.photo, picture)
        if inputs.mask is not None:
            picture = torch.lerp(inputs.photo, picture, inputs.mask)
        return picture

    def _sized(self, style: Image.Image, size: tuple[int, int]) -> Image.Image:
        """The style with as many pixels as the photo, times the style scale squared."""
        scale = math.sqrt(size[0] * size[1] / (style.width * style.height))
        scale = min(scale * self._settings.style_scale, MAX_ENLARGEMENT)
        scale = max(scale, MIN_STYLE_SIDE / min(style.size))
        new = (round(style.width * scale), round(style.height * scale))
        return style.resize(new, Image.Resampling.LANCZOS)

    def _gain(self, face: torch.Tensor | None, size: tuple[int, int]) -> torch.Tensor | None:
        core = self._at_size(self._people.core, size)
        if face is None or core is None:
            return None
        recipe = self._recipe
        return 1 + (recipe.face_gain - 1) * face + (recipe.core_gain - recipe.face_gain) * core

    def _shading(self, content: torch.Tensor, face: torch.Tensor | None) -> ShadingLoss | None:
        if face is None or not self._recipe.shading:
            return None
        side = self._people.faces[0].width * content.shape[3] / SHADING_CELLS
        return ShadingLoss(content, face, max(1.0, side))

    def _regions(
        self, styles: Sequence[StyleSource], face: torch.Tensor | None, mask: torch.Tensor | None
    ) -> tuple[Region, ...]:
        """Skin, which learns from the styles' skin where they show any, and the rest."""
        whole = (None,) * len(styles)
        skins = tuple(
            self._skin(people, style.picture)
            for people, style in zip(self._style_people, styles, strict=True))
        if face is None or all(skin is None for skin in skins):
            return (Region(mask, whole),)
        everywhere = torch.ones_like(face) if mask is None else mask
        parts = Region(everywhere * (1 - face), whole), Region(everywhere * face, skins)
        return tuple(part for part in parts
                     if part.where is not None and part.where.mean() > LEAST_AREA)

    def _skin(self, people: People, picture: torch.Tensor) -> torch.Tensor | None:
        skin = self._at_size(people.face, (picture.shape[3], picture.shape[2]))
        return None if skin is None or skin.mean() < SMALLEST_SKIN else skin

    def _at_size(self, mask: np.ndarray | None, size: tuple[int, int]) -> torch.Tensor | None:
        """A mask averaged down (or enlarged) to (width, height), as (1, 1, H, W)."""
        if mask is None:
            return None
        if mask.shape != size[::-1]:
            mask = np.array(Image.fromarray(mask).resize(size, Image.Resampling.BOX))
        return torch.from_numpy(mask)[None, None].to(self._device)
