"""People over a film: the same faces, that neither tremble nor vanish for a picture."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nst.people import Face
from nst.portrait import steady
from nst.portrait.steady import KEPT, RAMP, SteadyPeople

SIZE = (160, 160)
HERE = np.zeros((160, 160, 2), np.float32)


@pytest.fixture
def found(monkeypatch):
    """What the finder finds, one list of faces after the other."""
    queue = []
    monkeypatch.setattr(steady, "find_faces", lambda picture, marked: queue.pop(0))
    monkeypatch.setattr(steady, "person_mask", lambda picture, faces, size: np.ones(
        size[::-1], np.float32))
    return queue


def face(left, top=0.3):
    points = np.random.default_rng(0).uniform(0, 0.3, (468, 2)).astype(np.float32)
    return Face(left, top, 0.3, 0.3, 1.0, points + np.float32((left, top)))


def lefts(people, found, faces, flow=HERE):
    result = []
    for each in faces:
        found.append(each)
        shown = people.find(Image.new("RGB", SIZE), flow if result else None)
        result.append(shown.faces[0].left if shown.faces else None)
    return np.array(result, float)


def test_a_face_trembles_less_than_it_is_found(found):
    noise = np.random.default_rng(1).normal(0, 0.01, 40)
    shown = lefts(SteadyPeople(SIZE), found, [[face(0.3 + x)] for x in noise])
    assert np.abs(np.diff(shown)).mean() < 0.5 * np.abs(np.diff(noise)).mean()
    assert abs(shown.mean() - 0.3) < 0.005


def test_a_face_that_moves_is_not_left_behind(found):
    """With the flow known, smoothing costs no lag: 3 px a picture to the right."""
    step = 3 / 160
    flow = np.full_like(HERE, 0)
    flow[..., 0] = -3
    shown = lefts(SteadyPeople(SIZE), found, [[face(0.1 + n * step)] for n in range(12)], flow)
    assert np.abs(shown - (0.1 + step * np.arange(12))).max() < 0.003


def test_a_face_that_is_missed_stays_for_a_while(found):
    people = SteadyPeople(SIZE)
    shown = lefts(people, found, [[face(0.3)], [], [], [face(0.3)]])
    assert np.isfinite(shown).all()
    shown = lefts(SteadyPeople(SIZE), found, [[face(0.3)]] + [[]] * (KEPT + 2))
    assert np.isnan(shown[-1])


def test_a_face_that_comes_in_is_faded_in(found):
    """All at once, paint would turn into skin."""
    people = SteadyPeople(SIZE)
    most = []
    for number in range(RAMP + 2):
        found.append([face(0.3)] if number else [])
        shown = people.find(Image.new("RGB", SIZE), HERE if number else None)
        most.append(0.0 if shown.face is None else float(shown.face.max()))
    assert np.diff(most).max() < 2 / RAMP and most[-1] > 0.95


def test_at_a_scenes_beginning_it_is_there_at_once(found):
    found.append([face(0.3)])
    shown = SteadyPeople(SIZE).find(Image.new("RGB", SIZE))
    assert shown.face.max() > 0.95


def test_where_nobody_is_looked_for_people_move_along(found):
    people = SteadyPeople(SIZE)
    found[:] = [[face(0.2)]]
    before = people.find(Image.new("RGB", SIZE))
    now = people.carry(HERE + np.float32((-16, 0)))  # a tenth to the right
    assert now.faces[0].left == pytest.approx(0.3)
    assert np.abs(now.face[:, 16:] - before.face[:, :-16]).max() < 0.1
    assert now.person is not None and now.person.shape == (160, 160)
