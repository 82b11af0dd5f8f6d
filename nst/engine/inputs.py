"""The photo, its masks and the styles, at whatever scale the optimiser works."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from ..errors import UserError
from ..geometry import fit_size, resized
from ..people import NOBODY, People
from ..settings import Settings
from .color import luminance, match_colors, matched_luminance, with_luminance
from .faces import (
    LIGHT_CELLS,
    Relight,
    below_eyes,
    in_planes,
    skin_colors,
    skin_mask,
    skin_tones,
)
from .losses import ShadingLoss
from .recipe import FaceCare, Recipe, Scale
from .tensors import to_image, to_tensor, window_mean

__all__ = ["Inputs", "Region", "ScaledInputs", "ScaledStyle", "checked_styles"]

# A style is not enlarged beyond this: past it there are no finer brush strokes to learn from.
MAX_ENLARGEMENT = 1.5
MIN_STYLE_SIDE = 32  # px
# Share of a style's area under which its faces hold too few brush strokes to learn skin from.
# .017 (a small dancer of Renoir's, hat and all) left black and orange patches on a cheek; .09 and
# .29 paint well.
SMALLEST_SKIN = 0.03
TONES_IN_FACE = 0.7  # share of a style's face that skin learns from: its skin, not eyes and hair
# Share of the shorter side by which the person's mask is grown: an outline is seen by features on
# both of its sides.
OUTLINE = 0.02
MIN_AREA = 1e-3  # of the picture; a smaller region has no style loss of its own


@dataclass(frozen=True)
class ScaledStyle:
    """A style at one scale, (1, 3, H, W), and its weight in the blend.

    ``tones``: where it has the tones of skin, (1, 1, H, W) in 0..1; None where nobody asks.
    """

    picture: torch.Tensor
    weight: float
    tones: torch.Tensor | None = None


@dataclass(frozen=True)
class Region:
    """A part of the photo that takes its style from a part of each style.

    Attributes:
        where: (1, 1, H, W) in 0..1, in the photo; None: everywhere.
        in_styles: for each style how much each place counts, (1, 1, h, w); None: all the same.
        weight: of its style loss beside another region of the same area.
    """

    where: torch.Tensor | None
    in_styles: tuple[torch.Tensor | None, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class ScaledInputs:
    """The inputs at one scale; pictures (1, 3, H, W) RGB in 0..1, masks (1, 1, H, W) in 0..1.

    Attributes:
        photo: as it was taken.
        content: the photo in the colours that the content loss compares with.
        styles: with their weights.
        regions: the parts of the photo with a style loss of their own.
        mask: where to paint; None: everywhere.
        content_gain: how much content counts at each place: 1 on the person, less on the
            background, more in faces; more everywhere without a person.
        detail: how much of the photo's finer detail the start of the scale is given.
        protection: by how much brush strokes at the start are divided, at least 1 (the faces'
            gain); None without faces.
        skin: where skin takes its strokes from the styles' tones; None: nowhere.
        shading: the loss that keeps the light and shade of the faces, or without a person of the
            whole picture; None: of nothing.
        relight: gives the faces back their light and hue; None without faces.
    """

    photo: torch.Tensor
    content: torch.Tensor
    styles: tuple[ScaledStyle, ...]
    regions: tuple[Region, ...]
    mask: torch.Tensor | None
    content_gain: torch.Tensor
    detail: torch.Tensor
    protection: torch.Tensor | None = None
    skin: torch.Tensor | None = None
    shading: ShadingLoss | None = None
    relight: Relight | None = None


def checked_styles(
    styles: Sequence[tuple[Image.Image, float]]
) -> list[tuple[Image.Image, float]]:
    """The styles in RGB with their weights.

    Raises:
        UserError: no style, or a weight that is no positive number.
    """
    if not styles:
        raise UserError("Choose at least one style.")
    for _, weight in styles:
        if not (isinstance(weight, (int, float)) and 0 < weight < math.inf):
            raise UserError(f"A style's weight is {weight!r}; give a number above 0.")
    return [(style.convert("RGB"), float(weight)) for style, weight in styles]


class Inputs:
    """What is painted, and after which styles.

    Args:
        photo: RGB, any size; it is resized to ``settings.size``.
        styles: pictures of any size with weights, from :func:`checked_styles`.
        mask: mode L, where to paint (white); None: as ``settings.region`` says.
        people: those of the photo. style_people: those of each style, in order; empty: nobody.

    Attributes:
        size: (width, height) of the finished picture.
        faces: the boxes of the photo's faces, largest first.
        style_count: how many styles are blended.

    Raises:
        UserError: a region without a person or a mask to find it by, or a mask that leaves nothing
            to paint.
    """

    def __init__(
        self, photo: Image.Image, styles: Sequence[tuple[Image.Image, float]],
        settings: Settings, recipe: Recipe, device: torch.device,
        mask: Image.Image | None = None, people: People = NOBODY,
        style_people: Sequence[People] = (),
    ):
        self._settings, self._recipe, self._device = settings, recipe, device
        self.size = fit_size(photo.size, settings.size)
        photo = photo.convert("RGB")
        self._photo = photo if photo.size == self.size else photo.resize(
            self.size, Image.Resampling.LANCZOS)
        self._styles = styles
        self.style_count = len(styles)
        self._people = people
        self.faces = tuple(face.box for face in people.faces)
        self._style_people = style_people or [NOBODY] * len(styles)
        self._mask = self._find_mask(mask)
        self._in_planes = self._abstracted()

    def _abstracted(self) -> Image.Image:
        """The photo with its person in planes (faces.py)."""
        if not self._people.faces:
            return self._photo
        photo = to_tensor(self._photo).to(self._device)
        care, width = self._recipe.faces, self._people.faces[0].width * self.size[0]
        large, small = (min(radius * width, care.largest_planes * max(self.size))
                        for radius in (care.planes, care.core_planes))
        core, person = (self._at_size(mask, self.size)
                        for mask in (self._people.core, self._people.person))
        planes = in_planes(photo, large, person)
        if core is not None:
            planes = torch.lerp(planes, in_planes(photo, small, core), core)
        return to_image(planes if person is None else torch.lerp(photo, planes, person))

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
        if found.mean() < MIN_AREA:
            raise UserError("The mask leaves nothing to paint; mark a larger part of the photo.")
        return found

    def at(self, scale: Scale) -> ScaledInputs:
        """The inputs at this scale."""
        recipe = self._recipe
        small = resized(self._photo, scale.size)
        photo = to_tensor(small).to(self._device)
        pictures = [to_tensor(self._sized(style, small.size)).to(self._device)
                    for style, _ in self._styles]
        weights = [weight for _, weight in self._styles]
        content = planes = to_tensor(resized(self._in_planes, scale.size)).to(self._device)
        if self._settings.colors == "painting":
            content = match_colors(planes, list(zip(pictures, weights, strict=True)),
                                   recipe.start.color_match)
        elif self._settings.colors == "photo":
            pictures = [match_colors(picture, [(photo, 1.0)]) for picture in pictures]
        else:
            content = luminance(planes)
            pictures = [matched_luminance(picture, photo) for picture in pictures]
        styles = tuple(map(ScaledStyle, pictures, weights))
        mask = self._at_size(self._mask, small.size)
        whole = Region(mask, (None,) * len(styles))
        face = self._at_size(self._people.face, small.size)
        person = self._at_size(self._people.person, small.size)
        keep = self._keep(person, photo)
        inputs = ScaledInputs(photo, content, styles, (whole,), mask, keep,
                              recipe.start.detail * keep)
        if person is None and face is None:
            return replace(inputs, content_gain=recipe.weights.nobody * keep,
                           shading=self._shading(content, keep, small.width))
        if face is None:
            return inputs
        near = below_eyes(self._people.faces, small.size[::-1]).to(self._device)
        if person is not None:
            face, near = face * person, near * person
        return self._with_faces(inputs, face, near, scale.face_power, planes)

    def _with_faces(
        self, inputs: ScaledInputs, face: torch.Tensor, near: torch.Tensor, power: float,
        planes: torch.Tensor,
    ) -> ScaledInputs:
        """The inputs with all that protects and paints the faces, ``face`` (1, 1, H, W).

        ``near``: where ears and necks may be; what shows skin there counts as face.
        ``power``: to which the content's gain is raised. ``planes``: the photo in planes.
        """
        care, content = self._recipe.faces, inputs.content
        regions, hue, styles, on_skin = inputs.regions, None, inputs.styles, None
        if self._settings.style_faces:
            skin, lightness = skin_mask(inputs.photo, face, near)
            style_faces = [self._style_face(style.picture, people) for style, people
                           in zip(inputs.styles, self._style_people, strict=True)]
            tones = [self._tones(style.picture, style_face, lightness)
                     for style, style_face in zip(inputs.styles, style_faces, strict=True)]
            # Else the style's large faces would appear again beside the photo's.
            rest = tuple(None if style_face is None else 1 - style_face
                         for style_face in style_faces)
            regions = _skin_and_rest(inputs, skin, tones, care, rest)
            if self._settings.colors == "painting":
                # The map of the whole picture's colours turns skin grey beside an orange suit.
                mapped = skin_colors(
                    planes, skin, [style.picture for style in inputs.styles], tones,
                    [style.weight for style in inputs.styles], care.skin_match)
                content, hue = torch.lerp(content, mapped, skin), skin
            face = torch.maximum(face, skin)
            styles = tuple(replace(style, tones=part)
                           for style, part in zip(styles, tones, strict=True))
            on_skin = skin
        height, width = face.shape[2:]
        core = self._at_size(self._people.core, (width, height))
        core = face if core is None else face * core
        gain = 1 + (care.gain - 1) * face + (care.core_gain - care.gain) * core
        hold = 1 + (care.stroke_gain - 1) * face + (
            care.core_stroke_gain - care.stroke_gain) * core
        detail = torch.lerp(inputs.detail, torch.full_like(inputs.detail, care.detail), face)
        face_width = self._people.faces[0].width * width
        return replace(
            inputs, content=content, regions=regions, styles=styles, skin=on_skin,
            protection=hold, detail=detail,
            content_gain=inputs.content_gain * gain**power,
            shading=self._shading(content, face, face_width),
            relight=Relight(content, face, hue, face_width, care.relight, care.recolor))

    def _shading(self, content: torch.Tensor, where: torch.Tensor, width: float
                 ) -> ShadingLoss | None:
        """The loss that keeps light and shade ``where`` the subject is, ``width`` pixels wide."""
        if not self._recipe.weights.shading:
            return None
        return ShadingLoss(content, where, max(1.0, width / LIGHT_CELLS))

    def finish(self, picture: torch.Tensor, inputs: ScaledInputs) -> torch.Tensor:
        """The picture as people see it: with the photo's chrominance or unpainted parts back."""
        if inputs.relight is not None:
            picture = inputs.relight(picture)
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

    def _keep(self, person: torch.Tensor | None, photo: torch.Tensor) -> torch.Tensor:
        """How much content counts: 1 on the person and just around, less on the background."""
        everywhere = torch.ones_like(photo[:, :1])
        if person is None:
            return everywhere
        return torch.lerp(everywhere * self._recipe.weights.background, everywhere,
                          _grown(person, OUTLINE))

    def _tones(self, style: torch.Tensor, face: torch.Tensor | None,
               lightness: float) -> torch.Tensor:
        """Where a style shows skin, or else what comes nearest to it, (1, 1, h, w)."""
        if face is None:
            return skin_tones(style, lightness, self._recipe.faces.tones)
        return skin_tones(style, lightness, TONES_IN_FACE, face)

    def _style_face(self, style: torch.Tensor, people: People) -> torch.Tensor | None:
        """Where a style's faces are, if they are large enough to learn from, (1, 1, h, w)."""
        face = self._at_size(people.face, (style.shape[3], style.shape[2]))
        return None if face is None or face.mean() < SMALLEST_SKIN else face

    def _at_size(self, mask: np.ndarray | None, size: tuple[int, int]) -> torch.Tensor | None:
        """A mask averaged down (or enlarged) to (width, height), as (1, 1, H, W)."""
        if mask is None:
            return None
        if mask.shape != size[::-1]:
            mask = np.array(Image.fromarray(mask).resize(size, Image.Resampling.BOX))
        return torch.from_numpy(mask)[None, None].to(self._device)


