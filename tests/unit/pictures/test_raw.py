"""RAW files and TIFFs whose first page is a thumbnail: the full picture or the largest preview."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from nst.errors import UserError
from nst.pictures.notices import NOTICE
from nst.pictures.reading import is_picture_file, open_mask, open_picture

from .made_pictures import close, gradient
from .made_tiffs import (
    DNG_VERSION,
    ORIENTATION,
    PHOTOMETRIC,
    SUBFILE,
    as_strip,
    beside,
    deflated,
    plain,
    sensor,
    tiff,
)

THUMBNAIL, PREVIEW = Image.new("RGB", (160, 120), "red"), gradient(800, 600)
SMALL = {str(SUBFILE): 1}
VERSION = {str(DNG_VERSION): (1, 4, 0, 0)}


def dng(**more) -> bytes:
    """As Adobe's: a thumbnail, below it the sensor's values and a preview."""
    return tiff(plain(THUMBNAIL, **SMALL, **VERSION, **more) | {
        "below": [sensor(1600, 1200), as_strip(PREVIEW, **SMALL)]})


def nef() -> bytes:
    """As Nikon's: a thumbnail, below it a JPEG and the sensor's values."""
    return tiff(plain(THUMBNAIL, **SMALL) | {
        "below": [beside(PREVIEW, **SMALL), sensor(1600, 1200)]}, order=">")


def cr2() -> bytes:
    """As Canon's: a JPEG, a thumbnail, a small RGB picture, the sensor's values."""
    values = {"data": b"\xff\xd8\xff\xc3" + bytes(200), 259: 6}
    return tiff(as_strip(PREVIEW, **{"259": 6}), beside(THUMBNAIL), plain(gradient(80, 60)), values,
                magic=b"CR\2\0\0\0\0\0")


def arw() -> bytes:
    """As Sony's: a preview with the sensor's values below it, then a thumbnail."""
    return tiff(beside(PREVIEW, **SMALL) | {"below": [sensor(1600, 1200)]}, beside(THUMBNAIL))


@pytest.mark.parametrize("make", [dng, nef, cr2, arw])
@pytest.mark.parametrize("name", ["photo.raw", "photo.jpg"])
def test_of_a_raw_file_the_preview_is_used_and_its_size_is_told(tmp_path, make, name, caplog):
    (tmp_path / name).write_bytes(make())
    picture = open_picture(tmp_path / name)
    assert picture.size == (800, 600) and close(picture, PREVIEW, 4)
    assert "RAW file" in picture.info[NOTICE] and "800 x 600" in picture.info[NOTICE]
    assert caplog.messages == [picture.info[NOTICE]]
    assert open_picture(tmp_path / name, max_side=200).size == (200, 150)
    assert is_picture_file(tmp_path / name)


def test_a_preview_is_turned_as_the_raw_file_says():
    assert open_picture(dng(**{str(ORIENTATION): 6})).size == (600, 800)
    # A preview as a page, in strips: as TIFFs without the JPEG inside.
    pages = plain(THUMBNAIL, **SMALL, **VERSION, **{str(ORIENTATION): 8})
    picture = open_picture(tiff(pages | {"below": [sensor(1600, 1200), plain(PREVIEW, **SMALL)]}))
    assert picture.size == (600, 800) and close(
        picture, PREVIEW.transpose(Image.Transpose.ROTATE_90), 1)


def test_a_raw_file_with_a_thumbnail_alone_is_refused():
    for pages in ([plain(THUMBNAIL, **SMALL) | {"below": [sensor(1600, 1200)]}],
                  [sensor(1600, 1200)],
                  [plain(THUMBNAIL, **VERSION), as_strip(PREVIEW, **{str(PHOTOMETRIC): 34892})]):
        with pytest.raises(UserError, match="RAW file without a preview.*export it as JPEG"):
            open_picture(tiff(*pages))


@pytest.mark.parametrize("order, big", [("<", False), (">", False), ("<", True)])
@pytest.mark.parametrize("full", [plain(PREVIEW), deflated(PREVIEW, 50)], ids=["plain", "deflate"])
def test_a_reduced_first_page_gives_way_to_the_full_one(tmp_path, order, big, full):
    first = plain(THUMBNAIL, **SMALL)
    for pages in ([first, full], [first, plain(gradient(400, 300), **SMALL), full],
                  [first | {"below": [full]}], [plain(gradient(160, 120)), full]):
        (tmp_path / "a.tif").write_bytes(tiff(*pages, order=order, big=big))
        for source in (tmp_path / "a.tif", (tmp_path / "a.tif").read_bytes()):
            picture = open_picture(source)
            assert picture.size == (800, 600) and close(picture, PREVIEW, 1)
            assert not picture.info
    assert open_mask(tmp_path / "a.tif").size == (800, 600)


def test_pillows_own_thumbnail_page(tmp_path):
    # A copy: saving as JPEG has left its settings on PREVIEW, which Pillow passes to TIFF.
    THUMBNAIL.copy().save(tmp_path / "a.tif", save_all=True, append_images=[PREVIEW.copy()],
                          tiffinfo={254: 1})
    assert open_picture(tmp_path / "a.tif").size == (800, 600)


def test_of_several_whole_pages_the_first_is_read():
    for pages in ([plain(gradient(400, 300)), plain(PREVIEW)],  # two scans
                  [plain(THUMBNAIL), plain(gradient(600, 800))],  # of another shape
                  [plain(THUMBNAIL), plain(PREVIEW, **{str(SUBFILE): 4})],  # a mask
                  [plain(PREVIEW), plain(THUMBNAIL, **SMALL)]):
        size = pages[0][256], pages[0][257]
        assert open_picture(tiff(*pages)).size == size


def test_directories_in_a_circle_end():
    data = bytearray(tiff(plain(THUMBNAIL, **SMALL), plain(PREVIEW)))
    count = int.from_bytes(data[8:10], "little")
    data[10 + 12 * count:14 + 12 * count] = (8).to_bytes(4, "little")  # the first follows itself
    assert open_picture(bytes(data)).size == THUMBNAIL.size


def test_a_tiff_whose_directory_is_cut_off_is_damaged():
    file = io.BytesIO()
    gradient(200, 150).save(file, "TIFF", compression="tiff_lzw")  # its directory is at the end
    with pytest.raises(UserError, match="damaged or incomplete"):
        open_picture(file.getvalue()[:-50])
