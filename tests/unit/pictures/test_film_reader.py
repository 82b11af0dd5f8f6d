"""Films as phones, cameras and chats make them: which way up, in which colours, how damaged."""

from __future__ import annotations

import av
import numpy as np
import pytest
from PIL import Image

from nst.pictures.open_clip import open_clip
from nst.pictures.tone import WHITE_NITS, pq_number
from tests.unit.pictures.clip_checks import numbers, refused
from tests.unit.pictures.made_clips import encrypted, greys, made_film, turned


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


@pytest.mark.parametrize("name, codec, pix_fmt", [
    ("a.webm", "libvpx-vp9", "yuv420p"), ("a.mov", "mpeg4", "yuv420p"), ("a.mkv", "ffv1", "bgr0")])
def test_odd_sides_are_read_as_they_are(tmp_path, name, codec, pix_fmt):
    path = made_film(tmp_path / name, greys(3, (63, 47)), codec=codec, pix_fmt=pix_fmt)
    with open_clip(path) as clip:
        assert clip.size == (63, 47)
        assert [picture.size for picture in clip.pictures(clip.size)] == [(63, 47)] * 3


def test_damaged_and_encrypted_films_are_refused(tmp_path):
    head, no_index = tmp_path / "head.mp4", tmp_path / "no-index.mp4"
    head.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 200)
    assert "damaged" in refused(head)
    no_index.write_bytes(made_film(tmp_path / "whole.mp4", greys(10)).read_bytes()[:600])
    assert "damaged" in refused(no_index)
    assert "encrypted" in refused(encrypted(made_film(tmp_path / "locked.mp4", greys(10))))


def test_a_film_without_pictures_is_refused(tmp_path):
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


def test_a_film_that_breaks_off_is_read_until_there(tmp_path):
    pictures = [Image.effect_noise((64, 48), 60).convert("RGB") for _ in range(40)]
    path = made_film(tmp_path / "a.mp4", pictures, options={"movflags": "+faststart"})
    data = path.read_bytes()
    path.write_bytes(data[:len(data) * 2 // 3])
    with open_clip(path) as clip:
        count = len(list(clip.pictures(clip.size)))
        assert 10 < count < 38
        assert "damaged" in clip.notice and clip.notice[-1] == "."
