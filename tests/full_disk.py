"""A disk that is full after so many bytes, as far as a test's own process can tell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

__all__ = ["full_disk"]


@contextlib.contextmanager
def full_disk(file_bytes: int) -> Iterator[None]:
    """No file can grow beyond ``file_bytes`` in the block; skips the test on Windows."""
    resource = pytest.importorskip("resource", reason="Windows has no limit on a file's size")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
