"""A picture that goes on without its page: what has become of it, for a page that comes back."""

from __future__ import annotations

import threading
from typing import Any

from .page import UNCHANGED, Changes

__all__ = ["Going"]


class Going:
    """A job that waits, is painted or is over, and all that its page was told.

    Args:
        job: a Job, Six or MovingJob.
        session: Gradio's, of the page that asked for it: the job's name in the queue.
        changes: how that page looked when the job began to wait.

    Attributes:
        job, session: as given.
        done: whether nothing more will come.
        told: whether a page of the visitor's was there at the end.
        forgotten: whether the visitor has deleted everything since.
    """

    def __init__(self, job: Any, session: str | None, changes: Changes):
        self.job, self.session = job, session
        self.done = self.told = self.forgotten = False
        self._lock = threading.Lock()
        self._all: list[Changes] = [changes]
        self._read: dict[str | None, int] = {}  # how many of them each page knows

    def tell(self, changes: Changes) -> None:
        """Remember what the page changes."""
        if changes != UNCHANGED:
            with self._lock:
                self._all.append(changes)

    def end(self, told: bool) -> None:
        """Nothing more will come; ``told``: whether the page is there and knows the end."""
        with self._lock:
            self.done, self.told = True, told or len(self._all) in self._read.values()

    def forget(self) -> None:
        """The visitor wants nothing of it any more."""
        self.forgotten = True
        self.job.stop()

    def news(self, session: str | None) -> Changes:
        """What has changed since that page asked last; everything, if it never did."""
        changes: Changes = {}
        with self._lock:
            for one in self._all[self._read.get(session, 0):]:
                changes |= one
            self._read[session] = len(self._all)
            self.told = self.told or self.done
        return changes
