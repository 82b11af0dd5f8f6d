"""The queue that the page and the API share: a picture at a time for each painter, and nobody fills
it alone.

Gradio offers no look at its queue and no limit for one visitor, so its own lists are read here.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio.server_messages import ProcessCompletedMessage

__all__ = [
    "BUSY", "ENOUGH_WAITING", "QUEUE_NAME", "QUEUE_SIZE", "Place", "active_events",
    "enough_waiting", "is_full", "is_painting", "leave_queue", "limit_each_visitor",
    "outnumbered", "paint_at_once", "place_in_line", "waiting_events",
]

QUEUE_NAME = "paint"
QUEUE_SIZE = 20  # pictures that may wait for each painter; who comes then is told to come back
MAX_WAITING = 2  # pictures of one visitor that may wait
BUSY = "Too many people are waiting; please try again in a minute."
ENOUGH_WAITING = (
    "Two pictures are waiting from your connection already; wait for one to be done.")


@dataclass(frozen=True)
class Place:
    """Where somebody stands in the line.

    ``waiting``: people who wait ahead; ``served``: those who are painted for now; ``at_once``: how
    many may be.
    """

    waiting: int = 0
    served: int = 0
    at_once: int = 1

    @property
    def turns(self) -> float:
        """The times that a picture takes until it is his turn; 0 where a painter is free."""
        return max(0, self.waiting + self.served - self.at_once + 1) / self.at_once

    @property
    def people(self) -> int:
        """How many have their turn first; nobody where a painter is free."""
        return self.waiting + self.served if self.turns else 0


def place_in_line(demo: gr.Blocks, session: str | None) -> Place:
    """The place of a Gradio session.

    A session that is not in the queue yet counts as the last. Gradio tells the place in its queue
    only to the browser, and without the visitor being served, so the queue is read here.
    """
    queue = _queue(demo)
    if queue is None:
        return Place()
    waiting = [event.session_hash for event in list(queue.queue)]
    if session in waiting:  # perhaps twice: the page asked again before it had left the queue
        last = len(waiting) - waiting[::-1].index(session)
        waiting = [name for name in waiting[:last] if name != session]
    return Place(len(waiting), queue.current_concurrency, queue.concurrency_limit or 1)


def enough_waiting(demo: gr.Blocks, session: str | None, host: str | None) -> bool:
    """Whether a visitor has as many pictures waiting as one may have.

    Args:
        session: Gradio's; a program may give each picture another one.
        host: the visitor's address; behind a proxy that uvicorn trusts (FORWARDED_ALLOW_IPS; at
            first this machine's own) the one that the proxy tells, else the proxy's.
    """
    network, waiting = _network(host), waiting_events(demo)
    return MAX_WAITING <= max(
        sum(event.session_hash == session for event in waiting),
        sum(network is not None and _network(_host(event.request)) == network
            for event in waiting))


def is_full(demo: gr.Blocks) -> bool:
    """Whether Gradio's queue takes no more pictures."""
    most = demo._queue.max_size
    return most is not None and len(demo._queue) >= most


def waiting_events(demo: gr.Blocks) -> list[Any]:
    """Gradio's events that wait for their turn, the next one first."""
    queue = _queue(demo)
    return [] if queue is None else list(queue.queue)


def active_events(demo: gr.Blocks) -> list[Any]:
    """Gradio's events whose turn it is."""
    return [event for job in list(demo._queue.active_jobs) for event in job or ()]


def is_painting(demo: gr.Blocks, session: str | None) -> bool:
    """Whether a session has a picture in the queue, in its turn or before it."""
    return any(event.session_hash == session and event.concurrency_id == QUEUE_NAME
               for event in active_events(demo) + waiting_events(demo))


def outnumbered(demo: gr.Blocks) -> list[Any]:
    """The events whose turn it is, where they are more than painters are left; else none.

    Whoever of them has no painter waits for one outside the queue.
    """
    queue = _queue(demo)
    if queue is None or queue.current_concurrency <= (queue.concurrency_limit or 1):
        return []
    return [event for event in active_events(demo) if event.concurrency_id == QUEUE_NAME]


def limit_each_visitor(demo: gr.Blocks) -> None:
    """Refuse a picture of a visitor who has enough waiting; call it before demo.launch()."""
    push = demo._queue.push

    async def push_if_few_wait(body: Any, request: Any, username: str | None) -> Any:
        function = demo.fns.get(body.fn_index)
        if function and function.concurrency_id == QUEUE_NAME and enough_waiting(
                demo, body.session_hash, _host(request)):
            raise HTTPException(429, ENOUGH_WAITING)
        return await push(body=body, request=request, username=username)

    demo._queue.push = push_if_few_wait  # type: ignore[method-assign]


def paint_at_once(demo: gr.Blocks, pictures: int) -> None:
    """Let so many pictures be painted at once from now on; call it after demo.queue().

    Gradio has no such call: its own queue takes the lowest limit that one of its functions names.
    """
    for function in demo.fns.values():
        if function.concurrency_id == QUEUE_NAME:
            function.concurrency_limit = pictures
    if (queue := _queue(demo)) is not None:
        queue.concurrency_limit = pictures
    demo._queue.max_size = QUEUE_SIZE * pictures


async def leave_queue(demo: gr.Blocks, session: str | None) -> None:
    """Take out of the queue what a session has waiting, and tell its page that it is over."""
    queue = _queue(demo)
    if queue is None:
        return
    async with demo._queue.delete_lock:
        for event in [event for event in queue.queue if event.session_hash == session]:
            queue.queue.remove(event)
            demo._queue.event_ids_to_events.pop(event._id, None)
            nothing = {"data": [gr.skip() for _ in event.fn.outputs], "is_generating": False}
            demo._queue.send_message(event, ProcessCompletedMessage(output=nothing, success=True))


def _queue(demo: gr.Blocks) -> Any:
    """Gradio's list of those who wait; None where nothing has been painted since the start."""
    return demo._queue.event_queue_per_concurrency_id.get(QUEUE_NAME)


def _host(request: Any) -> str | None:
    client = getattr(request, "client", None)
    return client.host if client else None


def _network(host: str | None) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """What stands for one visitor: a public IPv4 address, or 64 bits of an IPv6 address.

    None for an address of a private network, which may be a proxy's with many visitors behind it.
    """
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if not address.is_global:
        return None
    return ipaddress.ip_network((address.packed, 32 if address.version == 4 else 64), strict=False)
