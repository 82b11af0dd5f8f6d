"""Picture files are read as they look; broken, huge and hostile ones end with one sentence."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from nst.engine.tensors import to_image, to_tensor
from nst.errors import UserError
from nst.geometry import fit_size, resized
from nst.pictures import decoding
from nst.pictures import reading as images
from nst.pictures.reading import open_photo, open_picture, open_style
from nst.pictures.writing import save_png
from nst.settings import Settings

from .made_pictures import close, cmyk_profile, display_p3, gradient, png_claiming


def refused(path, **options) -> str:
    with pytest.raises(UserError) as caught:
        open_picture(path, **options)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message and str(path) not in message
    return message


# -- what works as a person would expect ----------------------------------------------------


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "AVIF", "HEIF"])
def test_a_picture_comes_in_as_it_looks(tmp_path, form):
    gradient().save(tmp_path / "a", format=form, quality=95)
    got = open_picture(tmp_path / "a")
    assert (got.mode, got.size) == ("RGB", (60, 40))
    assert close(got, gradient(), 6)


def test_gif_gives_its_first_frame(tmp_path):
    first, second = Image.new("RGB", (20, 20), "red"), Image.new("RGB", (20, 20), "blue")
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second])
    assert open_picture(tmp_path / "a.gif").getpixel((5, 5)) == (255, 0, 0)


def test_a_phones_file_of_several_pictures_gives_the_first(tmp_path):
    first, second = Image.new("RGB", (32, 32), "red"), Image.new("RGB", (32, 32), "blue")
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    red, _, blue = open_picture(tmp_path / "a.jpg").getpixel((5, 5))
    assert red > 250 and blue < 5


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "AVIF", "HEIF"])
def test_exif_orientation_is_applied(tmp_path, orientation, form):
    upright = gradient(64, 48)
    stored = {  # what a camera stores, so that the tag's turn makes it upright again
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270}[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    camera = upright if stored is None else upright.transpose(stored)
    camera.save(tmp_path / "a", format=form, exif=exif.tobytes(), quality=95)
    assert close(open_picture(tmp_path / "a"), upright, 4)


def test_transparency_lies_on_white(tmp_path):
    clear = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 255), (0, 0, 16, 32))
    clear.putpixel((20, 20), (0, 0, 0, 128))
    clear.save(tmp_path / "rgba.png")
    got = open_picture(tmp_path / "rgba.png")
    assert got.getpixel((2, 2)) == (0, 0, 255) and got.getpixel((30, 30)) == (255, 255, 255)
    assert got.getpixel((20, 20)) == (127, 127, 127)
    clear.save(tmp_path / "a.gif")
    assert open_picture(tmp_path / "a.gif").getpixel((30, 30)) == (255, 255, 255)
    Image.new("LA", (32, 32), (0, 0)).save(tmp_path / "la.png")
    assert open_picture(tmp_path / "la.png").getpixel((3, 3)) == (255, 255, 255)
    keyed = Image.new("RGB", (32, 32), (1, 2, 3))
    keyed.save(tmp_path / "key.png", transparency=(1, 2, 3))
    assert open_picture(tmp_path / "key.png").getpixel((3, 3)) == (255, 255, 255)


def test_no_dark_rim_where_a_transparent_picture_is_shrunk(tmp_path):
    sticker = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    sticker.paste((255, 255, 255, 255), (101, 101, 299, 299))
    sticker.save(tmp_path / "a.png")
    assert np.asarray(open_picture(tmp_path / "a.png", max_side=37)).min() == 255


def test_palette_and_bilevel_pictures_become_rgb(tmp_path):
    gradient().quantize(64).save(tmp_path / "p.png")
    assert close(open_picture(tmp_path / "p.png"), gradient(), 12)
    Image.new("1", (20, 20), 1).save(tmp_path / "1.png")
    assert open_picture(tmp_path / "1.png").getpixel((3, 3)) == (255, 255, 255)


def test_sixteen_bit_grey_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((32, 64), np.uint16)).save(tmp_path / "a.png", exif=exif)
    assert open_picture(tmp_path / "a.png").size == (32, 64)


@pytest.mark.parametrize("orientation, size", [(1, (90, 60)), (6, (60, 90))])
def test_a_turned_picture_is_shrunk_to_its_own_shape(tmp_path, orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    gradient(600, 400).save(tmp_path / "a.jpg", exif=exif)
    assert open_picture(tmp_path / "a.jpg", max_side=90).size == size


def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path):
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)[None].repeat(32, 0)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    for side in (None, 32):
        row = np.asarray(open_picture(tmp_path / "a.png", max_side=side))[0, :, 0].astype(int)
        assert row[0] <= 3 and row[-1] >= 252 and abs(row[len(row) // 2] - 128) < 5


def test_cmyk_without_a_profile(tmp_path):
    Image.new("CMYK", (32, 32), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    red, green, blue = open_picture(tmp_path / "a.jpg").getpixel((9, 9))
    assert red > 240 and green < 15 and blue < 15


def test_cmyk_follows_its_profile(tmp_path):
    Image.new("CMYK", (32, 32), (0, 0, 255, 0)).save(  # yellow ink, on this press black
        tmp_path / "a.jpg", quality=95, icc_profile=cmyk_profile())
    assert max(open_picture(tmp_path / "a.jpg").getpixel((9, 9))) < 20


@pytest.mark.parametrize("colour, least, most", [
    # Display P3's (200, 100, 100) lies inside sRGB, at a redder value; greys stay.
    ((200, 100, 100), (209, 0, 0), (255, 96, 255)),
    ((128, 128, 128), (125, 125, 125), (131, 131, 131)),
], ids=["red", "grey"])
@pytest.mark.parametrize("form, mode", [("JPEG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"),
                                        ("TIFF", "RGB"), ("AVIF", "RGB"), ("HEIF", "RGB")])
def test_a_wide_gamut_becomes_srgb(tmp_path, form, mode, colour, least, most):
    Image.new("RGB", (32, 32), colour).convert(mode).save(
        tmp_path / "a", format=form, quality=100, icc_profile=display_p3())
    found = open_picture(tmp_path / "a").getpixel((9, 9))
    assert all(low <= value <= high for low, value, high in zip(least, found, most, strict=True))


@pytest.mark.parametrize("profile", [b"no profile", display_p3()[:200], cmyk_profile()])
def test_a_bad_profile_is_ignored(tmp_path, profile):
    gradient().save(tmp_path / "a.png", icc_profile=profile)
    assert close(open_picture(tmp_path / "a.png"), gradient(), 0)


def test_a_broken_exif_block_is_ignored(tmp_path):
    gradient().save(tmp_path / "a.jpg", quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\xff junk")
    assert close(open_picture(tmp_path / "a.jpg"), gradient(), 6)


def test_no_metadata_comes_in_or_goes_out(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 29.0)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    gradient().save(tmp_path / "a.jpg", exif=exif, icc_profile=srgb, comment=b"secret")
    assert Image.open(tmp_path / "a.jpg").getexif().get_ifd(0x8825)  # the test's own premise
    got = open_picture(tmp_path / "a.jpg")
    assert not got.info and not got.getexif()
    # Even a picture that still carries everything loses it on the way out.
    save_png(Image.open(tmp_path / "a.jpg"), tmp_path / "out.png", {"Software": "nst"})
    with Image.open(tmp_path / "out.png") as out:
        out.load()
        assert out.info == {"Software": "nst"} and not out.getexif()
    assert b"CameraMaker" not in (tmp_path / "out.png").read_bytes()


# -- sizes --------------------------------------------------------------------------------


@pytest.mark.parametrize("form, mode", [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "P")])
def test_max_side_shrinks_and_never_enlarges(tmp_path, form, mode):
    image = gradient(600, 400)
    image.convert(mode).save(tmp_path / "a", format=form)
    small = open_picture(tmp_path / "a", max_side=90)
    assert small.size == (90, 60)
    assert close(small, image.resize((90, 60)), 12)
    assert open_picture(tmp_path / "a", max_side=5000).size == (600, 400)


def test_a_large_jpeg_is_not_decoded_in_full(tmp_path, monkeypatch):
    gradient(1600, 1200).save(tmp_path / "a.jpg")
    sizes, eight_bits = [], decoding.eight_bits
    monkeypatch.setattr(decoding, "eight_bits", lambda i: sizes.append(i.size) or eight_bits(i))
    assert open_picture(tmp_path / "a.jpg", max_side=100).size == (100, 75)
    assert sizes == [(200, 150)]


def test_a_photo_keeps_the_pixels_of_the_largest_result(tmp_path):
    Image.new("RGB", (5000, 1000), "teal").save(tmp_path / "a.jpg")
    assert open_photo(tmp_path / "a.jpg").size == (4096, 819)
    Image.new("RGB", (4000, 1000), "teal").save(tmp_path / "a.jpg")
    assert open_photo(tmp_path / "a.jpg").size == (4000, 1000)


def test_a_style_keeps_the_pixels_that_its_result_can_use(tmp_path):
    Image.new("RGB", (1000, 500), "teal").save(tmp_path / "a.jpg")
    for settings, size in ((Settings(size=128), (320, 160)),
                           (Settings(size=128, style_scale=2), (640, 320)),
                           (Settings(size=128, style_scale=0.5), (320, 160)),
                           (Settings(size=512), (1000, 500))):
        assert open_style(tmp_path / "a.jpg", settings).size == size


def test_resized_keeps_the_aspect():
    assert fit_size((4000, 3000), 512) == (512, 384)
    assert fit_size((3, 1000), 100) == (1, 100)
    assert resized(gradient(60, 40), 120).size == (120, 80)
    assert resized(gradient(60, 40), 30).size == (30, 20)


# -- what gives one sentence --------------------------------------------------------------


def test_a_file_that_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    assert "not a picture" in refused(tmp_path / "a.txt")
    (tmp_path / "empty.png").touch()
    assert "not a picture" in refused(tmp_path / "empty.png")
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="64"/>')
    assert "not a picture" in refused(tmp_path / "a.svg")
    gradient().save(tmp_path / "a.png", format="PPM")  # not on the list, whatever it is called
    assert "not a picture" in refused(tmp_path / "a.png")
    assert "no picture file" in refused(tmp_path / "missing.jpg")
    assert "no picture file" in refused(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert "no picture file" in refused(tmp_path / "pipe.png")


def test_a_files_name_cannot_carry_markup(tmp_path):
    (tmp_path / "<img src=x>\n.png").write_text("hello")
    assert "<" not in refused(tmp_path / "<img src=x>\n.png")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("part", [0.5, 0.7])
def test_a_truncated_file_is_refused(tmp_path, form, part):
    file = io.BytesIO()
    gradient(200, 150).save(file, format=form)
    (tmp_path / "a").write_bytes(file.getvalue()[:int(len(file.getvalue()) * part)])
    assert "damaged" in refused(tmp_path / "a")


@pytest.mark.parametrize("size", [(30_000, 30_000), (12_000, 9_000), (10_400, 10_400)])
def test_too_many_pixels_are_refused_by_the_header_alone(tmp_path, monkeypatch, size):
    monkeypatch.setattr(decoding, "_decode", None)  # not reached
    (tmp_path / "a.png").write_bytes(png_claiming(*size))
    assert "million pixels" in refused(tmp_path / "a.png")


def test_eighty_megapixels_are_let_in(tmp_path, monkeypatch):
    sizes = []
    monkeypatch.setattr(decoding, "_decode", lambda image, *_: sizes.append(image.size) or image)
    (tmp_path / "a.png").write_bytes(png_claiming(10_000, 8_000))
    monkeypatch.setattr(images, "flattened", lambda image: (image, None))
    open_picture(tmp_path / "a.png")
    assert sizes == [(10_000, 8_000)]


@pytest.mark.parametrize("size, words", [
    ((1, 4000), "too small"), ((4000, 1), "too small"), ((15, 15), "too small"),
    ((20, 4000), "too thin")])
def test_pictures_too_small_or_too_thin_are_refused(tmp_path, size, words):
    Image.new("RGB", size).save(tmp_path / "a.png")
    assert words in refused(tmp_path / "a.png")


def test_the_thinnest_picture_that_is_let_in_can_be_painted(tmp_path):
    Image.new("RGB", (800, 100)).save(tmp_path / "a.png")
    assert min(open_picture(tmp_path / "a.png", max_side=128).size) >= images.MIN_SIDE


def test_a_decoder_that_takes_too_long_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "DECODE_SECONDS", 0.1)
    file = io.BytesIO()
    Image.new("L", (500, 500), 100).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last_scan = data[data.rindex(b"\xff\xda"):-2]
    (tmp_path / "a.jpg").write_bytes(data[:-2] + last_scan * 20_000 + data[-2:])
    assert "damaged" in refused(tmp_path / "a.jpg")


# -- tensors ------------------------------------------------------------------------------


def test_pictures_become_tensors_and_come_back():
    image = gradient(31, 17)
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 17, 31) and tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    assert 0 <= tensor.min() and tensor.max() == 1
    assert close(to_image(tensor), image, 0)
    assert close(to_image(tensor[0].requires_grad_()), image, 0)
    assert close(to_image(tensor.bfloat16()), image, 1)


def test_to_image_clamps_and_rounds():
    values = torch.tensor([-1.0, 2.0, 99.6 / 255, 99.4 / 255]).reshape(1, 1, 1, 4)
    assert np.asarray(to_image(values.expand(1, 3, 1, 4)))[0, :, 0].tolist() == [0, 255, 100, 99]
