"""2,000 damaged files of each kind: each becomes a picture or one sentence, in little memory.

Of clips 2,100.
"""

from __future__ import annotations

import io
import itertools
import random
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.notices import NOTICE
from nst.pictures.open_clip import open_clip
from nst.pictures.reading import open_picture
from nst.process import peak_rss_mb
from tests.conftest import EXAMPLES

from .made_clips import greys, made_film
from .made_pictures import display_p3, gradient, png_chunk
from .made_tiffs import SUBFILE, as_strip, beside, deflated, plain, sensor, tiff

FILES, SIZE = 2000, (48, 36)
SECONDS = 60.0  # of processor time for all files of a kind; they took 5 to 15
MEGABYTES = 100  # they took up to 4

EXIF = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"  # orientation 6
EXTRAS = {"exif": EXIF, "icc_profile": display_p3()}
# By kind of file: (format, mode, options of Image.save), with the chunks that are often attacked.
VARIANTS = {
    "everyday": [
        ("JPEG", "RGB", EXTRAS), ("JPEG", "RGB", {"progressive": True}), ("JPEG", "L", {}),
        ("JPEG", "CMYK", {}), ("PNG", "RGB", EXTRAS), ("PNG", "RGBA", {"compress_level": 0}),
        ("PNG", "P", {"transparency": 3}), ("PNG", "I;16", {}), ("WEBP", "RGB", EXTRAS),
        ("WEBP", "RGBA", {"lossless": True}), ("GIF", "P", {"transparency": 3}),
        ("GIF", "RGB", {"save_all": True, "append_images": [gradient(*SIZE).rotate(90)]}),
        ("BMP", "RGB", {}), ("BMP", "P", {})],
    "HEIF": [("HEIF", "RGB", EXTRAS), ("HEIF", "RGBA", {}), ("HEIF", "L", {})],
    "AVIF": [("AVIF", "RGB", EXTRAS), ("AVIF", "RGBA", {}), ("AVIF", "L", {})],
    "TIFF": [
        ("TIFF", "RGB", {}), ("TIFF", "RGBA", {"compression": "tiff_lzw"}),
        ("TIFF", "L", {"compression": "packbits"}), ("TIFF", "RGB", {"compression": "jpeg"}),
        ("TIFF", "1", {"compression": "group4"}), ("TIFF", "I;16", {}),
        ("TIFF", "RGB", {"compression": "tiff_adobe_deflate", "icc_profile": display_p3()}),
        ("TIFF", "CMYK", {}), ("TIFF", "F", {"compression": "tiff_lzw"}), ("TIFF", "P", {})],
    # Made in whole_files(): RAW files, HDR, and an alpha that is empty.
    "RAW": [], "HDR": [],
}


def whole_files(kind: str) -> list[bytes]:
    """Small undamaged files of that kind."""
    if kind == "RAW":
        preview, small = gradient(600, 450).resize((600, 450)), gradient(*SIZE)
        below = [sensor(48, 36), as_strip(preview, **{str(SUBFILE): 1})]
        return [tiff(plain(small, **{str(SUBFILE): 1}) | {"below": below}),
                tiff(beside(preview) | {"below": below[:1]}, beside(small), order=">"),
                tiff(plain(small, **{str(SUBFILE): 1}), deflated(gradient(96, 72), 8)),
                tiff(plain(small, **{str(SUBFILE): 1}), plain(gradient(96, 72)), big=True)]
    if kind == "HDR":
        clear = gradient(*SIZE)
        clear.putalpha(0)
        plain_png, avif = io.BytesIO(), io.BytesIO()
        clear.save(plain_png, "PNG")
        gradient(*SIZE).save(avif, "AVIF")
        data, at = plain_png.getvalue(), avif.getvalue().index(b"colrnclx") + 8
        chunks = ([(b"cICP", b"\x09\x10\0\1")], [(b"cICP", b"\x09\x12\0\1")],
                  [(b"gAMA", (100_000).to_bytes(4, "big")), (b"cHRM", struct.pack(
                      ">8I", 31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000))])
        return [data[:33] + b"".join(png_chunk(*chunk) for chunk in some) + data[33:]
                for some in chunks] + [
            avif.getvalue()[:at] + b"\0\x09\0\x10" + avif.getvalue()[at + 4:]]
    files = []
    for form, mode, options in VARIANTS[kind]:
        picture = gradient(*SIZE)
        if mode == "I;16":
            picture = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257)
        elif mode == "P":
            picture = picture.quantize(16)
        else:
            picture = picture.convert(mode)
        file = io.BytesIO()
        picture.save(file, form, **options)
        files.append(file.getvalue())
    return files


