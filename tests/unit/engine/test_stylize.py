"""stylize(): what every frame holds, and what each setting does to the picture."""

from __future__ import annotations

import contextlib
import functools
import gc
import itertools
import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import nst.engine.stylize
from nst.engine.backbone import Backbone
from nst.engine.color import oklab
from nst.engine.inputs import Inputs
from nst.engine.losses import ContentLoss, StyleLoss, TotalVariation
from nst.engine.manner import Manner
from nst.engine.objective import Losses
from nst.engine.optimizers import LBFGS, Adam
from nst.engine.recipe import plan, share_out
from nst.engine.statistics import moments
from nst.engine.stylize import Frame, load_backbone
from nst.engine.tensors import to_tensor
from nst.engine.time_left import Budget, ScaleCost
from nst.engine.weights import load
from nst.errors import UserError
from nst.gallery.library import find_preset
from nst.geometry import resized
from nst.paint import stylize
from nst.portrait.faces import find_faces
from nst.portrait.find import find_people
from nst.portrait.masks import face_mask
from nst.portrait.person import person_mask
from nst.settings import Settings
from tests.conftest import EXAMPLES

STYLE_LAYERS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1")
STARRY, SCREAM = "van-gogh-starry-night", "munch-the-scream"


@functools.cache
def astronaut(close: bool = False) -> Image.Image:
    with Image.open(EXAMPLES / "astronaut.jpg") as image:
        return image.convert("RGB").crop((110, 0, 340, 230) if close else (0, 0, *image.size))


@functools.cache
def style(name: str) -> Image.Image:
    return resized(find_preset(name).open(), 256)


@functools.cache
def run(*names: str, close: bool = False, **settings) -> tuple[Frame, ...]:
    """All frames of a small run; what several tests look at is painted once."""
    settings = Settings(**{"size": 128, "steps": 10} | settings)
    return tuple(stylize(astronaut(close), [(style(name), 1.0) for name in names or (STARRY,)],
                         settings))


def painted(*names: str, **settings) -> torch.Tensor:
    """The finished picture, (1, 3, H, W)."""
    return to_tensor(run(*names, **settings)[-1].image)


def original(size: int = 128, close: bool = False) -> torch.Tensor:
    return to_tensor(resized(astronaut(close), size))


@functools.cache
def judge() -> Backbone:
    return Backbone("vgg19", load())


def style_distance(picture: torch.Tensor, name: str = STARRY, side: int = 128) -> float:
    """Relative Gram distance to a painting of that size."""
    wanted = judge().features(to_tensor(resized(style(name), side)), STYLE_LAYERS)
    found = judge().features(picture, STYLE_LAYERS)
    return sum(StyleLoss(moments(wanted[layer])[None])(found[layer]).item()
               for layer in STYLE_LAYERS)


def content_distance(picture: torch.Tensor, gain: torch.Tensor | None = None,
                     close: bool = False) -> float:
    """Relative feature distance to the photo."""
    wanted = judge().features(original(close=close), ["conv4_2"])["conv4_2"]
    return ContentLoss(wanted, gain)(judge().features(picture, ["conv4_2"])["conv4_2"]).item()


def pixels(frame: Frame) -> np.ndarray:
    return np.asarray(frame.image, np.float32)


# What a frame promises


def test_the_same_settings_paint_the_same_pixels():
    first, second = (list(stylize(astronaut(), [(style(STARRY), 1.0)], Settings(
        size=128, steps=3, seed=5, init="noise"))) for _ in range(2))
    assert np.array_equal(pixels(first[-1]), pixels(second[-1]))
    assert first[-1].losses == second[-1].losses
    other = run(steps=3, seed=6, init="noise")
    assert np.abs(pixels(other[-1]) - pixels(first[-1])).mean() > 5


@pytest.mark.slow
def test_frames_tell_how_far_it_is():
    frames = run(size=256, steps=6)
    assert [frame.finished for frame in frames] == [False] * (len(frames) - 1) + [True]
    last = frames[-1]
    assert last.image.size == (256, 256) and last.image.mode == "RGB"
    assert (last.step, last.steps, last.size, last.remaining) == (6, 6, 256, 0.0)
    for before, frame in zip(frames, frames[1:], strict=False):
        assert before.step <= frame.step and before.elapsed <= frame.elapsed
    for frame in frames[:-1]:
        assert max(frame.image.size) == frame.size and frame.remaining >= 0
        assert list(frame.losses) == ["content", "style", "match", "tv", "shading", "total"]


