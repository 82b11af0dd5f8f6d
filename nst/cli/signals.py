"""The signals that end a command: SIGTERM and a closed terminal (SIGHUP) count as Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["END_SIGNALS", "interrupt", "on_signals"]

END_SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP")
                    if hasattr(signal, name))


def interrupt(*_: Any) -> None:
    """A handler that ends as Ctrl-C does."""
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
