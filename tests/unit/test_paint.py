"""The public stylize() takes pictures as Pillow opens them."""

from __future__ import annotations

import numpy as np
from PIL import Image

import nst
import nst.paint
from nst.settings import Settings


def test_any_image_of_pillow_reaches_the_engine_upright_in_rgb(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(nst.paint.engine, "stylize", lambda photo, styles, settings, **more:
                        seen.append((photo, styles, more["mask"])) or iter(()))
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (128, 64), "teal").save(tmp_path / "phone.jpg", exif=exif)
    ramp = np.linspace(0, 65535, 128).astype(np.uint16)[None].repeat(128, 0)
    cut_out = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    cut_out.paste((200, 90, 60, 255), (0, 0, 32, 64))
    for photo in (Image.open(tmp_path / "phone.jpg"), Image.fromarray(ramp), cut_out):
        nst.stylize(photo, [(cut_out, 1.0)], Settings(size=128), mask=cut_out)
    phone, grey, flat = (np.asarray(photo).astype(int) for photo, _, _ in seen)
    assert phone.shape == (128, 64, 3)
    assert abs(grey[64, 64, 0] - 128) < 5 and grey[64, 1].max() < 9
    assert flat[64, 120].min() == 255
    _, [(style, _)], mask = seen[0]
    assert style.mode == "RGB" and style.getpixel((60, 9)) == (255, 255, 255)
    assert (mask.mode, mask.getpixel((9, 9)), mask.getpixel((60, 9))) == ("L", 255, 0)


def test_open_picture_is_public(tmp_path):
    Image.new("RGB", (32, 32), "teal").save(tmp_path / "a.avif")
    assert nst.open_picture(tmp_path / "a.avif").size == (32, 32)