@pytest.mark.slow
def test_a_frame_shows_the_first_step_and_ends_every_scale(monkeypatch):
    monkeypatch.setattr(nst.engine.stylize, "FRAME_SECONDS", 1e9)
    frames = list(stylize(astronaut(), [(style(STARRY), 1.0)], Settings(size=256, steps=4)))
    assert [frame.size for frame in frames] == [64, 64, 128, 256, 256]
    assert frames[0].step == 1 and frames[3].step == 4 and frames[4].finished


def test_a_wide_photo_keeps_its_shape():
    wide = astronaut().crop((0, 0, 512, 200))
    frames = list(stylize(wide, [(style(STARRY), 1.0)], Settings(size=192, steps=2)))
    assert frames[-1].image.size == (192, 75)


@pytest.mark.slow
def test_two_runs_in_one_thread_do_not_disturb_each_other():
    """A caller who leaves one unfinished and starts another must not wait for ever."""
    def frames(name):
        return stylize(astronaut(), [(style(name), 1.0)], Settings(size=128, steps=3))

    left, other = frames(STARRY), frames(SCREAM)
    next(left)
    *_, scream = other
    *_, starry = left
    for name, last in (STARRY, starry), (SCREAM, scream):
        *_, alone = frames(name)
        assert np.array_equal(pixels(last), pixels(alone))


def living_tensors() -> int:
    gc.collect()
    return sum(x.numel() for x in gc.get_objects() if isinstance(x, torch.Tensor))


@pytest.mark.slow
def test_closing_stops_the_work_and_frees_what_it_held():
    run(steps=3)  # loads the backbone, which is kept
    before = living_tensors()
    frames = stylize(astronaut(), [(style(STARRY), 1.0)],
                     Settings(size=128, steps=5000))
    assert next(frames).step < 5000
    frames.close()
    del frames
    assert living_tensors() <= before
    again = stylize(astronaut(), [(style(STARRY), 1.0)], Settings(size=128, steps=1))
    assert next(again).step == 1
    again.close()


@pytest.mark.parametrize(("wish", "words"), [
    (dict(styles=[]), "at least one style"),
    (dict(styles=[(None, 0.0)]), "above 0"),
    (dict(styles=[(None, float("nan"))]), "above 0"),
    (dict(settings=Settings(style_layers="conv7_1")), "no layer"),
    (dict(settings=Settings(content_layers="conv3")), "no layer"),
    (dict(mask=Image.new("L", (64, 64), 0)), "nothing to paint"),
    (dict(photo=Image.new("RGB", (128, 96), "teal"), settings=Settings(region="subject")),
     "No face"),
])
def test_a_mistake_is_one_sentence_before_any_work(monkeypatch, wish, words):
    def no_work(*_):
        raise AssertionError("a backbone was loaded")

    monkeypatch.setattr(nst.engine.stylize, "_backbone", no_work)
    wish = {"photo": astronaut(), "styles": [(style(STARRY), 1.0)], "settings": Settings()} | wish
    wish["styles"] = [(style(STARRY), weight) for _, weight in wish["styles"]]
    with pytest.raises(UserError, match=words) as caught:
        stylize(wish["photo"], wish["styles"], wish["settings"], mask=wish.get("mask"))
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


# A loss that turns infinite


def spoil(monkeypatch, is_bad):
    """The total loss is NaN at the steps, counted from 1, for which ``is_bad`` holds."""
    build, count = nst.engine.stylize.build_objective, itertools.count(1)

    def spoilt(*args):
        objective = build(*args)

        def losses(picture):
            found = objective(picture)
            return replace(found, total=found.total * float("nan")) if is_bad(
                next(count)) else found

        return losses

    monkeypatch.setattr(nst.engine.stylize, "build_objective", spoilt)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer, seconds, precision, steps", [
    ("adam", 0.0, "auto", 8), ("adam", 1e9, "auto", 8), ("lbfgs", 0.0, "auto", 8),
    ("lbfgs", 1e9, "bfloat16", 5)])  # that one takes a second a step where a CPU emulates it
