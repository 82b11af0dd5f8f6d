"""A style's manner: how its fine detail lies, and how flat it is."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from nst import find_preset
from nst.engine import manner as module
from nst.engine.manner import flatness, manner_of
from nst.engine.step_filter import weave
from nst.engine.tensors import to_tensor
from nst.geometry import resized


def test_a_styles_manner_is_the_mean_by_weight(canvas, portrait, monkeypatch):
    one, other = (manner_of([(picture, 1.0)]) for picture in (canvas, portrait))
    assert one.weave == pytest.approx(weave(to_tensor(canvas)))
    assert abs(one.weave - other.weave) > 0.05 and one.flatness != other.flatness
    both = manner_of([(canvas, 3.0), (portrait, 1.0)])
    assert both.weave == pytest.approx(0.75 * one.weave + 0.25 * other.weave)
    assert both.flatness == pytest.approx(0.75 * one.flatness + 0.25 * other.flatness)
    monkeypatch.setattr(module, "WEAVE_SIDE", 64)  # a larger style is shrunk to it
    assert manner_of([(canvas, 3.0)]).weave == pytest.approx(
        weave(to_tensor(resized(canvas, 64))))


def test_rectangles_are_flat_and_brush_strokes_are_not():
    found = {name: manner_of([(find_preset(name).open(), 1.0)]).flatness for name in (
        "study-composition", "hokusai-woman-holding-a-fan", "hokusai-poppies",
        "van-gogh-starry-night")}
    assert found["study-composition"] > 0.9
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert found["van-gogh-starry-night"] == 0


def test_flatness_is_from_nought_to_one():
    assert flatness(torch.rand(1, 3, 64, 64)) == 0
    assert flatness(torch.full((1, 3, 64, 64), 0.5)) == 1
    assert manner_of([(Image.new("RGB", (9, 7), "red"), 1.0)]).flatness == 1
