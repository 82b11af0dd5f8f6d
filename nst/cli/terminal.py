"""What a command shares with the terminal: exit statuses, messages, progress, and signals."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

if TYPE_CHECKING:  # imports torch, which a list of the styles does without
    from ..engine.stylize import Frame

__all__ = ["END_SIGNALS", "MISTAKE", "OK", "PARTLY", "PLAIN_SECONDS", "STOPPED", "Progress",
           "interrupt", "on_signals", "say"]

# Exit statuses.
OK = 0
PARTLY = 1  # some of the work is done; stderr names the rest
MISTAKE = 2  # a mistake of the user's: one line on stderr
STOPPED = 130  # by Ctrl-C; the number with which shells report SIGINT

# These end a command as Ctrl-C does: a request to end, and a closed terminal. Windows lacks SIGHUP.
END_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP")
                    if hasattr(signal, name))

PLAIN_SECONDS = 20.0  # between two lines about the same scale, where stderr is not a terminal


def say(text: str) -> None:
    """One line on stderr; stdout holds nothing but what the user asked for."""
    tqdm.write(text, file=sys.stderr)  # unlike print, leaves a progress bar whole


class Progress:
    """Shows scale, step, losses and the time left: a bar on a terminal, plain lines elsewhere.

        with Progress("out.png") as progress:
            for frame in stylize(...):
                progress.show(frame)
    """

    def __init__(self, name: str):
        self._name = name
        self._bar: tqdm | None = None
        self._frame: Frame | None = None  # the last one shown
        self._line_at = 0.0  # when the last plain line was written
        self._line_frame: Frame | None = None  # the frame that it told of

    def show(self, frame: Frame) -> None:
        """Another frame has come."""
        if sys.stderr.isatty():
            self._draw_bar(frame)
        else:
            self._write_if_due(frame)
        self._frame = frame

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()

    def _draw_bar(self, frame: Frame) -> None:
        from ..run import losses_text, time_text

        if self._bar is None:
            self._bar = tqdm(
                total=frame.steps, file=sys.stderr, dynamic_ncols=True, mininterval=0,
                bar_format="{desc} |{bar}| {n_fmt}/{total_fmt} {postfix}")
        self._bar.total = frame.steps
        self._bar.n = frame.step
        self._bar.set_description_str(f"{self._name}  {frame.size} px", refresh=False)
        self._bar.set_postfix_str(f"{losses_text(frame)}  {time_text(frame)}")

    def _write_if_due(self, frame: Frame) -> None:
        """A line at the first frame, at the end of each scale, and now and then in a long one."""
        before = self._frame
        if before is not None and before.size != frame.size and self._line_frame is not before:
            self._write_line(before)
        if before is None or frame.finished or time.monotonic() - self._line_at >= PLAIN_SECONDS:
            self._write_line(frame)

    def _write_line(self, frame: Frame) -> None:
        from ..run import status_line

        say(f"{self._name}: {status_line(frame, separator=', ')}")
        self._line_at, self._line_frame = time.monotonic(), frame


def interrupt(*_: Any) -> None:
    """A signal handler that ends the command as Ctrl-C does."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def on_signals(handler: Callable[..., Any], *numbers: int) -> Iterator[None]:
    """Call ``handler`` at these signals; one that is ignored (as by nohup) stays ignored."""
    before = {}
    try:
        for number in numbers:
            if signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, handler)
    except ValueError:  # not the main thread, where no signal arrives
        pass
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
