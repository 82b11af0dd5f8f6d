"""Colours: OKLab, and maps measured by mean, covariance and luminance."""

from __future__ import annotations

import pytest
import torch

from nst.engine.color import (
    blend_moments,
    chrominance,
    color_moments,
    from_oklab,
    grey,
    luminance,
    match_colors,
    matched_luminance,
    oklab,
    transport_matrix,
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


def test_dark_colours_come_back_from_oklab_too():
    """The curve of sRGB is straight under .04."""
    dark = torch.linspace(0, 0.1, 300).view(1, 3, 10, 10)
    torch.testing.assert_close(from_oklab(oklab(dark)), dark, atol=2e-4, rtol=0)
    # Ottosson 2020: mid grey .5 is .598 light; .03 is on the straight part.
    assert float(oklab(torch.full((1, 3, 1, 1), 0.5))[0, 0]) == pytest.approx(0.598, abs=1e-3)
    assert float(oklab(torch.full((1, 3, 1, 1), 0.03))[0, 0]) == pytest.approx(
        (0.03 / 12.92) ** (1 / 3), abs=1e-4)


@pytest.mark.parametrize(("rgb", "lab"), [
    ((0.0, 1.0, 0.0), (0.866, -0.234, 0.179)), ((0.0, 0.0, 1.0), (0.452, -0.032, -0.312)),
    ((1.0, 1.0, 0.0), (0.968, -0.071, 0.199))])
def test_oklab_knows_the_colours_of_its_author(rgb, lab):
    found = oklab(torch.tensor(rgb).view(1, 3, 1, 1)).flatten()
    assert found.tolist() == pytest.approx(lab, abs=1e-3)


def test_a_colour_that_no_screen_shows_is_brought_into_range():
    found = from_oklab(torch.tensor([[0.7, 0.4, 0.4], [1.2, 0.0, 0.0], [-0.1, 0, 0]]).T
                       .reshape(1, 3, 1, 3))
    assert found.isfinite().all() and found.min() >= 0 and found.max() <= 1


def test_luminance_is_that_of_television():
    picture = torch.tensor([0.2, 0.6, 0.9]).view(1, 3, 1, 1)
    light = 0.299 * 0.2 + 0.587 * 0.6 + 0.114 * 0.9
    assert float(grey(picture)) == pytest.approx(light)
    assert luminance(picture).flatten().tolist() == pytest.approx([light] * 3)
    assert chrominance(picture).flatten().tolist() == pytest.approx(
        [0.2 - light, 0.6 - light, 0.9 - light])


def test_weighted_moments_see_their_part_alone():
    left = torch.zeros(1, 1, 40, 50)
    left[..., :20] = 2.0
    found, wanted = color_moments(PHOTO, left), color_moments(PHOTO[..., :20])
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other)
    mean, covariance = wanted
    flat = PHOTO[..., :20][0].flatten(1).double()
    torch.testing.assert_close(mean[:, 0], flat.mean(1))
    one_step = torch.eye(3, dtype=torch.float64) / 255**2  # of an 8-bit picture
    torch.testing.assert_close(covariance, torch.cov(flat, correction=0) + one_step)


def test_blended_moments_are_weighted_means():
    one, other = color_moments(PHOTO), color_moments(MODEL)
    for found, a, b in zip(blend_moments([one, other], [3.0, 1.0]), one, other, strict=True):
        torch.testing.assert_close(found, 0.75 * a + 0.25 * b)


def test_the_map_takes_one_covariance_to_the_other_and_stretches_no_more_than_told():
    a, b = color_moments(PHOTO)[1], 9 * color_moments(MODEL)[1]
    whole = transport_matrix(a, b)
    torch.testing.assert_close(whole @ a @ whole.T, b)
    torch.testing.assert_close(whole, whole.T)  # of all maps it moves the colours least
    stretches = torch.linalg.eigvalsh(transport_matrix(a, b, 1.5))
    assert torch.linalg.eigvalsh(whole).max() > 1.6
    torch.testing.assert_close(stretches, torch.linalg.eigvalsh(whole).clamp_max(1.5))


def test_a_flat_model_takes_on_the_mean_without_noise():
    """The darkest that a spread is divided by is one step of an 8-bit picture."""
    nearly = torch.full((1, 3, 16, 16), 0.5)
    nearly[..., 0, 0] = 0.51
    found = matched_luminance(nearly, PHOTO)
    assert found[..., 8, 8].mean() == pytest.approx(float(luminance(PHOTO).mean()), abs=0.01)
    assert float(found.max() - found.min()) == pytest.approx(
        0.01 * float(luminance(PHOTO).std()) * 255, rel=0.05)
