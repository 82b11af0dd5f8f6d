"""A clip painted: steady, still painted, cut where the clip is cut, taken up where it stopped."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

import nst
from nst.engine.next_picture import NextPicture
from nst.errors import UserError
from nst.settings import Settings
from nst.video import stylize_video


@pytest.fixture(scope="module")
def settings():
    return Settings(size=128, steps=12, precision="float32")


def pan(photo, count, step=2, side=128):
    """The camera moves to the right over a photo by whole pixels, so the true flow is known."""
    small = photo.resize((200, round(200 * photo.height / photo.width)), Image.Resampling.LANCZOS)
    return [small.crop((step * n, 10, step * n + side, 10 + side)) for n in range(count)]


def painted(frames, painting, settings, **more):
    return list(stylize_video(frames, [(painting, 1.0)], settings, **more))


def difference(a, b):
    return np.abs(np.asarray(a).astype(float) - np.asarray(b)).mean()


def pan_error(images, step=2):
    """Mean difference of each picture and the one before, moved as the camera moved."""
    pairs = zip(images[:-1], images[1:], strict=True)
    return np.mean([difference(np.asarray(old)[8:-8, 8 + step:-8],
                               np.asarray(new)[8:-8, 8:-8 - step]) for old, new in pairs])


@pytest.mark.slow
def test_strokes_move_with_what_is_shown(photo, painting, settings):
    """Beside painting each picture by itself, whose strokes boil."""
    frames = pan(photo, 3)
    together = painted(frames, painting, settings, count=3)
    apart = []
    for frame in frames:
        *_, last = nst.stylize(frame, [(painting, 1.0)], settings)
        apart.append(last.image)
    assert pan_error([f.image for f in together]) < 0.35 * pan_error(apart)
    # And it is as much a painting: as far from the photo as by itself.
    assert difference(together[-1].image, frames[-1]) > 0.8 * difference(apart[-1], frames[-1])
    first = together[0]
    assert [f.step for f in together] == [1, 2, 3] and first.steps == 3
    assert all(f.finished and f.image.size == (128, 128) for f in together)
    assert first.new == 1 and 0 < together[1].new < 0.3 and together[-1].scene == 0
    assert together[1].remaining > 0 and together[-1].remaining == 0


@pytest.mark.slow
def test_what_stands_still_is_held(photo, painting, settings):
    """Under a camera's noise too."""
    still = photo.resize((128, 128))
    noise = np.random.default_rng(0)
    frames = [Image.fromarray(np.clip(np.asarray(still) + noise.normal(0, 2, (128, 128, 3)), 0, 255)
                              .astype(np.uint8)) for _ in range(4)]
    shown = painted(frames, painting, settings)
    assert difference(shown[1].image, shown[-1].image) < 1.0
    again = painted([still] * 3, painting, settings)
    assert difference(again[1].image, again[2].image) == 0


@pytest.mark.slow
@pytest.mark.parametrize("right, new", [((0.4, 0, 0.4, 0, 0.4), False),
                                        ((0.4, 0.8, 1.2, 1.6, 2.0), True)])
def test_the_rim_is_new_once_a_pixel_has_come_in(photo, painting, settings, right, new):
    """Not while the camera trembles by less."""
    scene = np.asarray(photo.resize((160, 160), Image.Resampling.LANCZOS))
    frames = [Image.fromarray(scene[16:144, 16:144])]
    frames += [Image.fromarray(cv2.warpAffine(scene, np.float64([[1, 0, -by], [0, 1, 0]]),
                                              (160, 160), flags=cv2.INTER_CUBIC)[16:144, 16:144])
               for by in right]
    shown = painted(frames[1:], painting, settings, after=(frames[0], frames[0]))
    assert (max(f.new for f in shown) > 0.01) == new


