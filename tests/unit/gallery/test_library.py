"""All sources of styles together: their order, unique names, misspelt names, wrong sources."""

import os

import pytest

from nst.errors import UserError
from nst.gallery.library import find_preset, load_presets, split_weight
from tests.hub_server import COMMIT, Hub

from .made_folders import picture, tree


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


def test_names_are_unique(tmp_path):
    tree(tmp_path, "A/x.jpg", "A/x.png", "A/x-2.png", "B/X.jpg", "B/mona lisa.jpg",
         "B/van-gogh-starry-night.jpg")
    names = [preset.name for preset in load_presets([tmp_path])]
    assert len({name.casefold() for name in names}) == len(names)
    assert {"x", "x-2", "x-3", "x-4", "van-gogh-starry-night-2"} <= set(names)
    assert find_preset("van-gogh-starry-night", [tmp_path]).artist == "Vincent van Gogh"


def test_names_are_found_and_near_ones_suggested():
    assert find_preset("van-gogh-starry-night").credit == \
        "Vincent van Gogh, The Starry Night, 1889"
    assert find_preset("Van-Gogh-STARRY-night") == find_preset("van-gogh-starry-night")
    for wrong in ("van-gogh-stary-night", "starry", "STARY NIGHT"):
        with pytest.raises(UserError, match="did you mean van-gogh-starry-night"):
            find_preset(wrong)
    with pytest.raises(UserError, match="list them with"):
        find_preset("qqqq")
    with pytest.raises(UserError) as error:
        find_preset("x\n" * 5000)
    assert len(str(error.value)) < 200 and "\n" not in str(error.value)


@pytest.mark.parametrize(("text", "name", "weight"), [
    ("klimt-the-kiss", "klimt-the-kiss", 1.0), (" klimt-the-kiss = .25 ", "klimt-the-kiss", 0.25),
    ("klimt-the-kiss=", "klimt-the-kiss", 1.0)])
def test_a_style_and_its_weight(text, name, weight):
    assert split_weight(text) == (name, weight)


@pytest.mark.parametrize("weight", ["0", "-1", "nan", "inf", "heavy", "1=2"])
def test_a_weight_that_is_no_number_above_0_is_one_sentence(weight):
    with pytest.raises(UserError, match="not a number above 0; give one, as in klimt-the-kiss=0.5"):
        split_weight(f"klimt-the-kiss={weight}")


@pytest.mark.parametrize(("source", "words"), [
    ("missing", "cannot be read"), ("empty", "holds no pictures"), ("file", "cannot be read"),
    ("\0", "cannot be read"), ("hf://models/a/b", "no address of a dataset"),
    ("hf://datasets/a", "no address of a dataset"),
    ("hf://datasets/a/b/c/d", "no address of a dataset"),
    ("hf://datasets/../b", "no address of a dataset")])
def test_a_wrong_source_is_one_sentence(tmp_path, source, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=words) as error:
        load_presets([source if "/" in source else f"{tmp_path}/{source}"])
    assert "\n" not in str(error.value) and str(error.value).endswith(".")
