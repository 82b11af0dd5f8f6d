"""Files without their last bytes: read with a sentence where nine tenths are there."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.notices import NOTICE
from nst.pictures.reading import open_picture
from tests.conftest import EXAMPLES

from .made_pictures import close, gradient
from .made_tiffs import ORIENTATION, deflated, plain, tiff

PORTRAITS = sorted(EXAMPLES.glob("*.jpg"))[:2]
EXIF = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\1\0\0\0\0\0\0\0"
KINDS = {
    "PNG": ("PNG", {}), "PNG grey": ("PNG", {"mode": "L"}), "PNG alpha": ("PNG", {"mode": "RGBA"}),
    "GIF": ("GIF", {}), "GIF plain": ("GIF", {"interlace": 0}), "BMP": ("BMP", {}),
    "BMP palette": ("BMP", {"mode": "P"}), "TIFF": ("TIFF", {}),
    "WebP": ("WEBP", {}), "WebP lossless": ("WEBP", {"lossless": True}),
    "WebP EXIF": ("WEBP", {"exif": EXIF}), "WebP alpha": ("WEBP", {"mode": "RGBA"}),
    "HEIC": ("HEIF", {}), "HEIC EXIF": ("HEIF", {"exif": EXIF}),
    "AVIF": ("AVIF", {}), "AVIF EXIF": ("AVIF", {"exif": EXIF}),
}


def saved(image, form, mode="RGB", **options) -> bytes:
    file = io.BytesIO()
    image.convert(mode).save(file, form, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda file: file.stem)
def test_without_its_last_fifty_bytes_it_is_read_with_a_sentence(portrait, kind, caplog, tmp_path):
    form, options = KINDS[kind]
    whole = saved(Image.open(portrait), form, **options)
    (tmp_path / "a.bin").write_bytes(whole[:-50])
    picture, complete = open_picture(tmp_path / "a.bin"), open_picture(whole)
    assert picture.info[NOTICE].startswith("a.bin is incomplete") and not complete.info
    assert caplog.messages == [picture.info[NOTICE]]
    assert picture.size == complete.size and close(picture, complete, 1)
    assert open_picture(tmp_path / "a.bin", max_side=100).size == (
        complete.width * 100 // complete.height if complete.width < complete.height else 100,
        complete.height * 100 // complete.width if complete.height < complete.width else 100)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WebP", "HEIC", "AVIF"])
@pytest.mark.parametrize("portrait", PORTRAITS, ids=lambda file: file.stem)
def test_nine_tenths_are_enough_and_less_is_not(portrait, kind):
    form, options = KINDS[kind]
    whole = saved(Image.open(portrait), form, **options)
    picture = open_picture(whole[:int(len(whole) * 0.93)])
    assert "is incomplete" in picture.info[NOTICE] and close(picture, open_picture(whole), 20)
    for part in (0.3, 0.6):
        with pytest.raises(UserError, match="damaged or incomplete"):
            open_picture(whole[:int(len(whole) * part)])


@pytest.mark.parametrize("size, quality", [((512, 600), 50), ((900, 700), 90), ((333, 500), 75)])
def test_an_avif_decodes_however_plain_its_end_is(size, quality):
    """dav1d refuses what reads on beyond the end, as the filling of a plain end does."""
    whole = saved(Image.open(EXAMPLES / "grace-hopper.jpg").resize(size), "AVIF", quality=quality)
    for missing in (50, len(whole) // 20, len(whole) // 11):
        picture = open_picture(whole[:-missing])
        assert "is incomplete" in picture.info[NOTICE]
        assert close(picture, open_picture(whole), 20)


def test_missing_rows_take_the_nearest_rows_colours():
    ramp = Image.fromarray(np.linspace(40, 200, 200).astype(np.uint8)[:, None].repeat(100, 1))
    for form, rows in (("PNG", slice(-1, None)), ("BMP", slice(0, 1)), ("TIFF", slice(-1, None))):
        data = saved(ramp, form, **({"compress_level": 0} if form == "PNG" else {}))
        got = np.asarray(open_picture(data[:int(len(data) * 0.95)]))
        assert np.abs(got[rows].astype(int) - (40 if form == "BMP" else 200)).max() < 12


def test_rows_of_the_pictures_own_black_stay():
    image = gradient(200, 200)
    image.paste("black", (0, 0, 200, 20))
    image.paste("black", (0, 90, 200, 100))
    data = saved(image, "PNG", compress_level=0)
    assert close(open_picture(data[:-50]), image, 0.1)


def test_interlaced_pictures_have_no_stripes():
    whole = interlaced_png(gradient(200, 160))
    picture = open_picture(whole[:int(len(whole) * 0.95)])
    assert close(picture, gradient(200, 160), 2)


def test_a_compressed_tiff_with_its_directory_in_front(tmp_path):
    for page in (deflated(gradient(300, 200), 8), plain(gradient(300, 200))):
        data = tiff(page | {ORIENTATION: 6})
        (tmp_path / "a.tif").write_bytes(data[:-50])
        for source in (tmp_path / "a.tif", data[:-50]):
            picture = open_picture(source)
            assert "is incomplete" in picture.info[NOTICE] and picture.size == (200, 300)
            assert close(picture, open_picture(data), 3)


def test_a_compressed_tiff_with_its_directory_at_the_end_is_refused():
    """What libtiff writes: the directory is lost, and nothing can be read without it."""
    data = saved(gradient(300, 200), "TIFF", compression="tiff_lzw")
    with pytest.raises(UserError, match="damaged or incomplete"):
        open_picture(data[:-50])


def test_a_film_behind_the_picture_may_be_cut_off():
    """As in a motion photo: nothing of the picture is missing, and nothing is said."""
    film = (10**6).to_bytes(4, "big") + b"mpvd" + bytes(1000)
    for form in ("HEIF", "AVIF"):
        whole = saved(gradient(200, 150), form)
        picture = open_picture(whole + film)
        assert close(picture, open_picture(whole), 0) and not picture.info


def test_a_forged_length_takes_no_memory():
    for form in ("WEBP", "HEIF", "AVIF"):
        data = bytearray(saved(gradient(200, 150), form))
        at = 16 if form == "WEBP" else data.index(b"mdat") - 4
        for forged in (b"\xff\xff\xff\x7f", b"\0\0\0\1", bytes(4)):
            data[at:at + 4] = forged
            try:
                open_picture(bytes(data[:-5]))
            except UserError as error:
                assert "damaged" in str(error)
    whole = saved(gradient(200, 150), "AVIF")
    iloc = whole.index(b"iloc")
    for at in range(iloc, iloc + 30):  # sizes, counts, offsets and lengths of the pieces
        for value in (0, 1, 0x44, 0x88, 0xFF):
            data = bytearray(whole[:-20])
            data[at] = value
            try:
                open_picture(bytes(data))
            except UserError as error:
                assert "damaged" in str(error) or "not a picture" in str(error)


def interlaced_png(image: Image.Image) -> bytes:
    """Adam7 by hand, as Pillow does not write it."""
    import struct
    import zlib

    from .made_pictures import png_chunk
    values, rows = np.asarray(image), b""
    for x, y, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4),
                         (1, 0, 2, 2), (0, 1, 1, 2)):
        for row in values[y::dy, x::dx]:
            rows += b"\0" + row.tobytes()
    header = struct.pack(">IIBBBBB", *image.size, 8, 2, 0, 0, 1)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
            + png_chunk(b"IDAT", zlib.compress(rows, 0)) + png_chunk(b"IEND", b""))
