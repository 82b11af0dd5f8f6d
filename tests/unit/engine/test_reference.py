"""The fast engine computes what reference.py says, on small real pictures.

What the engine adds is left out here, so that both say the same: skin in the style's tones
(``style_faces``), the features' own gain (``core``, an empty mask), the background (everyone is the
person, everywhere), and the light that is given back between the scales (``relight``).
"""

from __future__ import annotations

import runpy
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

import nst.engine.stylize
import nst.settings
from nst.engine import backbone, reference
from nst.engine.backbone import Backbone
from nst.engine.color import match_colors
from nst.engine.convolutions import winograd_available
from nst.engine.inputs import Inputs, ScaledInputs
from nst.engine.losses import (
    MATCHED_STEPS,
    ContentLoss,
    MatchLoss,
    ShadingLoss,
    StyleLoss,
    TotalVariation,
)
from nst.engine.manner import manner_of
from nst.engine.objective import build_objective
from nst.engine.recipe import plan
from nst.engine.scale_start import brush_strokes, start_of_scale
from nst.engine.statistics import moments
from nst.engine.step_filter import StepFilter
from nst.engine.stylize import load_backbone, stylize
from nst.engine.tensors import to_tensor
from nst.people import Face, People
from nst.settings import Settings

SETTINGS = Settings(size=128, precision="float32", convolutions="exact", style_faces=False)
RECIPE = plan(SETTINGS)
STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")

# Columns 32 to 96 and rows 24 to 104 of 128: whole pixels at 64 px too.
FACE = np.zeros((128, 128), np.float32)
FACE[24:104, 32:96] = 1
ONE_FACE = People((Face(0.25, 24 / 128, 0.5, 80 / 128),), FACE, np.zeros_like(FACE),
                  np.ones_like(FACE))


@pytest.fixture(scope="module")
def network():
    with pytest.MonkeyPatch.context() as patch:  # values that are thrown away take a second or two
        for layer in torch.nn.Linear, torch.nn.Conv2d:
            patch.setattr(layer, "reset_parameters", lambda self: None)
        return reference.vgg19()


@pytest.fixture(scope="module")
def exact() -> Backbone:
    return load_backbone(SETTINGS)


@pytest.fixture(scope="module")
def seen(network, portrait, canvas) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """The activations of the photo, and of the painting, in float64."""
    pictures = to_tensor(portrait.resize((80, 64))), to_tensor(canvas)
    return tuple({name: found.double() for name, found
                  in reference.activations(network, picture).items()} for picture in pictures)


def with_slope(loss, x: torch.Tensor) -> tuple[float, torch.Tensor]:
    x = x.clone().requires_grad_()
    value = loss(x)
    return float(value.detach()), torch.autograd.grad(value, x)[0]


def assert_same(ours, theirs, value: float = 1e-5, slope: float = 1e-5) -> None:
    """A loss and its gradient, within these shares of themselves."""
    assert theirs[0] > 0 and ours[0] == pytest.approx(theirs[0], rel=value)
    assert theirs[1].norm() > 0
    assert (ours[1] - theirs[1]).norm() <= slope * theirs[1].norm()


# The network


def test_the_network_sees_the_same_at_every_layer(network, exact, portrait):
    picture = to_tensor(portrait.resize((96, 64)))
    theirs = reference.activations(network, picture)
    ours = exact.features(picture, theirs)
    assert len(theirs) == 16
    for name, wanted in theirs.items():
        assert wanted.norm() > 0 and (ours[name] - wanted).norm() < 1e-5 * wanted.norm(), name


# Each loss, with its gradient


@pytest.mark.parametrize("layer", ["conv3_1", "conv4_2"])
def test_content_is_the_same_and_counts_more_where_the_gain_is(seen, layer):
    photo, target = seen[0][layer] * 0.9, seen[0][layer]
    gain = torch.linspace(1, 4, 64 * 80, dtype=torch.float64).view(1, 1, 64, 80)
    photo = photo.flip(3)
    theirs = with_slope(lambda x: reference.content_loss(x, target, gain), photo)
    assert_same(with_slope(ContentLoss(target, gain), photo), theirs, 1e-6, 1e-6)
    even = with_slope(lambda x: reference.content_loss(x, target, torch.ones_like(gain)), photo)
    assert_same(with_slope(ContentLoss(target), photo), even, 1e-6, 1e-6)
    assert theirs[0] > 1.5 * even[0]


