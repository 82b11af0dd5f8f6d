"""The flags of app.py, and what they change in the page and the API."""

from __future__ import annotations

import pytest

from nst.settings import Settings
from nst.web.controls import control
from nst.web.limits import Limits, offered_knobs
from nst.web.options import arguments
from nst.web.service import Service


def test_what_is_not_given_has_the_defaults_of_the_limits():
    args = arguments([])
    assert Limits.of(args) == Limits()
    assert args.styles == [] and args.auth is None and not args.share


def test_a_flag_may_be_repeated_and_credentials_are_split():
    args = arguments(["--styles", "a", "--styles", "b", "--auth", "anna:se:cret"])
    assert args.styles == ["a", "b"] and args.auth == ("anna", "se:cret")


@pytest.mark.parametrize("flags", [
    ["--auth", "anna"], ["--auth", ":secret"], ["--port", "99999"], ["--port", "0"],
    ["--port", "web"],
    ["--max-size", "10"], ["--max-seconds", "-5"], ["--max-size", "64"], ["--max-size", "large"],
    ["--max-size", "100000"], ["--max-seconds", "0"], ["--max-seconds", "nan"],
    ["--max-seconds", "soon"], ["--away-seconds", "junk"], ["--away-seconds", "-1"],
    ["--public-url", "studio.example"], ["--public-url", "ftp://studio.example"],
    ["--public-url", "https://"], ["--public-url", "https://studio.example/?booth"],
    ["--public-url", "http://[::1"]])
def test_a_wrong_flag_ends_with_one_line(flags, capsys):
    with pytest.raises(SystemExit) as ended:
        arguments(flags)
    assert ended.value.code == 2
    assert f"argument {flags[0]}: give " in capsys.readouterr().err


def test_a_booth_has_six_styles_or_those_that_are_named_and_an_address_for_phones():
    assert arguments([]).booth is None
    assert arguments(["--booth"]).booth == ""
    args = arguments(["--booth", "klimt-the-kiss", "--public-url", "https://studio.example/faces"])
    assert (args.booth, args.public_url) == ("klimt-the-kiss", "https://studio.example/faces")


def test_a_small_limit_moves_the_default_of_the_page_and_the_api(folder):
    service = Service([], Limits(size=384, seconds=60), folder)
    knobs = {knob.name: knob for knob in service.knobs}
    assert (knobs["size"].high, knobs["size"].default) == (384, 384)
    assert (knobs["seconds"].high, knobs["seconds"].default) == (60, 0)
    service.limits.check(Settings(**service.defaults))


def test_the_smallest_limit_leaves_the_page_one_size(folder):
    size = next(knob for knob in Service([], Limits(size=128), folder).knobs if knob.name == "size")
    only = control(size, size.default)
    assert (only.minimum, only.maximum, only.value) == (128, 128, 128)


def test_visitors_are_offered_all_settings_but_those_of_the_machine():
    names = [knob.name for knob in offered_knobs(Limits())]
    assert {"size", "strength", "colors", "seed"} <= set(names)
    assert not {"weights", "device", "precision"} & set(names)
