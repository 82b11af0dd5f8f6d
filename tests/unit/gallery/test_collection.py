"""Styles from outside: folders, several at once, very many, hostile ones, and a hub's."""

import io
import os
import time

import pytest
from PIL import Image

from nst.errors import UserError
from nst.gallery.collection import Collection, shown
from nst.gallery.presets import _loaded, find_preset, load_presets, movements
from tests.hub_server import COMMIT, Hub


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NST_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("NST_STYLES", raising=False)
    _loaded.cache_clear()


def picture(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def tree(root, *paths: str):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(picture())
    return root


def outside(*sources) -> list:
    return load_presets(sources)[len(load_presets()):]


def test_wikiarts_names_give_artist_title_and_year(tmp_path):
    tree(tmp_path, "Impressionism/claude-monet_water-lilies-1919.jpg",
         "Art_Nouveau_Modern/gustav-klimt_portrait-of-adele-bloch-bauer-i-1907-1.jpg",
         "Realism/vincent-van-gogh_the-church.png", "My own/Grandma's house (1990).webp")
    found = {preset.name: preset for preset in outside(tmp_path)}
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


def test_several_folders_and_the_variable(tmp_path, monkeypatch):
    for name in "abc":
        tree(tmp_path / name, f"Realism/{name}.png")
    monkeypatch.setenv("NST_STYLES", os.pathsep.join([f"{tmp_path}/b", f"{tmp_path}/c", ""]))
    assert [preset.name for preset in load_presets([tmp_path / "a"])][-3:] == ["a", "b", "c"]


def test_the_variable_takes_addresses_of_the_hub_among_folders(tmp_path, monkeypatch):
    tree(tmp_path / "a", "Realism/a.png")
    with Hub() as hub:
        hub.point(monkeypatch)
        hub.add("datasets/owner/name/Realism/z.png", picture())
        monkeypatch.setenv("NST_STYLES", os.pathsep.join(
            ["hf://datasets/owner/name", str(tmp_path / "a"), f"hf://datasets/owner/name@{COMMIT}"]))
        assert [preset.name for preset in load_presets()][-3:] == ["z", "a", "z-2"]


def test_a_folder_of_pictures_alone_is_one_movement(tmp_path):
    tree(tmp_path / "Cubism", "one.png", "two.png")
    assert [preset.movement for preset in outside(tmp_path / "Cubism")] == ["Cubism"] * 2


def test_names_are_unique(tmp_path):
    tree(tmp_path, "A/x.jpg", "A/x.png", "A/x-2.png", "B/X.jpg", "B/mona lisa.jpg",
         "B/van-gogh-starry-night.jpg")
    names = [preset.name for preset in load_presets([tmp_path])]
    assert len({name.casefold() for name in names}) == len(names)
    assert {"x", "x-2", "x-3", "x-4", "van-gogh-starry-night-2"} <= set(names)
    assert find_preset("van-gogh-starry-night", [tmp_path]).artist == "Vincent van Gogh"


def test_hostile_names_are_made_safe_and_still_open(tmp_path):
    raw = [b"<img src=x onerror=alert(1)>.png", b"a\nb=2.png", b"--help.png", b"\xff\xfe.png",
           "\u202egnp.exe.png".encode(), b"x" * 200 + b".png", b"$(rm -rf).png"]
    (tmp_path / "M<b>").mkdir()
    for name in raw:
        (tmp_path / "M<b>" / os.fsdecode(name)).write_bytes(picture())
    found = outside(tmp_path)
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
    assert [preset.name for preset in outside(root)] == ["inside", "real"]
    assert "4 links" in caplog.text
    (tmp_path / "link").symlink_to(root)  # the folder itself may be one: the user chose it
    assert len(outside(tmp_path / "link")) == 2


def test_what_is_no_picture_is_left_out(tmp_path):
    tree(tmp_path, "A/x.png", "A/._x.png", "A/notes.txt", "A/deep/y.png", ".git/z.png")
    (tmp_path / "A" / "folder.png").mkdir()
    os.mkfifo(tmp_path / "A" / "pipe.png")
    assert [preset.name for preset in outside(tmp_path)] == ["x"]


@pytest.mark.parametrize("source", ["missing", "empty", "file", "\0", "hf://models/a/b",
                                    "hf://datasets/a", "hf://datasets/a/b/c/d",
                                    "hf://datasets/../b"])
def test_a_wrong_source_is_one_sentence(tmp_path, source):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError) as error:
        load_presets([source if "/" in source else f"{tmp_path}/{source}"])
    assert "\n" not in str(error.value)


