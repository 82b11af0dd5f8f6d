"""Pictures in: an untrusted file becomes an upright picture in sRGB.

:func:`open_picture` is the only way a picture file enters; the rest of the code may trust what it
returns. :func:`open_photo` and :func:`style_side` say how many pixels of a file are used, so that
the same files give the same result from the command line and from the web.
"""

from __future__ import annotations

import io
import logging
import os
import time

import numpy as np
from PIL import Image, ImageCms, ImageOps

from ..errors import UserError
from ..geometry import fit_size
from ..settings import Settings
from .writing import safe_name

__all__ = [
    "FORMATS", "MAX_ASPECT", "MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "PHOTO_SIDE", "open_photo",
    "open_picture", "open_style", "style_side",
]

log = logging.getLogger(__name__)

FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
try:
    import pillow_heif
except ImportError:
    pass
else:
    pillow_heif.register_heif_opener(thumbnails=False)
    FORMATS += ("HEIF",)

MAX_BYTES = 256 * 2**20  # more than a 40-megapixel picture takes uncompressed with 16 bits a band
MAX_PIXELS = 40_000_000
MIN_SIDE = 16  # pixels; VGG19 halves the picture four times before conv5_1
# The engine's smallest scale has 128 pixels on the longer side: 8 times 16.
MAX_ASPECT = 8
# Of the thread's own processor time, so that a busy machine refuses nobody. The slowest honest
# picture (a PNG of 39 megapixels) took 4.2 s; a JPEG of 40 took 10 s for 300 scans, and 30,000 of
# them fit into 2 MB.
DECODE_SECONDS = 10.0
PHOTO_SIDE = 4096  # pixels of a photo's longer side that are used: those of the largest result
# The same of a style, in longer sides of the result: a long panorama is used with as many pixels
# as the photo, so its longer side exceeds the photo's.
STYLE_SIDES = 2.5


def open_photo(path: str | os.PathLike[str]) -> Image.Image:
    """A photo with as many pixels as are used; raises UserError as :func:`open_picture` does."""
    return open_picture(path, max_side=PHOTO_SIDE)


def open_style(path: str | os.PathLike[str], settings: Settings) -> Image.Image:
    """A style's picture with as many pixels as these settings use; raises UserError."""
    return open_picture(path, max_side=style_side(settings))


def style_side(settings: Settings) -> int:
    """How many pixels of a style's longer side these settings use."""
    return round(settings.size * STYLE_SIDES * max(1.0, settings.style_scale))


def open_picture(path: str | os.PathLike[str], *, max_side: int | None = None) -> Image.Image:
    """Read a picture that nobody vouches for.

    JPEG, PNG, WebP, BMP, the first frame of GIF, and HEIF where pillow_heif is installed. The
    result is mode RGB in sRGB (an embedded profile is applied, a broken one ignored), upright
    (EXIF orientation applied), transparency laid on white, 16-bit grey scaled to 8 bits, and
    carries no metadata. With ``max_side`` its longer side has at most that many pixels, which
    makes a large JPEG cheap; it is never enlarged.

    Raises:
        UserError: no such file, not a picture of these formats, damaged, more than
            ``MAX_PIXELS``, a side under ``MIN_SIDE`` pixels, or longer than ``MAX_ASPECT`` times
            its width (the engine could not paint it). Size and shape are read from the header,
            before anything is decoded.
    """
    name = safe_name(path)
    if not os.path.isfile(path):  # a pipe or a device would block or never end
        raise UserError(f"There is no picture file {name}; choose one that exists.")
    try:
        if os.path.getsize(path) > MAX_BYTES:
            raise UserError(f"{name} is larger than {MAX_BYTES >> 20} MB; give a smaller file.")
        with _Metered(path) as file, Image.open(file, formats=FORMATS) as image:
            _check_shape(image.size, name)
            return _decode(image, max_side)
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise UserError(_too_large(name)) from None
    except Image.UnidentifiedImageError:
        raise UserError(f"{name} is not a picture that can be read here; give a file in one of "
                        f"the formats {', '.join(FORMATS)}.") from None
    except PermissionError:
        raise UserError(f"{name} may not be read; change its permissions.") from None
    except Exception as error:  # what a decoder raises on hostile bytes is not documented
        log.debug("a picture was refused", exc_info=error)
        raise UserError(f"{name} is damaged or incomplete; save or send it again.") from None


class _Metered(io.BufferedReader):
    """A file that stops feeding a decoder which has used up its processor time."""

    def __init__(self, path: str | os.PathLike[str]):
        super().__init__(io.FileIO(path))
        self._deadline = time.thread_time() + DECODE_SECONDS

    def read(self, size: int | None = -1, /) -> bytes:
        if time.thread_time() > self._deadline:
            raise TimeoutError("decoding takes too long")
        return super().read(size)


def _check_shape(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise UserError(_too_large(name))
    if min(size) < MIN_SIDE:
        raise UserError(f"{name} is {width} x {height} pixels, too small to paint; give a picture "
                        f"of at least {MIN_SIDE} x {MIN_SIDE}.")
    if max(size) > MAX_ASPECT * min(size):
        raise UserError(f"{name} is {width} x {height} pixels, too thin to paint; crop it until "
                        f"its longer side is at most {MAX_ASPECT} times the shorter.")


def _too_large(name: str) -> str:
    return (f"{name} has more than {MAX_PIXELS // 10**6} million pixels; give a smaller "
            "version of it.")


def _decode(image: Image.Image, max_side: int | None) -> Image.Image:
    size = image.size
    if max_side is not None and max_side < max(size):
        size = fit_size(size, max_side)
        # JPEG alone decodes at a fraction; twice the size leaves the filtering to Lanczos.
        image.draft(None, (2 * size[0], 2 * size[1]))
    setattr(image, "decodermaxblock", 8192)  # noqa: B010 (not in Pillow's types); bytes between two looks at the clock
    image.load()
    profile = image.info.get("icc_profile")
    image = _eight_bits(image)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception as error:  # a broken EXIF block does not spoil the picture
        log.debug("EXIF was ignored", exc_info=error)
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = _to_srgb(image.convert(image.mode.removesuffix("A")), profile)
    result = Image.new("RGB", image.size, "white")
    result.paste(colours, mask=alpha)
    return result


def _turn_upright(image: Image.Image) -> None:
    """Apply the orientation that a camera wrote into EXIF, in place."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except Exception as error:  # a broken EXIF block does not spoil the picture
        log.debug("EXIF was ignored", exc_info=error)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Any mode of these formats as L, LA, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion would clip
        grey = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        grey.info = image.info  # with the orientation
        return grey
    if image.mode == "CMYK":
        return image
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if image.has_transparency_data:
        mode += "A"
    return image if image.mode == mode else image.convert(mode)  # convert would copy


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            converted = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"), outputMode="RGB",
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION)
            return converted or image  # a picture, as it was not asked to change it in place
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
            log.debug("a colour profile was ignored", exc_info=error)
    return image.convert("RGB")
