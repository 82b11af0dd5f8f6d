"""The queue as the server counts it."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.queueing import EventQueue

from nst.web.server import QUEUE_NAME, people_before


@pytest.fixture
def demo() -> gr.Blocks:
    with gr.Blocks() as demo:
        pass
    return demo


def test_nobody_is_before_the_first_visitor(demo):
    assert people_before(demo, "anna") == 0


def test_those_who_wait_and_those_who_are_painted_for_are_counted(demo):
    queue = EventQueue(QUEUE_NAME, 1)
    demo._queue.event_queue_per_concurrency_id[QUEUE_NAME] = queue
    queue.current_concurrency = 1
    queue.queue = [SimpleNamespace(session_hash=name) for name in ("anna", "bert")]
    assert people_before(demo, "anna") == 1
    assert people_before(demo, "bert") == 2
    assert people_before(demo, "carl") == 3  # not in the queue yet
    queue.current_concurrency, queue.queue = 0, []
    assert people_before(demo, "carl") == 0
