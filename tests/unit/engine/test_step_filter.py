"""The filter on the step: waves along the axes are damped, everything else passes."""

from __future__ import annotations

import math

import pytest
import torch

from nst.engine.step_filter import StepFilter, strength_for, weave


def wave(cycles: float, degrees: float, side: int = 64) -> torch.Tensor:
    """A plane wave, (1, 3, side, side), by cycles a pixel and direction."""
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    angle = math.radians(degrees)
    phase = 2 * math.pi * cycles * (x * math.cos(angle) + y * math.sin(angle))
    return torch.cos(phase).expand(1, 3, side, side).contiguous()


@pytest.mark.parametrize(("cycles", "degrees", "passes"), [
    (0.4, 0, 0.25), (0.4, 90, 0.25),  # fine, along an axis: 1 - strength
    (0.4, 45, 1.0),  # fine, diagonal
    (0.1, 0, 1.0), (0.1, 45, 1.0),  # coarse
])
def test_only_fine_detail_along_the_axes_is_damped(cycles, degrees, passes):
    step = wave(cycles, degrees)
    inside = (slice(None), slice(None), slice(16, -16), slice(16, -16))
    found = StepFilter(step, 0.75)(step)[inside].norm() / step[inside].norm()
    assert found == pytest.approx(passes, abs=0.06)


def test_strength_0_and_flat_steps_pass_as_they_are():
    step = torch.rand(1, 3, 21, 34)
    assert torch.equal(StepFilter(step, 0.0)(step), step)
    flat = torch.full((1, 3, 21, 34), 0.3)
    torch.testing.assert_close(StepFilter(flat, 0.75)(flat), flat)


def test_weave_tells_detail_along_the_axes_from_aslant():
    random = torch.Generator().manual_seed(2)
    noise = torch.rand(1, 3, 200, 160, generator=random)
    assert weave(noise) == pytest.approx(1, abs=0.1)  # no direction
    along = (wave(0.4, 0, 192) + wave(0.4, 90, 192)) / 10
    noise = torch.rand(1, 3, 192, 192, generator=random)
    aslant = (wave(0.4, 45, 192) + wave(0.4, 135, 192)) / 10
    assert weave(noise + along) > 2 > 0.5 > weave(noise + aslant)
    assert weave(noise[..., :9, :]) == 1  # too small to tell


def test_the_filter_suits_the_style():
    """Straight lines are painted as they are; strokes in all directions do not turn to the axes."""
    assert strength_for(3.0) == 0.6 < strength_for(1.1) < strength_for(0.95) < 0.85


@pytest.mark.parametrize(("cycles", "degrees", "counts"), [
    (0.4, 8, "axes"), (0.4, 15.5, "nowhere"), (0.4, 25, "diagonals"), (0.4, 65, "diagonals"),
    (0.4, 74.5, "nowhere"), (0.4, 82, "axes"), (0.4, -8, "axes"), (0.4, -45, "diagonals"),
    (0.33, 3, "axes"), (0.47, 3, "axes"), (0.27, 3, "nowhere"), (0.27, 45, "nowhere"),
    (0.53, 45, "nowhere")])
def test_weave_looks_at_fine_waves_near_the_axes_and_at_those_aslant(cycles, degrees, counts):
    noise = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(4))
    before, after = (weave(noise + share * wave(cycles, degrees, 256)) for share in (0, 0.1))
    found = "axes" if after > 1.3 * before else "diagonals" if after < before / 1.3 else "nowhere"
    assert found == counts


def test_weave_has_one_value_whatever_the_brightness_contrast_and_size():
    picture = torch.rand(1, 3, 256, 256, generator=torch.Generator().manual_seed(4))
    picture = picture + 0.2 * wave(0.4, 0, 256)
    found = weave(picture)
    assert weave(0.3 * picture + 0.5) == pytest.approx(found, rel=1e-3)
    for part in picture[..., :128], picture[..., :128, :], picture[..., :100, :140]:
        assert weave(part) == pytest.approx(found, rel=0.4)
    assert weave(picture[..., :15]) == 1 != weave(picture[..., :16])


@pytest.mark.parametrize(("style", "strength"), [
    (0.5, 0.85), (0.95, 0.805), (1.0, 0.75), (1.1, 0.64), (1.3, 0.6), (9.0, 0.6)])
def test_the_filters_strength_for_a_styles_weave(style, strength):
    assert strength_for(style) == pytest.approx(strength)
