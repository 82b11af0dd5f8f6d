"""The networks are the files that the NOTICE names, and their inputs and outputs are understood."""

import hashlib
import math
import re

import numpy as np
import pytest

from nst.portrait.detector import FULL_RANGE, SHORT_RANGE, Hit, anchors, decode, overlap, suppressed
from nst.portrait.landmarks import crop
from nst.portrait.networks import MODELS, OUTPUTS


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
    assert anchors(8, ((4, 2), (8, 1))).tolist() == [
        [0.25, 0.25], [0.25, 0.25], [0.75, 0.25], [0.75, 0.25],
        [0.25, 0.75], [0.25, 0.75], [0.75, 0.75], [0.75, 0.75], [0.5, 0.5]]


@pytest.mark.parametrize(("detector", "count", "first", "last"), [
    (SHORT_RANGE, 896, 4 / 128, 120 / 128), (FULL_RANGE, 2304, 2 / 192, 190 / 192)])
def test_anchors_of_the_networks(detector, count, first, last):
    found = anchors(detector.side, detector.grids)
    assert found.shape == (count, 2)
    assert found[0].tolist() == [first, first] and found[-1].tolist() == [last, last]


def test_a_box_by_hand():
    """Anchor 512 of the short range network is the first of the 16 px cells: centre (8, 8)."""
    scores, values = np.full((896, 1), -9.0), np.zeros((896, 16))
    scores[512] = math.log(3)  # a chance of 3/4
    values[512] = [2, -1, 20, 30, -5, -4, 5, -4, 0, 0, 0, 6, -9, 0, 9, 1]
    (hit,) = decode(scores, values, SHORT_RANGE, 0.5)
    assert hit.score == pytest.approx(0.75)
    assert hit.box.tolist() == [0, -8, 20, 30]  # centre (10, 7)
    assert hit.points.tolist() == [[3, 4], [13, 4], [8, 8], [8, 14], [-1, 8], [17, 9]]
    assert decode(scores, values, SHORT_RANGE, 0.8) == []
    moved = hit.moved(2, 100, 50)
    assert moved.box.tolist() == [100, 34, 40, 60] and moved.points[0].tolist() == [106, 58]


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
