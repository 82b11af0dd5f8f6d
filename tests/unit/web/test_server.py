"""The queue as the server counts it."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.queueing import EventQueue

from nst.errors import UserError
from nst.web.server import QUEUE_NAME, check_address, people_before


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
    queue.queue += [SimpleNamespace(session_hash="anna")]  # stopped six movements, pressed Paint
    assert people_before(demo, "anna") == 2 and people_before(demo, "bert") == 2
    queue.current_concurrency, queue.queue = 0, []
    assert people_before(demo, "carl") == 0


def test_an_address_that_cannot_be_listened_on_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"Port {port} cannot be used"):
            check_address(None, port)
    check_address(None, port)
    for host in ("203.0.113.7", "no-such-host.invalid", "a" * 70 + ".invalid"):
        with pytest.raises(UserError, match="--host"):
            check_address(host, None)
    check_address("0.0.0.0", None)
