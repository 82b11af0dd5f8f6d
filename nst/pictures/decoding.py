"""An open, untrusted file becomes decoded pixels and metadata, within limits of size and time.

Behind nst.pictures.reading, which says what is wrong with a file in one sentence.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import threading
import time

from PIL import ExifTags, Image, JpegImagePlugin

from ..errors import UserError
from ..geometry import fit_size
from .codings import note_coding
from .modes import eight_bits, shrunk_in_bands, uncovered
from .notices import add_notice
from .tiff_pages import Found, find_page
from .truncated import (
    completed,
    fill_missing_rows,
    is_short_tiff,
    missing_bytes,
    note_jpeg_end,
    note_missing,
)

__all__ = [
    "FORMATS", "JPEGS", "MAX_ASPECT", "MAX_JPEG_PIXELS", "MAX_PIXELS", "MIN_SIDE", "PHOTO_SIDE",
    "Source", "TimeLimitedFile", "is_picture", "read_picture", "too_large",
]

log = logging.getLogger(__name__)

FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_BY_ROWS = ("PNG", "GIF", "BMP", "TIFF")  # Pillow keeps the rows before an error
_TIFFS = (b"II*\0", b"MM\0*", b"II+\0")  # their first bytes; the last is BigTIFF's
JPEGS = ("JPEG", "MPO")  # MPO: several pictures in one file, as phones make them
try:
    import pillow_heif
except ImportError:  # a system without its wheels
    pass
else:
    pillow_heif.register_heif_opener(thumbnails=False)
    FORMATS += ("HEIF",)

MAX_PIXELS = 100_000_000
# A JPEG is decoded at a fraction of its size. A progressive one is not: all of its coefficients
# are in memory at once, 3 to 6 bytes for a pixel.
MAX_JPEG_PIXELS = 250_000_000
# px of the longer side of the preview in a RAW file: many hold a thumbnail of 160 px alone.
MIN_PREVIEW = 512
MIN_SIDE = 16  # pixels; VGG19 halves the picture four times before conv5_1
# The engine's smallest scale has 128 pixels on the longer side: 8 times 16.
MAX_ASPECT = 8
# Of the thread's own processor time, so that a busy machine refuses nobody. A PNG of 39 megapixels
# took 4.2 s; a JPEG of 40 took 10 s for 300 scans, and 30,000 of them fit into 2 MB.
DECODE_SECONDS = 10.0
PHOTO_SIDE = 4096  # pixels of a photo's longer side that are used: those of the largest result
LARGE = 40_000_000  # pixels; a larger picture is shrunk while it is decoded, to save memory
_LARGE_LOCK = threading.Lock()  # decoded one at a time: a WebP of 100 megapixels took 1.5 GB

Source = str | os.PathLike[str] | bytes


def read_picture(file: TimeLimitedFile, size: int, max_side: int | None,
                 name: str) -> Image.Image:
    """The decoded picture of an open file of ``size`` bytes, with its metadata.

    ``max_side``: of the result, in pixels; None: as many as there are, or PHOTO_SIDE of a picture
    of more than LARGE pixels. ``name``: of the file, for what is told.

    Raises:
        UserError: for a shape or a RAW file that cannot be used. Anything else: the file is
            damaged, or of no format that is read.
    """
    missing = missing_bytes(file, size)
    file.seek(0)
    return _read_short(file.read(), missing, max_side, name) if missing else _read(
        file, max_side, name)


def _read_short(data: bytes, missing: int, max_side: int | None, name: str) -> Image.Image:
    """The picture of a WebP, HEIC or AVIF file that lacks so many bytes at its end."""
    # As it is first: it may be a film or metadata behind the picture that is missing.
    for way in (data, *completed(data, missing)):
        try:
            with TimeLimitedFile(way) as file:
                image = _read(file, max_side, name)
        except (UserError, MemoryError, TimeoutError):
            raise
        except Exception as error:  # what a decoder raises on hostile bytes is not documented
            log.debug("a file that was cut off was not read so", exc_info=error)
            continue
        if way is not data:
            note_missing(image, name)
        return image
    raise EOFError("too little of the file is there")


def _read(file: TimeLimitedFile, max_side: int | None, name: str) -> Image.Image:
    """The decoded picture of an open file, or the larger one inside it."""
    file, found = _inside(file)
    if found and found.raw and max(found.size) < MIN_PREVIEW:
        raise UserError(f"{name} is a camera's RAW file without a preview large enough to paint; "
                        "export it as JPEG and give that.")
    with file, _header(file) as image:
        _check_shape(image, name)
        large = image.width * image.height > LARGE
        with _LARGE_LOCK if large else contextlib.nullcontext():
            decoded = _decode(image, max_side, file, name)
    if found and found.orientation:
        # Not in info: Image.getexif() is read once, and a TIFF's has been.
        decoded.getexif().setdefault(ExifTags.Base.Orientation, found.orientation)
    if found and found.raw:
        add_notice(decoded, f"{name} is a camera's RAW file: the preview inside it, of "
                            f"{found.size[0]} x {found.size[1]} pixels, is used.")
    return decoded


def is_picture(file: TimeLimitedFile) -> bool:
    """Whether an open file's header is a picture's; raises anything where it is not."""
    file, _ = _inside(file)
    with _header(file) as image:
        return bool(image.size)


def _inside(file: TimeLimitedFile) -> tuple[TimeLimitedFile, Found | None]:
    """The file whose picture is meant: of a TIFF perhaps a JPEG in it, or another of its pages."""
    start = file.read(4)
    found = find_page(file) if start in _TIFFS else None
    file.seek(0)
    if found and found.jpeg:
        file.seek(found.jpeg[0])
        return TimeLimitedFile(file.read(found.jpeg[1])), found
    file.start = found.page if found and found.page else b""
    return file, found


def _header(file) -> Image.Image:
    """The header's picture. Pillow's own limit on pixels is lower than ours for a JPEG."""
    start = file.read(3)
    file.seek(0)
    if start == b"\xff\xd8\xff":
        return JpegImagePlugin.jpeg_factory(file)
    return Image.open(file, formats=FORMATS)


class TimeLimitedFile(io.BufferedReader):
    """A file that a decoder can read for DECODE_SECONDS of processor time.

    After the last byte of a JPEG it returns the marker that ends one, once, so that libjpeg returns
    the rows that are there. ``ended`` tells that more was asked for than is there. ``start``
    replaces the file's first bytes, so that another page of a TIFF is the first.
    """

    def __init__(self, path: Source):
        super().__init__(io.BytesIO(path) if isinstance(path, bytes)
                         else io.FileIO(path))
        self._deadline = time.thread_time() + DECODE_SECONDS
        self.is_jpeg = self.ended = False
        self.start = b""

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self._deadline:
            raise TimeoutError("decoding takes too long")
        at = self.tell() if self.start else 0
        data = super().read(size)
        if at < len(self.start):
            data = (self.start[at:at + len(data)] + data[len(self.start) - at:])
        if self.is_jpeg and not data and not self.ended:
            self.ended = True
            return b"\xff\xd9"
        self.ended |= size is not None and 0 <= len(data) < size and not self.is_jpeg
        return data


def _check_shape(image: Image.Image, name: str) -> None:
    width, height = size = image.size
    baseline = image.format in JPEGS and not image.info.get("progressive")
    most = MAX_JPEG_PIXELS if baseline else MAX_PIXELS
    if width * height > most:
        raise UserError(too_large(name, most))
    if min(size) < MIN_SIDE:
        raise UserError(f"{name} is {width} x {height} pixels, too small to paint; give a picture "
                        f"of at least {MIN_SIDE} x {MIN_SIDE}.")
    if max(size) > MAX_ASPECT * min(size):
        raise UserError(f"{name} is {width} x {height} pixels, too thin to paint; crop it until "
                        f"its longer side is at most {MAX_ASPECT} times the shorter.")


def too_large(name: str, most: int) -> str:
    return f"{name} has more than {most // 10**6} million pixels; give a smaller version of it."


def _decode(image: Image.Image, max_side: int | None, file: TimeLimitedFile,
            name: str) -> Image.Image:
    size, large = image.size, image.width * image.height > LARGE
    if max_side is None and large:
        max_side = PHOTO_SIDE
    if max_side is not None and max_side < max(size):
        size = fit_size(size, max_side)
        # JPEG alone decodes at a fraction; twice the size leaves the filtering to Lanczos, where
        # there is memory for it.
        sides = 1 if large else 2
        image.draft(None, (sides * size[0], sides * size[1]))
    file.is_jpeg = image.format in JPEGS
    setattr(image, "decodermaxblock", 8192)  # noqa: B010 (not in Pillow's types); bytes between two looks at the clock
    _load(image, file, name)
    image = uncovered(image, name)
    note_coding(image, file)
    info = dict(image.info)
    if image.width * image.height > LARGE:
        image = shrunk_in_bands(image, max(1, max(image.size) // max(size)))
    image = eight_bits(image)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    info.pop("transparency", None)  # has become alpha
    image.info = info
    return image


def _load(image: Image.Image, file: TimeLimitedFile, name: str) -> None:
    """Decode, also a file that ends too early."""
    try:
        image.load()
    except TimeoutError:
        raise
    except (EOFError, OSError, SyntaxError, ValueError):
        short = file.ended or is_short_tiff(image, file.seek(0, os.SEEK_END))
        if image.format not in _BY_ROWS or not short:
            raise
        fill_missing_rows(image, name)
    if file.is_jpeg and file.ended:
        file.seek(0)
        note_jpeg_end(image, file.read(-1), name)
