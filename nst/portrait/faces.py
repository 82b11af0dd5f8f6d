"""Finds the faces of a picture: the detectors propose, the landmark network decides.

Where it sees no face at all, a face whose eyes and mouth are hidden is one if the detectors are
sure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image

from ..people import Box, Face
from .detector import FULL_RANGE, SHORT_RANGE, Detector, Hit, detect, overlap, sweep
from .landmarks import find_landmarks, hit_of, upright
from .networks import one_at_a_time
from .windows import SMALLEST_FACE, windows

__all__ = ["MAX_SIDE", "find_faces"]

MAX_SIDE = 4096  # px; a larger picture is shrunk first
WHOLE_SIDE = 1024  # px of the longer side at which the whole picture is searched and turned
# The short range detector scores true faces of 14 px and more at .57 or higher, of 20 px and more
# at .85 or higher; the landmark network scores true faces in photos and paintings at .94 or higher,
# other things at .6 at most.
PROPOSAL_SCORE, FACE_SCORE = 0.4, 0.9
WINDOW_PROPOSAL_SCORE = 0.5  # small windows show many more things that look a little like a face
# Below this score a face is doubtful: one upside down scores .97 at most, an orange torso with a
# round badge or rings .999, half hidden and painted faces .9998 and more. If all faces of a picture
# are doubtful, the picture is turned; a doubtful face is shown to the detector a second time.
CERTAIN_SCORE = 0.9995
MAX_PASSES = 4  # of the landmark network, each upright and centred by the points of the one before
MIN_SCORE = 0.1  # a face in a box that is a little off scores more than this at the first pass
CONVERGED = 0.05  # of the face's width: points that move less between two passes are final
# Shown upright again with these margins (times its box), a true face has a mean detector score of
# .63 and more; what only the landmark network took for a face has .55 at most.
CHECK_SCORE, CHECK_MARGINS = 0.6, (1.5, 2.5)
MIN_CHECK_SCORE = 0.1  # a lower score counts as 0
# With sunglasses and a mask the landmark network sees no face. Both detectors do: the short range
# one with .74 and more; the full range one in seven of eight with .64 and more and, shown it alone,
# .47. In 559 pieces of pictures without a face the nearest were a cup seen from above (.78, .58, 0
# and .74, .59, .42) and a clock (.73, .50, .32).
HIDDEN_SHORT, HIDDEN_FULL, HIDDEN_ALONE = 0.7, 0.62, 0.45
# Lights in which they are looked for: of a bright mask in full light the full range detector has
# .27 to .54, in half of it .45 to .65. There, too, none of 374 pieces without a face passes.
HIDDEN_LIGHTS = (1.0, 0.5)
CHECK_IOU = 0.3  # intersection over union of the boxes, upright
SAME_FACE = 0.5  # two boxes that share this part of the smaller one are of one face

# The detector sees the whole picture 192 px wide and finds faces of 14 px there. Smaller faces are
# looked for in windows of the picture at these sizes of its longer side, in px; the largest face
# found tells how small the others can be, and larger sizes than that needs are left out.
SMALLEST_IN_WHOLE = 14 / 192  # of the longer side
PYRAMID = (448, 1152, 2560)
# Of the largest face's width; people who are photographed together stand at similar distances, so
# smaller faces are not looked for.
SMALLEST_RATIO = 1 / 3


@one_at_a_time
def find_faces(image: Image.Image, marked: Sequence[Box] = ()) -> list[Face]:
    """The faces of an RGB picture of any size, largest first; empty if there are none.

    Args:
        image: upright; if nothing is found it is searched lying and upside down too.
        marked: boxes that the user says are faces. Each is a face of score 1, with landmarks if
            the network sees a face there; what else was found in its place is dropped.

    Safe to call from threads and in forked processes.
    """
    if max(image.size) > MAX_SIDE:
        image = image.reduce(-(-max(image.size) // MAX_SIDE))
    picture = np.asarray(image if image.mode == "RGB" else image.convert("RGB"))
    size = np.array(image.size, float)
    base = _resized(picture, min(PYRAMID[-1], max(picture.shape[:2])))
    found = _with_small_faces(picture, base, _large_faces(picture, base))
    kept = [_marked_face(picture, np.multiply(box, [*size, *size])) for box in marked]
    kept += [face for face in found if not any(_same_face(face, other) for other in kept)]
    faces = [_in_fractions(face, size) for face in kept]
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)


def _large_faces(picture: np.ndarray, base: np.ndarray) -> list[Face]:
    """The faces that are seen in the whole picture, upright or turned, in its pixels."""
    overview = _resized(base, min(WHOLE_SIDE, max(base.shape[:2])))
    found = _detect_whole(overview)
    if _certainty(found) < CERTAIN_SCORE:
        found = max([found, *_detect_turned(overview)], key=_certainty)
    scale = max(picture.shape[:2]) / max(overview.shape[:2])
    if not found:
        return [replace(Face(*(hit.box * scale).tolist()), score=hit.score)
                for hit in _hidden_faces(overview)]
    if scale == 1:
        return found
    # Again in the picture's own pixels, in which the landmarks of a small face are more exact.
    hits = [hit_of(face.landmarks * scale) for face in found if face.landmarks is not None]
    return [face for face in (_locate(picture, hit) for hit in hits) if face is not None]


def _resized(picture: np.ndarray, longer: int) -> np.ndarray:
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


def _detect_whole(picture: np.ndarray) -> list[Face]:
    hits = [hit for detector in (SHORT_RANGE, FULL_RANGE)
            for hit in detect(picture, detector, PROPOSAL_SCORE)]
    return _with_confirmed(picture, hits)


def _certainty(found: list[Face]) -> float:
    return max((face.score for face in found), default=0.0)


def _hidden_faces(picture: np.ndarray) -> list[Hit]:
    """Upright faces without landmarks, of which both detectors are sure, in some light."""
    found: list[Hit] = []
    for light in HIDDEN_LIGHTS:
        lit = (picture * light).astype(np.uint8)
        seen = detect(lit, FULL_RANGE, HIDDEN_FULL)
        for hit in detect(lit, SHORT_RANGE, HIDDEN_SHORT):
            if _is_among(hit, found) or not _is_among(hit, seen):
                continue
            if _seen_again(lit, hit, CHECK_MARGINS[-1], FULL_RANGE) >= HIDDEN_ALONE:
                found.append(hit)
    return found


def _is_among(hit: Hit, others: Iterable[Hit]) -> bool:
    return any(overlap(hit.box, other.box, of_smaller=True) > SAME_FACE for other in others)


def _detect_turned(picture: np.ndarray) -> Iterator[list[Face]]:
    """The faces seen with the picture turned by 90, 180 and 270 degrees, in its own pixels."""
    height, width = picture.shape[:2]
    back = {1: lambda x, y: (width - y, x), 2: lambda x, y: (width - x, height - y),
            3: lambda x, y: (y, height - x)}
    for quarters, place in back.items():  # counterclockwise
        found = _detect_whole(np.ascontiguousarray(np.rot90(picture, quarters)))
        yield [_face(face.score, np.stack(place(*face.landmarks.T), axis=1))
               for face in found if face.landmarks is not None]


def _with_small_faces(picture: np.ndarray, base: np.ndarray, found: list[Face]) -> list[Face]:
    """The faces found in the whole picture, and smaller ones from windows of it."""
    longer = max(picture.shape[:2])
    seen = SMALLEST_IN_WHOLE  # of the longer side: faces from this width on have been found
    for side in PYRAMID:
        # Of the longer side: no face is expected to be narrower.
        narrowest = max((face.width for face in found), default=0.0) * SMALLEST_RATIO / longer
        if narrowest:
            side = min(side, math.ceil(SMALLEST_FACE / narrowest))
        if narrowest >= seen or side > 1.25 * longer:
            break
        small = _resized(base, side)
        hits = [hit.moved(1, x, y).moved(longer / side, 0, 0)
                for x, y, window in windows(small)
                for hit in sweep(window, SHORT_RANGE, WINDOW_PROPOSAL_SCORE)]
        found = _with_confirmed(picture, hits, found)
        seen = SMALLEST_FACE / side
    return found


def _with_confirmed(picture: np.ndarray, hits: list[Hit], found: Sequence[Face] = ()) -> list[Face]:
    """The faces found before, and those that the landmark network sees among the hits."""
    kept = list(found)
    for hit in sorted(hits, key=lambda hit: hit.score, reverse=True):
        if any(_overlaps(hit.box, face) for face in kept):
            continue
        face = _locate(picture, hit)
        if face is not None and face.score >= FACE_SCORE and (
                face.score >= CERTAIN_SCORE or _detector_agrees(picture, face)):
            if not any(_same_face(face, other) for other in kept):
                kept.append(face)
    return kept


def _locate(picture: np.ndarray, hit: Hit) -> Face | None:
    """The face in a hit by the landmark network, or None if there is hardly any."""
    score, points = find_landmarks(picture, hit)
    for _ in range(MAX_PASSES - 1):
        if score < MIN_SCORE:
            return None
        before = points
        score, points = find_landmarks(picture, hit_of(points))
        if np.abs(points - before).max() < CONVERGED * np.ptp(points[:, 0]):
            break
    return _face(score, points)


def _detector_agrees(picture: np.ndarray, face: Face) -> bool:
    """Whether the detector agrees when it is shown the face upright and in the middle."""
    if face.landmarks is None:
        return False
    scores = [_seen_again(picture, hit_of(face.landmarks), margin, SHORT_RANGE)
              for margin in CHECK_MARGINS]
    return sum(scores) / len(scores) >= CHECK_SCORE


def _seen_again(picture: np.ndarray, hit: Hit, margin: float, detector: Detector) -> float:
    """The score of a hit that is shown upright, with ``margin`` times its box around it."""
    shown = upright(picture, hit, margin)
    side = len(shown) / margin
    middle = np.array([(len(shown) - side) / 2] * 2 + [side] * 2)
    return max((again.score for again in detect(shown, detector, MIN_CHECK_SCORE)
                if overlap(middle, again.box) > CHECK_IOU), default=0.0)


def _marked_face(picture: np.ndarray, box: np.ndarray) -> Face:
    """The face in a box, px, that the user drew; the box itself if no landmarks are found."""
    for roll in np.radians((0, 30, -30, 90, -90, 180)):
        eyes = np.array([[-0.2, 0], [0.2, 0]]) @ [[np.cos(roll), np.sin(roll)],
                                                  [-np.sin(roll), np.cos(roll)]]
        points = np.zeros((6, 2))
        points[:2] = eyes * box[2:].max() + box[:2] + box[2:] / 2
        face = _locate(picture, Hit(1.0, box, points))
        if face is not None and face.score >= FACE_SCORE and _overlaps(box, face):
            return replace(face, score=1.0)
    return Face(*box.tolist())


def _face(score: float, points: np.ndarray) -> Face:
    low, high = points.min(axis=0), points.max(axis=0)
    (left, top), (width, height) = low.tolist(), (high - low).tolist()
    return Face(left, top, width, height, score, points.astype(np.float32))


def _box(face: Face) -> np.ndarray:
    return np.array([face.left, face.top, face.width, face.height])


def _overlaps(box: np.ndarray, face: Face) -> bool:
    return overlap(box, _box(face), of_smaller=True) > SAME_FACE


def _same_face(a: Face, b: Face) -> bool:
    return _overlaps(_box(a), b)


def _in_fractions(face: Face, size: np.ndarray) -> Face:
    left, top, width, height = (_box(face) / [*size, *size]).tolist()
    points = None if face.landmarks is None else (face.landmarks / size).astype(np.float32)
    return Face(left, top, width, height, face.score, points)
