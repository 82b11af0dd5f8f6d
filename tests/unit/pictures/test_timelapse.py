"""Films, decoded again: what a viewer sees, and that an error leaves no file."""

from __future__ import annotations

import os
import weakref

import av
import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures import h264
from nst.pictures.timelapse import (
    FPS,
    HOLD_SECONDS,
    PHOTO_SECONDS,
    SECONDS,
    WIPE_SECONDS,
    Timelapse,
)
from tests.full_disk import full_disk

SIZE = (96, 64)
BEFORE, PAINTING, WIPING, HELD = (  # pictures of each part of a film as film() makes it
    round(seconds * FPS) for seconds in (PHOTO_SECONDS, 2, WIPE_SECONDS, HOLD_SECONDS))
PICTURES = BEFORE + PAINTING + WIPING + HELD


def grey(level, size=SIZE):
    return Image.new("RGB", size, (level, level, level))


def film(path, frames, **options):
    """Make a film of [(image, progress)] and give its decoded pictures as arrays."""
    size, photo = options.pop("size", SIZE), options.pop("photo", None) or grey(0)
    with Timelapse(path, size, photo, seconds=PICTURES / FPS, **options) as timelapse:
        for image, progress in frames:
            timelapse.add(image, progress)
    assert timelapse.complete
    return decoded(path)


