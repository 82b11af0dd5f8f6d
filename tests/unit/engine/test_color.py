"""Colours: OKLab, and maps measured by mean, covariance and luminance."""

from __future__ import annotations

import pytest
import torch

from nst.engine.color import (
    from_oklab,
    luminance,
    match_colors,
    matched_luminance,
    oklab,
    with_luminance,
)


def cloud(mean: tuple[float, ...], spread: float, seed: int) -> torch.Tensor:
    """A picture with correlated colours, well inside 0..1."""
    random = torch.Generator().manual_seed(seed)
    mix = torch.eye(3) + 0.5 * torch.rand((3, 3), generator=random)
    pixels = spread * (mix @ torch.randn((3, 40 * 50), generator=random).clamp(-2.5, 2.5))
    return (pixels + torch.tensor(mean)[:, None]).reshape(1, 3, 40, 50)


PHOTO = cloud((0.5, 0.45, 0.4), 0.06, 0)
MODEL = cloud((0.35, 0.5, 0.6), 0.04, 1)


def moments(picture):
    flat = picture[0].flatten(1)
    return flat.mean(1), torch.cov(flat)


def distance(a, b):
    return (moments(a)[0] - moments(b)[0]).norm()


def test_matching_takes_on_the_models_mean_and_covariance():
    matched = match_colors(PHOTO, [(MODEL, 2.0)])
    for got, wanted in zip(moments(matched), moments(MODEL), strict=True):
        torch.testing.assert_close(got, wanted, atol=2e-4, rtol=0)


def test_the_amount_is_a_share_of_the_way():
    torch.testing.assert_close(match_colors(PHOTO, [(MODEL, 1.0)], 0.0), PHOTO)
    half = match_colors(PHOTO, [(MODEL, 1.0)], 0.5)
    assert distance(half, MODEL) == pytest.approx(distance(PHOTO, MODEL).item() / 2, rel=1e-2)


def test_several_models_are_blended_by_weight():
    other = cloud((0.6, 0.4, 0.5), 0.05, 2)
    mean, _ = moments(match_colors(PHOTO, [(MODEL, 3.0), (other, 1.0)]))
    wanted = 0.75 * moments(MODEL)[0] + 0.25 * moments(other)[0]
    torch.testing.assert_close(mean, wanted, atol=1e-3, rtol=0)


@pytest.mark.parametrize("flat", [torch.full((1, 3, 8, 8), 0.5), torch.zeros(1, 3, 8, 8)])
def test_a_flat_picture_does_no_harm(flat):
    for picture in (match_colors(flat, [(MODEL, 1.0)]), match_colors(PHOTO, [(flat, 1.0)]),
                    matched_luminance(flat, PHOTO)):
        assert picture.isfinite().all() and 0 <= picture.min() and picture.max() <= 1


def test_a_models_luminance_takes_on_the_photos_mean_and_spread():
    matched, photo = matched_luminance(MODEL, PHOTO), luminance(PHOTO)
    assert matched.mean() == pytest.approx(photo.mean().item(), abs=1e-4)
    assert matched.std() == pytest.approx(photo.std().item(), abs=1e-4)
    assert (matched[:, 0] == matched[:, 1]).all() and (matched[:, 1] == matched[:, 2]).all()


def test_another_luminance_leaves_the_photos_colours():
    mixed = with_luminance(PHOTO, MODEL)
    torch.testing.assert_close(luminance(mixed), luminance(MODEL), atol=1e-5, rtol=0)
    torch.testing.assert_close(mixed - luminance(mixed), PHOTO - luminance(PHOTO),
                               atol=1e-5, rtol=0)


def test_oklab_knows_white_and_red_and_comes_back():
    white = oklab(torch.ones(1, 3, 1, 1)).flatten()
    assert white.tolist() == pytest.approx([1, 0, 0], abs=1e-3)
    red = oklab(torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)).flatten()
    assert red.tolist() == pytest.approx([0.628, 0.225, 0.126], abs=1e-3)  # Ottosson 2020
    picture = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(from_oklab(oklab(picture)), picture, atol=1e-4, rtol=0)
