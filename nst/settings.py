"""Every knob of the engine, once: default, range, choices, help text.

The command line's flags, the app's controls and the API's parameters are built from
:func:`knobs`; none of them repeats a default, a range or a sentence of help.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from .errors import UserError

__all__ = ["Knob", "Settings", "knob_value", "knobs", "settings_for"]


def _knob(default, help, *, low=None, high=None, step=None, choices=None, basic=False):
    meta = dict(help=help, low=low, high=high, step=step, choices=choices, basic=basic)
    return dataclasses.field(default=default, metadata=meta)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a picture is painted. Immutable; every value is checked when it is made.

    Raises:
        UserError: a value of the wrong type, outside its range, or not among its choices.
    """

    size: int = _knob(
        512, "longer side of the finished picture, in pixels", low=128, high=4096, step=64,
        basic=True)
    quality: str = _knob(
        "standard", "how long to work on it: a quick draft, the standard, or as fine as it gets",
        choices=("draft", "standard", "fine"), basic=True)
    strength: float = _knob(
        0.7, "how far the style takes over: 0 stays close to the photo, 1 is as bold as the "
        "style", low=0.0, high=1.0, step=0.05, basic=True)
    likeness: float = _knob(
        0.5, "how closely a face keeps its features: 0 paints it like anything else, 1 keeps it "
        "unmistakable", low=0.0, high=1.0, step=0.05, basic=True)
    background: float = _knob(
        0.5, "how much of the photo's background stays: 0 leaves it to the style, 1 keeps it as "
        "much as the person", low=0.0, high=1.0, step=0.05)
    colors: str = _knob(
        "painting", "whose colours: the style's (painting), the photo's, or the photo's with only "
        "its brightness painted", choices=("painting", "photo", "luminance"))
    region: str = _knob(
        "everything", "what to paint: everything, only the subject, or only the background",
        choices=("everything", "subject", "background"))
    style_scale: float = _knob(
        1.0, "size of the brush strokes relative to the picture", low=0.25, high=4.0, step=0.05)
    style_faces: bool = _knob(
        True, "let skin take its strokes and colours from the style's faces, or from its tones "
        "nearest to skin")
    keep_border: bool = _knob(
        False, "keep a plain border around a style's picture: white, black, a scan's edge, a wall")
    exposure: bool = _knob(False, "even out a dark or pale photo before painting "
                          "(a nearly black one always is)")
    seconds: float = _knob(
        0.0, "time budget in seconds; the schedule is fitted to it (0: no budget)",
        low=0.0, high=3600.0, step=5.0)
    steps: int = _knob(
        0, "optimisation steps in all, shared out over the sizes (0: as many as the quality "
        "asks for)", low=0, high=5000, step=10)
    backbone: str = _knob(
        "vgg19", "the network that sees: vgg19 is embedded (Oxford's weights), the others are "
        "fetched once from a hub", choices=("vgg19", "vgg19-imagenet", "vgg16", "alexnet"))
    weights: str = _knob("", "a local .safetensors or .pth file with the backbone's weights")
    convolutions: str = _knob(
        "low-rank", "how the embedded vgg19 is computed: in half of the multiplications, with "
        "much the same features (low-rank), or as it is (exact)", choices=("low-rank", "exact"))
    statistics: str = _knob(
        "covariance", "what of the style's features is matched: their covariance and mean, or the "
        "raw Gram matrix of Gatys et al. 2016", choices=("covariance", "gram"))
    content_layers: str = _knob(
        "", "content layers, as in conv4_2 or conv4_2:1,conv5_2:0.5 (empty: the backbone's own)")
    style_layers: str = _knob(
        "", "style layers with weights, as in conv1_1:16,conv2_1:8 (empty: the recipe's, which "
        "change with the size)")
    content_weight: float = _knob(
        1.0, "alpha, the content loss's weight relative to the recipe's",
        low=0.0, high=100.0, step=0.05)
    style_weight: float = _knob(
        1.0, "beta, the style loss's weight relative to the recipe's",
        low=0.0, high=100.0, step=0.05)
    tv_weight: float = _knob(
        1.0, "the total variation loss's weight relative to the recipe's",
        low=0.0, high=100.0, step=0.05)
    learning_rate: float = _knob(
        1.0, "the optimiser's step relative to the recipe's", low=0.01, high=10.0, step=0.05)
    optimizer: str = _knob(
        "adam", "how the picture is optimised: lbfgs gets about as far and takes more memory",
        choices=("adam", "lbfgs"))
    init: str = _knob(
        "photo", "what the picture starts from", choices=("photo", "noise", "style"))
    pooling: str = _knob(
        "average", "how the backbone pools: average paints larger forms in fuller colours; max, "
        "the network's own, paints crisper, thinner strokes", choices=("average", "max"))
    seed: int = _knob(
        0, "which variation is painted: the same number paints the same picture", low=0,
        high=2**31 - 1, step=1)
    device: str = _knob("auto", "where to compute", choices=("auto", "cpu", "cuda"))
    precision: str = _knob(
        "auto", "number format of the features: bfloat16 where the machine is fast at it",
        choices=("auto", "float32", "bfloat16"))

    def __post_init__(self):
        for knob in knobs():
            object.__setattr__(self, knob.name, knob.check(getattr(self, knob.name)))


@dataclass(frozen=True)
class Knob:
    """One field of Settings as a front end needs it: ``type`` is int, float, bool or str."""

    name: str
    type: type
    default: Any
    help: str
    low: float | None
    high: float | None
    step: float | None
    choices: tuple[str, ...] | None
    basic: bool

    def check(self, value: Any) -> Any:
        """The value in the knob's own type; raises UserError if it is not one of its values."""
        bad = UserError(f"{self.name} is {_short(value)}; give {self.wanted()}.")
        if self.type is bool:
            if not isinstance(value, bool):
                raise bad
            return value
        if self.type is str:
            if not isinstance(value, str) or len(value) > 1000:
                raise bad
            if self.choices and value not in self.choices:
                raise bad
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise bad
        assert self.low is not None and self.high is not None  # every number has a range
        if not self.low <= value <= self.high:  # also refuses NaN
            raise bad
        if self.type is int and value != int(value):
            raise bad
        return self.type(value)

    def wanted(self) -> str:
        """What the knob takes, in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.type is bool:
            return "true or false"
        if self.type is str:
            return "a text of at most 1000 characters"
        kind = "a whole number" if self.type is int else "a number"
        return f"{kind} from {self.low:g} to {self.high:.10g}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def knobs() -> tuple[Knob, ...]:
    """Every field of Settings, in the order in which a front end should show them."""
    return _KNOBS


_types = get_type_hints(Settings)
_KNOBS = tuple(
    Knob(name=f.name, type=_types[f.name], default=f.default, **f.metadata)
    for f in dataclasses.fields(Settings)
)


def settings_for(recommended: Mapping[str, Any], given: Mapping[str, Any]) -> Settings:
    """What was given, then what the style recommends, then the defaults."""
    return Settings(**{**recommended, **given})


def knob_value(knob: Knob, text: str | bool) -> Any:
    """A knob's value from a text; raises UserError where it is none."""
    value: Any = text
    if knob.type is bool:
        words: dict[str | bool, bool] = {"true": True, "yes": True, "false": False, "no": False}
        value = words.get(text, text)
    elif knob.type is not str:
        try:
            value = float(text)
        except ValueError:
            pass  # the check says what is wanted
    return knob.check(value)
