"""Any mode of Pillow's as an upright RGB picture in sRGB, and the transparency beside it."""

from __future__ import annotations

import io
import logging

import numpy as np
from PIL import Image, ImageCms, ImageOps

from .codings import coding_of, to_srgb
from .notices import NOTICE, add_notice

__all__ = ["as_mask", "eight_bits", "flattened", "shrunk_in_bands", "uncovered", "upright_rgb"]

log = logging.getLogger(__name__)

# A mask drawn on a transparent ground is black and white. A picture cut out along its subject has
# colours, or greys over most of it; then its alpha alone tells where the subject is.
_COLOURED, _COLOURED_SHARE = 32, 0.1  # between a pixel's channels; of the opaque pixels
_BLACK, _WHITE, _GREY_SHARE = 24, 231, 0.5
CLEAR = 8  # of 255: a picture whose alpha is lower everywhere would show nothing of itself
_BAND = 256  # rows that are brought to 8 bits and shrunk at a time


def upright_rgb(image: Image.Image) -> Image.Image:
    """The picture as it is meant to be seen: mode RGB, sRGB, EXIF orientation applied.

    Transparency is laid on white (of one that is transparent everywhere see
    :func:`uncovered`); 16-bit and floating-point grey is scaled to 8 bits. A picture
    that is all of this already is returned itself.
    """
    if image.mode == "RGB" and not image.info:
        return image
    return flattened(uncovered(image))[0]


def as_mask(image: Image.Image) -> Image.Image:
    """A mask of any mode as mode L, upright: white where to paint.

    It is the picture's luminance times its alpha. A picture cut out along its subject (its opaque
    pixels have colours or greys) counts by its alpha. A mask of one value throughout is warned of.
    """
    if NOTICE not in image.info:  # nst.pictures.reading has not looked at it
        image = uncovered(image)
    picture, alpha = flattened(image)
    mask = picture.convert("L")
    if alpha is not None and alpha.getextrema() != (255, 255):
        colours, opacity = np.asarray(_parts(image)[0].convert("RGB")), np.asarray(alpha, np.uint16)
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


def uncovered(image: Image.Image, name: str = "The picture") -> Image.Image:
    """The picture without its alpha where that is below CLEAR everywhere; else the picture itself.

    The clipboard's bitmaps and some programs' files have an alpha channel that nobody filled, and
    the colours under it are the picture. Where there is one colour alone, the alpha stays. Both is
    noted on the picture (nst.pictures.notices) as one called ``name``.
    """
    if not image.has_transparency_data or not _is_clear(image):
        return image
    colours = image.convert("L" if image.mode == "LA" else "RGB")  # convert("RGB") keeps colours
    colours.info = dict(image.info)
    colours.info.pop("transparency", None)
    if all(low == high for low, high in _extrema(colours)):
        add_notice(image, f"{name} is transparent everywhere, so there is nothing to see in it.")
        return image
    add_notice(colours, f"{name} is transparent everywhere; the colours under that are used.")
    return colours


def _is_clear(image: Image.Image) -> bool:
    if image.mode in ("RGBA", "LA", "PA"):
        return _extrema(image.getchannel("A"))[0][1] < CLEAR
    key = image.info.get("transparency")
    if image.mode == "P" and isinstance(key, bytes):  # one alpha for each colour; others are opaque
        used = np.unique(np.asarray(image)).tolist()
        return max(used, default=256) < len(key) and max(key[i] for i in used) < CLEAR
    # One colour stands for transparency.
    return all(low == high for low, high in _extrema(image)) and image.getpixel((0, 0)) == key


def _extrema(image: Image.Image) -> list[tuple]:
    """(lowest, highest) of each band."""
    extrema = image.getextrema()
    return list(extrema) if isinstance(extrema[0], tuple) else [extrema]


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
    profile, coding = image.info.get("icc_profile"), coding_of(image.info)
    image = eight_bits(image)
    try:  # not in place: the picture is the caller's
        image = ImageOps.exif_transpose(image)
    except Exception as error:  # a broken EXIF block does not spoil the picture
        log.debug("EXIF was ignored", exc_info=error)
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = image.convert(image.mode.removesuffix("A"))
    if coding is not None:
        return to_srgb(colours.convert("RGB"), coding), alpha
    return _to_srgb(colours, profile), alpha


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
