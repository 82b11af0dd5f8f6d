"""Any mode of Pillow's as an upright RGB picture in sRGB, and the transparency beside it."""

from __future__ import annotations

import io
import logging

import numpy as np
from PIL import Image, ImageCms, ImageOps

__all__ = ["as_mask", "eight_bits", "flattened", "shrunk_in_bands", "upright_rgb"]

log = logging.getLogger(__name__)

# A mask drawn on a transparent ground is black and white. A picture cut out along its subject has
# colours, or greys over most of it; then its alpha alone tells where the subject is.
_COLOURED, _COLOURED_SHARE = 32, 0.1  # between a pixel's channels; of the opaque pixels
_BLACK, _WHITE, _GREY_SHARE = 24, 231, 0.5
_BAND = 256  # rows that are brought to 8 bits and shrunk at a time


def upright_rgb(image: Image.Image) -> Image.Image:
    """The picture as it is meant to be seen: mode RGB, sRGB, EXIF orientation applied.

    Transparency is laid on white; 16-bit and floating-point grey is scaled to 8 bits. A picture
    that is all of this already is returned itself.
    """
    if image.mode == "RGB" and not image.info:
        return image
    return flattened(image)[0]


def as_mask(image: Image.Image) -> Image.Image:
    """A mask of any mode as mode L, upright: white where to paint.

    It is the picture's luminance times its alpha. A picture cut out along its subject (its opaque
    pixels have colours or greys) counts by its alpha. A mask of one value throughout is warned of.
    """
    picture, alpha = flattened(image)
    mask = picture.convert("L")
    if alpha is not None and alpha.getextrema() != (255, 255):
        colours, opacity = np.asarray(_uncovered(image)), np.asarray(alpha, np.uint16)
        if _is_cut_out(colours[opacity > 127]):
            mask = alpha
        else:
            grey = np.asarray(Image.fromarray(colours).convert("L"), np.uint16)
            mask = Image.fromarray((grey * opacity // 255).astype(np.uint8))
    low, high = np.asarray(mask).min(), np.asarray(mask).max()
    if high < 8 or low > 247:
        log.warning("The mask is %s everywhere; it should be white where to paint and black "
                    "elsewhere.", "black" if high < 8 else "white")
    return mask


def flattened(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The upright RGB picture on white, and its alpha (mode L; None: opaque); no metadata."""
    colours, alpha = _parts(image)
    result = Image.new("RGB", colours.size, "white")
    result.paste(colours, mask=alpha)
    return result, alpha


def eight_bits(image: Image.Image) -> Image.Image:
    """Any mode as L, LA, RGB, RGBA or CMYK; the metadata stay with it."""
    mode = image.mode
    if mode.startswith("I") or mode == "F":  # Pillow's own conversion would clip
        grey = Image.fromarray(_grey(np.asarray(image), mode))
        grey.info = image.info  # with the orientation
        return grey
    if mode == "CMYK":
        return image
    wanted = "L" if mode in ("1", "L", "LA", "La") else "RGB"
    if image.has_transparency_data:
        wanted += "A"
    if mode == "LA" and image.info.get("transparency") is not None:
        wanted = "LA"
    return image if mode == wanted else image.convert(wanted)  # convert would copy


def shrunk_in_bands(image: Image.Image, factor: int) -> Image.Image:
    """The picture at 1/``factor`` of its size, shrunk a few rows at a time to save memory."""
    if image.mode.startswith("I") or image.mode == "F":
        image = eight_bits(image)  # whose range is that of the whole picture
    width, height = image.size
    result = None
    for top in range(0, height, _BAND * factor):
        bottom = min(height, top + _BAND * factor)
        band = eight_bits(image.crop((0, top, width, bottom))).reduce(factor)
        result = result or Image.new(band.mode, (band.width, -(-height // factor)))
        result.paste(band, (0, top // factor))
    assert result is not None  # a picture has rows
    return result


def _parts(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    profile = image.info.get("icc_profile")
    image = eight_bits(image)
    try:  # not in place: the picture is the caller's
        image = ImageOps.exif_transpose(image)
    except Exception as error:  # a broken EXIF block does not spoil the picture
        log.debug("EXIF was ignored", exc_info=error)
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    return _to_srgb(image.convert(image.mode.removesuffix("A")), profile), alpha


def _uncovered(image: Image.Image) -> Image.Image:
    return _parts(image)[0].convert("RGB")


def _is_cut_out(opaque: np.ndarray) -> bool:
    """Whether these (N, 3) pixels are a picture's, and not a mask's black and white."""
    if not len(opaque):
        return False
    low, high = opaque.min(axis=1).astype(int), opaque.max(axis=1).astype(int)
    greys = (high > _BLACK) & (low < _WHITE)
    return (np.mean(high - low > _COLOURED) > _COLOURED_SHARE) or (np.mean(greys) > _GREY_SHARE)


def _grey(values: np.ndarray, mode: str) -> np.ndarray:
    """16-bit, 32-bit or floating-point grey as 8 bits; 16-bit has a fixed range."""
    if mode.startswith("I;16"):
        return (values >> 8).astype(np.uint8)
    values = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    high = values.max(initial=0.0)
    # Floats mostly run to 1 and 32-bit integers keep what 8 or 16 bits held.
    ranges = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    top = next((top for top in ranges if high <= top), high)
    return np.clip(values * (255 / top), 0, 255).astype(np.uint8)


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
