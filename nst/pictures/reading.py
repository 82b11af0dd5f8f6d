"""Pictures in: an untrusted file becomes an upright picture in sRGB.

:func:`open_picture` and its siblings are the only way a picture file enters; the rest of the code
may trust what they return. :func:`open_photo` and :func:`style_side` say how many pixels of a
file are used, so that the same files give the same result from the command line and from the web.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import threading
import time

from PIL import Image, JpegImagePlugin

from ..errors import UserError
from ..geometry import fit_size
from ..settings import Settings
from .modes import as_mask, eight_bits, flattened, shrunk_in_bands
from .truncated_jpeg import INCOMPLETE, note_end
from .writing import safe_name

__all__ = [
    "FORMATS", "MAX_ASPECT", "MAX_BYTES", "MAX_JPEG_PIXELS", "MAX_PIXELS", "MIN_SIDE", "PHOTO_SIDE",
    "SUFFIXES", "Source", "is_picture_file", "open_mask", "open_photo", "open_photo_with_alpha",
    "open_picture", "open_style", "style_side",
]

log = logging.getLogger(__name__)

FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
JPEGS = ("JPEG", "MPO")  # MPO: several pictures in one file, as phones make them
# Files with one of these are meant to be pictures.
SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif",
            ".heic", ".heif", ".mpo")
try:
    import pillow_heif
except ImportError:  # a system without its wheels
    pass
else:
    pillow_heif.register_heif_opener(thumbnails=False)
    FORMATS += ("HEIF",)

MAX_BYTES = 512 * 2**20  # more than a picture within the limits below takes in any usual encoding
MAX_PIXELS = 100_000_000
# A JPEG is decoded at a fraction of its size. A progressive one is not: all of its coefficients
# are in memory at once, 3 to 6 bytes for a pixel.
MAX_JPEG_PIXELS = 250_000_000
MIN_SIDE = 16  # pixels; VGG19 halves the picture four times before conv5_1
# The engine's smallest scale has 128 pixels on the longer side: 8 times 16.
MAX_ASPECT = 8
# Of the thread's own processor time, so that a busy machine refuses nobody. A PNG of 39 megapixels
# took 4.2 s; a JPEG of 40 took 10 s for 300 scans, and 30,000 of them fit into 2 MB.
DECODE_SECONDS = 10.0
PHOTO_SIDE = 4096  # pixels of a photo's longer side that are used: those of the largest result
# The same of a style, in longer sides of the result: a long panorama is used with as many pixels
# as the photo, so its longer side exceeds the photo's.
STYLE_SIDES = 2.5
LARGE = 40_000_000  # pixels; a larger picture is shrunk while it is decoded, to save memory
_LARGE_LOCK = threading.Lock()  # decoded one at a time: a WebP of 100 megapixels took 1.5 GB

Source = str | os.PathLike[str] | bytes


def open_photo(path: Source) -> Image.Image:
    """A photo with as many pixels as are used; raises UserError as :func:`open_picture` does."""
    return open_picture(path, max_side=PHOTO_SIDE)


def open_style(path: Source, settings: Settings) -> Image.Image:
    """A style's picture with as many pixels as these settings use; raises UserError."""
    return open_picture(path, max_side=style_side(settings))


def style_side(settings: Settings) -> int:
    """How many pixels of a style's longer side these settings use."""
    return round(settings.size * STYLE_SIDES * max(1.0, settings.style_scale))


def open_mask(path: Source) -> Image.Image:
    """A mask's file as :func:`nst.pictures.modes.as_mask` reads it; raises UserError."""
    return as_mask(_open_decoded(path, PHOTO_SIDE))


def open_photo_with_alpha(path: Source) -> tuple[Image.Image, Image.Image | None]:
    """A photo as :func:`open_photo` gives it, and its alpha (mode L; None: it is opaque)."""
    image = _open_decoded(path, PHOTO_SIDE)
    picture, alpha = flattened(image)
    return _with_note(picture, image), alpha


def open_picture(path: Source, *, max_side: int | None = None) -> Image.Image:
    """Read a picture that nobody vouches for: a file's path, or a file's bytes.

    It has one of FORMATS; of several pictures in a file the first is read. The result is as
    upright_rgb() gives it, without metadata. With ``max_side`` its longer side has at most that
    many pixels, which makes a large JPEG cheap; it is never enlarged. A picture of more than LARGE
    pixels has PHOTO_SIDE on its longer side at most. A JPEG whose end is missing is read if enough
    of it is there, see nst.pictures.truncated_jpeg.

    Raises:
        UserError: no such file, not a picture of these formats, damaged, more than
            ``MAX_PIXELS`` (of a JPEG ``MAX_JPEG_PIXELS``), a side under ``MIN_SIDE`` pixels, or
            longer than ``MAX_ASPECT`` times its width (the engine could not paint it). Size and
            shape are read from the header, before anything is decoded.
    """
    image = _open_decoded(path, max_side)
    return _with_note(flattened(image)[0], image)


