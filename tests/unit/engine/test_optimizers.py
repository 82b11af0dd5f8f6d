"""The steps of L-BFGS and Adam, on losses small enough to know the answer."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from nst.engine.objective import Losses
from nst.engine.optimizers import LBFGS, Adam, local_mean
from nst.engine.step_filter import StepFilter

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
    ours, theirs = (objective()(pictures[-1]).total for pictures in (
        descended(40, objective()), adams(40, objective(), betas=(0.9, 0.99))))
    assert ours < 0.2 * theirs


def test_with_a_short_memory_adam_keeps_up_with_gradients_that_fall():
    """A size that is remembered from the first steps keeps all later ones too short."""
    short, long = (objective()(adams(8, objective(), betas=betas)[-1]).total
                   for betas in ((0.5, 0.3), (0.5, 0.99)))
    assert short < 0.8 * long


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


def test_lbfgs_remembers_curvature():
    """On an even bowl the second step is the last: the first has told the curvature."""
    even = objective(curvature=torch.full_like(WANTED, 3.0))
    start = WANTED + 0.02 * torch.sign(0.5 - WANTED)
    pictures = descended(2, even, start=start)
    assert (pictures[2] - WANTED).abs().max() < 1e-5 < (pictures[1] - WANTED).abs().min()


def test_lbfgss_first_step_is_short_and_scaled_by_the_rate():
    start = torch.full_like(WANTED, 0.5)
    for rate in 0.5, 1.0:
        moved = descended(1, objective(), learning_rate=rate)[-1] - start
        assert moved.square().mean().sqrt() == pytest.approx(rate * 0.015, rel=1e-4)
    gradient = 2 * UNEVEN * (start - WANTED)
    assert F.cosine_similarity(moved.flatten(), -gradient.flatten(), dim=0) > 0.9999


def test_lbfgs_is_the_two_loop_recursion():
    """Nocedal and Wright, algorithm 7.4, where no step is too long and no pixel at its end."""
    curvature = 0.05 + UNEVEN
    start = WANTED.clamp(0.3, 0.7)
    wanted = start + 0.01 * (WANTED - 0.5)
    pictures = descended(5, objective(wanted, curvature), start=start)
    gradients = [2 * curvature * (picture - wanted) for picture in pictures]
    pairs = [((b - a).flatten().double(), (d - c).flatten().double()) for a, b, c, d in zip(
        pictures[:4], pictures[1:5], gradients[:4], gradients[1:5], strict=True)]
    q, shares = gradients[4].flatten().double(), []
    for s, y in reversed(pairs):
        shares.append((s @ q) / (s @ y))
        q = q - shares[-1] * y
    s, y = pairs[-1]
    q = q * (s @ y) / (y @ y)
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        q = q + s * (share - (y @ q) / (s @ y))
    moved = (pictures[5] - pictures[4]).flatten().double()
    assert (moved + q).norm() < 0.01 * q.norm()


def test_lbfgs_keeps_no_more_pairs_than_it_can_use():
    for steps, kept in (1, 1), (3, 2), (40, 10):
        descent = LBFGS(torch.full_like(WANTED, 0.5), steps=steps, learning_rate=1.0)
        for _ in range(steps):
            descent.step(objective())
        assert len(descent._pairs) == min(kept, steps - 1)


def test_the_picture_that_is_told_does_not_change_with_the_next_step():
    for descent in (LBFGS(WANTED, steps=3, learning_rate=1.0),
                    Adam(WANTED, steps=lambda: 3, learning_rate=0.03, decay=0.2,
                         betas=(0.7, 0.9))):
        assert torch.equal(descent.picture, WANTED)
        for _ in range(2):
            before = descent.picture
            kept = before.clone()
            losses = descent.step(objective(WANTED.flip(3)))
            assert torch.equal(before, kept) and not torch.equal(descent.picture, kept)
            assert not losses.total.requires_grad and not descent.picture.requires_grad


@pytest.mark.parametrize("made", [
    lambda picture, strength: LBFGS(picture, steps=3, learning_rate=1.0,
                                    filter_strength=strength),
    lambda picture, strength: Adam(picture, steps=lambda: 3, learning_rate=0.03, decay=0.2,
                                   betas=(0.7, 0.9), filter_strength=strength)])
def test_the_first_step_is_filtered(made):
    start = torch.full_like(WANTED, 0.5)
    moved = []
    for strength in 0.0, 0.75:
        descent = made(start, strength)
        descent.step(objective(curvature=torch.ones_like(WANTED)))
        moved.append(descent.picture - start)
    wanted = StepFilter(start, 0.75)(moved[0])
    torch.testing.assert_close(moved[1], wanted, atol=1e-6, rtol=1e-4)
    assert (moved[1] - moved[0]).norm() > 0.05 * moved[0].norm()


# Adam


def adams(steps: int, losses, start=None, planned=0, **settings) -> list[torch.Tensor]:
    """The pictures after each step."""
    descent = Adam(torch.full_like(WANTED, 0.5) if start is None else start, **(dict(
        steps=lambda: planned or steps, learning_rate=0.03, decay=0.2, betas=(0.7, 0.9))
        | settings))
    pictures = []
    for _ in range(steps):
        descent.step(losses)
        pictures.append(descent.picture)
    return pictures


def slope(direction: torch.Tensor):
    """A loss whose gradient is the same everywhere."""
    def losses(picture: torch.Tensor) -> Losses:
        total = (direction * picture).sum()
        return Losses({"only": total}, total)

    return losses


def test_adams_steps_are_torchs_where_all_gradients_are_alike():
    """A neighbourhood's mean is then each pixel's own. Its rate decays by half a cosine."""
    rising = torch.where(torch.arange(5) % 2 == 0, 1.0, 0.6)
    start = torch.full_like(WANTED, 0.5)
    theirs = start.clone().requires_grad_()
    adam = torch.optim.Adam([theirs], betas=(0.7, 0.9))
    ours = Adam(start, steps=lambda: 5, learning_rate=0.03, decay=0.2, betas=(0.7, 0.9))
    for step in range(5):
        ours.step(slope(rising[step] * torch.ones_like(start)))
        adam.param_groups[0]["lr"] = 0.03 * (0.2 + 0.8 * (1 + math.cos(math.pi * step / 5)) / 2)
        theirs.grad = rising[step] * torch.ones_like(start)
        adam.step()
        torch.testing.assert_close(ours.picture, theirs.detach(), atol=1e-6, rtol=0)


def test_adams_rate_falls_to_a_share_of_it():
    picture = torch.full_like(WANTED, 0.5)
    pictures = [picture, *adams(50, slope(torch.ones_like(WANTED)), learning_rate=0.01)]
    first, last = (float((a - b).abs().mean()) for a, b in (pictures[:2], pictures[-2:]))
    assert first == pytest.approx(0.01, rel=1e-3) and last == pytest.approx(0.002, rel=0.05)
    # A scale whose steps became fewer has the lowest rate for those that are left.
    late = adams(4, slope(torch.ones_like(WANTED)), planned=1)
    assert float((late[-1] - late[-2]).abs().mean()) == pytest.approx(0.03 * 0.2, rel=1e-3)


def test_a_neighbourhood_moves_by_one_size():
    """Flat areas, whose gradients are tiny, would else move as far as edges, in speckles."""
    uneven = torch.ones_like(WANTED)
    uneven[..., 8, 8] = 100
    moved = (adams(1, slope(uneven))[0] - 0.5).abs()
    torch.testing.assert_close(moved[..., 0, 0], torch.full((1, 3), 0.03), atol=1e-4, rtol=0)
    assert moved[..., 8, 8].min() > 50 * moved[..., 8, 9].max()


def test_one_channel_alone_moves_less_than_all():
    """The three channels share one size of step too."""
    red = torch.zeros_like(WANTED)
    red[:, 0] = 1
    moved = (adams(1, slope(red))[0] - 0.5).abs()
    assert moved[:, 0].mean() == pytest.approx(0.03 * 3**0.5, rel=1e-3)
    assert moved[:, 1:].max() == 0


def test_adam_stays_inside_the_range_of_colours():
    for picture in adams(30, slope(torch.ones_like(WANTED)), learning_rate=0.1):
        assert picture.min() >= 0
    assert picture.max() == 0


def test_adam_starts_again_with_nothing_remembered_and_half_the_rate():
    good = torch.full_like(WANTED, 0.25)
    descent = Adam(WANTED, steps=lambda: 9, learning_rate=0.03, decay=0.2, betas=(0.7, 0.9))
    for _ in range(3):
        descent.step(slope(torch.full_like(WANTED, torch.nan)))
    descent.restart(good)
    assert torch.equal(descent.picture, good)
    for _ in range(2):
        descent.step(objective())
    fresh = Adam(good, steps=lambda: 9, learning_rate=0.015, decay=0.2, betas=(0.7, 0.9))
    for _ in range(2):
        fresh.step(objective())
    torch.testing.assert_close(descent.picture, fresh.picture)
    assert torch.equal(good, torch.full_like(WANTED, 0.25))


def test_the_local_mean_is_over_channels_and_a_square():
    found = local_mean(WANTED, 2)
    assert found.shape == (1, 1, 16, 16)
    assert found[0, 0, 7, 9] == pytest.approx(float(WANTED[..., 5:10, 7:12].mean()), rel=1e-5)
    assert found[0, 0, 0, 0] == pytest.approx(float(WANTED[..., :3, :3].mean()), rel=1e-5)


def test_the_neighbourhood_is_a_share_of_the_pictures_shorter_side():
    wide = torch.rand(1, 3, 160, 170, generator=torch.Generator().manual_seed(3))
    far = torch.ones_like(wide)
    far[..., 16, 48] = 1000  # its size is felt two pixels away, 160 / 80, and no further
    moved = (adams(1, slope(far), start=torch.full_like(wide, 0.5))[0] - 0.5).abs()[0, 0, 16]
    assert moved[46] < 0.01 and moved[50] < 0.01
    assert moved[45] == moved[51] == pytest.approx(0.03, rel=1e-3)
