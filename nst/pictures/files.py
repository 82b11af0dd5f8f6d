"""Pictures in and out: an untrusted file becomes upright sRGB, a picture becomes a PNG.

:func:`open_picture` is the only way a picture file enters; everything behind it may trust what
it gets.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from ..errors import UserError
from ..geometry import fit_size

__all__ = [
    "FORMATS", "MAX_ASPECT", "MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "open_picture", "safe_name",
    "save_png", "writing",
]

log = logging.getLogger(__name__)

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
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

_UPRIGHT = {  # EXIF's tag 0x0112
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


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


def save_png(image: Image.Image, path: str | os.PathLike[str],
             text: dict[str, str] | None = None) -> None:
    """Write the pixels and ``text`` (keyword: text, as PNG text chunks), and nothing else.

    Raises:
        UserError: it cannot be written there. Then no file is left, and one that was there
            before is untouched.
    """
    clean = image.convert("RGB")
    clean.info.clear()  # Pillow would write an ICC profile that it finds there
    chunks = PngImagePlugin.PngInfo()
    for keyword, value in (text or {}).items():
        chunks.add_text(keyword, value)
    with writing(path) as part:
        clean.save(part, format="PNG", pnginfo=chunks)


@contextlib.contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it takes that name when the block ends well.

    Raises:
        UserError: the operating system refused (no such folder, not allowed, disk full). After
            any error the temporary file is gone and ``path`` is as it was.
    """
    path = Path(path)
    if not path.name:
        raise UserError("The output has no file name; give one.")
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        part.touch()  # a place that cannot be written is known before the work, not after it
        yield part
        os.replace(part, path)
    except OSError as error:
        reason = error.strerror or "is the disk full?"
        raise UserError(f"{safe_name(path)} cannot be written ({reason}); give a name in a folder "
                        "that exists, may be written and has room.") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def safe_name(path: str | os.PathLike[str]) -> str:
    """A file's name for a message or a record: no folder, no markup, at most 60 characters.

    A name that it returns is one that it leaves as it is.
    """
    name = re.split(r"[/\\]", os.fspath(path))[-1]
    name = re.sub(r"[^\w .,()+-]", "_", name).lstrip(".") or "the file"
    return name if len(name) <= 60 else name[:40] + "..." + name[-17:]


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
    image.decodermaxblock = 8192  # bytes between two looks at the clock
    image.load()
    orientation, profile = _orientation(image), image.info.get("icc_profile")
    image = _eight_bits(image)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = _to_srgb(image.convert(image.mode.removesuffix("A")), profile)
    result = Image.new("RGB", size, "white")
    result.paste(colours, mask=alpha)
    if orientation in _UPRIGHT:
        result = result.transpose(_UPRIGHT[orientation])
    return result


def _orientation(image: Image.Image) -> int | None:
    try:
        return image.getexif().get(0x0112)
    except Exception as error:  # a broken EXIF block does not spoil the picture
        log.debug("EXIF was ignored", exc_info=error)
        return None


def _eight_bits(image: Image.Image) -> Image.Image:
    """Any mode of these formats as L, LA, RGB, RGBA or CMYK."""
    if image.mode.startswith("I"):  # 16-bit grey, which Pillow's own conversion would clip
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode == "CMYK":
        return image
    mode = "L" if image.mode in ("1", "L", "LA") else "RGB"
    if image.has_transparency_data:
        mode += "A"
    return image if image.mode == mode else image.convert(mode)  # convert would copy


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile:
        try:
            return ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"), outputMode="RGB",
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION)
        except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
            log.debug("a colour profile was ignored", exc_info=error)
    return image.convert("RGB")
