"""What a visitor is told when the studio's disk takes no more files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from ..errors import UserError

__all__ = ["CANNOT_STORE", "CannotStoreError", "storing"]

log = logging.getLogger(__name__)

CANNOT_STORE = "The studio cannot store pictures now (its disk may be full); try again later."


class CannotStoreError(UserError):
    """A file could not be written; says CANNOT_STORE."""


@contextlib.contextmanager
def storing() -> Iterator[None]:
    """Around what writes files: raises CannotStoreError for what the disk refuses.

    Any other UserError passes through.
    """
    try:
        yield
    except (OSError, UserError) as error:
        if isinstance(error, UserError) and not isinstance(error.__cause__, OSError):
            raise
        log.warning("a picture could not be stored: %s", error)
        raise CannotStoreError(CANNOT_STORE) from error