@pytest.mark.parametrize("layer", STYLE_LAYERS)
def test_style_is_the_same_at_each_layer(seen, layer):
    photo, painting = (found[layer] for found in seen)
    target = reference.moments(painting)
    ours = moments(painting)[None]
    torch.testing.assert_close(ours[0], torch.cat((target[0], target[1][:, None]), 1).float())
    assert_same(with_slope(StyleLoss(ours), photo),
                with_slope(lambda x: reference.style_loss(x, target), photo))


@pytest.mark.parametrize("layer", ["conv3_1", "conv4_1"])
def test_the_match_is_the_same(seen, layer):
    photo, painting = (found[layer].float() for found in seen)
    places = painting[0].flatten(1)
    assert_same(with_slope(MatchLoss(places), photo),
                with_slope(lambda x: reference.match_loss(x, places.T), photo))


def test_a_style_has_no_distance_from_itself(seen):
    painting = seen[1]["conv4_1"].float()  # places so few that they are not dealt into groups
    assert float(MatchLoss(painting[0].flatten(1))(painting)) == pytest.approx(0, abs=1e-5)


def test_nearest_places_are_searched_for_anew_after_some_steps(seen):
    photo, painting = (found["conv4_1"].float() for found in seen)
    places, other = painting[0].flatten(1), photo.flip(3)
    loss, wanted = MatchLoss(places), float(MatchLoss(places)(other))
    loss(photo)
    values = [float(loss(other)) for _ in range(MATCHED_STEPS)]
    assert all(value > 1.05 * wanted for value in values[:-1])  # still those of the photo
    assert values[-1] == pytest.approx(wanted)


def test_total_variation_is_the_same(canvas):
    picture = to_tensor(canvas).double()
    assert_same(with_slope(TotalVariation(), picture),
                with_slope(reference.total_variation, picture), 1e-12, 1e-12)


@pytest.mark.parametrize("cell", [1.0, 4.0, 7.3])
def test_shading_is_the_same(portrait, canvas, cell):
    photo, picture = (to_tensor(image.resize((96, 80))).double() for image in (portrait, canvas))
    face = torch.zeros(1, 1, 80, 96, dtype=torch.float64)
    face[..., 13:60, 30:71] = torch.linspace(0.2, 1, 41, dtype=torch.float64)
    assert_same(with_slope(ShadingLoss(photo, face, cell), picture),
                with_slope(lambda x: reference.shading_loss(x, photo, face, cell), picture),
                1e-9, 1e-9)


# The step and the start


@pytest.mark.parametrize("strength", [0.3, 0.85])
@pytest.mark.parametrize("size", [(64, 64), (67, 90)])
def test_the_filter_on_the_step_is_the_same(canvas, strength, size):
    step = to_tensor(canvas.resize(size)) - 0.5
    wanted = reference.step_filter(step.double(), strength)
    torch.testing.assert_close(StepFilter(step, strength)(step).double(), wanted,
                               atol=1e-6, rtol=0)
    assert (wanted - step).norm() > 0.01 * step.norm()


@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0])
def test_colours_are_moved_the_same_way(portrait, canvas, amount):
    photo, painting = to_tensor(portrait), to_tensor(canvas)
    wanted = reference.match_colors(photo, painting, amount)
    torch.testing.assert_close(match_colors(photo, [(painting, 2.0)], amount), wanted,
                               atol=1e-6, rtol=0)


def test_colours_that_leave_the_range_are_clamped_alike(portrait, canvas):
    photo, painting = to_tensor(portrait), (to_tensor(canvas) > 0.5).float()
    wanted = reference.match_colors(photo, painting, 1.0)
    assert wanted.min() == 0 and wanted.max() == 1
    torch.testing.assert_close(match_colors(photo, [(painting, 1.0)]), wanted, atol=1e-6, rtol=0)


@pytest.fixture(scope="module")
def inputs(portrait, canvas):
    """inputs(index of the scale, people): the engine's own, for SETTINGS."""
    def made(index: int, people: People | None) -> ScaledInputs:
        known = {} if people is None else {"people": people}
        return Inputs(portrait, [(canvas, 1.0)], SETTINGS, RECIPE, torch.device("cpu"),
                      **known).at(RECIPE.scales[index])

    return made


