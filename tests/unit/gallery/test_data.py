"""The pictures are found in an installed package and in a checkout."""

from nst.gallery.data import EXAMPLES, STYLES, find_folder


def test_both_folders_are_there():
    assert (STYLES / "catalog.toml").is_file() and (EXAMPLES / "catalog.toml").is_file()


def test_an_installed_package_has_them_inside(tmp_path):
    package = tmp_path / "nst"
    assert find_folder("styles", package) == tmp_path / "styles"
    (package / "_data" / "styles").mkdir(parents=True)
    assert find_folder("styles", package) == package / "_data" / "styles"
    assert find_folder("examples", package) == tmp_path / "examples"