def test_a_nan_is_caught_and_the_run_goes_on(
        monkeypatch, caplog, optimizer, seconds, precision, steps):
    """``seconds`` between two looks at the loss: seen at once, or at the end of the scale."""
    spoil(monkeypatch, lambda count: count == 3)
    monkeypatch.setattr(nst.engine.stylize, "FRAME_SECONDS", seconds)
    settings = Settings(size=128, steps=steps, optimizer=optimizer, precision=precision)
    with caplog.at_level(logging.WARNING):
        frames = list(stylize(astronaut(), [(style(STARRY), 1.0)], settings))
    assert "going on from the last good picture" in caplog.text
    assert frames[-1].finished and frames[-1].step == steps
    picture = to_tensor(frames[-1].image)
    assert (picture - original()).abs().mean() < 0.3 and picture.std() > 0.1


def test_losses_that_stay_infinite_are_an_error(monkeypatch):
    spoil(monkeypatch, lambda count: True)
    monkeypatch.setattr(nst.engine.stylize, "FRAME_SECONDS", 0.0)
    with pytest.raises(ArithmeticError, match="stay infinite in float32"):
        list(stylize(astronaut(), [(style(STARRY), 1.0)], Settings(size=128, steps=12)))


# What each control does


def test_painting_takes_on_the_style_and_keeps_the_content():
    picture = painted()
    assert style_distance(picture) < 0.5 * style_distance(original())
    assert content_distance(picture) < content_distance(to_tensor(resized(
        style(STARRY).resize((256, 256)), 128)))


@pytest.mark.slow
def test_strength_moves_from_the_photo_to_the_painting():
    pictures = [painted(strength=s) for s in (0.0, 0.5, 1.0)]
    styles, contents = ([f(p) for p in pictures] for f in (style_distance, content_distance))
    assert styles[0] > styles[1] > styles[2]
    assert contents[0] < contents[1] < contents[2]


@pytest.mark.slow
def test_likeness_keeps_the_face():
    faces = find_faces(astronaut(close=True))
    assert len(faces) == 1
    face = torch.from_numpy(face_mask(faces, (128, 128)))[None, None]
    free, close = (content_distance(painted(close=True, likeness=x), face, close=True)
                   for x in (0.0, 1.0))
    assert close < 0.8 * free


