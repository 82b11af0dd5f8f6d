"""Settings: every value is checked when it is made, and what it says is one sentence."""

from __future__ import annotations

import dataclasses
import math

import pytest

from nst.errors import UserError
from nst.settings import Settings, knobs

NUMBERS = [knob for knob in knobs() if knob.type in (int, float)]


def test_defaults_are_allowed_and_in_the_knobs():
    settings = Settings()
    assert {knob.name: knob.default for knob in knobs()} == dataclasses.asdict(settings)
    for knob in knobs():
        assert knob.check(knob.default) == knob.default
        assert knob.help
    for knob in NUMBERS:
        assert knob.low <= knob.default <= knob.high
        assert knob.step > 0


BAD = [(knob, value) for knob in knobs() for value in {
    int: (knob.low, "512", None, True, math.nan, math.inf, 10**10, 200.5),
    float: ("0.5", None, False, math.nan, math.inf, -1, 1e9),
    bool: (1, "yes", None), str: (None, 3, "x" * 1001),
}[knob.type] + (("other",) if knob.choices else ()) if value != knob.low]


@pytest.mark.parametrize(("knob", "value"), BAD, ids=lambda x: str(getattr(x, "name", x))[:20])
def test_a_bad_value_is_one_sentence(knob, value):
    with pytest.raises(UserError) as caught:
        Settings(**{knob.name: value})
    message = str(caught.value)
    assert message.startswith(f"{knob.name} is ") and message.endswith(".") and len(message) < 250
    assert "\n" not in message and "; give " in message


@pytest.mark.parametrize("knob", NUMBERS, ids=lambda knob: knob.name)
def test_bounds_are_inside(knob):
    for bound in (knob.low, knob.high):
        value = getattr(Settings(**{knob.name: bound}), knob.name)
        assert value == bound and type(value) is knob.type
