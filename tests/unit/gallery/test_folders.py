"""Styles from a folder: what is listed, how it is described, links, and hostile names."""

import os

from nst.gallery.catalogue import movements
from nst.gallery.library import find_preset, load_presets
from nst.gallery.search import Collection

from .made_folders import opened, picture, tree


def test_wikiarts_names_give_artist_title_and_year(tmp_path):
    tree(tmp_path, "Impressionism/claude-monet_water-lilies-1919.jpg",
         "Art_Nouveau_Modern/gustav-klimt_portrait-of-adele-bloch-bauer-i-1907-1.jpg",
         "Realism/vincent-van-gogh_the-church.png", "My own/Grandma's house (1990).webp")
    found = {preset.name: preset for preset in opened(tmp_path)}
    monet = found["claude-monet_water-lilies-1919"]
    assert monet.credit == "Claude Monet, Water Lilies, 1919"
    assert (monet.movement, bool(monet.about)) == ("Impressionism", True)
    klimt = found["gustav-klimt_portrait-of-adele-bloch-bauer-i-1907-1"]
    assert klimt.credit == "Gustav Klimt, Portrait of Adele Bloch Bauer I, 1907"
    assert klimt.movement == "Art Nouveau"
    assert found["vincent-van-gogh_the-church"].credit == "Vincent van Gogh, The Church"
    assert found["grandma-s-house-(1990)"].credit == "Grandma s house, 1990"
    assert found["grandma-s-house-(1990)"].movement == "My own"
    assert monet.open().getpixel((0, 0)) == (255, 0, 0)
    assert find_preset("claude-monet_water-lilies-1919", [tmp_path]) == monet
    assert list(movements(load_presets([tmp_path])))[-2:] == ["My own", "Realism"]


def test_a_folder_of_pictures_alone_is_one_movement(tmp_path):
    tree(tmp_path / "Cubism", "one.png", "two.png")
    assert [preset.movement for preset in opened(tmp_path / "Cubism")] == ["Cubism"] * 2


def test_hostile_names_are_made_safe_and_still_open(tmp_path):
    raw = [b"<img src=x onerror=alert(1)>.png", b"a\nb=2.png", b"--help.png", b"\xff\xfe.png",
           "\u202egnp.exe.png".encode(), b"x" * 200 + b".png", b"$(rm -rf).png"]
    (tmp_path / "M<b>").mkdir()
    for name in raw:
        (tmp_path / "M<b>" / os.fsdecode(name)).write_bytes(picture())
    found = opened(tmp_path)
    assert len(found) == len(raw)
    for preset in found:
        for text in (preset.name, preset.title, preset.artist, preset.movement, preset.alt,
                     preset.credit):
            assert not set(text) & set("<>&\"'=/\\\n\u202e$"), text
            text.encode("utf-8")
        assert preset.name[0] not in "-." and len(preset.name) <= 100
        assert preset.thumbnail().exists()


def test_links_that_leave_the_folder_are_ignored(tmp_path, caplog):
    secret = tree(tmp_path / "secret", "private.png")
    root = tree(tmp_path / "styles", "Realism/real.png")
    (root / "Realism" / "inside.png").symlink_to("real.png")
    (root / "Realism" / "outside.png").symlink_to(secret / "private.png")
    (root / "Realism" / "dangling.png").symlink_to(tmp_path / "nothing")
    (root / "Stolen").symlink_to(secret)
    (root / "Loop").symlink_to("Loop")
    assert [preset.name for preset in opened(root)] == ["inside", "real"]
    assert "4 links" in caplog.text
    (tmp_path / "link").symlink_to(root)  # the folder itself may be one: the user chose it
    assert len(opened(tmp_path / "link")) == 2


def test_what_is_no_picture_is_left_out(tmp_path):
    tree(tmp_path, "A/x.png", "A/._x.png", "A/notes.txt", "A/deep/y.png", ".git/z.png")
    (tmp_path / "A" / "folder.png").mkdir()
    os.mkfifo(tmp_path / "A" / "pipe.png")
    assert [preset.name for preset in opened(tmp_path)] == ["x"]


def test_opening_a_folder_looks_at_no_file(tmp_path, monkeypatch):
    """What makes 100,000 pictures open at once: not one is read, nor even asked for its size."""
    tree(tmp_path, *(f"A/{n}.png" for n in range(20)))
    stat = os.stat

    def no_picture(path, *args, **kwargs):
        assert not str(path).endswith(".png"), path
        return stat(path, *args, **kwargs)

    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, no_picture)
    monkeypatch.setattr("nst.gallery.presets.open_picture", None)
    assert len(Collection(opened(tmp_path)).search("1").page(1, 50)) == 11