@pytest.mark.slow
def test_a_camera_that_moves_leaves_forms_alone_but_not_those_of_faces(
        photo, painting, settings, monkeypatch):
    asked, paint = [], NextPicture.paint

    def watched(self, start, inputs, freedom, forms, steps):
        asked.append(forms[0, 0].numpy())
        return paint(self, start, inputs, freedom, forms, steps)

    monkeypatch.setattr(NextPicture, "paint", watched)
    before, now = pan(photo, 2)
    (shown,) = painted([now], painting, settings, after=(before, before))
    left, top, width, height = (round(128 * side) for side in shown.faces[0])
    face = np.s_[top + height // 3:top + 2 * height // 3, left + width // 3:left + 2 * width // 3]
    assert asked[0][face].min() > 0.8
    assert asked[0][8:24, 8:24].mean() < 0.2  # the wall


@pytest.mark.slow
def test_a_cut_begins_a_new_scene(photo, painting, settings):
    other = Image.fromarray(255 - np.asarray(photo)[::-1]).resize((128, 128))
    frames = pan(photo, 2) + [other] * 2
    shown = painted(frames, painting, settings)
    assert [f.scene for f in shown] == [0, 0, 1, 1] and shown[2].new == 1
    *_, alone = nst.stylize(other, [(painting, 1.0)], settings)
    assert difference(shown[2].image, alone.image) < 6  # not the ghost of the scene before


@pytest.mark.slow
def test_what_comes_back_is_what_it_was(photo, painting, settings):
    """A bar passes before the photo; behind it the same strokes stand again."""
    still = photo.resize((128, 128))
    frames = [still.copy() for _ in range(6)]
    for number in 1, 2, 3, 4:
        at = 8 + 24 * number
        frames[number].paste((250, 240, 40), (at, 0, at + 20, 128))
    shown = painted(frames, painting, settings)
    where = np.s_[:, 34:50]  # behind the bar in picture 1
    assert difference(np.asarray(shown[0].image)[where], np.asarray(shown[4].image)[where]) < 12
    assert difference(np.asarray(shown[0].image)[where], np.asarray(shown[1].image)[where]) > 20


def test_what_comes_out_takes_the_colours_of_the_painting(painting, settings):
    """Also where nothing near it has its colour: white comes out amid black, and white is blue."""
    before, now = np.full((128, 128, 3), 20, np.uint8), np.full((128, 128, 3), 20, np.uint8)
    before[96:] = now[96:] = now[20:50, 40:80] = 250
    noise = np.random.default_rng(0).integers(0, 9, before.shape).astype(np.uint8)
    blue = np.where(before > 100, np.uint8([40, 60, 200]), before)
    (shown,) = painted([Image.fromarray(now - noise)], painting, settings,
                       after=(Image.fromarray(before - noise), Image.fromarray(blue)))
    red, _, blue = np.asarray(shown.image)[25:45, 45:75].mean((0, 1))
    assert blue > red + 50


@pytest.mark.slow
def test_it_goes_on_after_a_picture_that_was_painted(photo, painting, settings):
    frames = pan(photo, 4)
    whole = painted(frames, painting, settings)
    rest = painted(frames[2:], painting, settings, after=(frames[1], whole[1].image))
    assert len(rest) == 2
    assert difference(rest[-1].image, whole[-1].image) < 4
    # Grey levels; as if it had not been stopped, nothing jumps.
    assert pan_error([whole[1].image, rest[0].image]) < 1


@pytest.mark.slow
@pytest.mark.parametrize("colors", ["photo", "luminance"])
def test_the_photos_colours(photo, painting, settings, colors):
    import dataclasses

    shown = painted(pan(photo, 3), painting, dataclasses.replace(settings, colors=colors))
    means = [np.asarray(f.image).mean((0, 1)) for f in shown]
    assert np.abs(means[0] - means[-1]).max() < 8


@pytest.mark.slow
def test_one_picture_at_a_time_is_asked_for(photo, painting, settings):
    taken = []

    def frames():
        for number, frame in enumerate(pan(photo, 3)):
            taken.append(number)
            yield frame

    work = stylize_video(frames(), [(painting, 1.0)], settings)
    next(work)
    assert taken == [0]
    next(work)
    assert taken == [0, 1]
    work.close()


def test_mistakes_are_told_at_once(photo, painting):
    with pytest.raises(UserError, match="seconds"):
        stylize_video([photo], [(painting, 1.0)], Settings(seconds=10))
    with pytest.raises(UserError, match="at least one style"):
        stylize_video([photo], [], Settings())
    assert list(stylize_video([], [(painting, 1.0)], Settings(size=128))) == []
