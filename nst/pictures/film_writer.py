"""Painted films out: MP4 with the clip's sound, GIF or WebP, by the name's ending."""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .h264 import H264, check_films, playable
from .sound import Sound
from .writing import writing

__all__ = ["SUFFIXES", "recall_text", "write_film"]

SUFFIXES = (".mp4", ".gif", ".webp")
GIF_TICK = Fraction(1, 100)  # s, in which a GIF counts; shows of under 2 ticks are slowed down
MAX_GIF_FPS = 50
_PALETTE_SIDE = 128  # px of their longer side
# Bayer's matrix of 4 x 4 (1973), as an offset in levels: it lies still where the picture does,
# while error diffusion would make flat places crawl.
_BAYER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 0.47) * 8
_WEBP_QUALITY = "82"
_CHUNK = b"NSTC"  # a chunk of our own: readers of WebP skip those that they do not know


def write_film(path: str | os.PathLike[str], pictures: Iterable[Image.Image],
               size: tuple[int, int], fps: Fraction, *, texts: Mapping[str, str] | None = None,
               sound: Sound | None = None, samples: Sequence[Image.Image] = ()) -> None:
    """Write a film whose kind is told by its name; one picture at a time is in memory.

    Args:
        path: ends in one of SUFFIXES.
        pictures: RGB, of ``size``.
        texts: metadata; "comment" is what :func:`recall_text` gives back.
        sound: of an MP4.
        samples: a few of the pictures, from which a GIF takes its colours.

    Raises:
        UserError: it cannot be written, or PyAV is not installed. Nothing is left behind.
    """
    check_films()
    texts = texts or {}
    kind = Path(path).suffix.lower()
    with writing(path) as part:
        if kind == ".mp4":
            _write_mp4(part, pictures, size, fps, texts, sound)
        elif kind == ".gif":
            _write_gif(part, pictures, size, fps, samples)
            _add_gif_comment(part, texts.get("comment", ""))
        else:
            _write_webp(part, pictures, size, fps)
            _add_webp_chunk(part, texts.get("comment", ""))


def _write_mp4(part, pictures, size, fps, texts, sound) -> None:
    size = playable(size)
    with H264(part, size, fps, texts=texts, sound=sound) as film:
        for picture in pictures:
            if picture.size != size:
                picture = picture.resize(size, Image.Resampling.BICUBIC)
            film.write(np.asarray(picture))
        film.finish()


def _write_gif(part, pictures, size, fps, samples) -> None:
    import av

    palette = _palette(samples)
    colours = np.full((256, 4), 255, np.uint8)
    listed = np.array(palette.getpalette(), np.uint8).reshape(-1, 3)
    colours[:len(listed), 1:] = listed
    offsets = np.tile(_BAYER, (-(-size[1] // 4), -(-size[0] // 4)))[:size[1], :size[0], None]
    # The last picture's time is no frame's duration there but an option of the file's.
    options = {"loop": "0", "final_delay": str(round(1 / fps / GIF_TICK))}
    with contextlib.closing(av.open(str(part), "w", format="gif", options=options)) as film:
        stream = film.add_stream("gif", rate=round(1 / GIF_TICK))
        stream.width, stream.height = size
        stream.pix_fmt, stream.time_base = "pal8", GIF_TICK
        for number, picture in enumerate(pictures):
            shifted = np.clip(np.asarray(picture) + offsets, 0, 255).astype(np.uint8)
            indices = np.asarray(Image.fromarray(shifted).quantize(
                palette=palette, dither=Image.Dither.NONE))
            both: Any = np.ascontiguousarray(indices), colours  # PyAV's types lack this pair
            frame = av.VideoFrame.from_ndarray(both, format="pal8")
            frame.pts, frame.time_base = round(number / fps / GIF_TICK), GIF_TICK
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _palette(samples: Sequence[Image.Image]) -> Image.Image:
    """A picture whose palette has the 256 colours that serve the samples best."""
    small = []
    for picture in samples:
        picture = picture.copy()
        picture.thumbnail((_PALETTE_SIDE,) * 2)
        small.append(np.asarray(picture.convert("RGB")).reshape(-1, 3))
    pixels = np.concatenate(small)[None]
    return Image.fromarray(pixels).quantize(256, Image.Quantize.MEDIANCUT)


def _write_webp(part, pictures, size, fps) -> None:
    import av

    with contextlib.closing(av.open(str(part), "w", format="webp", options={"loop": "0"})) as film:
        stream = film.add_stream("libwebp_anim", rate=fps, options={"quality": _WEBP_QUALITY})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, 1 / fps
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def _add_gif_comment(part: Path, text: str) -> None:
    """Put a comment extension before the first picture (GIF89a, sections 18, 19, 24)."""
    comment = text.encode("ascii", "replace")
    if not comment:
        return
    blocks = b"".join(bytes([len(comment[at:at + 255])]) + comment[at:at + 255]
                      for at in range(0, len(comment), 255))
    data = part.read_bytes()
    at = 13 + (3 * 2 ** ((data[10] & 7) + 1) if data[10] & 0x80 else 0)  # header, colour table
    if data[at:at + 2] == b"\x21\xff":  # that it loops, which players look for right there
        at += 19
    part.write_bytes(data[:at] + b"\x21\xfe" + blocks + b"\x00" + data[at:])


def _add_webp_chunk(part: Path, text: str) -> None:
    """Put the text in a chunk of its own at the end (RIFF; WebP's specification allows it)."""
    data = text.encode()
    if not data:
        return
    with open(part, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.write(_CHUNK + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2))
        total = file.tell()
        assert end % 2 == 0  # a RIFF's chunks are padded
        file.seek(4)
        file.write(struct.pack("<I", total - 8))


def recall_text(path: str | os.PathLike[str]) -> str:
    """The "comment" that a film of write_film() carries; empty: there is none."""
    kind = Path(path).suffix.lower()
    if kind == ".gif":
        with Image.open(path, formats=("GIF",)) as image:
            return image.info.get("comment", b"").decode("ascii", "replace")
    if kind == ".webp":
        data = Path(path).read_bytes()
        at = data.rfind(_CHUNK)
        if at < 0:
            return ""
        (length,) = struct.unpack("<I", data[at + 4:at + 8])
        return data[at + 8:at + 8 + length].decode("utf-8", "replace")
    import av

    with av.open(os.fspath(path), format="mov") as film:
        return film.metadata.get("comment", "")
