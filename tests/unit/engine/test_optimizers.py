"""The steps of L-BFGS and Adam, on losses small enough to know the answer."""

from __future__ import annotations

import pytest
import torch

from nst.engine.objective import Losses
from nst.engine.optimizers import LBFGS, Adam

WANTED = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
UNEVEN = torch.logspace(0, -3, WANTED.numel()).view_as(WANTED)  # curvatures, a thousandfold apart


def objective(wanted=WANTED, curvature=UNEVEN):
    def losses(picture: torch.Tensor) -> Losses:
        total = (curvature * (picture - wanted).square()).sum()
        return Losses({"only": total}, total)

    return losses


def descended(steps: int, losses, start=None, **settings):
    descent = LBFGS(torch.full_like(WANTED, 0.5) if start is None else start,
                           steps=steps, **({"learning_rate": 1.0} | settings))
    pictures = [descent.picture]
    for _ in range(steps):
        descent.step(losses)
        pictures.append(descent.picture)
    return pictures


def test_lbfgs_gets_further_than_adam_where_curvatures_differ():
    adam = Adam(torch.full_like(WANTED, 0.5), steps=lambda: 40, learning_rate=0.03,
                       decay=0.2, betas=(0.9, 0.99), averaging=0.9)
    for _ in range(40):
        adam.step(objective())
    ours, theirs = (objective()(x).total for x in (descended(40, objective())[-1], adam.picture))
    assert ours < 0.2 * theirs


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_no_step_is_long_however_steep_the_loss(scale):
    """A finer scale starts from a nearly finished picture; one long step would throw it away."""
    pictures = descended(12, objective(curvature=UNEVEN * scale))
    lengths = [(b - a).square().mean().sqrt() for a, b in zip(pictures, pictures[1:], strict=False)]
    assert 0.005 < lengths[0] < 0.02 and max(lengths) < 0.0601
    assert objective()(pictures[-1]).total < 0.5 * objective()(pictures[0]).total


def test_pixels_pushed_out_of_the_range_rest_at_its_end():
    wanted = torch.where(WANTED < 0.3, -1.0, WANTED)
    picture = descended(60, objective(wanted, torch.ones_like(WANTED)))[-1]
    assert 0 <= picture.min() and picture.max() <= 1
    assert (picture[wanted < 0] < 1e-3).all()
    assert (picture - wanted)[wanted > 0].abs().max() < 0.02


def test_negative_curvature_does_not_stop_the_descent():
    """Without positive curvature the quasi-Newton step has no scale; it must go on downhill."""
    hill = objective(curvature=-torch.ones_like(WANTED))
    pictures = descended(20, hill)
    assert pictures[-1].isfinite().all()
    assert hill(pictures[-1]).total < hill(pictures[0]).total - 5
    unfinished = (pictures[-2] > 0) & (pictures[-2] < 1)
    assert (pictures[-1] - pictures[-2])[unfinished].abs().gt(0).all()


def test_a_restart_goes_on_from_the_good_picture_with_shorter_steps():
    good = torch.full_like(WANTED, 0.25)
    descent = LBFGS(torch.full_like(WANTED, torch.nan), steps=9, learning_rate=1.0)
    descent.step(objective())
    descent.restart(good)
    assert torch.equal(descent.picture, good)
    descent.step(objective())
    whole = descended(1, objective(), start=good)[-1]
    assert torch.allclose(descent.picture - good, (whole - good) / 2, atol=1e-5)
