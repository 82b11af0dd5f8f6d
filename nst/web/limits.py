"""What visitors may ask for: the largest picture, the longest work, the settings they choose."""

from __future__ import annotations

import argparse
import dataclasses

from ..errors import UserError
from ..settings import Knob, Settings, knobs

__all__ = ["Limits", "offered_knobs"]

_NOT_OFFERED = ("weights", "device", "precision")  # what concerns the machine, not a visitor


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one request may ask for: pixels on the longer side, seconds of painting.

    ``previews``: whether the page shows a photo in every style before one is painted.
    ``away``: seconds after which a picture whose visitor is gone gives way to others who wait;
    a phone that was locked, a tunnel: most are back by then.
    """

    size: int = 1024
    seconds: float = 300.0
    previews: bool = True
    away: float = 120.0

    @classmethod
    def of(cls, flags: argparse.Namespace) -> Limits:
        """What the flags of options.py say."""
        return cls(flags.max_size, flags.max_seconds, flags.previews, flags.away_seconds)

    def check(self, settings: Settings) -> Settings:
        """The settings themselves; raises UserError where they ask for more.

        A weights file is a path on the machine that paints, so nobody from outside names one.
        """
        if settings.size > self.size:
            raise UserError(f"size is {settings.size}; this studio paints up to {self.size}.")
        if settings.seconds > self.seconds:
            raise UserError(f"seconds is {settings.seconds:g}; this studio paints for up to "
                            f"{self.seconds:g}.")
        if settings.weights:
            raise UserError("weights names a file on this machine; leave it empty here.")
        return settings


def offered_knobs(limits: Limits) -> tuple[Knob, ...]:
    """The settings that a visitor may choose, their ranges and defaults within ``limits``."""
    highest = {"size": limits.size, "seconds": limits.seconds}
    offered = []
    for knob in knobs():
        if knob.name in highest:
            high = min(knob.high or 0, highest[knob.name])
            knob = dataclasses.replace(knob, high=high, default=min(knob.default, high))
        if knob.name not in _NOT_OFFERED:
            offered.append(knob)
    return tuple(offered)
