"""Painted films: that they play everywhere, keep their sound and carry their settings."""

from __future__ import annotations

import os
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.film_writer import recall_text, write_film
from nst.pictures.open_clip import open_clip
from tests.full_disk import full_disk
from tests.unit.pictures.made_clips import greys, made_film


def ramp(count=8, size=(64, 48)):
    """Coloured pictures that differ from each other."""
    x = np.linspace(0, 255, size[0])[None].repeat(size[1], 0)
    return [Image.fromarray(np.dstack([x, 255 - x, np.full_like(x, 20 * n)]).astype(np.uint8))
            for n in range(count)]


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webp"])
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_what_is_shown_and_when(tmp_path, name, rate):
    pictures = ramp()
    write_film(tmp_path / name, pictures, (64, 48), rate, texts={"comment": "{}"},
               samples=pictures)
    assert os.listdir(tmp_path) == [name]
    with open_clip(tmp_path / name) as clip:
        assert clip.size == (64, 48)
        assert clip.seconds == pytest.approx(8 / rate, abs=0.011)
        shown = list(clip.pictures((64, 48), fps=rate))
    assert len(shown) == 8
    for ours, theirs in zip(pictures, shown, strict=True):
        assert np.abs(np.asarray(ours).astype(int) - np.asarray(theirs)).mean() < 9


def test_an_mp4_plays_everywhere(tmp_path):
    pictures = ramp(size=(63, 47))
    write_film(tmp_path / "a.mp4", pictures, (63, 47), Fraction(25))
    with av.open(str(tmp_path / "a.mp4")) as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (64, 48) and stream.average_rate == 25
    data = (tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it starts before it is all there


def test_the_sound_is_kept_with_the_pictures_it_belongs_to(tmp_path):
    source = made_film(tmp_path / "source.mov", greys(30), sound_seconds=3.0,
                       sound_codec="pcm_s16le")
    with open_clip(source) as clip:
        write_film(tmp_path / "a.mp4", ramp(10), (64, 48), Fraction(10), sound=clip.sound(1.0, 1.0))
    with av.open(str(tmp_path / "a.mp4")) as film:
        heard = film.streams.audio[0]
        assert heard.codec_context.name == "aac"
        samples = [frame.to_ndarray() for frame in film.decode(audio=0)]
    assert np.concatenate(samples, 1).shape[1] / 48_000 == pytest.approx(1.0, abs=0.1)
    assert np.concatenate(samples, 1).std() > 0.3


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webp"])
def test_it_carries_its_settings(tmp_path, name):
    pictures, text = ramp(), '{"settings": "' + "x" * 1200 + '"}'
    write_film(tmp_path / name, pictures, (64, 48), Fraction(25), texts={"comment": text},
               samples=pictures)
    assert recall_text(tmp_path / name) == text


def test_a_gif_and_a_webp_play_for_ever(tmp_path):
    for name in "a.gif", "a.webp":
        write_film(tmp_path / name, ramp(), (64, 48), Fraction(12), samples=ramp())
        with Image.open(tmp_path / name) as image:
            assert image.info["loop"] == 0


def test_what_stands_still_lies_still_in_a_gif(tmp_path):
    """Dithering by diffused errors would make a flat sky crawl."""
    pictures = ramp()
    for number, picture in enumerate(pictures):
        picture.paste(pictures[0].crop((0, 0, 32, 48)), (0, 0))
        picture.paste((8 * number,) * 3, (40, 10, 60, 30))
    write_film(tmp_path / "a.gif", pictures, (64, 48), Fraction(10), samples=pictures)
    with open_clip(tmp_path / "a.gif") as clip:
        shown = [np.asarray(picture)[:, :32] for picture in clip.pictures((64, 48))]
    assert all((picture == shown[0]).all() for picture in shown)


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    noise = [Image.effect_noise((256, 256), 90).convert("RGB") for _ in range(20)]
    for name in "a.mp4", "a.gif", "a.webp":
        with full_disk(20_000), pytest.raises(UserError, match="cannot be written"):
            write_film(tmp_path / name, noise, (256, 256), Fraction(10), samples=noise[:2])
        assert os.listdir(tmp_path) == []
