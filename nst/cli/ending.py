"""The signals that end a command: a terminal that is closed counts as Ctrl-C, and so does kill."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["ENDING", "handled", "interrupt"]

ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def interrupt(*_: Any) -> None:
    """A handler that ends as Ctrl-C does."""
    raise KeyboardInterrupt


@contextlib.contextmanager
def handled(handler: Callable[..., Any], *numbers: int) -> Iterator[None]:
    """Call ``handler`` at these signals, as far as nobody ignores them (nohup does)."""
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
