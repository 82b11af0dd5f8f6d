"""How a film's picture moved since the one before: optical flow, where it holds, cuts.

Flow is dense inverse search (Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search"),
OpenCV's. All flows are backward: float32 (height, width, 2), for each pixel of the later picture
how far to the right and down its content lay in the earlier one, in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .portrait.networks import one_at_a_time

__all__ = ["BEYOND_PX", "Motion", "is_cut", "luma", "motion_between", "moved", "places", "sampled",
           "softened"]

# From Sundaram et al. 2010, "Dense Point Trajectories by GPU-accelerated Large Displacement Optical
# Flow", equations 5 and 6, as Ruder et al. 2016 use them: forward and backward flow disagree by
# more than the first two say, or the flow has a step steeper than the last two say.
_DISAGREE, _DISAGREE_PX = 0.01, 0.5
_STEEP, _STEEP_PX = 0.01, 0.002
# The search's patches, and how far apart they are (px, in a picture of half the size), and weight
# of the flow's smoothness. Small ones (OpenCV's "medium") tear stripes apart that move along
# themselves: in a car whose window has a striped blind .095 of each picture, large ones .03, and
# the painting lost its stars and curls there. But large ones lose somebody who passes by quickly.
_LARGE, _SMALL = (16, 6, 40.0), (8, 3, 20.0)
_BETTER = 6.0  # grey levels, averaged over 5 px, by which small patches must be nearer to count
# Grey levels, averaged over 5 px, by which a pixel may differ from where it is said to come from:
# at all; where the flow is steep, as in a turning face; and where the flows disagree, as in a wall
# or a sky, whose every place looks like the next. Counted is what lies outside the range of the
# place's 3 x 3 neighbours, so that an edge may be half a pixel off: without that, each edge of the
# stripes was "new" in every second picture.
_OTHER, _OTHER_STEEP, _OTHER_DISAGREE = 24.0, 12.0, 4.0
# A pixel is still where its content moved less than the first of these (px) and changed less than
# the first of those (grey levels, averaged over 5 px); it is wholly in motion from the second.
_STILL_PX, _STILL_LEVELS = (0.12, 0.4), (2.5, 7.0)
# A place that lay further beyond the border than this is new. A camera that trembles moves the
# border by some tenths of a pixel in each picture: called new at once, a rim of three pixels was
# painted anew every time, two thirds of all that was new in carphone.
BEYOND_PX = 1.0
# A camera's own motion (a turn, a zoom and a shift) is fitted to the flow at places so far apart,
# and taken if this share of them agrees within so many pixels. Flow is .12 px wrong in the mean of
# a pan over a portrait, .17 in its wall, and strokes that are moved by it tremble.
_CAMERA_PLACES, _CAMERA_SHARE, _CAMERA_PX = 6, 0.3, 0.3
_WITH_CAMERA_PX = 0.2, 0.6  # as _STILL_PX, of what moves as the camera does
# Of a cut: the least share of the picture whose content is not found again, and the least distance
# of the two histograms (0 alike, 1 nothing in common). A flash or a hand before the lens has one
# of the two.
_CUT_UNKNOWN, _CUT_HISTOGRAM = 0.5, 0.25
_CUT_UNKNOWN_ALONE = 0.8  # a share that is a cut whatever the histograms say
_CUT_SIDE = 64  # px, at which a cut is looked for


@dataclass(frozen=True)
class Motion:
    """From one picture to the next; maps are float32 (height, width), in 0..1.

    Attributes:
        flow: backward, (height, width, 2) in pixels; exactly 0 where the picture stands still.
        known: where the flow holds; 0: not seen in the picture before, or at a border of motion.
        still: where nothing moved and nothing changed.
        with_camera: what stands still, or moves as the camera does.
        beyond: how far beyond the border of the picture before the content lay, in pixels.
    """

    flow: np.ndarray
    known: np.ndarray
    still: np.ndarray
    with_camera: np.ndarray
    beyond: np.ndarray


def luma(picture: np.ndarray) -> np.ndarray:
    """The lightness of an RGB picture (height, width, 3) uint8: uint8 (height, width)."""
    return cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY)


@one_at_a_time
def motion_between(before: np.ndarray, now: np.ndarray, exact: np.ndarray | None = None
                   ) -> Motion:
    """How the second of two pictures, uint8 (height, width), moved since the first.

    ``exact``: where small things count, as a mouth that shuts, and what moved has to be the same to
    the pixel, float32 (height, width) in 0..1; None: nowhere.
    """
    backward, forward = _flow(now, before, exact), _flow(before, now, exact)
    there = places(backward)
    back = sampled(forward, there)
    squares = (backward**2).sum(-1)
    disagree = ((back + backward)**2).sum(-1) > _DISAGREE * (
        squares + (back**2).sum(-1)) + _DISAGREE_PX
    slopes = sum((np.gradient(backward[..., part], axis=axis)**2
                  for part in (0, 1) for axis in (0, 1)), np.zeros_like(squares))
    steep = slopes > _STEEP * squares + _STEEP_PX
    grey, old = now.astype(np.float32), before.astype(np.float32)
    source = sampled(old, there)
    source += np.median(grey - source)  # a lamp that goes on, or the exposure, hides nothing
    near = np.ones((3, 3), np.uint8)
    apart = np.maximum(grey - cv2.dilate(source, near), cv2.erode(source, near) - grey).clip(0)
    if exact is not None:
        apart += exact * (np.abs(grey - source) - apart)
    other = cv2.blur(apart, (5, 5))
    unknown = ((_beyond(there) > BEYOND_PX) | (other > _OTHER) | (steep & (other > _OTHER_STEEP))
               | (disagree & (other > _OTHER_DISAGREE)))
    camera, as_camera = _camera(backward), np.zeros_like(grey)
    if camera is not None:
        seen = sampled(old, places(camera))
        as_camera = _alike(backward - camera, grey - seen, _WITH_CAMERA_PX)
        backward = backward + as_camera[..., None] * (camera - backward)
    still = _alike(backward, grey - old, _STILL_PX)
    flow = backward * (1 - still)[..., None] * (still < 1)[..., None]
    return Motion(flow, 1 - softened(unknown), still, np.maximum(still, as_camera),
                  _beyond(places(flow)))


def softened(where: np.ndarray) -> np.ndarray:
    """A mask (height, width) grown by a pixel, with a soft edge: float32 in 0..1."""
    grown = cv2.dilate(where.astype(np.uint8), np.ones((3, 3), np.uint8))
    return cv2.blur(grown.astype(np.float32), (3, 3))


@one_at_a_time
def moved(picture: np.ndarray, there: np.ndarray) -> np.ndarray:
    """A float32 picture sampled at the :func:`places` (x, y), by Lanczos' kernel of 8 pixels.

    A cubic kernel halves the contrast of the finest strokes in a few pictures.
    """
    return cv2.remap(picture, there, None, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT_101)


def sampled(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Flows, masks or grey levels at the :func:`places` (x, y), between pixels along a line."""
    return cv2.remap(values, there, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def places(flow: np.ndarray) -> np.ndarray:
    """Where a flow comes from: (height, width, 2), x and y in pixels."""
    height, width = flow.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return flow + np.dstack((x, y))


def is_cut(before: np.ndarray, now: np.ndarray) -> bool:
    """Whether another scene begins between two RGB pictures (height, width, 3) uint8."""
    size = [max(8, round(side * _CUT_SIDE / max(now.shape[:2]))) for side in now.shape[1::-1]]
    old, new = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
                for picture in (before, now))
    everywhere = np.ones(old.shape[:2], np.float32)
    unknown = 1 - float(motion_between(luma(old), luma(new), everywhere).known.mean())
    if unknown < _CUT_UNKNOWN:
        return False
    ours, theirs = _histogram(old), _histogram(new)
    apart = 1 - float(np.minimum(ours, theirs).sum())
    return apart > _CUT_HISTOGRAM or unknown > _CUT_UNKNOWN_ALONE