def _skin_and_rest(
    inputs: ScaledInputs, skin: torch.Tensor, tones: Sequence[torch.Tensor], care: FaceCare,
    rest: tuple[torch.Tensor | None, ...],
) -> tuple[Region, ...]:
    """Two regions: skin, which learns mostly from the styles' tones near skin, and the rest.

    A share of what skin learns comes from the whole style: light tones alone may be flat paper,
    and a face painted after them loses its features. ``rest``: what all else learns from.
    """
    share = care.skin_rest
    everywhere = torch.ones_like(skin) if inputs.mask is None else inputs.mask
    learnt = tuple((1 - share) * part / part.mean().clamp_min(1e-6) + share for part in tones)
    parts = (Region(everywhere * (1 - skin), rest),
             Region(everywhere * skin, learnt, care.skin_style))
    return tuple(part for part in parts
                 if part.where is not None and part.where.mean() > MIN_AREA)


def _grown(mask: torch.Tensor, share: float) -> torch.Tensor:
    """The mask with a soft rim around it, as wide as ``share`` of the picture's shorter side."""
    reach = round(share * min(mask.shape[2:]))
    if reach < 1:
        return mask
    window = 2 * reach + 1
    down = F.max_pool2d(mask, (window, 1), 1, (reach, 0))
    wide = F.max_pool2d(down, (1, window), 1, (0, reach))
    return torch.maximum(mask, window_mean(wide, reach))
