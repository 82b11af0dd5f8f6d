"""What a file's name says about a picture."""

import pytest

from nst.gallery.filenames import is_picture, parse_filename, safe_stem


@pytest.mark.parametrize(("filename", "described"), [
    ("claude-monet_water-lilies-1919.jpg", ("Water Lilies", "Claude Monet", "1919")),
    ("el-greco_view-of-toledo.png", ("View of Toledo", "El Greco", "")),
    ("klimt_the-kiss-1908-2.jpg", ("The Kiss", "Klimt", "1908")),
    ("IMG 0042.jpeg", ("IMG 0042", "", "")), (".png", ("Picture", "", "")),
])
def test_artist_title_and_year(filename, described):
    assert parse_filename(filename) == described


def test_pictures_are_known_by_their_suffix():
    assert all(map(is_picture, ("a.jpg", "A.PNG", "a.b.webp", "a.heic", "a.heif",
                                "a.avif", "a.TIF", "a.tiff",
                                "a.jfif")))
    assert not any(map(is_picture, ("a.txt", ".a.jpg", "._a.png", "a.jpg.part")))


def test_a_stem_is_safe_and_short():
    assert safe_stem("<b>&\"'.png") == "b"
    assert safe_stem("../../etc/passwd.png") == "etc-passwd"
    assert safe_stem("x" * 200 + ".png") == "x" * 100
