"""Pictures whose alpha is 0 everywhere: the colours under it are the picture."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image

from nst.pictures.modes import as_mask, upright_rgb
from nst.pictures.notices import NOTICE
from nst.pictures.reading import open_mask, open_photo_with_alpha, open_picture, open_style
from nst.settings import Settings

from .made_pictures import close, gradient


def saved(image, form, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def clear(image=None, alpha=0) -> Image.Image:
    image = (image or gradient(160, 120)).copy()
    image.putalpha(alpha)
    return image


def clipboard_bmp(image: Image.Image, alpha=0) -> bytes:
    """As Windows' clipboard gives it: BITMAPV5HEADER with bit fields, the alpha never filled."""
    values = np.asarray(clear(image, alpha))[::-1, :, [2, 1, 0, 3]]
    header = struct.pack("<IiiHHIIiiII", 124, *image.size, 1, 32, 3, values.size, 2835, 2835, 0, 0)
    header += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"sRGB"
    header = header.ljust(124, b"\0")
    return (b"BM" + struct.pack("<IHHI", 14 + 124 + values.size, 0, 0, 138)
            + header + values.tobytes())


def palette(*alphas: int) -> bytes:
    """A PNG of a palette, whose colours have these alphas."""
    image = gradient(160, 120).quantize(4)
    return saved(image, "PNG", transparency=bytes(alphas))


CLEAR = {
    "BMP": clipboard_bmp(gradient(160, 120)), "PNG": saved(clear(), "PNG"),
    "TIFF": saved(clear(), "TIFF"), "WEBP": saved(clear(), "WEBP", lossless=True, exact=True),
    "nearly": saved(clear(alpha=3), "PNG"),
    "AVIF": saved(clear(), "AVIF", quality=95),
    "HEIF": saved(clear(), "HEIF", quality=95),
}


@pytest.mark.parametrize("kind", CLEAR)
def test_the_colours_under_an_empty_alpha_are_used_and_it_is_told(tmp_path, kind, caplog):
    (tmp_path / "shot.bin").write_bytes(CLEAR[kind])
    for side in (None, 80):
        picture = open_picture(tmp_path / "shot.bin", max_side=side)
        assert close(picture, gradient(160, 120).resize(picture.size), 6)
        assert picture.info[NOTICE] == (
            "shot.bin is transparent everywhere; the colours under that are used.")
        assert caplog.messages[-1] == picture.info[NOTICE]
    picture, alpha = open_photo_with_alpha(tmp_path / "shot.bin")
    assert alpha is None and NOTICE in picture.info


def test_other_modes_too(monkeypatch):
    grey = gradient(160, 120).convert("L")
    assert close(open_picture(saved(clear(grey), "PNG")).convert("L"), grey, 0)
    whole = open_picture(palette(255, 255, 255, 255))
    assert close(open_picture(palette(0, 0, 0, 0)), whole, 0)
    assert not close(open_picture(palette(0, 0, 0, 255)), whole, 5)  # transparency is meant
    monkeypatch.setattr("nst.pictures.decoding.LARGE", 5000)
    assert close(open_picture(CLEAR["PNG"], max_side=80), gradient(80, 60), 6)


def test_a_picture_from_pillow_too(caplog):
    assert close(upright_rgb(clear()), gradient(160, 120), 0)
    assert "transparent everywhere" in caplog.messages[-1]


def test_a_mask_too(tmp_path):
    drawn = Image.new("RGB", (160, 120))
    drawn.paste("white", (0, 0, 80, 120))
    for data in (clipboard_bmp(drawn), saved(clear(drawn), "PNG")):
        (tmp_path / "mask").write_bytes(data)
        mask = open_mask(tmp_path / "mask")
        assert mask.getpixel((9, 9)) == 255 and mask.getpixel((150, 9)) == 0
    assert as_mask(clear(drawn)).getpixel((9, 9)) == 255


def test_a_style_too(tmp_path, caplog):
    (tmp_path / "style").write_bytes(CLEAR["BMP"])
    style = open_style(tmp_path / "style", Settings(size=128))
    assert close(style, gradient(160, 120), 0)
    assert caplog.messages == [
        "style is transparent everywhere; the colours under that are used."]


def test_one_colour_under_an_empty_alpha_is_nothing_to_see(caplog):
    for image in (Image.new("RGBA", (32, 32), (9, 9, 9, 0)), Image.new("LA", (32, 32), (0, 0))):
        picture = open_picture(saved(image, "PNG"))
        assert picture.getpixel((3, 3)) == (255, 255, 255)
        assert "nothing to see" in picture.info[NOTICE] == caplog.messages[-1]
    keyed = saved(Image.new("RGB", (32, 32), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert "nothing to see" in open_picture(keyed).info[NOTICE]


def test_a_cut_out_stays_one():
    image = clear()
    image.paste((9, 200, 9, 255), (0, 0, 20, 20))
    picture = open_picture(saved(image, "PNG"))
    assert picture.getpixel((150, 100)) == (255, 255, 255) and not picture.info
