"""Search, pages and one at random, with broken pictures among them."""

import pytest

from nst.errors import UserError
from nst.gallery.library import load_presets
from nst.gallery.search import Collection, with_thumbnails

from .made_folders import opened, picture, tree


def test_search_pages_and_surprise(tmp_path):
    tree(tmp_path, *(f"Realism/paul-cézanne_apples-{n}-18{n}.png" for n in range(60, 85)))
    found = Collection(load_presets([tmp_path]))
    assert [p.name for p in found.search("starry GOGH")] == ["van-gogh-starry-night"]
    assert [p.title for p in found.search("harvesters 1565")] == ["The Harvesters"]
    assert len(found.search("cezanne", movement="Realism")) == 25
    assert len(found.search("cezanne", movement="Cubism")) == 0
    assert len(found.search("")) == len(found)
    apples = found.search("apples")
    assert apples.pages(10) == 3 and Collection([]).pages(10) == 1
    leafed = [p for n in (1, 2, 3) for p in apples.page(n, 10)]
    assert leafed == list(apples)
    assert apples.page(99, 10) == apples.page(3, 10) and apples.page(-5, 10) == apples.page(1, 10)
    assert Collection([]).page(1, 10) == []
    assert apples.surprise(7) == found.search("apples").surprise(7)
    assert len({apples.surprise(seed).name for seed in range(10)}) > 3


def test_broken_pictures_are_skipped_and_named(tmp_path, caplog):
    tree(tmp_path, *(f"A/{n}.png" for n in "abcd"))
    for n in "bd":
        (tmp_path / "A" / f"{n}.png").write_bytes(picture()[:60])
    found = Collection(opened(tmp_path))
    assert [preset.name for preset, _ in with_thumbnails(found)] == ["a", "c"]
    assert "b.png" in caplog.text and "d.png" in caplog.text
    assert {found.surprise(seed).name for seed in range(20)} == {"a", "c"}
    with pytest.raises(UserError, match="no picture to choose from"):
        Collection([found[1], found[3]]).surprise()
    with pytest.raises(UserError, match="no picture to choose from"):
        Collection([]).surprise()
