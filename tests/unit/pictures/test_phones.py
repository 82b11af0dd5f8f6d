"""Pictures as phones make them: large, cut off, with a video appended, transparent, in P3."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.modes import as_mask, upright_rgb
from nst.pictures.notices import NOTICE
from nst.pictures.reading import (
    is_picture_file,
    open_mask,
    open_photo,
    open_photo_with_alpha,
    open_picture,
)
from tests.conftest import EXAMPLES

from .made_pictures import close, gradient, icc_profile, xyz

PORTRAITS = sorted(EXAMPLES.glob("*.jpg"))


def saved(image, form, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda file: file.stem)
def test_a_jpeg_cut_off_near_its_end_is_read_with_a_warning(portrait, progressive, caplog):
    whole = saved(Image.open(portrait), "JPEG", quality=90, progressive=progressive)
    for part in (0.9, 0.99):
        picture = open_picture(whole[:int(len(whole) * part)])
        assert "incomplete" in picture.info[NOTICE]
        assert close(picture, open_picture(whole), 25)
    assert "is incomplete" in caplog.messages[-1]
    assert NOTICE not in open_picture(whole).info
    with pytest.raises(UserError, match="incomplete"):
        open_picture(whole[:len(whole) // 2])


def test_a_video_appended_to_a_photo_is_ignored(tmp_path):
    film = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 400
    (tmp_path / "a.jpg").write_bytes(saved(gradient(), "JPEG", quality=95) + film)
    picture = open_picture(tmp_path / "a.jpg")
    assert close(picture, gradient(), 6) and not picture.info


SCRIPT = """
import sys
from nst.pictures.reading import open_photo
from nst.process import peak_rss_mb
before = peak_rss_mb()
print(*open_photo(sys.argv[1]).size)
print(round(peak_rss_mb() - before))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak memory")
@pytest.mark.parametrize("width, height", [(8000, 6000), (16320, 12240)])
def test_a_phones_largest_jpeg_takes_little_memory(tmp_path, width, height):
    tile = saved(Image.new("L", (width, height), 90), "JPEG")
    (tmp_path / "a.jpg").write_bytes(tile)
    done = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path / "a.jpg"], cwd=EXAMPLES.parent,
                          capture_output=True, text=True, check=True)
    size, megabytes = done.stdout.splitlines()
    assert size == "4096 3072" and int(megabytes) < 300


def test_more_megapixels_than_any_phone_makes_are_refused(tmp_path):
    tile = bytearray(saved(Image.new("L", (64, 64)), "JPEG"))
    at = tile.index(b"\xff\xc0") + 5
    tile[at:at + 4] = (16000).to_bytes(2, "big") * 2
    with pytest.raises(UserError, match="more than 250 million"):
        open_photo(bytes(tile))
    tile[tile.index(b"\xff\xc0") + 1] = 0xC2  # progressive: all of it would be in memory
    with pytest.raises(UserError, match="more than 100 million"):
        open_photo(bytes(tile))


def test_a_large_png_is_shrunk_as_a_small_one_is(tmp_path, monkeypatch):
    monkeypatch.setattr("nst.pictures.decoding.LARGE", 100_000)
    for mode in ("RGB", "RGBA", "L", "P"):
        picture = open_picture(saved(gradient(1600, 1200).convert(mode), "PNG"), max_side=200)
        wanted = gradient(200, 150).convert("L" if mode == "L" else "RGB").convert("RGB")
        assert picture.size == (200, 150) and close(picture, wanted, 12)
    ramp = np.linspace(0, 65535, 800).astype(np.uint16)[None].repeat(600, 0)
    row = np.asarray(open_picture(saved(Image.fromarray(ramp), "TIFF"), max_side=200))[9, :, 0]
    assert row[0] < 4 and row[-1] > 250 and abs(int(row[100]) - 128) < 4


@pytest.mark.parametrize("values", [
    np.linspace(0, 1, 64, dtype=np.float32), np.linspace(0, 65535, 64).astype(np.int32),
    np.linspace(0, 65535, 64).astype(np.uint16), np.linspace(0, 255, 64, dtype=np.float32)])
