"""Pages that are gone: what they have asked for keeps its place in the queue, and is painted.

What a program has asked for ends with its connection, as Gradio has it. Gradio has no setting for
a life after a connection, so its queue's own methods are replaced here.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import gradio as gr

from .queue import active_events, leave_queue, outnumbered, waiting_events

__all__ = ["gives_way", "is_gone", "is_waiting", "keep_without_page", "seen"]


def keep_without_page(demo: gr.Blocks, patience: float) -> None:
    """Keep what a page has asked for when its connection is cut; call it after demo.queue().

    ``patience``: seconds after which it gives way to others, if nobody has come back for it.
    """
    queue = demo._queue
    clean, push = queue.clean_events, queue.push

    async def keep(*, session_hash: str | None = None, event_id: str | None = None) -> None:
        pages = {event.session_hash for event in active_events(demo) + waiting_events(demo)
                 if event.fn.api_visibility == "private"}  # what programs call is public
        if session_hash and session_hash in pages:
            queue.pending_messages_per_session[session_hash] = _Unheard(patience)
        else:
            await clean(session_hash=session_hash, event_id=event_id)

    async def push_after_those_left(body: Any, request: Any, username: str | None) -> Any:
        if is_gone(demo, body.session_hash):  # it is back, unchanged: messages reach it again
            queue.pending_messages_per_session.pop(body.session_hash)
        for left in {event.session_hash for event in waiting_events(demo)}:
            if _left(demo, left):
                await leave_queue(demo, left)
        return await push(body=body, request=request, username=username)

    queue.clean_events = keep  # type: ignore[method-assign]
    queue.push = push_after_those_left  # type: ignore[method-assign]


class _Unheard(asyncio.Queue):
    """In place of the messages for a page that is gone: nobody would read them."""

    def __init__(self, patience: float):
        super().__init__()
        self._patience = patience
        self.seen()

    def seen(self) -> None:
        """The visitor is there, in another page."""
        self.until = time.monotonic() + self._patience

    def put_nowait(self, item: Any) -> None:
        pass


def is_gone(demo: gr.Blocks, session: str | None) -> bool:
    """Whether the connection of a page that has a picture in the queue was cut."""
    return _unheard(demo, session) is not None


def seen(demo: gr.Blocks, session: str | None) -> None:
    """Another page of the same visitor has asked for the picture of a page that is gone."""
    unheard = _unheard(demo, session)
    if unheard:
        unheard.seen()


def gives_way(demo: gr.Blocks, session: str | None) -> bool:
    """Whether a page has been gone for long, and somebody waits who has not.

    Where a cluster's painters have gone, he may wait although it is his turn.
    """
    return _left(demo, session) and not all(
        _left(demo, event.session_hash) for event in waiting_events(demo) + outnumbered(demo))


def is_waiting(demo: gr.Blocks, session: str | None) -> bool:
    """Whether a page has something in the queue."""
    return any(event.session_hash == session for event in waiting_events(demo))


def _unheard(demo: gr.Blocks, session: str | None) -> _Unheard | None:
    messages = demo._queue.pending_messages_per_session.get(session or "")
    return messages if isinstance(messages, _Unheard) else None


def _left(demo: gr.Blocks, session: str | None) -> bool:
    """Whether a page has been gone for so long that others come first."""
    unheard = _unheard(demo, session)
    return unheard is not None and time.monotonic() > unheard.until
