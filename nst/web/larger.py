"""The next larger picture of a result: its size, and how long it will take."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..engine.budget import step_work
from ..engine.objective import RECOMPUTE_PIXELS
from ..engine.recipe import Scale, above, plan
from ..engine.stylize import load_backbone
from ..errors import UserError
from ..settings import Settings
from .limits import Limits

__all__ = ["Larger", "next_larger"]

# Beside its steps a scale takes as long as this many of them: brush strokes are looked up in the
# style. Measured at 1024 px on two cores, as MARGIN: 512 to 1024 px took 1.1 to 1.8 times as long
# as the work says by the time of the result before, in which smaller scales count.
SETUP_STEPS, MARGIN = 2.5, 1.4
RECOMPUTED = 4 / 3  # a step whose activations are computed twice


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
    cost = load_backbone(settings).cost
    return sum(
        (scale.steps + SETUP_STEPS) * step_work(scale, cost({*scale.style, *scale.content}))
        * (RECOMPUTED if scale.size**2 > RECOMPUTE_PIXELS else 1) for scale in scales)