def is_picture_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a picture by its content, as far as its header tells."""
    try:
        with open(path, "rb") as file, _image(file) as image:
            return bool(image.size)
    except Exception:  # what a decoder raises on hostile bytes is not documented
        return False


def _with_note(picture: Image.Image, source: Image.Image) -> Image.Image:
    if INCOMPLETE in source.info:
        picture.info[INCOMPLETE] = source.info[INCOMPLETE]
    return picture


def _open_decoded(path: Source, max_side: int | None) -> Image.Image:
    """A file's decoded picture with its metadata; raises UserError."""
    name = "The picture" if isinstance(path, bytes) else safe_name(path)
    try:
        # A pipe or a device would block or never end.
        if not isinstance(path, bytes) and not os.path.isfile(path):
            os.stat(path)  # a folder that may not be entered is told apart from a missing file
            raise FileNotFoundError
        size = len(path) if isinstance(path, bytes) else os.path.getsize(path)
        if size > MAX_BYTES:
            raise UserError(f"{name} is larger than {MAX_BYTES >> 20} MB; give a smaller file.")
        with _TimeLimitedFile(path) as file, _image(file) as image:
            _check_shape(image, name)
            large = image.width * image.height > LARGE
            with _LARGE_LOCK if large else contextlib.nullcontext():
                return _decode(image, max_side, file, name)
    except UserError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no picture file {name}; choose one that exists.") from None
    except Image.DecompressionBombError:
        raise UserError(_too_large(name, MAX_PIXELS)) from None
    except Image.UnidentifiedImageError:
        raise UserError(f"{name} is not a picture that can be read here; give a file in one of "
                        f"the formats {', '.join(FORMATS)}.") from None
    except PermissionError:
        raise UserError(f"{name} may not be read; change its permissions or its "
                        "folder's.") from None
    except MemoryError:
        raise UserError(f"{name} does not fit into memory; give a smaller version of it.") from None
    except Exception as error:  # what a decoder raises on hostile bytes is not documented
        log.debug("a picture was refused", exc_info=error)
        raise UserError(f"{name} is damaged or incomplete; save or send it again.") from None


def _image(file) -> Image.Image:
    """The header's picture. Pillow's own limit on pixels is lower than ours for a JPEG."""
    start = file.read(3)
    file.seek(0)
    if start == b"\xff\xd8\xff":
        return JpegImagePlugin.jpeg_factory(file)
    return Image.open(file, formats=FORMATS)


class _TimeLimitedFile(io.BufferedReader):
    """A file that a decoder can read for DECODE_SECONDS of processor time.

    After the last byte of a JPEG it returns the marker that ends one, once, so that libjpeg returns
    the rows that are there; ``ended`` tells that this happened.
    """

    def __init__(self, path: Source):
        super().__init__(io.BytesIO(path) if isinstance(path, bytes)
                         else io.FileIO(path))
        self._deadline = time.thread_time() + DECODE_SECONDS
        self.is_jpeg = self.ended = False

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self._deadline:
            raise TimeoutError("decoding takes too long")
        data = super().read(size)
        if not data and self.is_jpeg and not self.ended:
            self.ended = True
            return b"\xff\xd9"
        return data


def _check_shape(image: Image.Image, name: str) -> None:
    width, height = size = image.size
    baseline = image.format in JPEGS and not image.info.get("progressive")
    most = MAX_JPEG_PIXELS if baseline else MAX_PIXELS
    if width * height > most:
        raise UserError(_too_large(name, most))
    if min(size) < MIN_SIDE:
        raise UserError(f"{name} is {width} x {height} pixels, too small to paint; give a picture "
                        f"of at least {MIN_SIDE} x {MIN_SIDE}.")
    if max(size) > MAX_ASPECT * min(size):
        raise UserError(f"{name} is {width} x {height} pixels, too thin to paint; crop it until "
                        f"its longer side is at most {MAX_ASPECT} times the shorter.")


def _too_large(name: str, most: int) -> str:
    return f"{name} has more than {most // 10**6} million pixels; give a smaller version of it."


def _decode(image: Image.Image, max_side: int | None, file: _TimeLimitedFile,
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
    image.load()
    if file.ended:
        file.seek(0)
        note_end(image, file.read(-1), name)
    info = dict(image.info)
    if image.width * image.height > LARGE:
        image = shrunk_in_bands(image, max(1, max(image.size) // max(size)))
    image = eight_bits(image)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    info.pop("transparency", None)  # has become alpha
    image.info = info
    return image
