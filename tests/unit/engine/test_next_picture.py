"""A film's next picture: what it shares with a picture of its own."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nst.engine.inputs import Inputs
from nst.engine.manner import manner_of
from nst.engine.next_picture import NextPicture
from nst.engine.recipe import plan
from nst.settings import Settings


def test_faces_are_cared_for_as_in_a_picture(portrait, canvas, person):
    """By their width: with a large face's care, a small one's skin gets specks."""
    settings = Settings(size=128, precision="float32")
    width = 128 * person.faces[0].width
    recipe = plan(settings, manner_of([(canvas, 1.0)]), width)
    alone = Inputs(portrait, [(canvas, 1.0)], settings, recipe, torch.device("cpu"),
                   people=person).at(recipe.scales[-1])
    _, next_one = NextPicture([(canvas, 1.0)], settings).inputs(portrait, person)
    assert width < 60
    assert torch.equal(next_one.content_gain, alone.content_gain)


@pytest.mark.slow
def test_its_steps_are_the_same_whatever_optimiser_the_first_picture_had(portrait, canvas):
    painted = []
    for optimizer in "adam", "lbfgs":
        one = NextPicture([(canvas, 1.0)], Settings(size=128, optimizer=optimizer))
        _, scaled = one.inputs(portrait)
        start = scaled.content
        everywhere = torch.ones_like(start[:, :1])
        painted.append(one.paint(start.clone(), scaled, everywhere, everywhere, 1)[0])
    assert torch.equal(*painted) and not torch.equal(painted[0], start)


@pytest.mark.slow
def test_where_forms_are_held_strokes_alone_change(portrait, canvas):
    """What only moves loses sharpness: repainted whole, its stars fade in a hundred pictures."""
    one = NextPicture([(canvas, 1.0)], Settings(size=128, precision="float32"))
    _, scaled = one.inputs(portrait)
    start = scaled.content
    free = torch.ones_like(start[:, :1])
    left = torch.zeros_like(free)
    left[..., 64:] = 1
    change = one.paint(start.clone(), scaled, free, left, 1)[0] - start
    forms = F.avg_pool2d(change, 16).abs()
    held, let = forms[..., :3].mean(), forms[..., 5:].mean()
    assert held < 0.2 * let and change[..., :48].abs().mean() > 0.002


@pytest.mark.slow
def test_strokes_are_looked_up_as_for_a_first_picture(portrait, canvas):
    """Of the styles they are known by then."""
    first, second = (NextPicture([(canvas, 1.0)], Settings(size=128, precision="float32"))
                     for _ in range(2))
    _, inputs = first.inputs(portrait)
    other = inputs.content.flip(3)
    first.strokes(inputs.content, inputs)
    assert torch.equal(first.strokes(other, inputs), second.strokes(other, inputs))
