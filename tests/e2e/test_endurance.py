"""Paintings that are finished, cancelled and abandoned by turns leave nothing behind."""

from __future__ import annotations

import sys

import pytest

from tests.bench.endurance import endure, look

JOBS = 6
OTHERS = 3  # threads that a server may start for other reasons; fewer than paintings given up


@pytest.mark.skipif(sys.platform != "linux", reason="the server is looked at through /proc")
def test_nothing_is_left_of_paintings_that_were_given_up(server):
    endure(server, 1)
    before = look(server)
    ended = endure(server, JOBS, moment=0.3)
    endure(server, 1)  # the engine is free, so all that came before is over
    after = look(server)
    assert ended == dict(finished=2, cancelled=2, left=2)
    assert after.paintings == before.paintings + ended["finished"] + 1
    assert after.temporary == before.temporary
    assert after.threads <= before.threads + OTHERS
