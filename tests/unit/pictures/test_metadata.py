"""The settings travel inside the PNG, come back, and take nothing private along."""

from __future__ import annotations

import json

import pytest
from PIL import Image, PngImagePlugin

from nst.errors import UserError
from nst.pictures.metadata import CHUNK, MAX_STYLES, describe, fingerprint, recall
from nst.pictures.reading import open_picture
from nst.pictures.writing import save_png
from nst.settings import Settings
from nst.version import __version__

PICTURE = Image.new("RGB", (32, 32), "teal")


def carrying(path, value) -> str:
    save_png(PICTURE, path, {CHUNK: value if isinstance(value, str) else json.dumps(value)})
    return str(path)


def record(**changes):
    return {"version": __version__, "settings": {}, "styles": []} | changes


def refused(path) -> str:
    with pytest.raises(UserError) as caught:
        recall(path)
    assert str(caught.value).endswith(".") and str(path) not in str(caught.value)
    return str(caught.value)


def test_settings_and_styles_come_back(tmp_path):
    settings = Settings(size=768, strength=0.35, colors="photo", style_faces=False, seed=7)
    styles = [("van-gogh-starry-night", 1.0), ("Große Welle (1831).jpg", 0.25)]
    save_png(PICTURE, tmp_path / "a.png", describe(settings, styles))
    record = recall(tmp_path / "a.png")
    assert (record.settings, record.styles) == (settings, styles)


def test_a_mask_is_recorded_by_its_fingerprint(tmp_path):
    mask = Image.linear_gradient("L").resize((32, 32))
    save_png(PICTURE, tmp_path / "a.png", describe(Settings(), [("wave", 1.0)], mask))
    save_png(PICTURE, tmp_path / "b.png", describe(Settings(), [("wave", 1.0)]))
    assert recall(tmp_path / "a.png").mask == fingerprint(mask.convert("RGB"))
    assert recall(tmp_path / "b.png").mask == ""
    assert len({fingerprint(m) for m in (mask, mask.rotate(90), mask.resize((64, 16)))}) == 3


def test_the_record_can_also_be_read_as_text():
    text = describe(Settings(size=640), [("van-gogh-starry-night", 1.0), ("wave.jpg", 0.5)])
    assert text["Software"] == f"nst {__version__}"
    assert all(word in text["Description"] for word in ("van-gogh-starry-night", "wave", "640"))


def test_no_path_of_the_machine_is_written(tmp_path):
    settings = Settings(weights="/home/someone/secret/my.safetensors")
    styles = [("/home/someone/secret/wave.jpg", 1.0), (r"C:\Users\someone\secret\b.png", 1.0)]
    save_png(PICTURE, tmp_path / "a.png", describe(settings, styles))
    data = (tmp_path / "a.png").read_bytes()
    assert b"someone" not in data and b"secret" not in data
    record = recall(tmp_path / "a.png")
    assert record.settings.weights == "my.safetensors"
    assert record.styles == [("wave.jpg", 1.0), ("b.png", 1.0)]


def test_nothing_of_the_photos_metadata_reaches_the_painting(tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825)[29] = "2024:02:29"
    PICTURE.save(tmp_path / "a.jpg", exif=exif, comment=b"a comment")
    photo = open_picture(tmp_path / "a.jpg")
    save_png(photo, tmp_path / "a.png", describe(Settings(), [("wave", 1.0)]))
    with Image.open(tmp_path / "a.png") as painting:
        painting.load()
        assert painting.info.keys() == {"Software", "Description", CHUNK}
        assert not painting.getexif()
    for trace in (b"eXIf", b"CameraMaker", b"2024:02:29", b"a comment"):
        assert trace not in (tmp_path / "a.png").read_bytes()


def test_a_record_of_an_older_version_gets_todays_defaults(tmp_path):
    path = carrying(tmp_path / "a.png", record(version="0.0.1", settings={"size": 256}))
    assert (recall(path).settings, recall(path).styles) == (Settings(size=256), [])


def test_a_record_with_settings_of_another_version_names_them(tmp_path):
    path = carrying(tmp_path / "a.png", record(version="9.9", settings={"sparkle": 1}))
    assert "version 9.9" in refused(path) and "(sparkle)" in refused(path)
    path = carrying(tmp_path / "a.png", record(settings={"sparkle": 1, "size": 256}))
    assert f"another state of version {__version__}" in refused(path)  # of which none is newer
    assert "update" not in refused(path) and "(sparkle)" in refused(path)


def test_a_file_without_a_record_is_refused(tmp_path):
    PICTURE.save(tmp_path / "plain.png")
    PICTURE.save(tmp_path / "a.jpg", comment=b"nst")
    (tmp_path / "a.txt").write_text("nst")
    for name in ("plain.png", "a.jpg", "a.txt", "missing.png"):
        assert "carries no settings" in refused(tmp_path / name)


@pytest.mark.parametrize("value", [
    "", "{", "[]", "null", "3", "[" * 60_000, '{"version": "1"}', '{"settings": 1e999}',
    record(mask=3), record(mask="../mask.png"), record(mask="0" * 63 + "G"),
    record(settings=[]), record(settings={"size": 10**9}), record(settings={"size": 10**400}),
    record(settings={"size": "512"}), record(settings={"strength": float("nan")}),
    record(settings={"weights": "../../etc/passwd"}), record(settings={"weights": ".."}),
    record(styles=None), record(styles=["wave"]), record(styles=[{"name": "wave"}]),
    record(styles=[{"name": "../wave.jpg", "weight": 1}]),
    record(styles=[{"name": "..", "weight": 1}]), record(styles=[{"name": 5, "weight": 1}]),
    record(styles=[{"name": "wave", "weight": float("inf")}]),
    record(styles=[{"name": "wave", "weight": -1}]),
    record(styles=[{"name": "wave", "weight": 10**400}]),
    record(styles=[{"name": "wave", "weight": 1}] * (MAX_STYLES + 1)),
    record(marked_faces=3), record(marked_faces=[[0, 0, 1]]), record(marked_faces=[[0, 0, 2, 1]]),
    record(marked_faces=[["0", 0, 1, 1]]), record(marked_faces=[[0, 0, 1, 1]] * 65),
    record(cover=3), record(cover={"whole": 2}), record(cover={"whole": "1"}),
    json.dumps(record()) + " " * 100_000,
], ids=lambda value: str(value)[:40])
def test_a_forged_record_is_refused(tmp_path, value):
    assert "damaged" in refused(carrying(tmp_path / "a.png", value))


def test_a_forged_record_that_unpacks_to_50_megabytes_is_refused(tmp_path):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text(CHUNK, "[" * 50_000_000, zip=True)
    PICTURE.save(tmp_path / "a.png", pnginfo=chunks)
    assert (tmp_path / "a.png").stat().st_size < 100_000
    refused(tmp_path / "a.png")