def face_at(size: int) -> torch.Tensor:
    return torch.nn.functional.adaptive_avg_pool2d(torch.from_numpy(FACE)[None, None], size)


def test_brush_strokes_come_from_the_same_places(network, exact, inputs, canvas):
    coarse, fine = inputs(0, None).content, inputs(1, None)
    layer = RECIPE.scales[1].strokes
    wanted = reference.brush_strokes(coarse, fine.styles[0].picture, network, layer)
    found = brush_strokes(coarse, fine, exact, layer)
    assert wanted.std() > 0.01
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize("with_face", [False, True])
def test_a_scale_starts_from_the_same_picture(network, exact, inputs, with_face):
    """The engine's own amount of detail in faces and their relighting are left out."""
    coarse, fine = inputs(0, None).content.flip(3), inputs(1, ONE_FACE if with_face else None)
    fine = replace(fine, detail=torch.full_like(fine.detail, RECIPE.start.detail), relight=None)
    layer, gain = RECIPE.scales[1].strokes, torch.ones(1, 1, 128, 128)
    if with_face:
        gain = 1 + (RECIPE.faces.stroke_gain - 1) * face_at(128)
    wanted = reference.start_of_scale(
        coarse, fine.content, fine.styles[0].picture, network, RECIPE, layer, gain)
    found = start_of_scale(coarse, fine, RECIPE.start, layer, exact)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


# The whole objective


def objectives(network, inputs, index: int, people: People | None, network_of_ours: Backbone):
    """Ours and the reference's at a scale: values by name with the total, and the gradient."""
    scale, given = RECIPE.scales[index], inputs(index, people)
    size = given.content.shape[2]
    face = torch.zeros(1, 1, size, size) if people is None else face_at(size)
    ours = build_objective(network_of_ours, scale, RECIPE, given)

    def slow(picture):
        return reference.objective(picture, given.content, given.styles[0].picture, network,
                                   scale, RECIPE, face)

    def fast(picture):
        found = ours(picture)
        return found.values | {"total": found.total}

    picture = (0.8 * given.content.flip(3) + 0.1).clone()
    made = []
    for loss in fast, slow:
        x = picture.clone().requires_grad_()
        values = loss(x)
        slope, = torch.autograd.grad(values["total"], x)
        made.append(({name: float(value.detach()) for name, value in values.items()}, slope))
    return made


def assert_same_objective(made, value: float, slope: float) -> None:
    (ours, our_slope), (theirs, their_slope) = made
    assert ours == pytest.approx(theirs, rel=value)  # the same names, too
    assert (our_slope - their_slope).norm() < slope * their_slope.norm()


@pytest.mark.parametrize("people", [None, ONE_FACE], ids=["nobody", "a face"])
def test_the_objective_is_the_same(network, exact, inputs, people):
    made = objectives(network, inputs, 0, people, exact)
    assert sorted(made[0][0]) == ["content", "match", "shading", "style", "total", "tv"]
    assert_same_objective(made, 1e-5, 1e-5)


def test_the_objective_in_strips_is_the_same(monkeypatch, network, exact, inputs):
    monkeypatch.setattr(backbone, "RECOMPUTE_PIXELS", 0)
    monkeypatch.setattr(backbone, "STRIP_ROWS", 24)
    assert_same_objective(objectives(network, inputs, 0, ONE_FACE, exact), 1e-5, 1e-5)


@pytest.mark.slow
@pytest.mark.skipif(not winograd_available(), reason="no NNPACK here")
def test_the_objective_by_winograd_is_the_same_to_rounding(monkeypatch, network, exact, inputs):
    """At 128 px the second block's maps are large enough for it (here .00017 off)."""
    seen, own = [], torch._nnpack_spatial_convolution
    monkeypatch.setattr(torch, "_nnpack_spatial_convolution",
                        lambda *given: seen.append(1) or own(*given))
    made = objectives(network, inputs, 1, None, exact)
    assert seen
    assert_same_objective(made, 1e-5, 1e-3)


def test_the_objective_of_low_rank_is_near_it(network, inputs):
    """Measured here: .008 of the style loss, .009 of the total, .18 of the gradient."""
    reduced = load_backbone(replace(SETTINGS, convolutions="low-rank"))
    made = objectives(network, inputs, 0, ONE_FACE, reduced)
    assert_same_objective(made, 0.02, 0.35)
    assert made[0][0]["style"] != pytest.approx(made[1][0]["style"], rel=1e-3)


