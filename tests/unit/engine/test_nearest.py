"""Places are dealt into groups, so that no piece of a painting is copied."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from nst.engine.tensors import GROUPS, LEAST_PLACES, dealt, nearest

MANY = 4 * GROUPS * LEAST_PLACES


def directions(count):
    random = torch.Generator().manual_seed(count)
    return F.normalize(torch.randn(8, count, generator=random), dim=0)


def test_each_place_gets_the_most_alike_of_its_own_group():
    ours, theirs = directions(200), directions(MANY)
    hands, decks = dealt(200, MANY)
    found = nearest(ours, theirs)
    for place in range(200):
        alike = (ours[:, place] @ theirs).masked_fill(decks != hands[place], -1)
        assert found[place] == alike.argmax()
    assert decks.bincount().tolist() == [MANY // GROUPS] * GROUPS


def test_of_few_places_each_may_be_had():
    theirs = directions(GROUPS * LEAST_PLACES - 1)
    assert torch.equal(nearest(theirs, theirs), torch.arange(theirs.shape[1]))


def test_of_places_that_are_the_styles_own_one_in_four_or_so_stays_beside_its_neighbour():
    theirs = directions(MANY)
    kept = nearest(theirs, theirs) == torch.arange(MANY)
    assert abs(float(kept.float().mean()) - 1 / GROUPS) < 0.1