def _beyond(there: np.ndarray) -> np.ndarray:
    """How many pixels the :func:`places` lie outside of the picture: float32 (height, width)."""
    last = np.array(there.shape[1::-1], np.float32) - 1
    return np.maximum(-there, there - last).max(-1).clip(0)


def _camera(flow: np.ndarray) -> np.ndarray | None:
    """The flow of a camera that moves before a still scene, like ``flow``; None: there is none."""
    height, width = flow.shape[:2]
    if min(height, width) < 4 * _CAMERA_PLACES:
        return None
    here = places(np.zeros_like(flow))
    # Nearer to the border than a patch reaches, flow is a little too short.
    rim = min(2 * _LARGE[0], height // 8, width // 8)
    some = np.s_[rim:height - rim:_CAMERA_PLACES, rim:width - rim:_CAMERA_PLACES]
    matrix, agree = cv2.estimateAffinePartial2D(
        here[some].reshape(-1, 2), (here + flow)[some].reshape(-1, 2), method=cv2.RANSAC,
        ransacReprojThreshold=_CAMERA_PX)
    if matrix is None or agree.mean() < _CAMERA_SHARE:
        return None
    return (cv2.transform(here, matrix) - here).astype(np.float32)


def _alike(apart: np.ndarray, change: np.ndarray, pixels: tuple[float, float]) -> np.ndarray:
    """Where two flows are ``apart`` by few pixels and grey levels ``change`` hardly: 0..1."""
    distance = cv2.blur(np.sqrt((apart**2).sum(-1)), (5, 5))
    return _falling(distance, pixels) * _falling(
        cv2.blur(np.abs(change), (5, 5)), _STILL_LEVELS)


def _flow(source: np.ndarray, target: np.ndarray, exact: np.ndarray | None) -> np.ndarray:
    """For each pixel of ``source`` how far away its content lies in ``target``.

    As large patches say; as small ones say where only those find it, and where it is ``exact``.
    """
    flows = [_search(source, target, *patches) for patches in (_LARGE, _SMALL)]
    large, small = (cv2.blur(cv2.absdiff(source, sampled(target, places(flow))).astype(np.float32),
                             (5, 5)) for flow in flows)
    better = (large - small > _BETTER).astype(np.float32)
    if exact is not None:
        better = np.maximum(better, exact)
    better = cv2.blur(cv2.dilate(better, np.ones((5, 5), np.uint8)), (5, 5))
    return flows[0] + better[..., None] * (flows[1] - flows[0])


def _search(source: np.ndarray, target: np.ndarray, patch: int, apart: int, smoothness: float
            ) -> np.ndarray:
    """As :func:`_flow`, with patches of one size."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setPatchSize(patch)
    search.setPatchStride(apart)
    search.setVariationalRefinementAlpha(smoothness)
    height, width = source.shape
    # OpenCV 5.0 crashes where a side is shorter than four patches and the other is long.
    short = [max(0, 4 * patch - side) for side in (height, width)]
    source, target = (cv2.copyMakeBorder(picture, 0, short[0], 0, short[1], cv2.BORDER_REPLICATE)
                      for picture in (source, target))
    return search.calc(source, target, None)[:height, :width]


def _falling(values: np.ndarray, between: tuple[float, float]) -> np.ndarray:
    """1 up to the first of two values, 0 from the second on, straight between them."""
    low, high = between
    return np.clip((high - values) / (high - low), 0, 1).astype(np.float32)


def _histogram(picture: np.ndarray) -> np.ndarray:
    """Shares of 8 x 8 x 8 colours."""
    found = cv2.calcHist([picture], [0, 1, 2], None, [8] * 3, [0, 256] * 3)
    return found / found.sum()
