"""Every language has words for the whole page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app import build
from nst.web import language
from nst.web.controls import AT_HAND, LABELS
from nst.web.language import LANGUAGES
from nst.web.page import PROGRAM
from nst.web.service import Service

FOLDER = Path(language.__file__).with_name("languages")
WORDS = {code: json.loads((FOLDER / f"{code}.json").read_text("utf-8"))
         for code in LANGUAGES if code != "en"}
HOLE = re.compile(r"\{\d\}")
READ = ("alt", "aria-label", "placeholder", "title")
# English in every language; and so are the settings below "Advanced", which are the method's.
NAMES = {"Neural style studio", "Ukiyo-e", "De Stijl", *LANGUAGES.values()}


class Texts(HTMLParser):
    """What a person reads in a piece of HTML."""

    def __init__(self, html: str):
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.found.append(data.strip())

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.found += [value for name, value in attributes
                       if value and (name in READ or name.startswith("data-words"))]


def read_on(service: Service) -> Iterator[str]:
    """What a person reads on the page as it opens; the same text may come twice."""
    for component in build(service).get_config_file()["components"]:
        props = component["props"]
        values = [props.get(name) for name in ("label", "info", "placeholder", "alt_text")]
        if component["type"] in ("html", "markdown", "button"):
            values.append(props.get("value"))
        if component["type"] == "radio":
            values += [choice for choice, _ in props["choices"]]
        if component["type"] != "api":
            for value in values:
                yield from Texts(value).found if isinstance(value, str) else ()


def method(service: Service) -> set[str]:
    """What stands below "Advanced"."""
    return {text for knob in service.knobs if knob.name not in (*AT_HAND, "region") for text in (
        LABELS.get(knob.name, knob.name.replace("_", " ").capitalize()), knob.help,
        *(knob.choices or ()))}


def names(service: Service) -> set[str]:
    """Of paintings, painters and photographs, and what is told about movements and photographs."""
    first = service.presets[service.number["van-gogh-starry-night"]]
    sample = service.samples[0].portrait
    return NAMES | {
        first.title, f", {first.artist}, {first.year}", first.about,
        PROGRAM, f"{first.credit} ({first.licence})",
        f"{sample.title}, {sample.author} ({sample.licence})"}


def test_every_language_has_the_same_strings_with_the_same_holes():
    first = WORDS["de"]
    for code, words in WORDS.items():
        assert list(words) == list(first), code
        for english, own in words.items():
            assert own.strip(), (code, english)
            assert sorted(HOLE.findall(own)) == sorted(HOLE.findall(english)), (code, english)


@pytest.mark.parametrize("code", WORDS)
def test_a_language_is_not_english(code):
    same = [english for english, own in WORDS[code].items() if english == own]
    assert len(same) < 12, same  # "Film", "Details": the same word in both


def test_no_string_of_the_page_is_missing(service):
    known = [re.compile(HOLE.sub("(.+)", re.escape(english).replace(r"\{", "{").replace(
        r"\}", "}"))) for english in WORDS["de"]]
    english = method(service) | names(service)
    missing = {text for text in read_on(service)
               if re.search("[a-z]{2}", text) and text not in english
               and not any(one.fullmatch(text) for one in known)}
    assert missing == set()
