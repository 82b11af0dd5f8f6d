"""The losses of neural style transfer, one small class each.

A loss holds its target, computed once, and is called on the network's activation at a layer
(content, style) or on the picture itself (total variation, shading). It returns a scalar tensor.

Style and content are relative: the squared error is divided by the target's own squared norm,
|x - x*|^2 / |x*|^2. 0 means reached, and 1 is about what an empty picture would give, whatever the
layer, the size of the picture and the network; so one set of weights serves every scale.
(crowsonkb's style-transfer-pytorch has the same aim with another divisor: its ScaledMSE divides
the squared error by the sum of absolute errors, which scales the gradient, not the loss.)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from .color import grey
from .statistics import Regions, flat
from .tensors import Rows, nearest, rows_of

__all__ = ["ContentLoss", "LayerLoss", "MatchLoss", "ShadingLoss", "StyleLoss", "TotalVariation"]


MATCHED_STEPS = 6  # evaluations from one search for the nearest places to the next


class LayerLoss(ABC):
    """A loss on a layer's activation (1, C, h, w), which may come a strip of rows at a time."""

    def __call__(self, activation: torch.Tensor) -> torch.Tensor:
        return self.value([self.strip(activation, rows_of(activation))])

    @abstractmethod
    def strip(self, activation: torch.Tensor, rows: Rows) -> Any:
        """What :meth:`value` needs of these rows, tensors."""

    @abstractmethod
    def value(self, strips: Sequence[Any]) -> torch.Tensor:
        """The loss, from what :meth:`strip` returned for all rows in their order."""


# A style of one colour has no covariance to divide by, and its loss rose to 1e23. Paintings have
# .15 of |m*|^2 and more (the gallery, five layers).
_LEAST_SPREAD = 0.01


