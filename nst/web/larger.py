"""The next larger picture of a result: its size, and how long it will take."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..engine.recipe import Scale, above, plan
from ..engine.time_left import scale_costs, total_work
from ..errors import UserError
from ..settings import Settings
from .limits import Limits

__all__ = ["Larger", "next_larger"]

# The larger scales were measured to take so many times as long as their work says by the time of
# the result before, in which small scales count (512 to 1024 px on two cores, in
# bfloat16 and in float32: 1.0 to 1.3).
MARGIN = 1.3


@dataclasses.dataclass(frozen=True)
class Larger:
    """Pixels of the longer side, and the seconds that it is expected to take."""

    size: int
    seconds: float


def next_larger(settings: Settings, seconds: float, limits: Limits,
                enlarged: bool = False) -> Larger | None:
    """Twice the size, or as much as the limits allow; None where that is no larger.

    Args:
        settings, seconds: of the finished result.
        enlarged: whether it was itself enlarged, so that only its last scale was painted.
    """
    size = min(2 * settings.size, limits.size)
    try:
        ahead = above(plan(dataclasses.replace(settings, size=size)), settings.size)
    except UserError:
        return None
    done = plan(settings).scales
    work = _work(ahead.scales, settings) / _work(done[-1:] if enlarged else done, settings)
    expected = MARGIN * seconds * work
    return Larger(size, min(expected, settings.seconds or limits.seconds, limits.seconds))


def _work(scales: Sequence[Scale], settings: Settings) -> float:
    return total_work(scales, scale_costs(scales, settings))
