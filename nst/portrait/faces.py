"""Finds the faces of a picture: the detectors propose, the landmark network decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image

from ..people import Box, Face
from .detector import FULL_RANGE, SHORT_RANGE, Hit, detect, overlap
from .landmarks import find_landmarks, hit_of, upright

__all__ = ["LONGEST", "NO_FACE", "find_faces"]

NO_FACE = "No face was found; the whole picture is painted alike."

LONGEST = 4096  # px; a larger picture is shrunk first
OVERVIEW = 1024  # px of the longer side in which the whole picture is searched and turned
# Of true faces the short range detector gives .57 and more from 14 px on, .85 from 20 px on; the
# landmark network gives .94 and more to true faces in photos and paintings, .6 at most to others.
PROPOSED, SURE = 0.4, 0.9
# Below this a face is doubtful: one upside down scores .97 at most, an orange torso with a round
# badge or rings .999, half hidden and painted faces .9998 and more. If all faces of a picture are
# doubtful, the picture is turned; a doubtful face is shown to the detector again.
CERTAIN = 0.9995
PASSES = 4  # of the landmark network, each upright and centred by the points of the one before
HOPE = 0.1  # its score at the first pass, of a face in a box that is a little off, is more
STEADY = 0.05  # of the face's width: points that move less have been found
# Upright, with either margin (times its box), a true face is seen again with .62 and more, what the
# landmarks alone took for a face with .55 at most.
AGAIN, MARGINS = 0.57, (1.5, 2.5)
AGREED = 0.3  # intersection over union of the boxes, upright
SAME = 0.5  # two boxes that share this part of the smaller one are of one face

# The whole picture is seen 192 px wide, where faces of 14 px are found. Smaller ones are looked
# for in tiles of the picture at these sizes (px of the longer side), 15 px wide and more.
SMALLEST = 14 / 192  # of the longer side, in the whole picture
TILED = (448, 1152, 2560)
SMALLEST_IN_TILE = 15  # px
RIM = 36  # px that tiles have in common: a face that the size before could not see fits in
# People who are photographed together stand at like distances.
RANGE = 1 / 3  # of the largest face's width: smaller faces are not looked for
MOST_TILES = 120  # of one size, those with the most detail: it bounds the time


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
    picture = np.asarray(image.convert("RGB"))
    size = np.array(image.size, float)
    found = _in_tiles(picture, _large(picture))
    kept = [_marked(picture, np.multiply(box, [*size, *size])) for box in marked]
    kept += [face for face in found if not any(_same(face, other) for other in kept)]
    faces = [_in_fractions(face, size) for face in kept]
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)


def _large(picture: np.ndarray) -> list[Face]:
    """The faces that are seen in the whole picture, upright or turned, in its pixels."""
    overview = _shrunk(picture, min(OVERVIEW, max(picture.shape[:2])))
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
    width, height = (max(1, round(length * scale)) for length in picture.shape[1::-1])
    return cv2.resize(picture, (width, height),
                      interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)


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


def _in_tiles(picture: np.ndarray, found: list[Face]) -> list[Face]:
    """What was found and the smaller faces, as far down as the largest face lets expect any."""
    longer = max(picture.shape[:2])
    seen = SMALLEST
    for side in TILED:
        largest = max((face.width for face in found), default=0.0)
        if largest * RANGE >= seen * longer or side > 1.25 * longer:
            break
        scale = side / longer
        small = _shrunk(picture, side)
        hits = []
        for x, y in _tiles(small):
            tile = small[y:y + SHORT_RANGE.side, x:x + SHORT_RANGE.side]
            hits += [hit.moved(1, x, y).moved(1 / scale, 0, 0)
                     for hit in detect(tile, SHORT_RANGE, PROPOSED)]
        found = _confirmed(picture, hits, found)
        seen = SMALLEST_IN_TILE / side
    return found


def _tiles(picture: np.ndarray) -> list[tuple[int, int]]:
    """Corners (x, y) of the detector's squares that cover a picture, those with the most detail."""
    side = SHORT_RANGE.side
    across, down = (
        np.linspace(0, max(0, length - side), max(1, -(-(length - RIM) // (side - RIM))))
        .round().astype(int).tolist() for length in picture.shape[1::-1])
    corners = [(x, y) for y in down for x in across]
    if len(corners) <= MOST_TILES:
        return corners
    # Detail is measured over the size of a face, and against the light there: dark faces count.
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    window = SMALLEST_IN_TILE, SMALLEST_IN_TILE
    detail = cv2.blur(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), window)
    detail /= cv2.blur(grey, window) + 8
    return sorted(corners, key=lambda at: detail[at[1]:at[1] + side, at[0]:at[0] + side].max(),
                  reverse=True)[:MOST_TILES]


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
    hit = hit_of(face.landmarks)
    for margin in MARGINS:
        shown = upright(picture, hit, margin)
        side = len(shown) / margin
        middle = np.array([(len(shown) - side) / 2] * 2 + [side] * 2)
        if not any(overlap(middle, again.box) > AGREED
                   for again in detect(shown, SHORT_RANGE, AGAIN)):
            return False
    return True


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
