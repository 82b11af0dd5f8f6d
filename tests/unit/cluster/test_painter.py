"""What a painter does, called here without a cluster: frames, mistakes, limits, stopping."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nst import stylize
from nst.cluster import painter as module
from nst.cluster.painter import Painter
from nst.cluster.wire import packed_task, unpacked_frame
from nst.version import __version__


@pytest.fixture
def painter(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    yield lambda **limits: Painter(**{"threads": threads, "size": 1024, "seconds": 60.0} | limits)
    torch.set_num_threads(threads)


@pytest.fixture
def task(photo, painting, small):
    return lambda **settings: packed_task(photo, [(painting, 1.0)], small(**settings))


@pytest.mark.slow
def test_it_paints_what_nst_stylize_paints(painter, task, photo, painting, small):
    items = list(painter().paint(0, task()))
    frames = list(stylize(photo, [(painting, 1.0)], small()))
    assert [kind for kind, _ in items] == ["frame"] * len(items)
    last = unpacked_frame(items[-1][1])
    assert last.finished and last.losses == frames[-1].losses
    assert np.array_equal(np.asarray(last.image), np.asarray(frames[-1].image))


def test_a_mistake_is_a_sentence_and_a_fault_is_not_taken_for_one(painter, task):
    small_only = painter(size=128)
    [(kind, sentence)] = small_only.paint(0, task(size=256))
    assert kind == "mistake" and sentence.startswith("size is 256; this cluster paints up to 128")
    [(kind, text)] = small_only.paint(1, {"settings": {"size": 128}, "styles": []})
    assert kind == "fault" and "no styles" in text


def test_what_takes_longer_than_the_limit_ends(painter, task, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    items = list(painter(seconds=0.0).paint(0, task(steps=5000)))
    assert len(items) == 1 and not items[0][1]["finished"]


@pytest.mark.slow
def test_stop_ends_the_task_and_not_the_next(painter, task):
    one = painter()
    frames = one.paint(1, task(steps=5000))
    next(frames)
    one.stop(1)
    assert next(frames, None) is None
    one.stop(3)  # came before its task
    assert unpacked_frame(list(one.paint(4, task()))[-1][1]).finished
    assert len(list(one.paint(3, task(steps=5000)))) == 1


def test_it_says_its_version(painter):
    assert painter().version() == __version__