def decoded(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def levels(pictures):
    return [picture.mean() for picture in pictures]


def rising(count):
    return [(grey(round(240 * i / count)), i / count) for i in range(1, count + 1)]


def test_a_browser_can_play_it(tmp_path):
    film(tmp_path / "a.mp4", rising(5))
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264" and stream.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == SIZE and stream.average_rate == FPS
    kinds = [kind for kind, _ in atoms((tmp_path / "a.mp4").read_bytes())]
    assert kinds.index(b"moov") < kinds.index(b"mdat")  # it starts before it is all there
    assert kinds[0] == b"ftyp"


def atoms(data):
    """(kind, content) of the boxes of an MP4 (ISO/IEC 14496-12, section 4.2)."""
    at = 0
    while at < len(data):
        length, start = int.from_bytes(data[at:at + 4], "big"), 8
        if length == 1:
            length, start = int.from_bytes(data[at + 8:at + 16], "big"), 16
        yield data[at + 4:at + 8], data[at + start:at + length]
        at += length


def level(path):
    """The level of a film's H.264, times ten: profile, constraints, level follow avcC's version."""
    data = path.read_bytes()
    at = data.index(b"avcC") + 4
    return data[at + 3]


@pytest.mark.slow
@pytest.mark.parametrize("size, beside", [
    ((4096, 3072), True), ((4096, 4096), True), ((3072, 4096), True), ((4096, 4096), False),
    ((4096, 512), True), ((512, 4096), True)])
def test_the_largest_film_is_one_that_phones_play(tmp_path, monkeypatch, size, beside):
    for part in ("PHOTO_SECONDS", "WIPE_SECONDS", "HOLD_SECONDS"):
        monkeypatch.setattr(f"nst.pictures.timelapse.{part}", 0.04)
    with Timelapse(tmp_path / "a.mp4", size, grey(90, size), seconds=0.2,
                   beside=beside) as timelapse:
        timelapse.add(grey(200, size), 1.0)
    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        width, height = stream.width, stream.height
        assert stream.pix_fmt == "yuv420p"
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert width % 2 == height % 2 == 0 and max(width, height) <= 4096
    assert -(-width // 16) * -(-height // 16) <= 4096 * 2304 // 256
    assert level(tmp_path / "a.mp4") <= 51
    shape = (2 if beside else 1) * size[0] / size[1]
    assert width / height == pytest.approx(shape, rel=0.01)
    if beside:
        assert picture[:, :width // 2 - 8].mean() == pytest.approx(90, abs=4)
        assert picture[:, width // 2 + 8:].mean() == pytest.approx(200, abs=4)


def test_what_phones_play_anyway_keeps_its_pixels():
    for size, beside in (((2048, 2048), 2), ((1024, 768), 2), ((4096, 2304), 1), ((97, 65), 2)):
        assert h264.playable(size, beside) == size
    for size in ((4096, 2305), (4097, 16), (16, 5000), (4096, 4096), (3000, 3001)):
        width, height = h264.playable(size, 1)
        blocks = -(-width // 16) * -(-height // 16)
        assert blocks <= h264.MAX_MACROBLOCKS and max(width, height) <= 4096
        assert blocks > 0.95 * h264.MAX_MACROBLOCKS or max(width, height) == 4096


@pytest.mark.parametrize("count", [1, 5, 50, 400])
def test_a_film_lasts_as_long_however_many_frames_it_gets(tmp_path, count):
    pictures = film(tmp_path / "a.mp4", rising(count))
    assert len(pictures) == PICTURES
    assert levels(pictures)[-1] == pytest.approx(240, abs=4)


def test_a_film_for_a_chat_lasts_six_seconds_and_is_mostly_the_painting():
    painting = SECONDS - PHOTO_SECONDS - WIPE_SECONDS - HOLD_SECONDS
    assert SECONDS == 6 and painting > PHOTO_SECONDS + WIPE_SECONDS


def test_it_shows_the_photo_the_painting_the_photo_wiped_over_it_and_the_result(tmp_path):
    pictures = film(tmp_path / "a.mp4", rising(20), photo=grey(90))
    shown = levels(pictures)
    assert shown[:BEFORE] == pytest.approx([90] * BEFORE, abs=4)
    assert shown[BEFORE + PAINTING - 1] == pytest.approx(240, abs=4)
    widest = pictures[BEFORE + PAINTING + WIPING // 2]
    assert widest[:, :72].mean() == pytest.approx(90, abs=4)
    assert widest[:, 88:].mean() == pytest.approx(240, abs=4)
    assert shown[-HELD:] == pytest.approx([240] * HELD, abs=4)


def test_small_frames_that_would_show_as_blocks_are_left_out(tmp_path):
    frames = [(grey(0, (24, 16)), 0.1), (grey(0, (24, 16)), 0.2), (grey(120, (48, 32)), 0.6),
              (grey(200), 1.0)]
    shown = levels(film(tmp_path / "a.mp4", frames, photo=grey(120)))
    assert min(shown) > 110
    halfway = BEFORE + round(PAINTING * 0.57)  # between the two frames that are shown
    assert shown[halfway] == pytest.approx(160, abs=8)
    assert levels(film(tmp_path / "b.mp4", frames[:2]))[-1] == pytest.approx(0, abs=4)


def test_progress_runs_evenly_and_frames_are_cross_faded(tmp_path):
    shown = levels(film(tmp_path / "a.mp4", [(grey(0), 0.0), (grey(200), 0.5), (grey(0), 1.0)],
                        beside=True))
    painting = PAINTING + BEFORE + WIPING  # with the photo beside it there is nothing else
    assert shown[:painting] == pytest.approx(
        [(200 - abs(200 - 400 * i / (painting - 1))) / 2 for i in range(painting)], abs=5)


def test_stopped_early_the_last_frame_stands_for_the_rest(tmp_path):
    shown = levels(film(tmp_path / "a.mp4", [(grey(0), 0.0), (grey(200), 0.4)], beside=True))
    assert len(shown) == PICTURES
    reached = round(0.4 * (PICTURES - HELD))
    assert shown[reached // 2] == pytest.approx(50, abs=6)
    assert shown[reached + 1:] == pytest.approx([100] * (PICTURES - reached - 1), abs=4)


def test_a_last_frame_between_two_pictures_is_not_lost(tmp_path):
    shown = levels(film(tmp_path / "a.mp4", [(grey(0), 0.5), (grey(200), 0.501)]))
    assert shown[-1] == pytest.approx(200, abs=4)


def test_progress_that_falls_or_overshoots_does_no_harm(tmp_path):
    frames = [(grey(50), 0.6), (grey(100), 0.2), (grey(150), 7.0), (grey(200), 1.0)]
    shown = levels(film(tmp_path / "a.mp4", frames))
    assert len(shown) == PICTURES and shown[-1] == pytest.approx(200, abs=4)


def test_frames_that_grow_are_shown_at_full_size(tmp_path):
    ramp = Image.linear_gradient("L").convert("RGB")
    sizes = [(46, 30), (48, 32), SIZE]
    pictures = film(tmp_path / "a.mp4", [(ramp.resize(s), i / 2) for i, s in enumerate(sizes)],
                    photo=ramp)
    final = np.asarray(ramp.resize(SIZE)).astype(int)
    assert all(picture.shape == final.shape for picture in pictures)
    for picture in (pictures[0], pictures[30], pictures[-1]):
        assert np.abs(picture - final).mean() < 10


@pytest.mark.parametrize("size", [(97, 65), (96, 65), (97, 64)])
@pytest.mark.parametrize("beside", [False, True])
def test_odd_sizes_are_made_even(tmp_path, size, beside):
    last = film(tmp_path / "a.mp4", [(grey(200, size), 1.0)], size=size,
                photo=grey(30, (300, 200)), beside=beside)[-1]
    height, width = last.shape[:2]
    assert height == size[1] + size[1] % 2
    assert width == (2 * size[0] if beside else size[0] + size[0] % 2)
    assert last[:, size[0] + 4 if beside else 0:].min() > 190  # no dark line at the edge


def test_a_film_beside_the_photo_shows_both(tmp_path):
    for picture in film(tmp_path / "a.mp4", rising(5), photo=grey(90, (480, 320)),
                        beside=True)[::20]:
        assert picture[:, :88].mean() == pytest.approx(90, abs=4)
    assert picture[:, 104:].mean() == pytest.approx(240, abs=4)


def test_colours_are_those_of_the_painting(tmp_path):
    for colour in ((220, 40, 40), (40, 200, 60), (50, 60, 210)):
        last = film(tmp_path / "a.mp4", [(Image.new("RGB", SIZE, colour), 1.0)])[-1]
        assert last.mean((0, 1)) == pytest.approx(colour, abs=6)


def test_at_most_two_frames_are_held_in_memory(tmp_path):
    with Timelapse(tmp_path / "a.mp4", SIZE, grey(0)) as timelapse:
        frames = []
        for step in range(30):
            image = grey(step)
            frames.append(weakref.ref(image))
            timelapse.add(image, step / 29)
            assert sum(frame() is not None for frame in frames) <= 2


def test_without_a_frame_there_is_no_film(tmp_path):
    with Timelapse(tmp_path / "a.mp4", SIZE, grey(0)) as timelapse:
        pass
    assert not timelapse.complete and os.listdir(tmp_path) == []


def test_an_error_leaves_nothing_and_an_older_film_alone(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"before")
    for error in (ZeroDivisionError, KeyboardInterrupt, GeneratorExit):
        with pytest.raises(error), Timelapse(tmp_path / "a.mp4", SIZE, grey(0)) as timelapse:
            timelapse.add(grey(9), 0.5)
            raise error
    assert os.listdir(tmp_path) == ["a.mp4"]
    assert (tmp_path / "a.mp4").read_bytes() == b"before"


def test_a_frame_that_fails_leaves_nothing_also_outside_a_with_block(tmp_path):
    timelapse = Timelapse(tmp_path / "a.mp4", SIZE, grey(0))
    timelapse.add(grey(9), 0.5)
    with pytest.raises(AttributeError):
        timelapse.add(None, 0.9)
    assert os.listdir(tmp_path) == []


def test_nothing_but_the_film_remains(tmp_path):
    film(tmp_path / "a.mp4", rising(3))
    assert os.listdir(tmp_path) == ["a.mp4"]


def test_closing_twice_is_harmless(tmp_path):
    with Timelapse(tmp_path / "a.mp4", SIZE, grey(0)) as timelapse:
        timelapse.add(grey(9), 1.0)
        timelapse.close()
    assert timelapse.complete and len(decoded(tmp_path / "a.mp4")) == SECONDS * FPS


def test_a_film_in_a_folder_that_is_missing_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        Timelapse(tmp_path / "missing" / "a.mp4", SIZE, grey(0))


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 96, 3), dtype=np.uint8)
    with full_disk(20_000), pytest.raises(UserError, match="cannot be written"):
        film(tmp_path / "a.mp4", [(Image.fromarray(np.roll(noise, i)), i / 50)
                                  for i in range(51)])
    assert os.listdir(tmp_path) == []
