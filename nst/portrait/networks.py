"""The four networks of MediaPipe, read once by OpenCV and run by one thread at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from threading import RLock
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

# A network holds the picture it works on, so threads cannot share it. And OpenCV's own threads have
# locks of their own: a process forked while another thread uses them would wait for ever.
_LOCK = RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOCK.acquire, after_in_parent=_LOCK.release,
                        after_in_child=_LOCK.release)


def one_at_a_time(function: Callable[P, T]) -> Callable[P, T]:
    """The function, in one thread at a time and never while the process is forked."""
    @wraps(function)
    def locked(*args: P.args, **kwargs: P.kwargs) -> T:
        with _LOCK:
            return function(*args, **kwargs)

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
