"""The four networks of MediaPipe, read once by OpenCV and run by one thread at a time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from threading import Lock, get_ident
from typing import ParamSpec, TypeVar

import cv2
import numpy as np

__all__ = ["classic_engine", "one_at_a_time", "run_network"]

P = ParamSpec("P")
T = TypeVar("T")

MODELS = Path(__file__).with_name("models")  # sources and licence: NOTICE there
OUTPUTS = {  # of each file, by the names of its layers
    "face_detection_short_range": ("classificators", "regressors"),
    "face_detection_full_range": ("reshaped_classifier_face_4", "reshaped_regressor_face_4"),
    "face_landmark": ("conv2d_30", "conv2d_20"),
    "selfie_segmentation": ("activation_10",),
}


class _InTurn:
    """A lock that goes to who has waited longest; its holder may take it again.

    Python's own go to whoever asks at the right moment, most often the thread that has just given
    it back: a fork beside two threads that look for faces all the time waited 17 seconds for it.
    """

    def __init__(self) -> None:
        self._changing = Lock()  # held for the few lines in which what is below changes
        self._waiting: deque[tuple[int, Lock]] = deque()  # threads, each with the lock it sleeps at
        self._holder: int | None = None
        self._taken = 0  # times by its holder

    def acquire(self) -> None:
        me = get_ident()
        with self._changing:
            if self._holder in (None, me):
                self._holder = me
                self._taken += 1
                return
            turn = Lock()
            turn.acquire()
            self._waiting.append((me, turn))
        turn.acquire()  # until release() has made this thread the holder

    def release(self) -> None:
        with self._changing:
            self._taken -= 1
            if self._taken:
                return
            self._holder = None
            if self._waiting:
                self._holder, turn = self._waiting.popleft()
                self._taken = 1
                turn.release()

    def forget_others(self) -> None:
        """Call it in a forked child, which has none of the threads that wait."""
        self._changing = Lock()
        self._waiting.clear()


# A network holds the picture it works on, so threads cannot share it.
_LOCK = _InTurn()
_threads_at_fork: list[int] = []  # OpenCV's, while this process is being forked


def _before_fork() -> None:
    """Wait until no network is run, then end OpenCV's threads.

    Each of those has a lock, which one that wakes late on busy cores may still hold after the work
    is done: the child has the lock but not the thread, and would wait for ever.
    """
    _LOCK.acquire()
    _threads_at_fork.append(cv2.getNumThreads())
    cv2.setNumThreads(1)


def _after_fork() -> None:
    cv2.setNumThreads(_threads_at_fork.pop())
    _LOCK.release()


def _in_child() -> None:
    _LOCK.forget_others()
    _after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork,
                        after_in_child=_in_child)


def one_at_a_time(function: Callable[P, T]) -> Callable[P, T]:
    """The function, in one thread at a time and never while the process is forked."""
    @wraps(function)
    def locked(*args: P.args, **kwargs: P.kwargs) -> T:
        _LOCK.acquire()
        try:
            return function(*args, **kwargs)
        finally:
            _LOCK.release()

    return locked


@one_at_a_time
def run_network(name: str, picture: np.ndarray) -> tuple[np.ndarray, ...]:
    """What the network of this name gives for a picture, its outputs in the order of OUTPUTS.

    ``picture`` is float32 (side, side, 3) RGB, as large and in the range that the network expects.
    Safe to call from threads and in a forked process.
    """
    blob = np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)
    network = _read(name)
    network.setInput(blob)
    return tuple(np.array(output[0]) for output in network.forward(OUTPUTS[name]))


@cache
def _read(name: str) -> cv2.dnn.Net:
    return cv2.dnn.readNetFromTFLite(str(MODELS / f"{name}.tflite"), *classic_engine())


def classic_engine() -> list[int]:
    """For OpenCV's readers: the engine to take, where there is a choice.

    OpenCV 5 prefers its new one. That gives only one output of the TFLite files, and of 8 bit
    networks it computes something else on some machines (5.0.0 on a Xeon with AMX, 29 November).
    """
    return [cv2.dnn.ENGINE_CLASSIC] if hasattr(cv2.dnn, "ENGINE_CLASSIC") else []