def test_the_objective_in_bfloat16_is_near_it(network, inputs):
    """Measured here: .0007 of the content loss, .0005 of the total, .05 of the gradient."""
    rough = load_backbone(replace(SETTINGS, precision="bfloat16"))
    made = objectives(network, inputs, 0, ONE_FACE, rough)
    assert_same_objective(made, 0.01, 0.1)
    assert made[0][0]["style"] != made[1][0]["style"]


# A whole picture


def test_both_paint_and_lower_the_total_alike(monkeypatch, network, portrait, canvas):
    """As far, not the same: the engine's Adam has one length of step for a neighbourhood."""
    monkeypatch.setattr(reference, "vgg19", lambda: network)
    monkeypatch.setattr(nst.engine.stylize, "FRAME_SECONDS", 0.0)
    wide, settings = portrait.crop((0, 32, 128, 96)), replace(SETTINGS, steps=5)
    steps = list(reference.paint(wide, canvas, settings=settings))
    frames = list(stylize(wide, [(canvas, 1.0)], settings))[:5]
    assert [tuple(picture.shape) for picture, _ in steps] == [(1, 3, 32, 64)] * 3 + [
        (1, 3, 64, 128)] * 2
    assert [frame.image.size for frame in frames] == [(64, 32)] * 3 + [(128, 64)] * 2
    theirs, ours = [losses["total"] for _, losses in steps], [
        frame.losses["total"] for frame in frames]
    assert ours[0] == pytest.approx(theirs[0], rel=0.03)  # pictures are shrunk by Pillow, by torch
    for totals in theirs, ours:
        assert totals[0] > totals[1] > totals[2] and totals[3] > totals[4]
        assert totals[4] < 0.55 * totals[0]
    assert ours[-1] == pytest.approx(theirs[-1], rel=0.25)


def test_the_references_step_is_adams_filtered_and_clamped(
        monkeypatch, network, portrait, canvas):
    monkeypatch.setattr(reference, "vgg19", lambda: network)
    wide, settings = portrait.crop((0, 32, 128, 96)), replace(SETTINGS, steps=2, learning_rate=10.0)
    recipe = plan(settings, manner_of([(canvas, 1.0)]))
    steps = reference.paint(wide, canvas, settings=settings)
    found, _ = next(steps)
    painting = reference.resampled(to_tensor(canvas), [40, 51]).clamp(0, 1)  # as many pixels
    start = reference.match_colors(reference.resampled(to_tensor(wide), (32, 64)).clamp(0, 1),
                                   painting, recipe.start.color_match)
    x = start.clone().requires_grad_()
    loss = reference.objective(x, start, painting, network, recipe.scales[0], recipe,
                               torch.zeros_like(start[:, :1]))["total"]
    gradient, = torch.autograd.grad(loss, x)
    step = -recipe.descent.rate * gradient / (gradient.abs() + 1e-8)  # the first of Adam's
    wanted = start + reference.step_filter(step, recipe.descent.filter_strength)
    assert wanted.min() < 0 and wanted.max() > 1
    assert (found - wanted.clamp(0, 1)).abs().mean() < 0.01 * step.abs().mean()


@pytest.mark.slow
def test_the_command_writes_a_picture(monkeypatch, tmp_path, portrait, canvas):
    """``python -m nst.engine.reference PHOTO STYLE OUT FACE``, at 128 px instead of 512."""
    files = [tmp_path / name for name in ("photo.png", "style.png", "out.png", "face.png")]
    wide, face = (image.crop((0, 32, 128, 96)) for image in (
        portrait, Image.fromarray((255 * FACE).astype(np.uint8))))
    for image, file in (wide, files[0]), (canvas, files[1]), (face, files[3]):
        image.save(file)
    monkeypatch.setattr(nst.settings, "Settings", partial(Settings, size=128, steps=2))
    monkeypatch.setattr(sys, "argv", ["reference", *map(str, files)])
    monkeypatch.setattr(torch.nn.Linear, "reset_parameters", lambda self: None)
    monkeypatch.delitem(sys.modules, "nst.engine.reference")
    runpy.run_module("nst.engine.reference", run_name="__main__")
    with Image.open(files[2]) as out:
        assert out.size == (128, 64) and np.asarray(out).std() > 20
