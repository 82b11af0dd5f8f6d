"""The optimisers of the picture's pixels: Adam and L-BFGS, both clamped to 0..1 at every step.

Both follow one protocol, :class:`Optimizer`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

import torch

from .objective import Losses
from .step_filter import StepFilter
from .tensors import window_mean

__all__ = ["LBFGS", "Adam", "Optimizer", "local_mean"]

# Adam's second moment is averaged over this share of the picture's shorter side each way. Adam
# divides each pixel's step by the size of its own gradient, so flat areas, whose gradients are
# tiny, move as far as edges: per-pixel Adam makes white speckles and scales there. One size for a
# neighbourhood removes them.
_NEIGHBOURHOOD = 1 / 80

Evaluate = Callable[[torch.Tensor], Losses]


class Optimizer(Protocol):
    """What the loop over the scales needs of an optimiser."""

    def step(self, objective: Evaluate) -> Losses:
        """One step; returns the losses from before it."""

    def restart(self, picture: torch.Tensor) -> None:
        """Go on from ``picture`` (1, 3, H, W) with half the step length and nothing remembered."""

    @property
    def picture(self) -> torch.Tensor:
        """What has been reached, (1, 3, H, W) in 0..1."""


class Adam:
    """Adam (Kingma & Ba 2015) on the picture's pixels.

    Differs from the original in two ways: the second moment is shared by a neighbourhood and by
    the three channels, and every step is followed by a clamp to 0..1.

    Args:
        picture: (1, 3, H, W), RGB in 0..1.
        steps: tells over how many steps the rate decays, by half a cosine to ``decay`` of it;
            asked at every step, since a time budget may change it.
        betas: by how much the first and the second moment are remembered from step to step.
        filter_strength: of the :class:`StepFilter` on every step.
    """

    def __init__(
        self, picture: torch.Tensor, *, steps: Callable[[], int], learning_rate: float,
        decay: float, betas: tuple[float, float], filter_strength: float = 0.0,
    ):
        self._x = picture.clone()
        self._m = torch.zeros_like(picture)
        self._v = torch.zeros_like(picture[:, :1])
        self._steps, self._rate, self._decay = steps, learning_rate, decay
        self._betas, self._done = betas, 0
        self._filter = StepFilter(picture, filter_strength)
        self._reach = max(1, round(min(picture.shape[2:]) * _NEIGHBOURHOOD))

    def step(self, objective: Evaluate) -> Losses:
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
        step = self._filter(self._m / spread)
        self._x.add_(step, alpha=-rate / (1 - b1**done)).clamp_(0, 1)
        return losses.detach()

    def restart(self, picture: torch.Tensor) -> None:
        self._x.copy_(picture)
        self._m.zero_()
        self._v.zero_()
        self._done = 0
        self._rate /= 2

    @property
    def picture(self) -> torch.Tensor:
        return self._x.clone()


# Pairs of steps and gradient changes that L-BFGS remembers, at most one for each step to come: at
# 4096 px a pair takes 0.4 GB.
_MEMORY = 10
# Root mean square, over the picture's values, of the first step, for which there is no curvature
# yet, and of the longest step after it.
_FIRST, _LONGEST = 0.015, 0.06


class LBFGS:
    """L-BFGS (Liu & Nocedal 1989) on the picture's pixels, clamped to 0..1 after every step.

    Differs from torch.optim.LBFGS in what a start from a good picture and the clamp need. Every
    step is bounded in length: torch's second step is scaled by one tiny first step and can throw
    away the picture that the coarser scale has made. The curvature pairs are of the steps really
    made, after the clamp. A pixel whose gradient pushes it out of 0..1 does not move (projected
    gradient, Bertsekas 1982). There is no line search: evaluating the loss costs as much as a
    step.

    Args:
        picture: (1, 3, H, W).
        steps: how many are to come.
        learning_rate: 1 takes the quasi-Newton step whole.
        filter_strength: of the :class:`StepFilter`, which is the initial inverse curvature.
    """

    def __init__(self, picture: torch.Tensor, *, steps: int, learning_rate: float,
                 filter_strength: float = 0.0):
        self._x, self._rate = picture.clone(), learning_rate
        self._memory = max(1, min(_MEMORY, steps - 1))
        self._filter = StepFilter(picture, filter_strength)
        self._forget()

    def _forget(self) -> None:
        # Step, gradient's change, 1 / product.
        self._pairs: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
        # Allocated before the first step: one by one, pairs come to lie in the gaps between the
        # network's maps, which then do not fit there again (512 px, float32: 1267 MB for 1156).
        self._room = [(torch.empty_like(self._x), torch.empty_like(self._x))
                      for _ in range(self._memory + 1)]
        self._before: tuple[torch.Tensor, torch.Tensor] | None = None
        self._gamma: torch.Tensor | None = None  # scale of the inverse curvature

    def step(self, objective: Evaluate) -> Losses:
        x = self._x.requires_grad_(True)
        losses = objective(x)
        (gradient,) = torch.autograd.grad(losses.total, x)
        x = x.detach()
        if self._before:
            self._remember(x, gradient)
        blocked = ((x <= 0) & (gradient > 0)) | ((x >= 1) & (gradient < 0))
        direction = gradient.masked_fill(blocked, 0)
        if self._gamma is None:
            self._gamma = _FIRST / _length(direction)
        direction = self._quasi_newton(direction).masked_fill_(blocked, 0)
        direction *= self._rate * (_LONGEST / _length(direction)).clamp_max(1)
        place, slope = self._room.pop()
        self._before = place.copy_(x), slope.copy_(gradient)
        self._x = x.sub_(direction).clamp_(0, 1)
        return losses.detach()

    def _remember(self, x: torch.Tensor, gradient: torch.Tensor) -> None:
        """Keep a curvature pair; one without positive curvature has no effect.

        All in tensors: reading a number here would make the host wait for a GPU at every step.
        """
        assert self._gamma is not None and self._before is not None  # the first step has set them
        step, change = self._before
        torch.sub(x, step, out=step)
        torch.sub(gradient, change, out=change)
        product, norm = (step * change).sum(), change.square().sum().clamp_min(1e-30)
        positive = product > 1e-10 * norm
        self._gamma = torch.where(positive, product / norm, self._gamma)
        inverse = torch.where(positive, 1 / product, torch.zeros_like(product))
        self._pairs.append((step, change, inverse))
        if len(self._pairs) > self._memory:
            step, change, _ = self._pairs.pop(0)
            self._room.append((step, change))

    def _quasi_newton(self, direction: torch.Tensor) -> torch.Tensor:
        """The inverse curvature times ``direction`` (the two-loop recursion; overwrites it)."""
        assert self._gamma is not None  # the first step has set it
        shares = []
        for step, change, inverse in reversed(self._pairs):
            shares.append(inverse * (step * direction).sum())
            direction.addcmul_(change, shares[-1], value=-1)
        direction = self._filter(direction) * self._gamma
        for (step, change, inverse), share in zip(self._pairs, reversed(shares), strict=True):
            direction.addcmul_(step, share - inverse * (change * direction).sum())
        return direction

    def restart(self, picture: torch.Tensor) -> None:
        self._x = picture.clone()
        self._rate /= 2
        self._forget()

    @property
    def picture(self) -> torch.Tensor:
        return self._x.detach().clone()


def _length(picture: torch.Tensor) -> torch.Tensor:
    """Root mean square of the values."""
    return picture.square().mean().sqrt().clamp_min(1e-12)


def local_mean(picture: torch.Tensor, reach: int) -> torch.Tensor:
    """Mean of a picture (1, C, H, W) over its channels and a square of 2 ``reach`` + 1 pixels.

    Returns (1, 1, H, W). At the border only the part of the square inside the picture counts.
    """
    return window_mean(picture.mean(1, keepdim=True), reach)
