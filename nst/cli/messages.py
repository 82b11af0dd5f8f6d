"""What is said to a person at a terminal, outside of the progress."""

from __future__ import annotations

import sys

from tqdm import tqdm

__all__ = ["say"]


def say(text: str) -> None:
    """One line on stderr, so that stdout stays what was asked for."""
    tqdm.write(text, file=sys.stderr)  # does not tear a progress bar
