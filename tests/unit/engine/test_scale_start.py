"""Brush strokes at a scale's start: detail from the place of the style that looks alike."""

from __future__ import annotations

import torch

from nst import Settings
from nst.engine.inputs import Region, ScaledInputs, ScaledStyle
from nst.engine.scale_start import _nearest, brush_strokes
from nst.engine.stylize import load_backbone

SIDE = 128


def style() -> torch.Tensor:
    """Left: smooth orange; right: blue with fine stripes."""
    picture = torch.empty(1, 3, SIDE, SIDE)
    picture[..., : SIDE // 2] = torch.tensor([0.9, 0.6, 0.2]).view(1, 3, 1, 1)
    stripes = 0.25 * torch.sign(torch.sin(torch.arange(SIDE) * 2.2))[:, None]
    blue = torch.tensor([0.1, 0.2, 0.6]).view(1, 3, 1, 1)
    picture[..., SIDE // 2:] = (blue + stripes).clamp(0, 1)
    return picture


def test_detail_comes_from_the_place_that_looks_alike():
    coarse = torch.empty(1, 3, SIDE // 2, SIDE // 2)  # blue at the left, orange at the right
    coarse[..., : SIDE // 4] = torch.tensor([0.1, 0.2, 0.6]).view(1, 3, 1, 1)
    coarse[..., SIDE // 4:] = torch.tensor([0.9, 0.6, 0.2]).view(1, 3, 1, 1)
    content = torch.zeros(1, 3, SIDE, SIDE)
    inputs = ScaledInputs(content, content, (ScaledStyle(style(), 1.0),),
                          (Region(None, (None,)),), None, torch.ones(1, 1, SIDE, SIDE),
                          torch.ones(1, 1, SIDE, SIDE))
    settings = Settings(size=SIDE, precision="float32")
    strokes = brush_strokes(coarse, inputs, load_backbone(settings), "conv3_1")
    assert strokes.shape == content.shape
    blue, orange = strokes[..., 8:48].std(), strokes[..., 80:120].std()
    assert blue > 0.02 and orange < blue / 4


def test_the_nearest_is_by_direction_not_by_length():
    theirs = torch.tensor([[1.0, 0.0, -1.0], [0.0, 1.0, -1.0]])
    ours = theirs[:, [2, 0]] * 0.1 + theirs.mean(1, keepdim=True)
    assert _nearest(ours, theirs).tolist() == [2, 0]


def test_a_large_style_is_searched_at_a_part_of_its_places_always_the_same(monkeypatch):
    monkeypatch.setattr("nst.engine.scale_start.MAX_PLACES", 8)
    theirs = torch.randn(4, 64, generator=torch.Generator().manual_seed(1))
    found = _nearest(theirs, theirs)
    assert len(found.unique()) == 8 and torch.equal(found, _nearest(theirs, theirs))
    assert torch.equal(_nearest(theirs[:, found], theirs), found)  # what is compared finds itself
