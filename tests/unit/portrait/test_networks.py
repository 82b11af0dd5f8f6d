"""The networks are the files that the NOTICE names, and their inputs and outputs are understood."""

import hashlib
import math
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from nst.portrait.detector import (
    FULL_RANGE,
    SHORT_RANGE,
    Hit,
    anchors,
    decode,
    overlap,
    suppressed,
    sweep,
)
from nst.portrait.landmarks import crop
from nst.portrait.networks import MODELS, OUTPUTS, one_at_a_time
from tests.conftest import EXAMPLES
from tests.faces import ROOT


def test_every_model_is_the_one_that_the_notice_names():
    notice = dict(re.findall(r"^(\S+\.tflite)$.*?sha256 ([0-9a-f]{64})$",
                             (MODELS / "NOTICE").read_text(), re.M | re.S))
    assert set(notice) == {path.name for path in MODELS.glob("*.tflite")}
    assert set(notice) == {f"{name}.tflite" for name in OUTPUTS}
    for name, digest in notice.items():
        assert hashlib.sha256((MODELS / name).read_bytes()).hexdigest() == digest
    assert "Apache License" in (MODELS / "LICENSE").read_text()


def test_anchors_by_hand():
    """A picture of 8 px: 2 x 2 cells of 4 px with two anchors each, then one of 8 px with one."""
    assert anchors(8, 8, ((4, 2), (8, 1))).tolist() == [
        [2, 2], [2, 2], [6, 2], [6, 2], [2, 6], [2, 6], [6, 6], [6, 6], [4, 4]]
    assert anchors(12, 4, ((4, 1),)).tolist() == [[2, 2], [6, 2], [10, 2]]


@pytest.mark.parametrize(("detector", "count", "first", "last"), [
    (SHORT_RANGE, 896, 4, 120), (FULL_RANGE, 2304, 2, 190)])
def test_anchors_of_the_networks(detector, count, first, last):
    found = anchors(detector.side, detector.side, detector.grids)
    assert found.shape == (count, 2)
    assert found[0].tolist() == [first, first] and found[-1].tolist() == [last, last]


def test_a_box_by_hand():
    """Anchor 512 of the short range network is the first of the 16 px cells: centre (8, 8)."""
    scores, values = np.full((896, 1), -9.0), np.zeros((896, 16))
    scores[512] = math.log(3)  # a chance of 3/4
    values[512] = [2, -1, 20, 30, -5, -4, 5, -4, 0, 0, 0, 6, -9, 0, 9, 1]
    centres = anchors(128, 128, SHORT_RANGE.grids)
    (hit,) = decode(scores, values, centres, 0.5)
    assert hit.score == pytest.approx(0.75)
    assert hit.box.tolist() == [0, -8, 20, 30]  # centre (10, 7)
    assert hit.points.tolist() == [[3, 4], [13, 4], [8, 8], [8, 14], [-1, 8], [17, 9]]
    assert decode(scores, values, centres, 0.8) == []
    moved = hit.moved(2, 100, 50)
    assert moved.box.tolist() == [100, 34, 40, 60] and moved.points[0].tolist() == [106, 58]


def test_a_sweep_sees_every_face_of_a_picture_of_any_shape():
    """Faces of 45 px in a strip that is longer than the network's square, and no multiple of 16."""
    small = Image.open(EXAMPLES / "astronaut.jpg").resize((240, 240))
    strip = np.full((250, 610, 3), 130, np.uint8)
    strip[5:245, 10:250] = strip[5:245, 365:605] = np.asarray(small)
    left, right = sorted(sweep(strip, SHORT_RANGE, 0.6), key=lambda hit: hit.box[0])
    assert abs(right.box - left.box - [355, 0, 0, 0]).max() < 4
    assert abs(left.box - [10 + 0.34 * 240, 5 + 0.17 * 240, 45, 45]).max() < 12


def test_overlap_by_hand():
    a, b = np.array([0, 0, 4, 4]), np.array([2, 2, 4, 2])
    assert overlap(a, b) == 4 / 20  # 2 x 2 in common; 16 + 8 - 4
    assert overlap(a, b, of_smaller=True) == 4 / 8
    assert overlap(a, np.array([4, 0, 4, 4])) == 0
    assert overlap(a, np.array([1, 1, 0, 0])) == 0


def test_suppression_by_hand():
    def hit(score, left, point=0.0):
        return Hit(score, np.array([left, 0.0, 10, 10]), np.full((6, 2), point))

    # The first two share 8 of 12 columns, the third none; the fourth only 2 of 18 with the first.
    merged, other, alone = suppressed([hit(0.25, 2, 4), hit(0.75, 0), hit(0.5, 100), hit(0.6, 8)])
    assert merged.score == 0.75
    assert merged.box.tolist() == [0.5, 0, 10, 10]  # (.75 x 0 + .25 x 2) / 1
    assert (merged.points == 1).all()
    assert (other.score, other.box[0], alone.score) == (0.6, 8, 0.5)
    assert suppressed([]) == []


def test_the_crop_by_hand():
    """A box of 64 px: 96 px around its middle become 192, so one pixel becomes two."""
    box = np.array([68.0, 168.0, 64, 40])  # middle (100, 188)
    upright = crop(box, 0.0)
    assert upright @ (100, 188, 1) == pytest.approx((96, 96))
    assert upright @ (52, 140, 1) == pytest.approx((0, 0))
    turned = crop(box, math.pi / 2)  # the eyes lie below each other, the left one above
    assert turned @ (100, 188, 1) == pytest.approx((96, 96))
    assert turned @ (100, 178, 1) == pytest.approx((76, 96))  # up in the picture: left of the face
    assert turned @ (110, 188, 1) == pytest.approx((96, 76))


def test_who_waits_for_the_networks_comes_before_who_has_just_had_them():
    order = []
    inside, enough = threading.Event(), threading.Event()

    @one_at_a_time
    def again_and_again():
        order.append("again")
        inside.set()
        one_at_a_time(enough.wait)(5)  # who has them may take them again

    def for_ever():
        while "waited" not in order and len(order) < 10_000:
            again_and_again()

    busy = threading.Thread(target=for_ever)
    busy.start()
    inside.wait(5)
    waiting = threading.Thread(target=one_at_a_time(order.append), args=["waited"])
    waiting.start()
    waiting.join(0.2)
    enough.set()
    for thread in (busy, waiting):
        thread.join(5)
    assert order.index("waited") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_a_process_is_forked_without_opencvs_threads():
    """Each has a lock of its own, and a child that has one but not its thread may wait for ever."""
    script = """
import os, sys; sys.path.insert(0, sys.argv[1])
count = lambda: len(os.listdir("/proc/self/task"))
os.register_at_fork(before=lambda: print(count(), flush=True))  # the first to be said runs last
import cv2, numpy
from nst.portrait.networks import run_network
picture = numpy.zeros((128, 128, 3))
cv2.setNumThreads(1)
print(count())
cv2.setNumThreads(3)
run_network("face_detection_short_range", picture)
print(count() - 2)
child = os.fork()
run_network("face_detection_short_range", picture)
if child:
    os.waitpid(child, 0)  # one speaks after the other
print(cv2.getNumThreads(), flush=True)
"""
    done = subprocess.run([sys.executable, "-c", script, str(ROOT)], check=True, timeout=60,
                          stdout=subprocess.PIPE, text=True)
    alone, threads, forked, *after = map(int, done.stdout.split())
    assert threads == forked == alone
    assert after == [3, 3]
