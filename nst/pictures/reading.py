"""Pictures in: an untrusted file becomes an upright picture in sRGB.

:func:`open_picture` and its siblings are the only way a picture file enters; the rest of the code
may trust what they return. :func:`open_photo` and :func:`style_side` say how many pixels of a
file are used, so that the same files give the same result from the command line and from the web.
"""

from __future__ import annotations

import logging
import os

from PIL import Image

from ..errors import UserError
from ..settings import Settings
from .borders import without_border
from .decoding import (
    FORMATS,
    MAX_ASPECT,
    MAX_JPEG_PIXELS,
    MAX_PIXELS,
    MIN_SIDE,
    PHOTO_SIDE,
    Source,
    TimeLimitedFile,
    is_picture,
    read_picture,
    too_large,
)
from .modes import as_mask, flattened
from .notices import keep_notice
from .writing import safe_name

__all__ = [
    "FORMATS", "MAX_ASPECT", "MAX_BYTES", "MAX_JPEG_PIXELS", "MAX_PIXELS", "MIN_SIDE", "PHOTO_SIDE",
    "SUFFIXES", "Source", "is_picture_file", "open_mask", "open_photo", "open_photo_with_alpha",
    "open_picture", "open_style", "style_side",
]

log = logging.getLogger(__name__)

# Files with one of these are meant to be pictures.
SUFFIXES = (".jpg", ".jpeg", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif",
            ".heic", ".heif", ".mpo")
MAX_BYTES = 512 * 2**20  # more than a picture within the limits below takes in any usual encoding
# The same of a style, in longer sides of the result: a long panorama is used with as many pixels
# as the photo, so its longer side exceeds the photo's.
STYLE_SIDES = 2.5


def open_photo(path: Source) -> Image.Image:
    """A photo with as many pixels as are used; raises UserError as :func:`open_picture` does."""
    return open_picture(path, max_side=PHOTO_SIDE)


def open_style(path: Source, settings: Settings) -> Image.Image:
    """A style's picture with as many pixels as these settings use; raises UserError.

    Without its plain border, unless the settings keep that (nst.pictures.borders).
    """
    picture = open_picture(path, max_side=style_side(settings))
    return picture if settings.keep_border else without_border(picture, _name(path))


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
    return keep_notice(picture, image), alpha


def open_picture(path: Source, *, max_side: int | None = None) -> Image.Image:
    """Read a picture that nobody vouches for: a file's path, or a file's bytes.

    It has one of FORMATS; of several pictures in a file the first is read. The result is as
    upright_rgb() gives it, without metadata. With ``max_side`` its longer side has at most that
    many pixels, which makes a large JPEG cheap; it is never enlarged. A picture of more than LARGE
    pixels has PHOTO_SIDE on its longer side at most.

    What is read otherwise than the person may think is told in a sentence, see
    nst.pictures.notices: a file whose end is missing (nst.pictures.truncated), the preview of a
    camera's RAW file (nst.pictures.tiff_pages), a picture that is transparent everywhere.

    Raises:
        UserError: no such file, not a picture of these formats, damaged, more than
            ``MAX_PIXELS`` (of a JPEG ``MAX_JPEG_PIXELS``), a RAW file whose preview has less than
            ``MIN_PREVIEW`` pixels on its longer side, a side under ``MIN_SIDE`` pixels, or
            longer than ``MAX_ASPECT`` times its width (the engine could not paint it). Size and
            shape are read from the header, before anything is decoded.
    """
    image = _open_decoded(path, max_side)
    return keep_notice(flattened(image)[0], image)


def is_picture_file(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a picture by its content, as far as its header tells."""
    try:
        with TimeLimitedFile(path) as file:
            return is_picture(file)
    except Exception:  # what a decoder raises on hostile bytes is not documented
        return False


def _name(path: Source) -> str:
    """What the file is called in what is told about it."""
    return "The picture" if isinstance(path, bytes) else safe_name(path)


def _open_decoded(path: Source, max_side: int | None) -> Image.Image:
    """A file's decoded picture with its metadata; raises UserError."""
    name = _name(path)
    try:
        # A pipe or a device would block or never end.
        if not isinstance(path, bytes) and not os.path.isfile(path):
            os.stat(path)  # a folder that may not be entered is told apart from a missing file
            raise FileNotFoundError
        size = len(path) if isinstance(path, bytes) else os.path.getsize(path)
        if size > MAX_BYTES:
            raise UserError(f"{name} is larger than {MAX_BYTES >> 20} MB; give a smaller file.")
        with TimeLimitedFile(path) as file:
            return read_picture(file, size, max_side, name)
    except UserError:
        raise
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no picture file {name}; choose one that exists.") from None
    except Image.DecompressionBombError:
        raise UserError(too_large(name, MAX_PIXELS)) from None
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
