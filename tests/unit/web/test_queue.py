"""The queue as the server counts it, and what one visitor may have in it."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

import gradio as gr
import pytest
from fastapi import HTTPException
from gradio.queueing import EventQueue
from gradio_client import Client

from nst.web.queue import (
    ENOUGH_WAITING,
    QUEUE_NAME,
    enough_waiting,
    leave_queue,
    limit_each_visitor,
    paint_at_once,
    place_in_line,
)

from .conftest import said


@pytest.fixture
def demo() -> gr.Blocks:
    with gr.Blocks() as demo:
        gr.Button().click(lambda: None, concurrency_id=QUEUE_NAME)
        gr.Button().click(lambda: None)
    return demo


@pytest.fixture
def queue(demo) -> EventQueue:
    queue = EventQueue(QUEUE_NAME, 1)
    demo._queue.event_queue_per_concurrency_id[QUEUE_NAME] = queue
    return queue


def waiting(session: str, host: str = "127.0.0.1") -> SimpleNamespace:
    """A picture that waits, of a visitor's session and address."""
    return SimpleNamespace(session_hash=session, _id=f"{session}'s picture",
                           request=SimpleNamespace(client=SimpleNamespace(host=host)))


def test_nobody_is_before_the_first_visitor(demo):
    assert place_in_line(demo, "anna").people == 0


@pytest.mark.slow
def test_those_who_wait_and_those_who_are_painted_for_are_counted(demo, queue):
    queue.current_concurrency = 1
    queue.queue = [waiting("anna"), waiting("bert")]
    assert place_in_line(demo, "anna").people == 1
    assert place_in_line(demo, "bert").people == 2
    assert place_in_line(demo, "carl").people == 3  # not in the queue yet
    queue.queue += [waiting("anna")]  # stopped six movements, pressed Paint
    assert place_in_line(demo, "anna").people == place_in_line(demo, "bert").people == 2
    queue.current_concurrency, queue.queue = 0, []
    assert place_in_line(demo, "carl").people == 0


def test_with_more_painters_nobody_waits_while_one_is_free(demo, queue):
    paint_at_once(demo, 3)
    queue.current_concurrency = 2
    assert place_in_line(demo, "anna").people == 0
    queue.current_concurrency, queue.queue = 3, [waiting("anna"), waiting("bert")]
    first, second = place_in_line(demo, "anna"), place_in_line(demo, "bert")
    assert (first.people, second.people) == (3, 4)
    assert (first.turns, second.turns) == (1 / 3, 2 / 3)
    paint_at_once(demo, 1)  # two are gone, and their pictures wait for the third
    assert place_in_line(demo, "anna").turns == 3


def test_gradio_paints_as_many_at_once_as_there_are_painters():
    together = threading.Barrier(3)

    def paint() -> str:
        together.wait(20)  # broken, unless three are here at once
        return "painted"

    with gr.Blocks() as demo:
        gr.api(paint, concurrency_id=QUEUE_NAME, concurrency_limit=1)
    demo.queue()
    paint_at_once(demo, 2)
    paint_at_once(demo, 3)
    demo.launch(prevent_thread_lock=True, quiet=True)
    try:
        client = Client(demo.local_url, verbose=False)
        jobs = [client.submit(api_name="/paint") for _ in range(3)]
        assert [job.result(30) for job in jobs] == ["painted"] * 3
    finally:
        demo.close()



def test_a_session_may_have_two_pictures_waiting(demo, queue):
    assert not enough_waiting(demo, "anna", None)
    queue.queue = [waiting("anna"), waiting("bert")]
    assert not enough_waiting(demo, "anna", "127.0.0.1")
    queue.queue += [waiting("anna")]
    assert enough_waiting(demo, "anna", "127.0.0.1")
    assert not enough_waiting(demo, "carl", "127.0.0.1")  # through the same proxy


@pytest.mark.parametrize("hosts, asks, refused", [
    (["9.9.9.9"] * 2, "9.9.9.9", True),
    (["9.9.9.9", "::ffff:9.9.9.9"], "9.9.9.9", True),  # on a socket for both
    (["9.9.9.9", "9.9.9.10"], "9.9.9.9", False),
    (["2a00:1450:4001:82a::1", "2a00:1450:4001:82a:1:2:3:4"], "2a00:1450:4001:82a::9", True),
    (["2a00:1450:4001:82a::1"] * 2, "2a00:1450:4001:82b::1", False),
    # Of a private network: perhaps a proxy's that is not trusted, and thus many visitors'.
    (["10.0.0.7"] * 2, "10.0.0.7", False), (["172.17.0.1"] * 2, "172.17.0.1", False),
    (["fe80::1%eth0"] * 2, "fe80::1%eth0", False), (["::1"] * 2, "::1", False),
    (["testclient"] * 2, "testclient", False)])
def test_a_public_address_may_have_two_pictures_waiting(demo, queue, hosts, asks, refused):
    queue.queue = [waiting(f"program {number}", host) for number, host in enumerate(hosts)]
    assert enough_waiting(demo, "another program", asks) is refused


def test_whoever_has_enough_waiting_is_refused_a_picture_and_nothing_else(demo, queue):
    async def push(body, request, username):
        return "in the queue"

    demo._queue.push = push
    limit_each_visitor(demo)
    paint, other = demo.fns
    request = waiting("anna", "9.9.9.9").request

    def ask(function: int) -> str:
        body = SimpleNamespace(fn_index=function, session_hash="anna")
        return asyncio.run(demo._queue.push(body=body, request=request, username=None))

    queue.queue = [waiting("one", "9.9.9.9")]
    assert ask(paint) == "in the queue"
    queue.queue += [waiting("two", "9.9.9.9")]
    with pytest.raises(HTTPException) as refused:
        ask(paint)
    assert (refused.value.status_code, refused.value.detail) == (429, ENOUGH_WAITING)
    assert ask(other) == "in the queue"


def test_the_page_tells_it_beside_the_paint_button(studio, upload):
    queue = EventQueue(QUEUE_NAME, 1)
    studio.page.demo._queue.event_queue_per_concurrency_id[QUEUE_NAME] = queue
    queue.queue = [waiting("a visitor"), waiting("another"), waiting("a visitor")]
    refused = studio.begin(photo=upload, size=128)
    assert said(refused.notice) == ENOUGH_WAITING and refused.job is None
    queue.queue.pop()
    assert studio.begin(photo=upload, size=128).job


def test_leaving_the_queue_takes_out_what_the_session_has_waiting(demo, queue):
    told = []
    demo._queue.send_message = lambda event, message: told.append((event._id, message.success))
    queue.queue = [waiting("anna"), waiting("bert"), waiting("anna")]
    for event in queue.queue:
        event.fn = SimpleNamespace(outputs=[])
    asyncio.run(leave_queue(demo, "anna"))
    assert [event.session_hash for event in queue.queue] == ["bert"]
    assert told == [("anna's picture", True)] * 2
