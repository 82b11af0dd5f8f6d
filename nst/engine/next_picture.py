"""Paints the next picture of a film on from a start at full size; what can be kept is kept.

A film's pictures differ little, so the work of the coarse scales is there already, moved along with
what the picture shows. A few steps at the last scale paint what is new in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from PIL import Image

from ..geometry import fit_size
from ..people import NOBODY, People
from ..settings import Settings
from .inputs import Inputs, ScaledInputs, checked_styles
from .manner import manner_of
from .objective import Kept, Losses, build_objective
from .recipe import plan
from .scale_start import StyleStrokes, brush_strokes, strokes_of_styles
from .step_filter import StepFilter
from .stylize import load_backbone
from .tensors import detail, pick_device, resampled, to_image

__all__ = ["NextPicture"]

# Root mean square, over the values that may move, of a step before there is curvature, and of the
# longest one. With a first one of .006 new places stay pale.
FIRST, LONGEST = 0.02, 0.03
COARSE_CELLS = 24  # along the shorter side; what is lost in these is strokes, the rest is forms


class NextPicture:
    """The last scale of the descent, for one picture of a film after the other.

    Args:
        styles: pictures with weights. style_people: those of each style; empty: nobody.
        settings: as for nst.engine.stylize.stylize; ``optimizer`` and ``init`` have no effect.

    Raises:
        UserError: as stylize() does.
    """

    def __init__(self, styles: Sequence[tuple[Image.Image, float]], settings: Settings,
                 style_people: Sequence[People] = ()):
        self._settings = settings = replace(settings, optimizer="lbfgs")  # what paint() does
        self._styles, self.style_people = checked_styles(styles), style_people
        self._manner = manner_of(self._styles)
        self._recipe = plan(settings, self._manner)
        # Strokes follow form already in what the first picture has painted, and searching for the
        # nearest places of the style takes longer than anything else that a step does.
        self._scale = replace(self._recipe.scales[-1], match={})
        self._device = pick_device(settings.device)
        self._backbone = load_backbone(settings)
        self._gamma: torch.Tensor | None = None  # a step's length for the gradient's, by curvature
        self.forget()
        self._sized = False

    @property
    def size(self) -> int:
        """Longer side of the pictures, in pixels."""
        return self._scale.size

    def forget(self) -> None:
        """Keep nothing of the pictures so far: a cut has come."""
        self._kept, self._gamma = Kept(), None
        self._strokes: list[StyleStrokes] = []

    def inputs(self, photo: Image.Image, people: People = NOBODY,
               mask: Image.Image | None = None) -> tuple[Inputs, ScaledInputs]:
        """The next photo (RGB), its people and where to paint, at the last scale.

        Raises:
            UserError: a region without a person, or a mask that leaves nothing to paint.
        """
        width, _ = fit_size(photo.size, self._settings.size)
        recipe = plan(self._settings, self._manner,
                      *[face.width * width for face in people.faces[:1]])
        whole = Inputs(photo, self._styles, self._settings, recipe, self._device, mask, people,
                       self.style_people)
        scaled = whole.at(self._scale)
        if not self._sized and self._settings.colors == "painting":
            # Resized once instead of for every picture; a style is not resized to its own size.
            self._styles = [(to_image(style.picture), style.weight) for style in scaled.styles]
            self._sized = True
        return whole, scaled

    def strokes(self, picture: torch.Tensor, inputs: ScaledInputs) -> torch.Tensor:
        """The styles' finest detail for a picture (1, 3, H, W) that lacks it, around 0."""
        coarse = resampled(picture, [max(16, side // 2) for side in picture.shape[2:]])
        if not self._strokes:
            self._strokes = strokes_of_styles(coarse, inputs, self._backbone, self._scale.strokes)
        return self._recipe.start.strokes * brush_strokes(
            coarse, inputs, self._backbone, self._scale.strokes, self._strokes)

    def paint(self, start: torch.Tensor, inputs: ScaledInputs, freedom: torch.Tensor,
              forms: torch.Tensor, steps: int) -> tuple[torch.Tensor, Losses]:
        """Some steps of L-BFGS from ``start``.

        Args:
            start: (1, 3, H, W) in 0..1, at the last scale's size.
            inputs: from :meth:`inputs`.
            freedom: (1, 1, H, W) in 0..1: how far each place may move; 0 holds it.
            forms: (1, 1, H, W) in 0..1: how much of that is left to what is coarser than strokes.
            steps: from 1.

        Returns:
            the picture (1, 3, H, W), and the losses before the last step.
        """
        objective = build_objective(self._backbone, self._scale, self._recipe, inputs, self._kept)
        filtered = StepFilter(start, self._recipe.descent.filter_strength)
        rate = self._recipe.descent.rate_at(self.size)
        share = freedom.mean().clamp_min(1e-6).sqrt()  # of the values that may move
        cells = [max(1, round(side * COARSE_CELLS / min(start.shape[2:])))
                 for side in start.shape[2:]]
        x, before, gamma = start, None, self._gamma
        pair = None
        for _ in range(steps):
            x.requires_grad_(True)
            losses = objective(x)
            (gradient,) = torch.autograd.grad(losses.total, x)
            x = x.detach()
            if not (torch.isfinite(losses.total) and gradient.isfinite().all()):
                break  # bfloat16 has 8 bits of precision; what there is is painted already
            gradient = gradient * freedom
            blocked = ((x <= 0) & (gradient > 0)) | ((x >= 1) & (gradient < 0))
            direction = gradient.masked_fill(blocked, 0)
            if before is not None:
                step, change = x - before[0], gradient - before[1]
                product, norm = (step * change).sum(), change.square().sum().clamp_min(1e-30)
                if product > 1e-10 * norm:
                    pair, gamma = (step, change, 1 / product), product / norm
                    self._gamma = gamma
            if gamma is None:
                gamma = FIRST * share / _length(direction)
            if pair is None:
                direction = filtered(direction) * gamma
            else:
                step, change, inverse = pair
                amount = inverse * (step * direction).sum()
                direction = filtered(direction - amount * change) * gamma
                direction = direction + step * (amount - inverse * (change * direction).sum())
            fine = detail(direction, cells)
            direction = fine + forms * (direction - fine)
            direction = direction.masked_fill(blocked, 0) * freedom
            direction = direction * (rate * (LONGEST * share / _length(direction)).clamp_max(1))
            before = x, gradient
            x = (x - direction).clamp(0, 1)
        return x, losses.detach()


def _length(picture: torch.Tensor) -> torch.Tensor:
    """Root mean square of the values."""
    return picture.square().mean().sqrt().clamp_min(1e-12)
