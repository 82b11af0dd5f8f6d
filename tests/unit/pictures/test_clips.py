"""Clips as phones, cameras and chats make them: at which times, which way up, in which colours."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.clips import open_clip
from nst.pictures.tone import WHITE_NITS, pq_number
from tests.unit.pictures.made_clips import encrypted, greys, made_film, turned


def numbers(path, **part):
    """Which of greys() are shown, in order."""
    with open_clip(path) as clip:
        return [round((np.asarray(picture).mean() - 20) / 10)
                for picture in clip.pictures(clip.size, **part)]


def test_every_picture_of_a_film_comes_once(tmp_path):
    path = made_film(tmp_path / "a.mp4", greys(12))
    assert numbers(path) == list(range(12))
    with open_clip(path) as clip:
        assert clip.size == (64, 48) and clip.fps == 10
        assert clip.seconds == pytest.approx(1.2)


def test_a_part_of_it(tmp_path):
    path = made_film(tmp_path / "a.mp4", greys(12))
    assert numbers(path, start=0.5, seconds=0.4) == [5, 6, 7, 8]
    assert numbers(path, start=0.5, seconds=0.4, skip=2) == [7, 8]
    assert numbers(path, fps=5) == [0, 2, 4, 6, 8, 10]
    assert numbers(path, fps=20, seconds=0.3) == [0, 0, 1, 1, 2, 2]
    assert numbers(path, start=5) == []


def test_a_variable_rate_is_made_even(tmp_path):
    """Phones skip pictures in the dark; what is painted keeps the time."""
    path = made_film(tmp_path / "a.mp4", greys(5), times=[0, 100, 400, 500, 600], rate=10)
    assert numbers(path, fps=10)[:7] == [0, 1, 1, 1, 2, 3, 4]


def test_times_in_whole_milliseconds(tmp_path):
    path = made_film(tmp_path / "a.mkv", greys(10), rate=30,
                     times=[round(1000 * n / 30) for n in range(10)])
    assert numbers(path, fps=30) == list(range(10))


@pytest.mark.parametrize("name, codec", [("a.webm", "libvpx"), ("a.mov", "mpeg4"),
                                         ("a.avi", "mpeg4"), ("a.mp4", "libx265")])
def test_other_containers_and_codings(tmp_path, name, codec):
    path = made_film(tmp_path / name, greys(6), codec=codec)
    assert numbers(path) == list(range(6))


@pytest.mark.parametrize("quarters, corner", [(1, (1, 0)), (2, (1, 1)), (3, (0, 1))])
def test_a_phone_that_was_held_upright(tmp_path, quarters, corner):
    """The left upper corner of what the sensor saw is where the matrix puts it."""
    picture = Image.new("RGB", (64, 48), "black")
    picture.paste((255, 255, 255), (0, 0, 16, 16))
    path = turned(made_film(tmp_path / "a.mp4", [picture] * 3), quarters)
    with open_clip(path) as clip:
        assert clip.size == ((48, 64) if quarters % 2 else (64, 48))
        shown = np.asarray(next(clip.pictures(clip.size)))
    height, width = shown.shape[:2]
    x, y = (corner[0] * (width - 16), corner[1] * (height - 16))
    assert shown[y + 4:y + 12, x + 4:x + 12].min() > 200
    assert shown.mean() < 60


def test_high_definition_has_its_own_colours(tmp_path):
    """Where the file says nothing, HD has BT.709's matrix: with BT.601's red turns to orange."""
    from av.video.reformatter import Colorspace

    path = made_film(tmp_path / "a.mp4", [Image.new("RGB", (1280, 720), (200, 40, 30))],
                     matrix=Colorspace.ITU709)
    with open_clip(path) as clip:
        assert np.abs(np.asarray(next(clip.pictures((64, 36)))).mean((0, 1))
                      - (200, 40, 30)).max() < 5


@pytest.mark.parametrize("transfer", [16, 18])
def test_an_hdr_film_is_as_bright_as_it_was(tmp_path, transfer):
    """10 bit HEVC in BT.2020: paper is near white and not grey, and does not flicker."""
    white = float(pq_number(1.0)) if transfer == 16 else 0.75  # BT.2408: white at 203 cd/m2
    ramp = np.linspace(0, white, 128)[None].repeat(64, 0)
    picture = np.rint(np.dstack([ramp] * 3) * 65535).astype(np.uint16)
    path = made_film(tmp_path / "a.mp4", [picture] * 4, codec="libx265", pix_fmt="yuv420p10le",
                     tone=(9, transfer, 9))
    with open_clip(path) as clip:
        shown = [np.asarray(found).astype(int) for found in clip.pictures((128, 64))]
    assert len(shown) == 4 and WHITE_NITS == 203
    assert shown[0][:, -4:].mean() > 225 and shown[0][:, :4].mean() < 12
    assert abs(shown[0].mean() - shown[-1].mean()) < 1
    spread = shown[0].max(-1) - shown[0].min(-1)
    assert np.median(spread) < 8  # grey stays grey


def test_wide_pixels_are_shown_as_they_are(tmp_path):
    """DV and old phones: pixels that are not square."""
    path = made_film(tmp_path / "a.mkv", greys(3), shape=2)
    with open_clip(path) as clip:
        assert clip.size == (128, 48)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_animated_pictures(tmp_path, name):
    frames = greys(6)
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100,
                   lossless=True)
    assert numbers(tmp_path / name) == list(range(6))
    with open_clip(tmp_path / name) as clip:
        assert clip.fps == 10 and clip.seconds == pytest.approx(0.6)


def test_an_animation_keeps_its_times_and_lies_on_white(tmp_path):
    frames = [Image.new("RGBA", (64, 48), (0, 0, 0, 0)), Image.new("RGBA", (64, 48), "black")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:],
                   duration=[300, 100], lossless=True)
    with open_clip(tmp_path / "a.webp") as clip:
        shown = [np.asarray(picture).mean() for picture in clip.pictures((64, 48), fps=10)]
    assert [level > 250 for level in shown] == [True, True, True, False]


def test_the_sound_of_a_part(tmp_path):
    path = made_film(tmp_path / "a.mp4", greys(20), sound_seconds=2.0)
    with open_clip(path) as clip:
        sound = clip.sound(0.5, 1.0)
        assert sound is not None and (sound.rate, sound.layout) == (48_000, "mono")
        parts = list(sound.until(10))
        sound.close()
    assert sum(part.samples for part in parts) / 48_000 == pytest.approx(1.0, abs=0.06)
    assert [part.pts for part in parts] == list(
        np.cumsum([0] + [part.samples for part in parts[:-1]]))
    with open_clip(made_film(tmp_path / "silent.mp4", greys(3))) as clip:
        assert clip.sound() is None


def refused(path) -> str:
    with pytest.raises(UserError) as found:
        open_clip(path).close()
    sentence = str(found.value)
    assert sentence[-1] == "." and "\n" not in sentence and path.name in sentence
    return sentence


def test_bad_clips_are_one_sentence(tmp_path):
    def file(name, data=b""):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    assert "no clip" in refused(tmp_path / "none.mp4")
    assert "not a clip" in refused(file("text.mp4", b"To whom it may concern"))
    assert "not a clip" in refused(file("empty.mp4"))
    # A playlist is not followed: it would open other files.
    assert "not a clip" in refused(file("list.mp4", b"#EXTM3U\n/etc/passwd\n"))
    assert "damaged" in refused(file("head.mp4", b"\0\0\0\x18ftypmp42" + b"\0" * 200))
    whole = made_film(tmp_path / "whole.mp4", greys(10))
    assert "damaged" in refused(file("no-index.mp4", whole.read_bytes()[:600]))
    assert "encrypted" in refused(encrypted(made_film(tmp_path / "locked.mp4", greys(10))))
    assert "too small" in refused(made_film(tmp_path / "tiny.mp4", greys(2, (64, 8))))
    Image.new("RGB", (64, 48)).save(tmp_path / "one.gif")
    assert "single picture" in refused(tmp_path / "one.gif")
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as film:
        heard = film.add_stream("aac", rate=48_000, layout="mono")
        part = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        part.sample_rate = 48_000
        film.mux(heard.encode(part))
        film.mux(heard.encode(None))
    assert "no moving picture" in refused(sound)
    nothing = tmp_path / "nothing.mkv"
    with av.open(str(nothing), "w") as film:
        stream = film.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        film.start_encoding()
    assert "damaged" in refused(nothing)


@pytest.mark.parametrize("name, codec, pix_fmt", [
    ("a.webm", "libvpx-vp9", "yuv420p"), ("a.mov", "mpeg4", "yuv420p"), ("a.mkv", "ffv1", "bgr0")])
def test_odd_sides_are_read_as_they_are(tmp_path, name, codec, pix_fmt):
    path = made_film(tmp_path / name, greys(3, (63, 47)), codec=codec, pix_fmt=pix_fmt)
    with open_clip(path) as clip:
        assert clip.size == (63, 47)
        assert [picture.size for picture in clip.pictures(clip.size)] == [(63, 47)] * 3


def test_eight_k_is_refused(tmp_path):
    large = made_film(tmp_path / "large.mp4", [Image.new("RGB", (4608, 2592))],
                      codec="mpeg4")
    assert "4608 x 2592" in refused(large)


def test_a_film_that_breaks_off_is_read_until_there(tmp_path):
    pictures = [Image.effect_noise((64, 48), 60).convert("RGB") for _ in range(40)]
    path = made_film(tmp_path / "a.mp4", pictures, options={"movflags": "+faststart"})
    data = path.read_bytes()
    path.write_bytes(data[:len(data) * 2 // 3])
    with open_clip(path) as clip:
        count = len(list(clip.pictures(clip.size)))
        assert 10 < count < 38
        assert "damaged" in clip.notice and clip.notice[-1] == "."