def colours(picture: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    flat = picture[0].flatten(1)
    return flat.mean(1), torch.cov(flat)


@pytest.mark.slow
def test_the_colours_are_the_paintings_or_the_photos():
    photo_mean, photo_cov = colours(original())
    off = {}
    for whose in ("painting", "photo", "luminance"):
        mean, cov = colours(painted(colors=whose))
        off[whose] = (mean - photo_mean).norm() + (cov - photo_cov).norm()
    assert off["photo"] < 0.5 * off["painting"]
    starry_mean, _ = colours(to_tensor(style(STARRY)))
    mean, _ = colours(painted())
    assert (mean - starry_mean).norm() < 0.6 * (photo_mean - starry_mean).norm()


@pytest.mark.slow
def test_luminance_keeps_the_photos_chrominance():
    def chrominance(picture):
        r, g, b = picture[0]
        luma = 0.299 * r + 0.587 * g + 0.114 * b
        return torch.stack((b - luma, r - luma)), luma

    (chroma, luma), (wanted, before) = (chrominance(p) for p in (
        painted(colors="luminance"), original()))
    inside = (painted(colors="luminance") > 0.01).all(1)[0] & (
        painted(colors="luminance") < 0.99).all(1)[0]
    assert inside.float().mean() > 0.5
    assert (chroma - wanted)[:, inside].abs().max() < 0.01
    assert (luma - before).abs().mean() > 0.03


@pytest.mark.slow
def test_a_blend_lies_between_its_styles():
    one, both, other = (painted(*names)
                        for names in ((STARRY,), (STARRY, SCREAM), (SCREAM,)))
    assert style_distance(one) < style_distance(both) < style_distance(other)
    assert style_distance(other, SCREAM) < style_distance(both, SCREAM) < style_distance(
        one, SCREAM)


@pytest.mark.slow
def test_regions_leave_the_rest_untouched():
    subject = person_mask(astronaut(), find_faces(astronaut()), (128, 128))
    change = {region: (painted(region=region) - original()).abs().mean(1)[0].numpy()
              for region in ("subject", "background")}
    person, behind = subject > 0.999, subject < 0.001
    assert person.sum() > 1000 and behind.sum() > 1000
    assert change["subject"][behind].max() < 0.005 < 0.03 < change["subject"][person].mean()
    assert change["background"][person].max() < 0.005 < 0.03 < change["background"][behind].mean()


def test_a_mask_says_where_to_paint():
    mask = Image.new("L", (100, 100), 0)
    mask.paste(255, (0, 0, 100, 50))
    *_, last = stylize(astronaut(), [(style(STARRY), 1.0)], Settings(size=128, steps=4), mask=mask)
    change = (to_tensor(last.image) - original()).abs()[0].mean(0)
    assert change[70:].max() < 0.005 and change[:58].mean() > 0.02


@pytest.mark.slow
def test_each_weight_moves_the_picture_towards_its_term():
    usual = painted()
    assert content_distance(painted(content_weight=20)) < 0.8 * content_distance(usual)
    assert style_distance(painted(style_weight=0)) > 1.5 * style_distance(usual)
    smooth, rough = (TotalVariation()(painted(tv_weight=weight)) for weight in (100, 0))
    assert smooth < 0.9 * rough


@pytest.mark.slow
def test_a_smaller_learning_rate_moves_less():
    def moved(rate):
        start = painted(steps=1, learning_rate=0.01)
        return (painted(learning_rate=rate) - start).abs().mean()

    assert moved(0.1) < 0.5 * moved(1.0)


@pytest.mark.slow
def test_more_steps_lower_the_loss():
    assert run()[-1].losses["total"] < run(steps=3)[-1].losses["total"]


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_style_of_one_colour_is_painted(caplog, optimizer):
    """It has no covariance to divide by: losses of 1e23 overflowed in Adam's second moment."""
    settings = Settings(size=128, steps=8, optimizer=optimizer)
    blue = Image.new("RGB", (48, 40), (40, 120, 200))
    *_, last = stylize(astronaut(), [(blue, 1.0)], settings)
    assert last.finished and last.losses["style"] < 100 and not caplog.records
    near, far = (np.abs(np.asarray(image, float) - (40, 120, 200)).mean() for image in (
        last.image, astronaut()))
    assert near < 0.7 * far


@pytest.mark.slow
def test_both_optimisers_descend():
    adam, lbfgs = run(optimizer="adam"), run(optimizer="lbfgs")
    for frames in (adam, lbfgs):
        assert frames[-1].losses["total"] < 0.9 * frames[0].losses["total"]
    assert np.abs(pixels(lbfgs[-1]) - pixels(adam[-1])).mean() > 2


@pytest.mark.slow
def test_init_chooses_what_the_picture_starts_from():
    def resemblance(init, model):
        first = to_tensor(run(init=init, steps=1, learning_rate=0.01)[0].image)
        return np.corrcoef(first.flatten(), model.flatten())[0, 1]

    starry = to_tensor(style(STARRY).resize((64, 64)))
    assert resemblance("photo", original(64)) > 0.7
    assert resemblance("style", starry) > 0.9
    assert abs(resemblance("noise", original(64))) < 0.1


@pytest.mark.slow
def test_layers_and_pooling_decide_what_is_seen():
    """Each picture is nearer than the usual one in what its own settings look at."""
    def style_at(picture, layer, network):
        wanted = network.features(to_tensor(resized(style(STARRY), 128)), [layer])[layer]
        return StyleLoss(moments(wanted)[None])(network.features(picture, [layer])[layer]).item()

    def content_at(picture, layer):
        wanted = judge().features(original(), [layer])[layer]
        return ContentLoss(wanted)(judge().features(picture, [layer])[layer]).item()

    usual, shallow = painted(), painted(style_layers="conv1_1")
    assert style_at(shallow, "conv1_1", judge()) < style_at(usual, "conv1_1", judge())
    assert style_at(shallow, "conv4_1", judge()) > 1.2 * style_at(usual, "conv4_1", judge())
    # Beside the other layer: how much content counts in all differs from layer to layer.
    fine, deep = ([content_at(picture, layer) for layer in ("conv1_2", "conv4_2")]
                  for picture in (painted(content_layers="conv1_2"), usual))
    assert fine[0] / fine[1] < 0.95 * deep[0] / deep[1]
    most = painted(pooling="max")
    average, highest = (Backbone("vgg19", load(), pooling=kind) for kind in ("average", "max"))
    assert style_at(usual, "conv4_1", average) < 0.9 * style_at(most, "conv4_1", average)
    assert style_at(most, "conv4_1", highest) < style_at(usual, "conv4_1", highest)


def test_the_network_is_the_one_that_is_asked_for(monkeypatch):
    seen = []
    monkeypatch.setattr(nst.engine.stylize, "_backbone", lambda *asked: seen.append(asked))
    for settings in ({}, {"convolutions": "exact", "pooling": "max"},
                     {"backbone": "alexnet", "weights": "own.pth", "precision": "bfloat16"}):
        load_backbone(Settings(**{"device": "cpu", "precision": "float32"} | settings))
    cpu = torch.device("cpu")
    assert seen == [("vgg19", "", "average", True, cpu, torch.float32),
                    ("vgg19", "", "max", False, cpu, torch.float32),
                    ("alexnet", "own.pth", "average", False, cpu, torch.bfloat16)]


def test_a_network_that_was_loaded_is_kept():
    assert load_backbone(Settings()) is load_backbone(Settings(size=1024))


@pytest.mark.parametrize("method", ["lbfgs", "adam"])
def test_the_optimiser_has_the_recipes_numbers(method):
    """Three steps equal those of one that is made by hand, and no number is ignored."""
    start = original(64)[:, :, :32]
    budget = Budget(share_out(plan(Settings()).scales, 12), [ScaleCost(1, 1)] * 4)
    descent = plan(Settings(optimizer=method), Manner(weave=0.9)).descent
    own = dict(learning_rate=descent.rate_at(budget.scale.size),
               filter_strength=descent.filter_strength)
    steps = budget.scale.steps
    by_hand = LBFGS(start, steps=steps, **own) if method == "lbfgs" else Adam(
        start, steps=lambda: steps, decay=descent.decay, betas=descent.betas, **own)

    def losses(picture):
        total = ((picture - start.flip(3)).square() * (1 + start)).mean()
        return Losses({"only": total}, total)

    def after_three(optimizer):
        for _ in range(3):
            optimizer.step(losses)
        return optimizer.picture

    usual = after_three(nst.engine.stylize._optimizer(start, descent, budget))
    assert torch.equal(usual, after_three(by_hand))
    others = {"rate": 0.5 * descent.rate, "filter_strength": 0.1}
    if method == "adam":
        others |= {"decay": 0.9, "betas": (0.8, 0.95)}
    for name, value in others.items():
        changed = replace(descent, **{name: value})
        assert not torch.equal(usual, after_three(
            nst.engine.stylize._optimizer(start, changed, budget))), name


@pytest.mark.slow
def test_a_result_is_made_larger_from_itself():
    """Only the scales above its size are painted, and it stays the picture that it is."""
    small = run(steps=2)[-1].image
    frames = list(stylize(astronaut(), [(style(STARRY), 1.0)], Settings(size=256, steps=1),
                          start=small))
    assert {frame.size for frame in frames} == {256} and frames[-1].image.size == (256, 256)
    larger = to_tensor(resized(frames[-1].image, 128))
    assert (larger - to_tensor(small)).abs().mean() < 0.3 * (larger - original()).abs().mean()
    with pytest.raises(UserError, match="ask for a larger size"):
        stylize(astronaut(), [(style(STARRY), 1.0)], Settings(size=128), start=small)


def test_a_recipe_can_be_varied():
    seen = []
    with contextlib.closing(stylize(
            astronaut(), [(style(STARRY), 1.0)], Settings(size=128, steps=2),
            vary=lambda recipe: seen.append(recipe) or replace(
                recipe, scales=share_out(recipe.scales, 4)))) as frames:
        assert next(frames).steps == 4 and seen[0].steps == 2


def test_frames_come_at_least_so_often_and_tell_the_machines_rate(monkeypatch):
    monkeypatch.setattr(nst.engine.stylize, "FRAME_SECONDS", 0.0)
    frames = list(stylize(astronaut(), [(style(STARRY), 1.0)], Settings(size=128, steps=4)))
    assert [frame.step for frame in frames] == [1, 2, 3, 4, 4]
    assert all(frame.rate > 0 for frame in frames)
    assert frames[0].faces == frames[-1].faces and len(frames[0].faces) == 1
    assert 0 <= frames[0].elapsed <= frames[1].elapsed <= frames[-1].elapsed


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_a_loss_that_turns_infinite_once_takes_the_work_back(monkeypatch, caplog, optimizer):
    """The slow test beside it paints longer, and in other number formats."""
    spoil(monkeypatch, lambda count: count == 2)
    monkeypatch.setattr(nst.engine.stylize, "FRAME_SECONDS", 0.0)
    settings = Settings(size=128, steps=6, optimizer=optimizer, precision="float32")
    with caplog.at_level(logging.WARNING):
        frames = list(stylize(astronaut(), [(style(STARRY), 1.0)], settings))
    assert caplog.text.count("going on from the last good picture") == 1
    assert [frame.step for frame in frames] == [1, 3, 4, 5, 6, 6]
    assert all(np.isfinite(frame.losses["total"]) for frame in frames)
    assert (to_tensor(frames[-1].image) - original()).abs().mean() < 0.3


def test_style_scale_sets_the_size_of_the_strokes():
    """The painting is looked at that much larger, so its strokes are that much larger."""
    widths = {}
    for scale in (0.5, 1.0, 1.5):
        settings = Settings(size=128, style_scale=scale)
        inputs = Inputs(astronaut(), [(style(STARRY), 1.0)], settings, plan(settings),
                        torch.device("cpu"))
        widths[scale] = inputs.at(plan(settings).scales[-1]).styles[0].picture.shape[3]
    assert widths[0.5] == pytest.approx(widths[1.0] / 2, abs=1)
    assert widths[1.5] == pytest.approx(widths[1.0] * 1.5, abs=1)


@pytest.mark.slow
def test_exposure_lifts_a_dark_photo():
    light, same = (brightness(0.5, exposure) for exposure in (True, False))
    assert light > 1.1 * same


@pytest.mark.slow
def test_a_nearly_black_photo_is_lifted_unasked():
    assert brightness(0.15) == brightness(0.15, True) > 1.5 * 0.15 * original().mean()


def brightness(light: float, exposure: bool = False) -> float:
    """Of the painted picture, in the photo's colours, of a photo with that share of its light."""
    dark = Image.fromarray((np.asarray(astronaut()) * light).astype(np.uint8))
    settings = Settings(size=128, steps=2, colors="photo", exposure=exposure)
    *_, last = stylize(dark, [(style(STARRY), 1.0)], settings)
    return float(to_tensor(last.image).mean())


@pytest.mark.slow
def test_a_scale_starts_from_the_styles_strokes_and_faces_get_fewer():
    """Without them a mesh along the picture's axes grows in flat areas."""
    pictures = []
    for strokes in (1.0, 0.0):
        settings = Settings(size=256, steps=3)  # the coarsest of the three scales gets none
        *_, last = stylize(
            astronaut(close=True), [(style(STARRY), 1.0)], settings,
            vary=lambda recipe, strokes=strokes: replace(
                recipe, start=replace(recipe.start, strokes=strokes)))
        pictures.append(pixels(last))
    change = np.abs(pictures[0] - pictures[1]).mean(2)
    face = find_people(astronaut(close=True), (256, 256)).face
    assert change[face == 0].mean() > 2 * change[face > 0.9].mean()


@pytest.mark.slow
def test_skin_takes_its_colour_from_the_paintings_faces_and_keeps_its_light():
    def skin(picture: torch.Tensor, image: Image.Image) -> torch.Tensor:
        """Mean lightness and colour, in OKLab, of the faces that are found in the image."""
        face = torch.from_numpy(face_mask(find_faces(image), picture.shape[:1:-1]))
        return oklab(picture)[0][:, face > 0.9].mean(1)

    def off(one: torch.Tensor, other: torch.Tensor) -> tuple[float, float]:
        return abs(float(one[0] - other[0])), float((one - other)[1:].norm())

    portrait = resized(find_preset("da-vinci-mona-lisa").open(), 512)
    theirs, own = skin(to_tensor(portrait), portrait), skin(original(close=True), astronaut(True))
    with_faces, without = (
        skin(painted("da-vinci-mona-lisa", close=True, style_faces=faces, steps=4), astronaut(True))
        for faces in (True, False))
    assert off(with_faces, own)[0] < 0.3 * off(without, own)[0]
    assert off(with_faces, theirs)[1] < min(off(without, theirs)[1], 0.8 * off(own, theirs)[1])


@pytest.mark.slow
def test_precision_changes_little():
    exact, rough = (run(precision=precision, steps=3)[-1]  # few: a CPU may emulate bfloat16
                    for precision in ("float32", "bfloat16"))
    assert np.abs(pixels(exact) - pixels(rough)).max() > 0  # else one was compared with itself
    assert np.abs(pixels(exact) - pixels(rough)).mean() < 6
    assert rough.losses["total"] == pytest.approx(exact.losses["total"], rel=0.1)


@pytest.mark.slow
def test_a_budget_leaves_out_steps_but_not_pixels():
    *_, last = stylize(astronaut(), [(style(STARRY), 1.0)],
                       Settings(size=512, quality="fine", seconds=0.5))
    planned = sum(scale.steps for scale in plan(Settings(quality="fine")).scales)
    assert last.finished and last.image.size == (512, 512) and 1 <= last.step < planned
