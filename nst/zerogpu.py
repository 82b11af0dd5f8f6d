"""A GPU that is lent by the second: ZeroGPU on Hugging Face Spaces.

There, ``import spaces`` has to come before torch, so an app imports it first of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .optimize import Frame, stylize
from .settings import Settings

__all__ = ["lent_frames"]

LONGEST = 120  # seconds; longer loans are refused to most visitors
# A loan's seconds at 512 px: starting up, and the work by quality. Estimates, not measured on
# ZeroGPU; a loan that is too long only waits longer for its turn.
STARTING, WORKING = 20, {"draft": 10, "standard": 25, "fine": 60}


def lent_frames() -> Callable[..., Iterator[Frame]]:
    """nst.stylize; where the package ``spaces`` is there, each call asks for a GPU by itself."""
    try:
        import spaces
    except ImportError:
        return stylize

    def frames(photo, styles, settings, mask=None):
        yield from stylize(photo, styles, settings, mask=mask)

    return spaces.GPU(duration=_seconds)(frames)


def _seconds(photo, styles, settings: Settings, mask=None) -> int:
    work = WORKING[settings.quality] * (settings.size / 512) ** 2
    return min(LONGEST, round(STARTING + (settings.seconds or work)))
