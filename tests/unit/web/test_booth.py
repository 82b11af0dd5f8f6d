"""The photo booth: which styles it offers, what its guest gets, and that it forgets."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote_to_bytes

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from nst import UserError
from nst.web import takeaway
from nst.web.booth import SIX, Booth
from nst.web.server import FAULT

HOME = "http://localhost:7860/"  # what a booth's own browser says


@pytest.fixture
def booth(studio):
    """A booth with the flags that are given: ``booth("a,b", "https://studio.example")``."""
    return lambda *flags: Booth(studio.page, studio.previews, *flags)


def phone(booth: Booth) -> TestClient:
    return TestClient(Starlette(routes=booth._service.takeaways.routes),
                      base_url="https://studio.example")


def painted(booth: Booth, upload: dict, page: str = HOME) -> tuple[list[dict], SimpleNamespace]:
    """(what came while it was painted, the last answer)."""
    *before, last = booth.paint(upload["path"], 0, page)
    return before, SimpleNamespace(**last)


def test_six_styles_of_six_movements_are_offered_or_those_that_are_named(booth, service):
    movements = {service.presets[number].movement for number in booth().presets("")}
    assert len(SIX) == len(movements) == 6
    offered = booth().offer("klimt-the-kiss, van-gogh-starry-night")["styles"]
    assert [style["title"] for style in offered] == ["The Kiss", "The Starry Night"]
    assert all(Path(service.picture(style["picture"])).exists() for style in offered)


@pytest.mark.parametrize("styles, sentence", [
    ("rembrandt", "There is no style 'rembrandt'"), (",".join((*SIX, SIX[0])), "at most 6")])
def test_a_wrong_name_is_told_in_the_booth_and_ends_a_start_with_it(booth, styles, sentence):
    assert sentence in booth().offer(styles)["error"]
    with pytest.raises(UserError, match=sentence):
        booth(styles)


@pytest.mark.parametrize("public_url, page, base", [
    ("https://studio.example/faces/", HOME, "https://studio.example/faces"),
    (None, "http://studio.lan:7860/", "http://studio.lan:7860"), (None, HOME, None),
    (None, "http://127.0.0.1:7860/", None), (None, "", None)])
def test_the_phone_gets_the_public_address_else_the_booths_own_but_never_a_loopback_one(
        booth, upload, public_url, page, base):
    _, last = painted(booth(None, public_url), upload, page)
    assert last.done
    if base is None:
        assert not hasattr(last, "qr")
    else:
        assert last.address.startswith(f"{base}/takeaway/")
        assert b"<svg" in unquote_to_bytes(last.qr)


def test_a_guests_phone_gets_the_picture_and_the_next_guest_finds_nothing(booth, upload, folder):
    booth = booth(None, "https://studio.example")
    before, last = painted(booth, upload)
    assert any("picture" in one and "status" in one for one in before)
    address = last.address.removeprefix("https://studio.example")
    booth.forget(upload["path"], last.picture)
    assert not Path(upload["path"]).exists() and not Path(last.picture).parent.exists()
    page = phone(booth).get(address)
    assert page.status_code == 200 and 'data-state="here"' in page.text
    assert page.headers["cache-control"] == "no-store"
    picture = phone(booth).get(f"{address}portrait.jpg")
    assert picture.headers["content-type"] == "image/jpeg" and len(picture.content) > 500
    booth._service.takeaways.drop(address.split("/")[-2])
    gone = phone(booth).get(address)
    assert gone.status_code == 404 and 'data-state="gone"' in gone.text
    assert phone(booth).get(f"{address}portrait.jpg").status_code == 404
    assert list(folder.glob("*")) == [folder / "static"]


def test_the_oldest_picture_makes_room_and_each_is_dropped_in_time(
        service, tmp_path, monkeypatch):
    monkeypatch.setattr(takeaway, "MAX_KEPT", 2)
    monkeypatch.setattr(takeaway, "KEPT_MINUTES", 0)
    dropped: list[str] = []
    monkeypatch.setattr(takeaway.Takeaways, "drop", lambda self, name: dropped.append(name))
    png = tmp_path / "result.png"
    Image.new("RGB", (64, 64)).save(png)
    names = [service.takeaways.add(png) for _ in range(3)]
    while len(dropped) < 4:  # each by its timer, the first one for want of room as well
        time.sleep(0.01)
    assert set(dropped) == set(names) and dropped.count(names[0]) == 2


def test_a_guest_who_goes_stops_the_painting_and_leaves_nothing(booth, upload, folder):
    booth = booth(None, "https://studio.example")
    answers = booth.paint(upload["path"], 0, HOME)
    next(answers)
    booth.forget(upload["path"], "")
    assert not any(answer.get("done") for answer in answers)
    assert list(folder.glob("*")) == [folder / "static"]


def test_nobody_forgets_what_is_not_a_guests(booth, service, astronaut):
    sample = service.samples[0].photo
    for path in (sample, str(astronaut), str(service.folder), ""):
        booth().forget(path, path)
    assert Path(sample).exists() and astronaut.exists() and Path(service.folder).exists()


def test_what_goes_wrong_is_one_sentence(booth, upload, monkeypatch, caplog):
    booth = booth()
    assert "upload" in list(booth.paint("/etc/passwd", 0, HOME))[-1]["error"]
    assert list(booth.paint(upload["path"], 999, HOME)) == [{"error": "Choose a style first."}]
    monkeypatch.setattr(booth._service, "job", lambda *_, **__: 1 / 0)
    assert list(booth.paint(upload["path"], 0, HOME)) == [{"error": FAULT}]
    assert "could not paint" in caplog.text
