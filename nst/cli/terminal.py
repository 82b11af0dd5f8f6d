"""How far it is, for people: a bar on a terminal, a few plain lines anywhere else."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from tqdm import tqdm

from ..engine.stylize import Frame
from ..run import losses_text, status_line, time_text
from .messages import say

__all__ = ["Progress"]

PLAIN_SECONDS = 20.0  # between two plain lines of one scale


class Progress:
    """Shows scale, step, losses and the time left.

        with Progress("out.png") as progress:
            for frame in stylize(...):
                progress.show(frame)
    """

    def __init__(self, name: str):
        self._name = name
        self._bar: tqdm | None = None
        self._frame: Frame | None = None
        self._told = 0.0
        self._told_frame: Frame | None = None

    def show(self, frame: Frame) -> None:
        """Another frame has come."""
        if sys.stderr.isatty():
            self._draw(frame)
        else:
            self._tell(frame)
        self._frame = frame

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def _draw(self, frame: Frame) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=frame.steps, file=sys.stderr, dynamic_ncols=True, mininterval=0,
                bar_format="{desc} |{bar}| {n_fmt}/{total_fmt} {postfix}")
        self._bar.total = frame.steps
        self._bar.n = frame.step
        self._bar.set_description_str(f"{self._name}  {frame.size} px", refresh=False)
        self._bar.set_postfix_str(f"{losses_text(frame)}  {time_text(frame)}")

    def _tell(self, frame: Frame) -> None:
        """At the first frame, at the end of each scale, and now and then in a long one."""
        before, now = self._frame, time.monotonic()
        if before is not None and before.size != frame.size and self._told_frame is not before:
            self._line(before)
        if before is None or frame.finished or now - self._told >= PLAIN_SECONDS:
            self._line(frame)

    def _line(self, frame: Frame) -> None:
        say(f"{self._name}: {status_line(frame, separator=', ')}")
        self._told, self._told_frame = time.monotonic(), frame