class StyleLoss(LayerLoss):
    """Squared distance of a style's feature statistics, relative to their own squared norms.

    L = |C(x) - C*|^2 / |C*|^2 + |m(x) - m*|^2 / |m*|^2 with covariance C and mean m of the
    channels, and _LEAST_SPREAD |m*|^2 for a smaller |C*|; or with raw Gram matrices
    L = |G(x) - G*|^2 / |G*|^2 (Gatys et al. 2016, eq. 4, with this divisor). Covariance and mean
    are divided each by its own norm: with Oxford's weights |m*|^2 is 1e-4 to 1e-7 of |C*|^2.

    Where the picture has several regions, L is the mean of theirs by their shares.

    Args:
        target: (regions, C, C + 1), the moments of the style's Regions at this layer (or a weighted
            mean of several).
        weights: of the picture's Regions; None: all of it.
        shares: of the regions in the loss; they sum to 1.
        centred: covariance and mean; else the raw Gram matrix alone.
    """

    def __init__(self, target: torch.Tensor, weights: Sequence[torch.Tensor | None] = (None,),
                 shares: Sequence[float] = (1.0,), centred: bool = True):
        self.target = target
        self._regions = Regions(weights, centred)
        self.scale = torch.zeros_like(target[:, :1])
        mean = target[..., -1].square().sum(1, keepdim=True)
        own = target[..., :-1].square().sum((1, 2), keepdim=True)
        if centred:
            own = torch.maximum(own, (_LEAST_SPREAD * mean[..., None]).square())
            self.scale[..., -1] = 1 / mean
        self.scale[..., :-1] = 1 / own
        self.scale *= torch.tensor(shares, device=target.device)[:, None, None]

    def strip(self, activation: torch.Tensor, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        return self._regions.strip(activation, rows)

    def value(self, strips: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> torch.Tensor:
        return _WeightedSquares.apply(self._regions.merged(strips), self.target, self.scale)


class MatchLoss(LayerLoss):
    """Mean cosine distance of each place's features from the nearest of the style's places.

    L = mean_i(1 - cos(F_i - m, P_n(i) - m)), m the mean of the style's places P, n(i) the one with
    the largest cosine (Li and Wand 2016; Kolkin et al. 2022, "Neural Neighbor Style Transfer")
    in its group (tensors.nearest), searched for anew every MATCHED_STEPS evaluations. Covariance
    says which features occur together, and this, that each place of the picture looks like some
    place of the style: strokes follow the form that they lie on.

    Args:
        places: (C, N), the features of the style at N places.
    """

    def __init__(self, places: torch.Tensor):
        self._dtype = places.dtype  # in which the search multiplies
        self._mean = places.float().mean(1, keepdim=True)
        self._places = F.normalize(places.float() - self._mean, dim=0)
        self._calls = 0
        self._nearest = self._places[:, :0]

    def strip(self, activation: torch.Tensor, rows: Rows) -> torch.Tensor:
        return activation

    def value(self, strips: Sequence[torch.Tensor]) -> torch.Tensor:
        features = flat(torch.cat(list(strips), 2)[0]).float()
        ours = F.normalize(features - self._mean, dim=0)
        if self._calls % MATCHED_STEPS == 0:
            with torch.no_grad():
                found = nearest(ours.to(self._dtype), self._places.to(self._dtype))
                # In the memory layout of ours: an operation on two takes four times as long.
                self._nearest = torch.empty_like(ours).copy_(self._places[:, found])
        self._calls += 1
        return 1 - (ours * self._nearest).sum(0).mean()


class ContentLoss(LayerLoss):
    """Squared distance of activations, relative to the target's mean square.

    L = mean(gain * (F - F*)^2) / mean(F*^2) (Gatys et al. 2016, eq. 1, with this divisor)

    Args:
        target: (1, C, H, W), the photo's activation at this layer.
        gain: (1, 1, h, w) of any size, resized to the target's: how many times more than
            elsewhere a position counts (faces); None: all 1.
    """

    def __init__(self, target: torch.Tensor, gain: torch.Tensor | None = None):
        self.target = target
        self.scale = 1.0 / (target.float().square().mean() * target.numel())
        self.gain = None
        if gain is not None:
            size = target.shape[2], target.shape[3]
            self.gain = F.adaptive_avg_pool2d(gain, size).to(target.dtype)

    def strip(self, activation: torch.Tensor, rows: Rows) -> torch.Tensor:
        gain = None if self.gain is None else rows.cut(self.gain)
        return _WeightedSquares.apply(activation, rows.cut(self.target), gain)

    def value(self, strips: Sequence[torch.Tensor]) -> torch.Tensor:
        return sum(strips[1:], strips[0]) * self.scale


class ShadingLoss:
    """Squared distance of the coarse light and shade in faces, relative to the photo's own.

    L = sum(where * (S(x) - S*)^2) / sum(where * (S* - mean(S*))^2)

    S is the luminance averaged over cells of ``side`` pixels. A network's features tell an eye's
    outline, but hardly that it is darker than the cheek below it, and that contrast is what
    people (Sinha 2002, "Qualitative representations for recognition") and face detectors (Viola
    and Jones 2001) recognise a face by. Detail finer than a cell costs nothing here.

    Args:
        target: (1, 3, H, W), the photo, RGB in 0..1.
        where: (1, 1, H, W) in 0..1, the faces.
        side: of the grid's cells, in pixels, at least 1.
    """

    def __init__(self, target: torch.Tensor, where: torch.Tensor, side: float):
        height, width = (max(1, round(pixels / side)) for pixels in target.shape[2:])
        self.size = height, width
        self.target = self._shade(target)
        self.where = F.adaptive_avg_pool2d(where, self.size)
        mean = (self.where * self.target).sum() / self.where.sum()
        self.scale = 1.0 / (self.where * (self.target - mean).square()).sum().clamp_min(1e-6)

    def __call__(self, picture: torch.Tensor) -> torch.Tensor:
        return (self.where * (self._shade(picture) - self.target).square()).sum() * self.scale

    def _shade(self, picture: torch.Tensor) -> torch.Tensor:
        return F.interpolate(grey(picture), size=self.size, mode="bilinear", antialias=True)


class _WeightedSquares(torch.autograd.Function):
    """Sum of gain (F - F*)^2 in float32; its gradient has F's memory layout."""

    @staticmethod
    def forward(ctx, activation, target, gain):
        error = activation - target
        weighted = error if gain is None else error * gain
        ctx.save_for_backward(weighted)
        return (weighted * error).sum(dtype=torch.float32)

    @staticmethod
    def backward(ctx, gradient):
        (weighted,) = ctx.saved_tensors
        return weighted * (2 * gradient), None, None


class TotalVariation:
    """Mean squared difference of neighbouring pixels, across plus down.

    L = mean((x[i, j+1] - x[i, j])^2) + mean((x[i+1, j] - x[i, j])^2)

    The squared form (Mahendran & Vedaldi 2015 with beta = 2) suppresses single-pixel noise most
    and leaves long edges alone. Called on a picture (1, 3, H, W), RGB in 0..1.
    """

    def __call__(self, picture: torch.Tensor) -> torch.Tensor:
        return _SquaredDifferences.apply(picture)


class _SquaredDifferences(torch.autograd.Function):
    """TotalVariation with its gradient written out.

    Autograd would allocate a zero picture for each neighbour and add them: 6 % of a step.
    """

    @staticmethod
    def forward(ctx, picture):
        across, down = picture.diff(dim=3), picture.diff(dim=2)
        ctx.save_for_backward(picture, across, down)
        return across.square().mean() + down.square().mean()

    @staticmethod
    def backward(ctx, gradient):
        picture, across, down = ctx.saved_tensors
        result = torch.zeros_like(picture)
        for dim, difference in (3, across), (2, down):
            pull = difference * (2 * gradient / difference.numel())
            result.narrow(dim, 1, difference.shape[dim]).add_(pull)
            result.narrow(dim, 0, difference.shape[dim]).sub_(pull)
        return result
