"""Finds the faces of a picture: the detectors propose, the landmark network decides."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image

from ..people import Box, Face
from .detector import FULL_RANGE, SHORT_RANGE, Hit, detect, overlap, sweep
from .landmarks import find_landmarks, hit_of, upright
from .networks import alone

__all__ = ["LONGEST", "NO_FACE", "find_faces"]

NO_FACE = "No face was found; the whole picture is painted alike."

LONGEST = 4096  # px; a larger picture is shrunk first
OVERVIEW = 1024  # px of the longer side in which the whole picture is searched and turned
# Of true faces the short range detector gives .57 and more from 14 px on, .85 from 20 px on; the
# landmark network gives .94 and more to true faces in photos and paintings, .6 at most to others.
PROPOSED, SURE = 0.4, 0.9
SWEPT_PROPOSED = 0.5  # small windows show many more things that are a little like a face
# Below this a face is doubtful: one upside down scores .97 at most, an orange torso with a round
# badge or rings .999, half hidden and painted faces .9998 and more. If all faces of a picture are
# doubtful, the picture is turned; a doubtful face is shown to the detector again.
CERTAIN = 0.9995
PASSES = 4  # of the landmark network, each upright and centred by the points of the one before
HOPE = 0.1  # its score at the first pass, of a face in a box that is a little off, is more
STEADY = 0.05  # of the face's width: points that move less have been found
# Upright, with these margins (times its box), a true face is seen again with .63 and more in the
# mean, what the landmarks alone took for a face with .55 at most.
AGAIN, MARGINS = 0.6, (1.5, 2.5)
FAINT = 0.1  # a lower score counts as none
AGREED = 0.3  # intersection over union of the boxes, upright
SAME = 0.5  # two boxes that share this part of the smaller one are of one face

# The whole picture is seen 192 px wide, where faces of 14 px are found. Smaller ones are looked
# for in windows of the picture at these sizes (px of the longer side), 15 px wide and more; where
# the largest face says how small the others can be, at no larger size than that needs.
SMALLEST = 14 / 192  # of the longer side, in the whole picture
SWEPT = (448, 1152, 2560)
SMALLEST_SWEPT = 15  # px
WINDOW = 220  # px, about: OpenCV is slower by half with a million pixels at once
RIM = 36  # px that windows have in common: a face that the size before could not see fits in
# People who are photographed together stand at like distances.
RANGE = 1 / 3  # of the largest face's width: smaller faces are not looked for
MOST_WINDOWS = 30  # of one size, those with the most detail: it bounds the time


@alone
def find_faces(image: Image.Image, marked: Sequence[Box] = ()) -> list[Face]:
    """The faces of an RGB picture of any size, largest first; empty if there are none.

    Args:
        image: upright; if nothing is found it is searched lying and upside down too.
        marked: boxes that the user says are faces. Each is a face of score 1, with landmarks if
            the network sees a face there; what else was found in its place is dropped.

    Safe to call from threads and in forked processes.
    """
    if max(image.size) > LONGEST:
        image = image.reduce(-(-max(image.size) // LONGEST))
    picture = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    size = np.array(image.size, float)
    base = _shrunk(picture, min(SWEPT[-1], max(picture.shape[:2])))
    found = _smaller(picture, base, _large(picture, base))
    kept = [_marked(picture, np.multiply(box, [*size, *size])) for box in marked]
    kept += [face for face in found if not any(_same(face, other) for other in kept)]
    faces = [_in_fractions(face, size) for face in kept]
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)


def _large(picture: np.ndarray, base: np.ndarray) -> list[Face]:
    """The faces that are seen in the whole picture, upright or turned, in its pixels."""
    overview = _shrunk(base, min(OVERVIEW, max(base.shape[:2])))
    found = _whole(overview)
    if _certainty(found) < CERTAIN:
        found = max([found, *_turned(overview)], key=_certainty)
    scale = max(picture.shape[:2]) / max(overview.shape[:2])
    if scale == 1:
        return found
    # Once more in the picture's own pixels: the points of a small face become finer.
    hits = [hit_of(face.landmarks * scale) for face in found if face.landmarks is not None]
    return [face for face in (_looked_at(picture, hit) for hit in hits) if face is not None]


def _shrunk(picture: np.ndarray, longer: int) -> np.ndarray:
    """The picture with ``longer`` pixels on its longer side; enlarged if it has fewer."""
    scale = longer / max(picture.shape[:2])
    if scale == 1:
        return picture
    size = [max(1, round(length * scale)) for length in picture.shape[1::-1]]
    times = int(1 / scale)
    if times > 1:  # whole pixels are averaged several times as fast as parts of them
        height, width = (max(times, length - length % times) for length in picture.shape[:2])
        picture = cv2.resize(picture[:height, :width], (width // times, height // times),
                             interpolation=cv2.INTER_AREA)
    return cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)


def _whole(picture: np.ndarray) -> list[Face]:
    return _confirmed(picture, [hit for detector in (SHORT_RANGE, FULL_RANGE)
                                for hit in detect(picture, detector, PROPOSED)])


def _certainty(found: list[Face]) -> float:
    return max((face.score for face in found), default=0.0)


def _turned(picture: np.ndarray) -> Iterator[list[Face]]:
    """The faces seen with the picture turned by 90, 180 and 270 degrees, in its own pixels."""
    height, width = picture.shape[:2]
    back = {1: lambda x, y: (width - y, x), 2: lambda x, y: (width - x, height - y),
            3: lambda x, y: (y, height - x)}
    for quarters, place in back.items():  # counterclockwise
        found = _whole(np.ascontiguousarray(np.rot90(picture, quarters)))
        yield [_face(face.score, np.stack(place(*face.landmarks.T), axis=1))
               for face in found if face.landmarks is not None]


def _smaller(picture: np.ndarray, base: np.ndarray, found: list[Face]) -> list[Face]:
    """What was found and the smaller faces, as far down as the largest face lets expect any."""
    longer = max(picture.shape[:2])
    seen = SMALLEST
    for side in SWEPT:
        least = max((face.width for face in found), default=0.0) * RANGE / longer
        if least:
            side = min(side, math.ceil(SMALLEST_SWEPT / least))
        if least >= seen or side > 1.25 * longer:
            break
        small = _shrunk(base, side)
        hits = [hit.moved(1, x, y).moved(longer / side, 0, 0)
                for x, y, window in _windows(small)
                for hit in sweep(window, SHORT_RANGE, SWEPT_PROPOSED)]
        found = _confirmed(picture, hits, found)
        seen = SMALLEST_SWEPT / side
    return found


def _windows(picture: np.ndarray) -> Iterator[tuple[int, int, np.ndarray]]:
    """Windows that cover the picture, or those with the most detail; x, y of their corners."""
    (xs, width), (ys, height) = (_parts(length) for length in picture.shape[1::-1])
    corners = [(x, y) for y in ys for x in xs]
    if len(corners) > MOST_WINDOWS:
        # Measured over the size of a face, and against the light there: dark faces count.
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        edges = cv2.convertScaleAbs(cv2.Laplacian(grey, cv2.CV_16S))
        light, detail = (cv2.resize(of, None, fx=1 / SMALLEST_SWEPT, fy=1 / SMALLEST_SWEPT,
                                    interpolation=cv2.INTER_AREA).astype(float)
                         for of in (grey, edges))
        detail /= light + 8

        def most(corner: tuple[int, int]) -> float:
            left, top = (start // SMALLEST_SWEPT for start in corner)
            return float(detail[top:top + height // SMALLEST_SWEPT,
                                left:left + width // SMALLEST_SWEPT].max())

        corners = sorted(corners, key=most, reverse=True)[:MOST_WINDOWS]
    for x, y in corners:
        yield x, y, picture[y:y + height, x:x + width]


def _parts(length: int) -> tuple[list[int], int]:
    """Where the windows along a side begin, and how long they are: about WINDOW."""
    count = max(1, round((length - RIM) / (WINDOW - RIM)))
    each = -(-(length + (count - 1) * RIM) // count)
    return np.linspace(0, length - each, count).astype(int).tolist(), each


def _confirmed(picture: np.ndarray, hits: list[Hit], found: Sequence[Face] = ()) -> list[Face]:
    """The faces found before, and those that the landmark network sees among the hits."""
    kept = list(found)
    for hit in sorted(hits, key=lambda hit: hit.score, reverse=True):
        if any(_shared(hit.box, face) for face in kept):
            continue
        face = _looked_at(picture, hit)
        if face is not None and face.score >= SURE and (
                face.score >= CERTAIN or _seen_again(picture, face)):
            if not any(_same(face, other) for other in kept):
                kept.append(face)
    return kept


def _looked_at(picture: np.ndarray, hit: Hit) -> Face | None:
    """The face in a hit by the landmark network, or None if there is hardly any."""
    score, points = find_landmarks(picture, hit)
    for _ in range(PASSES - 1):
        if score < HOPE:
            return None
        before = points
        score, points = find_landmarks(picture, hit_of(points))
        if np.abs(points - before).max() < STEADY * np.ptp(points[:, 0]):
            break
    return _face(score, points)


def _seen_again(picture: np.ndarray, face: Face) -> bool:
    """Whether the detector agrees when it is shown the face upright and in the middle."""
    if face.landmarks is None:
        return False
    hit, scores = hit_of(face.landmarks), []
    for margin in MARGINS:
        shown = upright(picture, hit, margin)
        side = len(shown) / margin
        middle = np.array([(len(shown) - side) / 2] * 2 + [side] * 2)
        scores.append(max((again.score for again in detect(shown, SHORT_RANGE, FAINT)
                           if overlap(middle, again.box) > AGREED), default=0.0))
    return sum(scores) / len(scores) >= AGAIN


def _marked(picture: np.ndarray, box: np.ndarray) -> Face:
    """The face in a box, px, that the user drew; the box itself if no landmarks are found."""
    for roll in np.radians((0, 30, -30, 90, -90, 180)):
        eyes = np.array([[-0.2, 0], [0.2, 0]]) @ [[np.cos(roll), np.sin(roll)],
                                                  [-np.sin(roll), np.cos(roll)]]
        points = np.zeros((6, 2))
        points[:2] = eyes * box[2:].max() + box[:2] + box[2:] / 2
        face = _looked_at(picture, Hit(1.0, box, points))
        if face is not None and face.score >= SURE and _shared(box, face):
            return replace(face, score=1.0)
    return Face(*box.tolist())


def _face(score: float, points: np.ndarray) -> Face:
    low, high = points.min(axis=0), points.max(axis=0)
    (left, top), (width, height) = low.tolist(), (high - low).tolist()
    return Face(left, top, width, height, score, points.astype(np.float32))


def _box(face: Face) -> np.ndarray:
    return np.array([face.left, face.top, face.width, face.height])


def _shared(box: np.ndarray, face: Face) -> bool:
    return overlap(box, _box(face), of_smaller=True) > SAME


def _same(a: Face, b: Face) -> bool:
    return _shared(_box(a), b)


def _in_fractions(face: Face, size: np.ndarray) -> Face:
    left, top, width, height = (_box(face) / [*size, *size]).tolist()
    points = None if face.landmarks is None else (face.landmarks / size).astype(np.float32)
    return Face(left, top, width, height, face.score, points)