def test_greys_of_tiff_keep_their_range(values):
    image = Image.fromarray(values[None].repeat(32, 0))
    row = np.asarray(open_picture(saved(image, "TIFF")))[9, :, 0]
    assert row[0] < 4 and row[-1] > 250 and abs(int(row[32]) - 129) < 5


def adobe_rgb() -> bytes:
    """Adobe RGB (1998): its primaries adapted to D50, gamma 2.2."""
    gamma = b"curv\0\0\0\0" + b"\0\0\0\1" + (563).to_bytes(2, "big") + b"\0\0"
    return icc_profile(b"RGB ", {
        b"wtpt": xyz(0.9642, 1.0, 0.8249), b"rXYZ": xyz(0.6097, 0.3111, 0.0195),
        b"gXYZ": xyz(0.2053, 0.6257, 0.0609), b"bXYZ": xyz(0.1492, 0.0632, 0.7446),
        b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma}, b"XYZ ")


def test_adobe_rgb_becomes_srgb():
    data = saved(Image.new("RGB", (32, 32), (170, 120, 110)), "TIFF", icc_profile=adobe_rgb())
    red, green, blue = open_picture(data).getpixel((9, 9))
    assert 185 <= red <= 195 and 117 <= green <= 123 and 105 <= blue <= 112


# -- transparency and masks -----------------------------------------------------------------


def cut_out(colour=(180, 90, 60)) -> Image.Image:
    image = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    image.paste((*colour, 255), (0, 0, 32, 64))
    return image


@pytest.mark.parametrize("image", [
    cut_out((255, 255, 255)),  # white marks on a transparent ground
    cut_out(), cut_out((20, 40, 90)), cut_out((128, 128, 128)),
    cut_out((250, 250, 250)),
], ids=["marks", "subject", "dark subject", "grey subject", "nearly white"])
def test_a_mask_with_transparency_is_white_where_it_is_marked(tmp_path, image):
    image.save(tmp_path / "mask.png")
    mask = open_mask(tmp_path / "mask.png")
    assert mask.mode == "L" and mask.getpixel((5, 5)) >= 250 and mask.getpixel((60, 5)) == 0


def test_black_marks_on_a_transparent_ground_paint_nothing(caplog):
    assert as_mask(cut_out((0, 0, 0))).getextrema() == (0, 0)
    assert "black everywhere" in caplog.messages[-1]


def test_a_mask_of_one_value_is_warned_of(caplog):
    as_mask(Image.new("RGB", (32, 32), "white"))
    assert "white everywhere" in caplog.messages[-1]
    caplog.clear()
    as_mask(Image.linear_gradient("L"))
    assert not caplog.messages


def test_a_cut_out_keeps_its_alpha_beside_it(tmp_path):
    cut_out().save(tmp_path / "a.png")
    picture, alpha = open_photo_with_alpha(tmp_path / "a.png")
    assert picture.getpixel((60, 5)) == (255, 255, 255)
    assert (alpha.getpixel((5, 5)), alpha.getpixel((60, 5))) == (255, 0)
    gradient().save(tmp_path / "b.png")
    assert open_photo_with_alpha(tmp_path / "b.png")[1] is None


# -- what Image.open gives ------------------------------------------------------------------


def test_any_image_of_pillow_becomes_upright_rgb(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    gradient(64, 48).save(tmp_path / "a.jpg", exif=exif, quality=95)
    assert upright_rgb(Image.open(tmp_path / "a.jpg")).size == (48, 64)
    ramp = Image.fromarray(np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(32, 0))
    assert np.asarray(upright_rgb(ramp))[0, 32, 0] in range(125, 134)
    assert upright_rgb(cut_out()).getpixel((60, 5)) == (255, 255, 255)
    plain = gradient()
    assert upright_rgb(plain) is plain


def test_a_picture_is_known_by_its_content(tmp_path):
    for name, form in (("a.jfif", "JPEG"), ("b.dat", "TIFF"), ("c", "AVIF"), ("d.jpg", "HEIF")):
        gradient().save(tmp_path / name, form)
        assert is_picture_file(tmp_path / name)
    (tmp_path / "e.jpg").write_text("no picture")
    assert not is_picture_file(tmp_path / "e.jpg") and not is_picture_file(tmp_path)
