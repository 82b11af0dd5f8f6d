"""What travels to a painter: pixels and settings that are checked twice, and no file's name."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PIL import Image

from nst import Frame, Settings, UserError
from nst.cluster.needs import WireLimits
from nst.cluster.wire import (
    packed_clip,
    packed_frame,
    packed_task,
    unpacked_frame,
    unpacked_task,
)

ARRAYS = {"photo": (96, 64, 3), "mask": (30, 20), "start": (48, 32, 3)}
PLAIN = (str, int, float, bool)


def picture(height, width, *colours) -> Image.Image:
    chance = np.random.default_rng(height)
    return Image.fromarray(chance.integers(0, 255, (height, width, *colours), dtype=np.uint8))


@pytest.fixture
def task():
    pictures = {name: picture(*shape) for name, shape in ARRAYS.items()}
    return pictures, packed_task(
        pictures["photo"], [(picture(50, 70, 3), 2)], Settings(size=128, strength=0.2),
        mask=pictures["mask"], marked_faces=[(0.1, 0.2, 0.3, 0.4)], start=pictures["start"])


def test_a_task_arrives_as_it_was_sent(task):
    pictures, packed = task
    arrived = unpacked_task(packed, WireLimits())
    for name, sent in pictures.items():
        assert np.array_equal(np.asarray(getattr(arrived, name)), np.asarray(sent))
    [(style, weight)] = arrived.styles
    assert (style.size, weight, arrived.marked_faces) == ((70, 50), 2.0, ((0.1, 0.2, 0.3, 0.4),))
    assert arrived.settings == Settings(size=128, strength=0.2)


def test_a_clip_arrives_as_it_was_sent():
    photos, after = [picture(32, 48, 3) for _ in range(3)], (picture(32, 48, 3), picture(40, 60, 3))
    mask = picture(32, 48)
    arrived = unpacked_task(packed_clip(photos, [(photos[0], 1)], Settings(), count=9, mask=mask,
                                        after=after), WireLimits())
    for sent, got in zip((*photos, *after, mask), (*arrived.clip, *arrived.after, arrived.mask),
                         strict=True):
        assert np.array_equal(np.asarray(got), np.asarray(sent))
    assert arrived.count == 9


def test_only_pixels_and_plain_values_travel(tmp_path):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A phone"
    picture(64, 96, 3).save(tmp_path / "phone.jpg", exif=exif)
    with Image.open(tmp_path / "phone.jpg") as photo:
        packed = packed_task(photo, [(photo, 1.0)], Settings(size=128))
    assert packed["photo"].shape == (96, 64, 3)  # turned upright before it travels
    for array in (packed["photo"], packed["styles"][0][0]):
        assert type(array) is np.ndarray and array.dtype == np.uint8
    assert all(type(value) in PLAIN for value in packed["settings"].values())
    assert str(tmp_path) not in repr(packed) and "phone" not in repr(packed)


def test_a_file_of_this_machine_is_not_sent():
    with pytest.raises(UserError, match="weights names a file on this machine"):
        packed_task(picture(9, 9, 3), [], Settings(weights="vgg.pth"))


@pytest.mark.parametrize(("change", "sentence"), [
    ({"size": 512}, "size is 512; this cluster paints up to 256"),
    ({"weights": "/etc/passwd"}, "weights names a file"),
    ({"strength": 7.0}, "strength is 7.0"),
])
def test_a_painter_checks_the_settings_itself(task, change, sentence):
    _, packed = task
    packed["settings"] |= change
    with pytest.raises(UserError, match=sentence):
        unpacked_task(packed, WireLimits(size=256))


@pytest.mark.parametrize("photo", [
    np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32),
    np.zeros((0, 4, 3), np.uint8), np.broadcast_to(np.uint8(0), (20_000, 20_000, 3)),
])
def test_a_painter_takes_nothing_but_pictures_of_a_size(task, photo):
    _, packed = task
    with pytest.raises(ValueError, match="no picture"):
        unpacked_task(packed | {"photo": photo}, WireLimits())


def test_a_frame_arrives_as_it_was_painted():
    frame = Frame(picture(64, 48, 3), 3, 9, 64, {"content": 0.5, "total": 1.0}, 1.5, 2.5, True,
                  ((0.1, 0.2, 0.3, 0.4),), 1e-12)
    arrived = unpacked_frame(packed_frame(frame))
    assert np.array_equal(np.asarray(arrived.image), np.asarray(frame.image))
    assert dataclasses.replace(arrived, image=frame.image) == frame
