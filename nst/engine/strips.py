"""Large maps computed a strip of rows at a time, so that they are never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch

__all__ = ["Rows", "Strip", "rows_of", "strips"]


class Rows(NamedTuple):
    """Rows ``start`` to ``stop`` of a map that has ``height`` of them."""

    start: int
    stop: int
    height: int

    def cut(self, whole: torch.Tensor) -> torch.Tensor:
        """These rows of a (1, C, height, W)."""
        return whole if self.stop - self.start == self.height else (
            whole[:, :, self.start:self.stop])

    def halved(self) -> Rows:
        """These behind a pool; ``start`` has to be even."""
        return Rows(self.start // 2, self.stop // 2, self.height // 2)


class Strip(NamedTuple):
    """The rows that are wanted, and those that they are computed from."""

    wanted: Rows
    seen: Rows

    def halved(self) -> Strip:
        """Behind a pool."""
        return Strip(self.wanted.halved(), self.seen.halved())

    def cut_wanted(self, part: torch.Tensor) -> torch.Tensor:
        """The wanted rows of what was computed for those seen."""
        above = self.wanted.start - self.seen.start
        return part[:, :, above:above + self.wanted.stop - self.wanted.start]


def rows_of(activation: torch.Tensor) -> Rows:
    """All of them."""
    height = activation.shape[2]
    return Rows(0, height, height)


def strips(height: int, rows: int, margin: int, least: int) -> Iterator[Strip]:
    """A map in strips.

    Args:
        height: of the map.
        rows: wanted at a time; under ``least`` last ones belong to the strip above.
        margin: rows that are seen on both sides of those wanted, where the map has them.
    """
    starts = range(0, max(1, height - least + 1), rows)
    for start in starts:
        stop = height if start == starts[-1] else start + rows
        yield Strip(Rows(start, stop, height),
                    Rows(max(0, start - margin), min(height, stop + margin), height))