def test_broken_pictures_are_skipped_and_named(tmp_path, caplog):
    tree(tmp_path, *(f"A/{n}.png" for n in "abcd"))
    for n in "bd":
        (tmp_path / "A" / f"{n}.png").write_bytes(picture()[:60])
    found = Collection(outside(tmp_path))
    assert [preset.name for preset, _ in shown(found)] == ["a", "c"]
    assert "b.png" in caplog.text and "d.png" in caplog.text
    assert {found.surprise(seed).name for seed in range(20)} == {"a", "c"}
    with pytest.raises(UserError):
        Collection([found[1], found[3]]).surprise()
    with pytest.raises(UserError):
        Collection([]).surprise()


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
    assert apples.surprise(7) == apples.surprise(7)
    assert len({apples.surprise(seed).name for seed in range(10)}) > 3


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
    assert len(Collection(outside(tmp_path)).search("1").page(1, 50)) == 11


@pytest.fixture
def hub(monkeypatch):
    with Hub() as hub:
        hub.point(monkeypatch)
        for path in ("Impressionism/claude-monet_water-lilies-1919.png", "Impressionism/b.png",
                     "Art_Nouveau_Modern/c.png", "README.md", "deep/er.png/d.png", "Realism/e.txt"):
            hub.add(f"datasets/owner/name/{path}", picture())
        yield hub


def fetched(hub) -> set[str]:
    return {request.split("/cdn/")[1].split()[0].rsplit("/", 1)[1]
            for request in hub.requests if request.startswith("GET /cdn/")}


def test_a_dataset_on_the_hub(hub):
    hub.page = 2  # several pages
    found = outside("hf://datasets/owner/name")
    assert [(p.movement, p.name) for p in found] == [
        ("Art Nouveau", "c"), ("Impressionism", "b"),
        ("Impressionism", "claude-monet_water-lilies-1919")]
    assert found[2].credit == "Claude Monet, Water Lilies, 1919"
    assert fetched(hub) == set()
    chosen = Collection(found).search(movement="Art Nouveau")
    assert [path.exists() for _, path in shown(chosen)] == [True]
    assert fetched(hub) == {"c.png"}
    asked = len(hub.requests)
    assert found[0].open().size == (64, 48)
    assert len(hub.requests) == asked  # it is cached


def test_one_movement_alone_is_listed(hub):
    found = outside("hf://datasets/owner/name/Art Nouveau")
    assert [preset.name for preset in found] == ["c"]
    assert not any("Impressionism" in request or "recursive=true" in request.lower()
                   for request in hub.requests)
    with pytest.raises(UserError, match="did you mean Impressionism"):
        load_presets(["hf://datasets/owner/name/Impresionism"])


def test_a_revision_pins(hub):
    hub.revisions |= {"v1": "1" * 40, "1" * 40: "1" * 40}
    assert {p.commit for p in outside("hf://datasets/owner/name@v1")} == {"1" * 40}
    assert any(f"/tree/{'1' * 40}" in request for request in hub.requests)
    assert {p.commit for p in outside("hf://datasets/owner/name")} == {COMMIT}
    with pytest.raises(UserError, match="revision"):
        load_presets(["hf://datasets/owner/name@v2"])
    with pytest.raises(UserError, match="owner/nothing"):
        load_presets(["hf://datasets/owner/nothing"])


def test_what_was_seen_once_works_without_the_hub(hub, monkeypatch, caplog):
    for address in ("hf://datasets/owner/name", f"hf://datasets/owner/name@{COMMIT}"):
        before = outside(address)
        before[0].open()
        _loaded.cache_clear()
        with monkeypatch.context() as patch:
            patch.setattr("huggingface_hub.HfApi.dataset_info", lambda *a, **k: 1 / 0)
            again = outside(address)
            patch.setattr("huggingface_hub.hf_hub_download", lambda *a, **k: 1 / 0)
            assert again == before and again[0].open().size == (64, 48)
    assert caplog.text.count("does not answer") == 1  # a pinned commit need not ask


def test_a_hub_that_does_not_answer_is_one_sentence(hub, monkeypatch):
    monkeypatch.setattr("nst.hub.ANSWER_SECONDS", 0.2)
    preset = outside("hf://datasets/owner/name")[0]
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", lambda *a, **k: time.sleep(60))
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", lambda *a, **k: time.sleep(60))
    with pytest.raises(UserError, match="does not answer"):
        load_presets(["hf://datasets/owner/other"])
    with pytest.raises(UserError, match="does not answer"):
        preset.open()


def test_a_broken_picture_on_the_hub_is_skipped(hub, caplog):
    hub.add("datasets/owner/name/Impressionism/aa.png", picture()[:50])
    found = Collection(outside("hf://datasets/owner/name/Impressionism"))
    assert [preset.name for preset, _ in shown(found)] == ["b", "claude-monet_water-lilies-1919"]
    assert "aa.png" in caplog.text
