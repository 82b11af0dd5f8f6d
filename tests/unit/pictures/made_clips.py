"""Clips that the tests of reading and painting are made from: small, real files."""

from __future__ import annotations

import contextlib
import struct
from fractions import Fraction

import av
import numpy as np
from PIL import Image

__all__ = ["encrypted", "greys", "made_film", "turned"]


def greys(count, size=(64, 48)):
    """Pictures from dark to light: number n of them has the grey 20 + 10 n."""
    return [Image.new("RGB", size, (20 + 10 * n,) * 3) for n in range(count)]


def made_film(path, pictures, *, rate=10, times=None, codec="libx264", pix_fmt="yuv420p",
              tone=None, sound_seconds=0.0, options=None, sound_codec="aac", matrix=None,
              shape=1):
    """A film of RGB pictures (or yuv planes' arrays, where ``tone`` gives their code points).

    shape: width over height of a pixel;
    times: when each is shown, in milliseconds; tone: primaries, transfer, matrix (H.273).
    """
    with contextlib.closing(av.open(str(path), "w", options=options or {})) as film:
        stream = film.add_stream(codec, rate=rate)
        first = pictures[0]
        if isinstance(first, Image.Image):
            stream.width, stream.height = first.size
        else:
            stream.height, stream.width = first.shape[:2]
        stream.pix_fmt = pix_fmt
        ticks = Fraction(1, 1000) if times else Fraction(1, rate)
        context = stream.codec_context
        if times:
            stream.time_base = context.time_base = ticks
        context.sample_aspect_ratio = shape
        if tone:
            context.color_primaries, context.color_trc, context.colorspace = tone
        heard = film.add_stream(sound_codec, rate=48_000, layout="mono") if sound_seconds else None
        for number, picture in enumerate(pictures):
            if isinstance(picture, Image.Image):
                frame = av.VideoFrame.from_image(picture)
                frame = frame.reformat(format=pix_fmt, dst_colorspace=matrix)
            else:
                frame = av.VideoFrame.from_ndarray(picture, format="rgb48le").reformat(
                    format=pix_fmt, dst_colorspace=tone[2])
            frame.pts = times[number] if times else number
            frame.time_base = ticks
            film.mux(stream.encode(frame))
        if heard is not None:
            tune = np.sin(np.arange(round(48_000 * sound_seconds)) * 0.06).astype(np.float32)
            for at in range(0, len(tune) - 1023, 1024):
                part = av.AudioFrame.from_ndarray(tune[None, at:at + 1024], "fltp", "mono")
                part.sample_rate, part.pts, part.time_base = 48_000, at, Fraction(1, 48_000)
                film.mux(heard.encode(part))
            film.mux(heard.encode(None))
        film.mux(stream.encode(None))
    return path


def turned(path, quarters=1):
    """The MP4 as a phone writes it that is held upright: shown turned clockwise by quarters."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # ISO/IEC 14496-12, section 8.3.2: the matrix of version 0
    one = 1 << 16
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]
    data[at:at + 36] = struct.pack(">9i", cos * one, sin * one, 0, -sin * one, cos * one, 0, 0, 0,
                                   1 << 30)
    path.write_bytes(data)
    return path


def encrypted(path):
    """The MP4 marked as encrypted, its pictures no longer readable."""
    data = bytearray(path.read_bytes())
    at = data.index(b"avc1", data.index(b"stsd"))
    data[at:at + 4] = b"encv"
    start = data.index(b"mdat") + 4
    noise = np.random.default_rng(0).integers(0, 256, 4000, np.uint8).tobytes()
    end = min(len(data), start + 4000)
    if data.index(b"moov") > start:
        end = min(end, data.index(b"moov") - 4)
    data[start:end] = noise[:end - start]
    path.write_bytes(data)
    return path
