"""The app as a program uses it: gradio_client, and plain HTTP as curl speaks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from nst.gallery.library import find_preset
from nst.pictures.metadata import recall
from nst.settings import Settings
from nst.web.limits import Limits, offered_knobs

from .conftest import ROOT
from .visitor import Visitor, file_data

STYLE = "hokusai-great-wave"


@pytest.fixture(scope="module")
def client(server) -> Client:
    return Client(server.url, verbose=False)


def test_styles_are_listed_by_name(client):
    styles = {style["name"]: style for style in client.predict(api_name="/styles")}
    assert styles["munch-the-scream"]["artist"] == "Edvard Munch"


def test_a_portrait_is_painted_and_streamed(client, portrait):
    job = client.submit(handle_file(str(portrait)), STYLE, size=128, steps=12,
                        api_name="/stylize")
    outputs = list(job)
    job.result()  # raises what went wrong
    assert len(outputs) >= 3
    assert all(png is None for _, _, png in outputs[:-1])
    assert "step 12 of 12" in outputs[-1][1] and "content" in outputs[-1][1]
    for picture, _, _ in outputs:
        with Image.open(picture) as image:
            assert max(image.size) <= 512
    file = Path(outputs[-1][2])
    assert file.name == f"selfie-{STYLE}.png"
    with Image.open(file) as image:
        assert (image.format, image.size) == ("PNG", (96, 128))
        assert not image.getexif()
    assert recall(file).settings == Settings(size=128, steps=12)


@pytest.mark.parametrize("given, wanted", [
    ({}, {"strength": 0.65, "style_scale": 0.75}),
    ({"strength": 0.9}, {"strength": 0.9, "style_scale": 0.75}),
])
def test_settings_that_are_not_given_are_those_the_first_style_recommends(
        client, portrait, given, wanted):
    recommended = find_preset("cassatt-summertime").settings
    assert recommended == {"strength": 0.65, "style_scale": 0.75}
    *_, png = client.predict(
        handle_file(str(portrait)), f"cassatt-summertime=0.6,{STYLE}=0.4", size=128, steps=3,
        **given, api_name="/stylize")
    assert recall(png).settings == Settings(size=128, steps=3, **wanted)


def test_the_api_is_typed_and_has_the_defaults_of_settings(client):
    described = client.view_api(return_format="dict", print_info=False)
    parameters = {p["parameter_name"]: p for p in
                  described["named_endpoints"]["/stylize"]["parameters"]}
    assert set(described["named_endpoints"]) == {"/styles", "/stylize"}
    assert "weights" not in parameters  # a path on the server
    types = {int: "int", float: "float", str: "str", bool: "bool"}
    for knob in offered_knobs(Limits()):
        assert parameters[knob.name]["parameter_default"] == knob.default
        assert parameters[knob.name]["python_type"]["type"] == types[knob.type]


@pytest.mark.parametrize("wish, said", [
    ({"size": 4096}, "this studio paints up to 1024"),
    ({"size": 100_000_000}, "size is 100000000; give a whole number from 128"),
    ({"steps": -5}, "steps is -5; give a whole number"),
    ({"strength": "strong"}, "strength is 'strong'; give a number from 0 to 1"),
    ({"seconds": 3600}, "this studio paints for up to"),
    ({"style": "no-such-painting"}, "There is no style"),
    ({"style": ",".join(["munch-the-scream"] * 10_000)}, "at most 8"),
    ({"style": "munch-the-scream=heavy"}, "a number above 0"),
    ({"style": "munch-the-scream=-1"}, "a number above 0"),
    ({"style": "../examples/astronaut.jpg"}, "There is no style"),
    ({"style_layers": "conv9_9"}, "has no layer"),
])
def test_a_mistake_is_one_sentence(client, portrait, wish, said):
    with pytest.raises(AppError, match=said):
        client.predict(handle_file(str(portrait)), **{"size": 128, "steps": 4} | wish,
                       api_name="/stylize")


def test_a_file_that_is_no_picture_is_one_sentence(client, tmp_path):
    file = tmp_path / "notes.png"
    file.write_text("no picture")
    with pytest.raises(AppError, match="notes.png is not a picture that can be read here"):
        client.predict(handle_file(str(file)), api_name="/stylize")


def call(server, photo, **more) -> list[tuple[str, object]]:
    """Ask for a painting and read its events, as the README does with curl."""
    visitor = Visitor(server.url)
    event = visitor.ask(photo, **{"size": 128, "steps": 4} | more)
    with visitor.listening(event) as events:
        return list(events)


def uploaded(server, portrait: Path) -> dict:
    return Visitor(server.url).upload(portrait.name, portrait.read_bytes())


def test_plain_http_is_enough(server, portrait):
    events = call(server, uploaded(server, portrait), style=STYLE)
    assert events[-1][0] == "complete"
    picture, status, png = events[-1][1]
    assert "step 4 of 4" in status
    assert Visitor(server.url).fetch(png["url"])[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def link(server) -> str:
    """A link that lies among the uploads and leads to a picture that was never uploaded."""
    link = server.folder / "innocent.jpg"
    if not link.is_symlink():
        link.symlink_to(ROOT / "examples" / "astronaut.jpg")
    return str(link)


@pytest.mark.parametrize("path", [
    str(ROOT / "examples" / "astronaut.jpg"),
    str(ROOT / "styles" / "Ukiyo-e" / "hokusai-great-wave.jpg"),
    "examples/astronaut.jpg",
    "{uploads}/../../../examples/astronaut.jpg",
    "{uploads}/x/../../server.log",
    "file:///etc/hostname",
    "/etc/passwd",
    "/dev/zero",
    "http://127.0.0.1:{port}/gradio_api/startup-events",
    "{server}/config",
    "{link}",
    "{uploads}",
    "",
    "\0",
])
def test_a_path_that_was_not_uploaded_is_refused(server, link, path):
    path = (path.replace("{uploads}", str(server.folder)).replace("{link}", link)
            .replace("{server}", server.url).replace("{port}", server.url.rpartition(":")[2]))
    events = call(server, file_data(path))
    assert [name for name, _ in events] == ["error"]
    assert "Traceback" not in json.dumps(events)


@pytest.mark.parametrize("photo", [
    None, 7, [], "examples/astronaut.jpg", {"url": "data:image/png;base64,AAAA"},
    {"path": 5, "meta": {"_type": "gradio.FileData"}},
])
def test_something_else_than_a_picture_is_refused(server, photo):
    assert [name for name, _ in call(server, photo)] == ["error"]


def test_the_server_still_paints_after_all_that(server, portrait):
    events = call(server, uploaded(server, portrait))
    assert events[-1][0] == "complete"
