"""Flow between two pictures: what moved, what came from behind, what is still, what is a cut."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from nst.motion import is_cut, luma, motion_between, moved, places


def scene(seed=0, size=(96, 128)):
    """Soft blobs, as a photo has them: flow can hold on to them."""
    noise = np.random.default_rng(seed).normal(0, 1, (*size, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    soft = (soft - soft.min()) / (soft.max() - soft.min())
    return (soft * 255).astype(np.uint8)


def test_a_shift_is_found_and_undone():
    wide = scene(size=(96, 140))
    before, now = wide[:, 8:136], wide[:, 4:132]  # all moves 4 px to the right
    motion = motion_between(luma(before), luma(now))
    inside = np.s_[8:-8, 12:-8]
    assert np.abs(motion.flow[inside] - (-4, 0)).mean() < 0.2
    assert motion.known[inside].mean() > 0.97 and motion.still.mean() < 0.02
    again = moved(before.astype(np.float32), places(motion.flow))
    assert np.abs(again - now)[inside].mean() < 3
    # What came in at the left was not seen before.
    assert motion.known[:, :2].mean() < 0.2


@pytest.mark.parametrize("shift, known", [(0.6, True), (2.0, False)])
def test_what_lay_beyond_the_border_by_less_than_a_pixel_is_not_new(shift, known):
    """Else the rim of a clip whose camera trembles would be painted anew in every picture."""
    before = scene(8)
    now, _ = through_camera(before, 1, shift, 0)
    motion = motion_between(luma(before), luma(now))
    rim = np.s_[8:-8, 0]
    assert (motion.known[rim].mean() > 0.9) == known
    assert np.abs(motion.beyond[rim] - shift).mean() < 0.2
    assert (motion.beyond[8:-8, 8:] == 0).all()


def through_camera(picture, zoom, right, down):
    """What is seen through a camera that has moved, and where each pixel was before, (x, y)."""
    matrix = np.array([[zoom, 0, right], [0, zoom, down]], np.float64)
    height, width = picture.shape[:2]
    seen = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC,
                          borderMode=cv2.BORDER_REFLECT_101)
    return seen, (places(np.zeros((height, width, 2), np.float32)) - (right, down)) / zoom


def test_a_camera_that_moves_takes_a_wall_along():
    """Flow alone trembles there, and strokes would."""
    before = scene(4, (160, 200))
    before[:, 70:] = before[:, 70:] // 24 + 120  # nearly plain
    now, there = through_camera(before, 1.01, -2.4, 1.3)
    noise = np.random.default_rng(5).normal(0, 0.7, now.shape)
    motion = motion_between(luma(before), luma(np.clip(now + noise, 0, 255).astype(np.uint8)))
    inside = np.s_[12:-12, 12:-12]
    assert np.linalg.norm(places(motion.flow) - there, axis=-1)[inside].mean() < 0.14


def test_who_moves_before_a_moving_camera_is_not_taken_along():
    before = scene(1)
    now, _ = through_camera(before, 1, -3, 0)
    square = scene(2)[:40, :40]
    before[30:70, 40:80], now[30:70, 42:82] = square, square  # to the right, the rest to the left
    motion = motion_between(luma(before), luma(now))
    who, rest = np.s_[36:64, 48:76], np.s_[8:24, 90:116]
    assert np.abs(motion.flow[who] - (-2, 0)).mean() < 0.5
    assert np.abs(motion.flow[rest] - (3, 0)).mean() < 0.1
    assert motion.with_camera[who].mean() < 0.05 and motion.with_camera[rest].mean() > 0.95


def test_what_was_hidden_is_not_known():
    """A square moves 8 px to the right before a wall: the strip behind it is new."""
    wall, square = scene(1), scene(2)[:40, :40]
    before, now = wall.copy(), wall.copy()
    before[30:70, 40:80], now[30:70, 48:88] = square, square
    motion = motion_between(luma(before), luma(now))
    assert motion.known[34:66, 41:47].mean() < 0.4
    assert motion.known[36:64, 54:82].mean() > 0.9  # the square itself
    assert motion.known[:, 100:].mean() > 0.95 and motion.still[:, 100:].mean() > 0.9


def striped(shape=(128, 160)):
    """A blind's bright stripes on dark, whose flow along themselves nothing tells."""
    rows = 40 + 160 * ((np.arange(shape[0]) // 6) % 2)
    return np.repeat(rows[:, None], shape[1], 1).astype(np.uint8)


def test_stripes_that_tremble_are_not_new_but_a_mouth_that_shuts_is():
    blind = striped()
    matrix = np.array([[1, 0, 1.5], [0, 1, 0.6]])
    now = cv2.warpAffine(blind, matrix, blind.shape[::-1], borderMode=cv2.BORDER_REFLECT_101)
    inside = np.s_[12:-12, 12:-12]
    assert motion_between(blind, now).known[inside].mean() > 0.97
    face = luma(scene(6, (128, 160)))
    face[60:68, 60:100] = 40  # the mouth is open
    shut = face.copy()
    shut[60:68, 60:100] = 75
    everywhere = np.ones(face.shape, np.float32)
    mouth = np.s_[62:66, 64:96]
    assert motion_between(face, shut, everywhere).known[mouth].mean() < 0.2


@pytest.mark.parametrize("shape", [(8, 8), (20, 300), (300, 31), (40, 200)])
def test_pictures_smaller_than_the_searchs_patches_have_flow(shape):
    """OpenCV's search crashes with some of them."""
    before = luma(scene(7, shape))
    motion = motion_between(before, np.roll(before, 1, 1))
    assert motion.flow.shape == (*shape, 2) and np.isfinite(motion.flow).all()
    assert motion.known.shape == motion.still.shape == shape


def test_what_stands_still_has_no_flow_at_all():
    picture = luma(scene())
    noisy = np.clip(picture + np.random.default_rng(3).normal(0, 1.5, picture.shape), 0, 255)
    motion = motion_between(picture, noisy.astype(np.uint8))
    assert motion.still.mean() > 0.9
    assert (motion.flow[motion.still == 1] == 0).all()
    picture = picture.astype(np.float32)
    assert np.array_equal(moved(picture, places(np.zeros_like(motion.flow))), picture)


def test_a_plain_wall_is_known_wherever_it_comes_from():
    """Its flow is arbitrary, but one place is like the next: painted anew, it would boil."""
    wall = np.full((96, 128), 120, np.uint8)
    wall[40:56, 56:72] = 30
    motion = motion_between(wall, np.roll(wall, 5, 1))
    assert motion.known[:, 90:120].mean() > 0.95


@pytest.mark.parametrize("change, cut", [
    (lambda p: scene(9), True),
    (lambda p: 255 - p, True),
    (lambda p: np.roll(p, 6, 1), False),
    (lambda p: np.clip(p.astype(int) + 25, 0, 255).astype(np.uint8), False),  # a lamp goes on
    (lambda p: p, False),
])
def test_cuts(change, cut):
    before = scene()
    dark = before // 2 if cut else before
    assert is_cut(dark, change(before)) == cut
