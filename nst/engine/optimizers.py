"""How the picture moves: L-BFGS, or Adam with a local second moment, clamped at every step."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F

from .losses import Losses

__all__ = ["AdamDescent", "LbfgsDescent", "local_mean"]

# Adam's second moment is averaged over this share of the picture's shorter side. Adam divides
# each pixel by its own gradient's size, so flat areas, whose gradients are tiny, are stirred as
# much as edges: the white speckles and fish scales of per-pixel Adam. A neighbourhood's common
# size removes them.
_NEIGHBOURHOOD = 1 / 16

Objective = Callable[[torch.Tensor], Losses]


class AdamDescent:
    """Adam (Kingma & Ba 2015) on the picture's pixels.

    Differs from the original in three ways: the second moment is shared by a neighbourhood and
    by the three channels; every step is followed by a clamp to 0..1; the result is the moving
    average of the iterates (Polyak), which rubs out the last steps' jitter.

    Args:
        picture: (1, 3, H, W), RGB in 0..1.
        steps: tells over how many steps the rate decays, by half a cosine to ``decay`` of it;
            asked at every step, since a time budget may change it.
    """

    def __init__(
        self, picture: torch.Tensor, *, steps: Callable[[], int], learning_rate: float,
        decay: float, betas: tuple[float, float], averaging: float,
    ):
        self._x = picture.clone()
        self._m = torch.zeros_like(picture)
        self._v = torch.zeros_like(picture[:, :1])
        self._average = torch.zeros_like(picture)
        self._steps, self._rate, self._decay = steps, learning_rate, decay
        self._betas, self._averaging = betas, averaging
        self._done = 0
        self._reach = max(1, round(min(picture.shape[2:]) * _NEIGHBOURHOOD))

    def step(self, objective: Objective) -> Losses:
        """One step; returns the losses from before it."""
        self._x.requires_grad_(True)
        losses = objective(self._x)
        (gradient,) = torch.autograd.grad(losses.total, self._x)
        self._x.requires_grad_(False)
        b1, b2 = self._betas
        done = self._done = self._done + 1
        wave = 0.5 * (1 + math.cos(math.pi * min(1.0, (done - 1) / self._steps())))
        rate = self._rate * (self._decay + (1 - self._decay) * wave)
        self._m.lerp_(gradient, 1 - b1)
        self._v.lerp_(local_mean(gradient.square(), self._reach), 1 - b2)
        spread = (self._v / (1 - b2**done)).sqrt_().add_(1e-12)
        self._x.addcdiv_(self._m, spread, value=-rate / (1 - b1**done)).clamp_(0, 1)
        self._average.lerp_(self._x, 1 - self._averaging)
        return losses.detach()

    def slow_down(self, picture: torch.Tensor) -> None:
        """Go on from ``picture`` with half the rate, the moments forgotten."""
        self._x.copy_(picture)
        for moment in (self._m, self._v, self._average):
            moment.zero_()
        self._done = 0
        self._rate /= 2

    @property
    def picture(self) -> torch.Tensor:
        """The averaged iterate, (1, 3, H, W) in 0..1."""
        if not self._done:
            return self._x.clone()
        return (self._average / (1 - self._averaging**self._done)).clamp_(0, 1)


# Pairs of steps and gradient changes that L-BFGS remembers. More than there are steps would be
# idle, and at 4096 px each pair takes 0.4 GB.
_MEMORY = 20
# Root mean square over the picture's values of the very first step, which has no curvature to go
# by, and of the longest one after it.
_FIRST, _LONGEST = 0.015, 0.03


class LbfgsDescent:
    """L-BFGS (Liu & Nocedal 1989) on the picture's pixels, clamped to 0..1 after every step.

    The descent's default. Style transfer's loss is badly conditioned: Adam's equal steps for all
    pixels first shake the photo's detail apart and then mend it, L-BFGS's curvature leaves it
    whole.

    Differs from torch.optim.LBFGS in what a start from a good picture and the clamp ask for:
    every step is bounded in length, where torch's second step, scaled by one tiny first one,
    multiplies a finished 256 px picture's loss at 512 px by 58 and spends the scale on mending
    it; the pairs are of the steps really made, after the clamp; a pixel whose gradient pushes it
    out of 0..1 rests (projected gradient, Bertsekas 1982). No line search: each look at the
    loss costs as much as a step.

    Args:
        picture: (1, 3, H, W).
        steps: how many are to come.
        learning_rate: 1 takes the quasi-Newton step whole.
    """

    def __init__(self, picture: torch.Tensor, *, steps: int, learning_rate: float):
        self._x, self._rate, self._memory = picture.clone(), learning_rate, min(_MEMORY, steps)
        self._restart()

    def _restart(self) -> None:
        self._pairs: list[tuple[torch.Tensor, ...]] = []  # step, gradient's change, 1 / product
        self._before: tuple[torch.Tensor, torch.Tensor] | None = None
        self._gamma: torch.Tensor | None = None  # scale of the inverse curvature

    def step(self, objective: Objective) -> Losses:
        """One step; returns the losses from before it."""
        x = self._x.requires_grad_(True)
        losses = objective(x)
        (gradient,) = torch.autograd.grad(losses.total, x)
        x = x.detach()
        if self._before:
            self._remember(x - self._before[0], gradient - self._before[1])
        at_rest = ((x <= 0) & (gradient > 0)) | ((x >= 1) & (gradient < 0))
        way = gradient.masked_fill(at_rest, 0)
        if self._gamma is None:
            self._gamma = _FIRST / _length(way)
        way = self._quasi_newton(way).masked_fill_(at_rest, 0)
        way *= self._rate * (_LONGEST / _length(way)).clamp_max(1)
        self._before = x, gradient
        self._x = (x - way).clamp_(0, 1)
        return losses.detach()

    def _remember(self, step: torch.Tensor, change: torch.Tensor) -> None:
        """A pair for the curvature; without positive curvature it is kept, but has no effect.

        All in tensors: asking for a number here would make a GPU wait at every step.
        """
        product, norm = (step * change).sum(), change.square().sum().clamp_min(1e-30)
        sound = product > 1e-10 * norm
        self._gamma = torch.where(sound, product / norm, self._gamma)
        inverse = torch.where(sound, 1 / product, torch.zeros_like(product))
        self._pairs = [*self._pairs, (step, change, inverse)][-self._memory:]

    def _quasi_newton(self, way: torch.Tensor) -> torch.Tensor:
        """The inverse curvature times ``way`` (the two-loop recursion; overwrites it)."""
        shares = []
        for step, change, inverse in reversed(self._pairs):
            shares.append(inverse * (step * way).sum())
            way.addcmul_(change, shares[-1], value=-1)
        way *= self._gamma
        for (step, change, inverse), share in zip(self._pairs, reversed(shares), strict=True):
            way.addcmul_(step, share - inverse * (change * way).sum())
        return way

    def slow_down(self, picture: torch.Tensor) -> None:
        """Go on from ``picture`` with half the rate, the curvature forgotten."""
        self._x = picture.clone()
        self._rate /= 2
        self._restart()

    @property
    def picture(self) -> torch.Tensor:
        return self._x.detach().clone()


def _length(picture: torch.Tensor) -> torch.Tensor:
    """Root mean square of the values."""
    return picture.square().mean().sqrt().clamp_min(1e-12)


def local_mean(picture: torch.Tensor, reach: int) -> torch.Tensor:
    """Mean of a picture (1, C, H, W) over its channels and the square of ``reach`` pixels around.

    Returns (1, 1, H, W). Beyond the rim there is nothing: there the square is cut.
    """
    mean = picture.mean(1, keepdim=True)
    for kernel, pad in (((2 * reach + 1, 1), (reach, 0)), ((1, 2 * reach + 1), (0, reach))):
        mean = F.avg_pool2d(mean, kernel, 1, pad, count_include_pad=False)
    return mean
