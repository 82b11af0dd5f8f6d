"""Finds the faces of a picture: the detectors propose, the landmark network decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image

from ..people import Face
from .detector import FULL_RANGE, SHORT_RANGE, Detector, Hit, detect, overlap
from .landmarks import find_landmarks, hit_of

__all__ = ["LONGEST", "NO_FACE", "Box", "find_faces"]

NO_FACE = "No face was found; the whole picture is painted alike."

Box = tuple[float, float, float, float]
"""left, top, width, height as fractions of the picture's width and height."""

LONGEST = 4096  # px; a larger picture is shrunk first
# Of true faces the short range detector gives .57 and more from 14 px on, .85 from 20 px on; the
# landmark network gives .94 and more to true faces in photos and paintings, .6 at most to others.
PROPOSED, SURE = 0.4, 0.9
CERTAIN = 0.98  # a face upside down is sometimes taken for one upright, with .97 at most
PASSES = 4  # of the landmark network, each upright and centred by the points of the one before
HOPE = 0.1  # its score at the first pass, of a face in a box that is a little off, is more
STEADY = 0.05  # of the face's width: points that move less have been found
SAME = 0.5  # two boxes that share this part of the smaller one are of one face

# The whole picture is seen 192 px wide, where faces of 14 px are found. Smaller ones are looked
# for in tiles of the picture at these sizes (px of the longer side), 15 px wide and more.
SMALLEST = 14 / 192  # of the longer side, in the whole picture
TILED = (448, 1152, 2560)
SMALLEST_IN_TILE = 15  # px
RIM = 36  # px that tiles have in common: a face that the size before could not see fits in
# People who are photographed together stand at like distances.
RANGE = 1 / 4  # of the largest face's width: smaller faces are not looked for
FLAT = 3.0  # of 255, standard deviation: a tile with less contrast (sky, wall) holds no face


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
    found = _whole(picture)
    if _certainty(found) < CERTAIN:
        found = max([found, *_turned(picture)], key=_certainty)
    found = _in_tiles(picture, found)
    kept = [_marked(picture, np.multiply(box, [*size, *size])) for box in marked]
    kept += [face for face in found if not any(_same(face, other) for other in kept)]
    faces = [_in_fractions(face, size) for face in kept]
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)


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
        size = [max(1, round(length * scale)) for length in picture.shape[1::-1]]
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1
                           else cv2.INTER_LINEAR)
        hits = []
        for x, y in _tiles(size, SHORT_RANGE):
            tile = small[y:y + SHORT_RANGE.side, x:x + SHORT_RANGE.side]
            if tile.std() >= FLAT:
                hits += [hit.moved(1, x, y).moved(1 / scale, 0, 0)
                         for hit in detect(tile, SHORT_RANGE, PROPOSED)]
        found = _confirmed(picture, hits, found)
        seen = SMALLEST_IN_TILE / side
    return found


def _tiles(size: Sequence[int], detector: Detector) -> Iterator[tuple[int, int]]:
    """Corners of squares of the detector's side that cover a picture (width, height)."""
    across, down = (
        np.linspace(0, max(0, length - detector.side),
                    max(1, -(-(length - RIM) // (detector.side - RIM)))).round().astype(int)
        for length in size)
    return ((x, y) for y in down.tolist() for x in across.tolist())


def _confirmed(picture: np.ndarray, hits: list[Hit], found: Sequence[Face] = ()) -> list[Face]:
    """The faces found before, and those that the landmark network sees among the hits."""
    kept = list(found)
    for hit in sorted(hits, key=lambda hit: hit.score, reverse=True):
        if any(_shared(hit.box, face) for face in kept):
            continue
        face = _looked_at(picture, hit)
        if face is not None and face.score >= SURE:
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
