"""Every language has words for the whole page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app import build
from nst import Settings, UserError
from nst.cluster.link import LOST, NOBODY
from nst.pictures.cover import Cover
from nst.settings import knobs
from nst.web import language, markup
from nst.web.comeback import GIVEN_UP
from nst.web.gifts import CHOOSE
from nst.web.job import NO_ROOM_FOR_FILM, STOPPED_BEFORE
from nst.web.labels import label
from nst.web.language import LANGUAGES
from nst.web.page import PROGRAM
from nst.web.paint import NOT_PAINTED
from nst.web.photo import KEPT, TOO_SMALL, PhotoFaces
from nst.web.queue import BUSY, ENOUGH_WAITING
from nst.web.server import FAULT
from nst.web.service import Service
from nst.web.uploads import CANNOT_STORE
from nst.web.wall import GONE, SAMPLE, UNPAINTED

FOLDER = Path(language.__file__).with_name("languages")
WORDS = {code: json.loads((FOLDER / f"{code}.json").read_text("utf-8"))
         for code in LANGUAGES if code != "en"}
HOLE = re.compile(r"\{\d\}")
READ = ("alt", "aria-label", "placeholder", "title")
# The same in every language.
NAMES = {"Neural style studio", *LANGUAGES.values(),
         "vgg19", "vgg19-imagenet", "vgg16", "alexnet", "gram", "lbfgs", "adam"}


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
        if component["type"] in ("html", "markdown", "button", "duplicatebutton"):
            values.append(props.get("value"))
        if component["type"] == "radio":
            values += [choice for choice, _ in props["choices"]]
        if component["type"] != "api":
            for value in values:
                yield from Texts(value).found if isinstance(value, str) else ()


def names(service: Service) -> set[str]:
    """Of paintings, painters and photographs, and what is told about photographs."""
    first = service.presets[service.number["van-gogh-starry-night"]]
    sample = service.samples[0].portrait
    return NAMES | {
        first.title, f", {first.artist}, {first.year}", PROGRAM,
        f"{sample.title}, {sample.author} ({sample.licence})"}


def test_every_language_has_the_same_strings_with_the_same_holes():
    first = WORDS["de"]
    for code, words in WORDS.items():
        assert list(words) == list(first), code
        for english, own in words.items():
            assert own.strip(), (code, english)
            assert sorted(HOLE.findall(own)) == sorted(HOLE.findall(english)), (code, english)


def test_no_sentence_has_words_that_only_those_know_who_run_a_studio():
    assert [english for english in WORDS["de"] if not english.startswith("The booth")
            and re.search("cluster|localhost|HTTPS|luminance", english)] == []


@pytest.mark.parametrize("code", WORDS)
def test_a_language_is_not_english(code):
    same = [english for english, own in WORDS[code].items()
            if english == own and re.search("[a-z]", HOLE.sub("", english))]
    assert len(same) < len(WORDS[code]) / 15, same  # "Film", "Details": the same word in both


@pytest.mark.parametrize(("code", "wrong"), [
    ("ja", "[ぁ-ヶ一-龠][,?!;:()]"), ("zh", "[一-龠][,?!;:()]|您"), ("ko", "당신"),
    ("ar", "[ء-ي][,?;]"),
    ("de", r"\b([Dd](u|ir|ich|ein\w*)|mich)\b|\w\"|'"),
    ("fr", r" [?!:;»]|« |'|\b[Tt](u|e|oi|on|es)\b"),  # a line must not break there
    ("es", r"\busted|\b([Pp]ulse|[Ee]lija|[Tt]oque|[Pp]inte|[Dd]é)\b|^[^¿]*\?|'"),
    ("pt", r"[Ff]icheiro|[Ee]crã|[Cc]âmara|[Uu]tilizador|píxe|'"),  # Portugal's words
    ("it", r"\b(Lei|Suo|Sua)\b|'")])
def test_a_language_has_its_own_punctuation_and_one_form_of_address(code, wrong):
    assert [own for own in WORDS[code].values() if re.search(wrong, own)] == []


def test_what_fits_only_one_sentence_comes_before_what_fits_nearly_anything():
    for code, words in WORDS.items():  # the first that fits is taken; Details is also a tab's name
        order = list(words)
        assert order.index("Details · {1} left") < order.index("{1} · {2} left"), code


def missing(texts: Iterable[str]) -> set[str]:
    """Those that no language has words for; what fits nearly anything does not count."""
    known = [re.compile(HOLE.sub("(.+)", re.escape(english).replace(r"\{", "{").replace(
        r"\}", "}"))) for english in WORDS["de"] if re.search("[A-Za-z]", HOLE.sub("", english))]
    return {text for text in texts if not any(one.fullmatch(text) for one in known)}


def test_no_string_of_the_page_is_missing(service):
    known = names(service)
    assert missing(text for text in read_on(service)
                   if re.search("[a-z]{2}", text) and text not in known) == set()


def test_what_is_on_a_space_alone_has_words(service, monkeypatch):
    usual = set(read_on(service))
    monkeypatch.setenv("SYSTEM", "spaces")
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    added = set(read_on(service)) - usual
    assert added == {"Duplicate this Space"} and missing(added) == set()


def test_every_movement_is_named_and_told_and_every_picture_described(service):
    told = {text for preset in service.presets
            for text in (preset.movement, preset.about, preset.alt)}
    told |= {sample.portrait.alt for sample in service.samples}
    dates = {f"{preset.artist}, {preset.year}" for preset in service.presets
             if re.search("[a-z]", preset.year)}
    assert missing(told - NAMES | dates) == set()


def test_every_setting_among_a_results_details_has_its_name_and_what_is_wrong_with_it_has_words():
    wrong = []
    for knob in knobs():
        if knob.high is not None:
            with pytest.raises(UserError) as refused:
                Settings(**{knob.name: knob.high + 1})
            wrong.append(str(refused.value))
    # A file of weights is given on the command line only.
    names = [label(knob.name) for knob in knobs() if knob.name != "weights"]
    assert missing([*names, "yes", "no", "12.5 s, 58 steps", *wrong,
                    *map(markup.duration, (5, 300))]) == set()


def test_what_is_said_of_photos_faces_the_queue_and_what_was_painted_has_words():
    box = (0.1, 0.1, 0.2, 0.2)
    faces = [PhotoFaces("one", found, marked) for found in ((), (box,), (box, box))
             for marked in ((), (box,))]
    assert missing([
        *(one.sentence() for one in faces), f"notes.jpg is damaged or incomplete; save or send it "
        f"again. {KEPT}", TOO_SMALL.format(20, 20) + " No face found", GIVEN_UP, STOPPED_BEFORE,
        NOT_PAINTED, NO_ROOM_FOR_FILM, CHOOSE, LOST, NOBODY, GONE, SAMPLE, UNPAINTED, BUSY,
        ENOUGH_WAITING, FAULT, CANNOT_STORE, str(Cover(0.55, 0.2)),
        *(text for people in (0, 1, 3) for seconds in (None, 5) for served in (0, 2)
          for text in Texts(markup.waiting(people, seconds, served if people > 1 else 0)).found
          if text)]) == set()
