"""A GPU that is lent by the second: ZeroGPU on Hugging Face Spaces.

There, ``import spaces`` has to come before torch, so an app imports it first of all. What
``spaces.GPU`` decorates runs in a process forked for the loan: the arguments go there and the
yields come back pickled, and an exception comes back as its name alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Generator

from ..engine.stylize import Frame, load_backbone
from ..engine.time_left import work
from ..errors import UserError
from ..geometry import fit_size
from ..paint import stylize
from ..settings import Settings
from ..video import VideoFrame, stylize_video

__all__ = ["lent_frames", "lent_video"]

MAX_SECONDS = 120  # seconds; longer loans are refused to most visitors
# A loan's seconds: to start the process, then for each unit of work (engine.time_left). Assumed,
# not measured on ZeroGPU: a GPU ten times as fast as the two cores of tests.bench.speed. A longer
# loan waits longer for its turn; one that is too short ends before the last step.
START_SECONDS, SECONDS_PER_WORK = 20, 7.5e-13
# The same for each later picture of a clip: what the processor does, and this share of a picture.
CLIP_SECONDS, CLIP_SHARE = 0.3, 0.25


def lent_frames() -> Callable[..., Generator[Frame]]:
    """nst.stylize; where the package ``spaces`` is there, each call asks for a GPU by itself.

    Call it before the app is launched: launching packs what lies on "cuda" for every loan. A loan
    that ends too soon leaves a picture that is not finished (``frame.finished``), not an error.
    """
    try:
        import spaces
    except ImportError:
        return stylize
    load_backbone(Settings())  # on ZeroGPU "cuda" is emulated here; each loan gets the real one

    @spaces.GPU(duration=_seconds)
    def lent(photo, styles, settings, mask=None, marked_faces=(), start=None):
        """Yields frames, which hold a PIL image and plain numbers, or the user's mistake."""
        budget = _seconds(photo, styles, settings, start=start) - START_SECONDS
        # Half of START_SECONDS is assumed to be over when this line is reached.
        ends = time.monotonic() + budget + START_SECONDS / 2
        if settings.seconds > budget:
            settings = dataclasses.replace(settings, seconds=budget)
        try:
            for frame in stylize(photo, styles, settings, mask=mask, marked_faces=marked_faces,
                                 start=start):
                yield frame
                if time.monotonic() > ends:
                    return
        except UserError as mistake:
            yield mistake

    def frames(photo, styles, settings, mask=None, marked_faces=(), start=None):
        yield from _told(lent(photo, styles, settings, mask, marked_faces, start))

    return frames


def lent_video() -> Callable[..., Generator[VideoFrame]]:
    """nst.stylize_video likewise; the loan gets all pictures of the clip at once."""
    try:
        import spaces
    except ImportError:
        return stylize_video

    @spaces.GPU(duration=_clip_seconds)
    def lent(photos, styles, settings, count=0, marked_faces=(), after=None):
        """Yields pictures, or the user's mistake."""
        ends = time.monotonic() + _clip_seconds(photos, styles, settings) - START_SECONDS / 2
        try:
            for frame in stylize_video(photos, styles, settings, count=count,
                                       marked_faces=marked_faces, after=after):
                yield frame
                if time.monotonic() > ends:
                    return
        except UserError as mistake:
            yield mistake

    def frames(photos, styles, settings, *, count=0, marked_faces=(), after=None):
        yield from _told(lent(list(photos), styles, settings, count, marked_faces, after))

    return frames


def _told(loan: Generator) -> Generator:
    """What a loan yields; raises the user's mistake."""
    with contextlib.closing(loan) as answers:
        for answer in answers:
            if isinstance(answer, UserError):
                raise answer
            yield answer


def _clip_seconds(photos, styles, settings: Settings, *_, **__) -> int:
    size = fit_size(photos[0].size, settings.size) if photos else (1, 1)
    each = CLIP_SECONDS + CLIP_SHARE * SECONDS_PER_WORK * work(
        settings, shape=min(size) / max(size), styles=len(styles), lent_gpu=True)
    return min(MAX_SECONDS, START_SECONDS + round(each * len(photos)))


def _seconds(photo, styles, settings: Settings, mask=None, marked_faces=(), start=None) -> int:
    size = fit_size(photo.size, settings.size)
    seconds = settings.seconds or SECONDS_PER_WORK * work(
        settings, shape=min(size) / max(size), styles=len(styles),
        above=None if start is None else max(start.size), lent_gpu=True)
    return min(MAX_SECONDS, START_SECONDS + round(seconds))
