"""No setting is ignored: another value of it paints another picture.

Which way each of them works is told by the tests of the recipe, the inputs, the objective and the
start of a scale; what is told here is that none is forgotten on its way into the picture.
"""

from __future__ import annotations

import contextlib
import itertools

import numpy as np
import pytest
import torch
from PIL import Image

import nst.engine.stylize
import nst.paint
from nst.engine.stylize import Frame, stylize
from nst.errors import UserError
from nst.settings import Settings, knobs
from tests.made_weights import alexnet_state

USUAL = {"size": 128, "steps": 4, "precision": "float32"}
# By knob: another value than the usual one, and what both pictures need beside it.
OTHERS: dict[str, tuple] = {
    "size": (192,), "quality": ("draft",), "strength": (0.2,), "likeness": (0.9,),
    "background": (1.0,), "colors": ("photo",), "region": ("subject",), "style_scale": (0.5,),
    "style_faces": (False,), "seconds": (0.001,), "steps": (8,), "convolutions": ("exact",),
    "statistics": ("gram",), "content_layers": ("conv2_1",), "style_layers": ("conv2_1",),
    "content_weight": (5.0,), "style_weight": (5.0,), "tv_weight": (100.0,),
    "learning_rate": (0.3,), "optimizer": ("lbfgs",), "init": ("style",), "pooling": ("max",),
    "seed": (1, {"init": "noise"}), "precision": ("bfloat16",),
    "backbone": ("alexnet",), "weights": ("other.pth", {"backbone": "alexnet"}),
}
# The first raises without a GPU; a dark photo is evened out, and a style's border cut, before the
# engine gets them.
ELSEWHERE = {"device", "exposure", "keep_border"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    state = alexnet_state()
    torch.save(state, folder / "one.pth")
    torch.save({name: value.flip(0) for name, value in state.items()}, folder / "other.pth")
    return folder


@pytest.fixture(scope="module")
def painted(portrait, canvas, person):
    """painted(settings): the frame at the end of the coarsest scale, which is quick."""
    made: dict[Settings, Frame] = {}

    def paint(settings: Settings) -> Frame:
        if settings not in made:
            with contextlib.closing(stylize(portrait, [(canvas, 1.0)], settings,
                                            people=person)) as frames:
                _, made[settings] = itertools.islice(frames, 2)
        return made[settings]

    with pytest.MonkeyPatch.context() as patch:  # frames of the first step and of a scale's last
        patch.setattr(nst.engine.stylize, "FRAME_SECONDS", 1e9)
        yield paint


def test_every_setting_is_tried():
    assert OTHERS.keys() | ELSEWHERE == {knob.name for knob in knobs()}


@pytest.mark.parametrize("name", OTHERS)
def test_another_value_paints_another_picture(painted, files, name):
    value, *beside = OTHERS[name]
    wanted = USUAL | (beside[0] if beside else {})
    changed = wanted | {name: str(files / value) if name == "weights" else value}
    for settings in wanted, changed:
        if settings.get("backbone") == "alexnet":
            settings.setdefault("weights", str(files / "one.pth"))
    usual, other = painted(Settings(**wanted)), painted(Settings(**changed))
    if name == "size":
        assert (usual.image.size, other.image.size) == ((64, 64), (48, 48))
    elif name == "seconds":  # one step, enlarged
        assert (usual.step, other.step) == (2, 1) and other.finished
        assert other.image.size == (128, 128) and other.remaining == 0
    else:
        change = np.asarray(usual.image, float) - np.asarray(other.image, float)
        assert np.abs(change).mean() > 0.05


def test_a_gpu_that_is_asked_for_and_not_there_is_said_before_any_work(
        monkeypatch, portrait, canvas):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="no CUDA GPU here"):
        stylize(portrait, [(canvas, 1.0)], Settings(**USUAL, device="cuda"))


def test_the_device_that_is_asked_for_is_that_of_the_inputs_and_of_the_network(
        monkeypatch, portrait, canvas):
    """Nothing is computed."""
    seen, stylize_module = [], nst.engine.stylize
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(stylize_module, "Inputs", lambda *given: seen.append(given[4]))
    monkeypatch.setattr(stylize_module, "_backbone", lambda *given: seen.append(given[4]))
    monkeypatch.setattr(stylize_module, "_frames", lambda *_: iter(()))
    for device in "cuda", "cpu":
        stylize(portrait, [(canvas, 1.0)], Settings(**USUAL, device=device))
    cuda, cpu = torch.device("cuda"), torch.device("cpu")
    assert seen == [cuda, cuda, cpu, cpu]


@pytest.mark.parametrize(("exposure", "light", "lifted"), [
    (False, 0.5, False), (True, 0.5, True), (False, 0.1, True)])
def test_a_dark_photo_is_evened_out_where_it_is_asked_for_and_a_nearly_black_one_always(
        monkeypatch, portrait, canvas, exposure, light, lifted):
    seen = []
    monkeypatch.setattr(nst.paint.engine, "stylize",
                        lambda photo, *_, **__: seen.append(photo) or iter(()))
    dark = Image.fromarray((np.asarray(portrait) * light).astype(np.uint8))
    nst.stylize(dark, [(canvas, 1.0)], Settings(**USUAL, exposure=exposure))
    assert (np.asarray(seen[0]).mean() > 1.2 * np.asarray(dark).mean()) == lifted