def damaged(data: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.02:
        return claiming(30_000, data)
    data = bytearray(data)
    kind = chance.randrange(6)
    if kind == 0:  # bytes flipped anywhere
        for _ in range(chance.randint(1, 20)):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == 1:  # cut off
        del data[chance.randrange(len(data)):]
    elif kind == 2:  # a piece repeated, perhaps many times
        start = chance.randrange(len(data))
        piece = data[start:start + chance.randint(1, 200)]
        data[start:start] = piece * chance.choice((1, 2, 500))
    elif kind == 3:  # a wrong header
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(min(40, len(data)))] = chance.choice((0, 1, 127, 128, 255))
    elif kind == 4:  # a number somewhere made extreme
        start = chance.randrange(len(data) - 4)
        number = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 6000, 65535))
        data[start:start + 4] = struct.pack(chance.choice("<>") + "I", number)
    else:  # a piece lost
        start = chance.randrange(len(data))
        del data[start:start + chance.randint(1, 100)]
    if chance.random() < 0.5:
        data = with_true_checksums(bytes(data))
    return bytes(data)


def claiming(side: int, data: bytes) -> bytes:
    """A whole_file() whose header says that it has side x side pixels, where that is found."""
    for form in (">II", "<II", ">HH", "<HH"):
        for size in (SIZE, SIZE[::-1]):
            data = data.replace(struct.pack(form, *size), struct.pack(form, side, side))
    return with_true_checksums(data)


def with_true_checksums(data: bytes) -> bytes:
    """A damaged PNG whose checksums fit, so that it is not refused for these alone."""
    if not data.startswith(b"\x89PNG"):
        return data
    out, at = data[:8], 8
    while at + 12 <= len(data):
        length = min(int.from_bytes(data[at:at + 4], "big"), len(data) - at - 12)
        body = data[at + 4:at + 8 + length]
        out += png_chunk(body[:4], body[4:])
        at += 12 + length
    return out + data[at:]


def open_damaged_files(kind: str) -> None:
    """Runs in a process of its own, so that its memory is measured and its crash is one test's."""
    files, chance, opened, before = whole_files(kind), random.Random(kind), 0, peak_rss_mb()
    for number in range(FILES):
        data = damaged(files[number % len(files)], chance)
        try:
            picture = open_picture(data, max_side=chance.choice((None, 32)))
        except UserError as error:
            assert str(error).endswith(".")
        else:
            assert picture.mode == "RGB" and picture.info.keys() <= {NOTICE}
            opened += 1
    megabytes = peak_rss_mb() - before
    print(opened, round(megabytes), round(time.process_time(), 1))
    assert 0.02 * FILES < opened < 0.95 * FILES  # the damage is neither always nor never fatal
    assert megabytes < MEGABYTES and time.process_time() < SECONDS


CLIPS, CLIP_FILES = ("a.mp4", "a.mov", "a.mkv", "a.webm", "a.gif", "a.webp", "a.png"), 700
CLIP_PIXELS = (16, 12)


def open_damaged_clips(folder: str) -> None:
    """As open_damaged_files, for films and animations; every picture is read, and the sound."""
    whole, pictures = [], greys(6, SIZE)
    for name in CLIPS:
        path = Path(folder, name)
        if path.suffix in (".gif", ".webp", ".png"):
            pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
        else:
            made_film(path, pictures, **({"codec": "libvpx-vp9"} if path.suffix == ".webm" else
                                         {"sound_seconds": 0.5}))
        whole.append(path.read_bytes())
    chance, opened, before = random.Random("clipsa"), 0, peak_rss_mb()
    damaged_file = Path(folder, "damaged")
    for number in range(CLIP_FILES):
        damaged_file.write_bytes(damaged(whole[number % len(whole)], chance))
        try:
            with open_clip(damaged_file) as clip:
                for picture in itertools.islice(clip.pictures(CLIP_PIXELS), 100):
                    assert (picture.mode, picture.size) == ("RGB", CLIP_PIXELS)
                    opened += 1
                assert clip.notice[-1:] in ("", ".")
                if sound := clip.sound(0.0, 1.0):
                    sound.close()
        except UserError as error:
            assert str(error).endswith(".")
    megabytes = peak_rss_mb() - before
    print(opened, round(megabytes), round(time.process_time(), 1))
    assert opened > CLIP_FILES / 4
    assert megabytes < MEGABYTES and time.process_time() < SECONDS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak memory")
def test_a_damaged_clip_becomes_pictures_or_one_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "from tests.unit.pictures.test_fuzz import "
         f"open_damaged_clips; open_damaged_clips({str(tmp_path)!r})"],
        cwd=EXAMPLES.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak memory")
@pytest.mark.parametrize("kind", VARIANTS)
def test_a_damaged_file_becomes_a_picture_or_one_sentence(kind):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "from tests.unit.pictures.test_fuzz import "
         f"open_damaged_files; open_damaged_files({kind!r})"],
        cwd=EXAMPLES.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
