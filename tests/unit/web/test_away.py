"""What a page has asked for outlives its connection; what a program has asked for does not."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.queueing import EventQueue

from nst.web.away import gives_way, is_gone, is_waiting, keep_without_page, seen
from nst.web.queue import QUEUE_NAME

PATIENCE = 1000.0  # seconds


@pytest.fixture
def demo() -> gr.Blocks:
    with gr.Blocks() as demo:
        gr.Button().click(lambda: None, concurrency_id=QUEUE_NAME)
    demo.queue()
    keep_without_page(demo, PATIENCE)
    demo._queue.event_queue_per_concurrency_id[QUEUE_NAME] = EventQueue(QUEUE_NAME, 1)
    return demo


def asked(session: str, visibility: str = "private") -> SimpleNamespace:
    """A picture of a page's; ``visibility``: "public" for a program's."""
    return SimpleNamespace(session_hash=session, _id=session, alive=True, concurrency_id=QUEUE_NAME,
                           fn=SimpleNamespace(api_visibility=visibility, outputs=[]))


def cut(demo: gr.Blocks, session: str) -> None:
    asyncio.run(demo._queue.clean_events(session_hash=session))


def test_a_pages_picture_goes_on_and_waits_on_and_a_programs_ends(demo):
    queue = demo._queue.event_queue_per_concurrency_id[QUEUE_NAME]
    page, program = asked("page"), asked("program", "public")
    demo._queue.active_jobs = [[page], [program]]
    queue.queue = [asked("waits"), asked("program waits", "public")]
    for session in ("page", "program", "waits", "program waits"):
        cut(demo, session)
    assert page.alive and not program.alive
    assert is_waiting(demo, "waits") and not is_waiting(demo, "program waits")
    assert is_gone(demo, "page") and not is_gone(demo, "program")
    demo._queue.send_message(page, SimpleNamespace())  # nobody reads it, and nothing fails


def test_a_picture_gives_way_to_others_when_nobody_has_come_back_for_long(demo, monkeypatch):
    queue = demo._queue.event_queue_per_concurrency_id[QUEUE_NAME]
    now = 0.0
    monkeypatch.setattr("nst.web.away.time", SimpleNamespace(monotonic=lambda: now))
    demo._queue.active_jobs = [[asked("page")]]
    cut(demo, "page")
    queue.queue = [asked("another")]
    assert not gives_way(demo, "page")
    now = PATIENCE + 1
    assert gives_way(demo, "page") and not gives_way(demo, "another")
    seen(demo, "page")  # by a new page of the same visitor
    assert not gives_way(demo, "page")
    now, queue.queue = 3 * PATIENCE, []
    assert not gives_way(demo, "page")  # nobody waits
    demo._queue.active_jobs += [[asked("another")]]
    queue.current_concurrency, queue.concurrency_limit = 2, 2
    assert not gives_way(demo, "page")  # nor where there are as many painters
    queue.concurrency_limit = 1
    assert gives_way(demo, "page")
