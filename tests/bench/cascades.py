"""The face finder of before, OpenCV's cascades, for the table of tests/bench/faces.py.

Viola and Jones 2001 (Lienhart and Maydt 2002 for the frontal "alt2" cascade) miss some faces;
what they find here is seldom wrong, and a wrong hit would spoil more of a painting than a miss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from PIL import Image

from nst.portrait.exposure import nearly_black

__all__ = ["find_faces"]

LONG_SIDE = 400  # px the cascades search; smaller faces have no features left to protect
TURNED_SIDE = 300  # px of the further searches
DETAIL_SIDE = 960  # px of the picture that a hit is looked at in
SMALLEST, TURNED_SMALLEST = 20, 24  # px; the cascades' own window is 20
TURN = 20.0  # degrees; the frontal cascade itself allows for about 12 either way

# A frontal hit is believed if a second cascade sees a face there too, or if it is strong and both
# eyes are seen. Measured: on the tests' 17 portraits "alt2" finds every face with a level weight
# (its last stage's votes) of 55.8 to 57.3, and "alt" agrees with 16 to 38 merged hits; where
# "alt2" sees faces in the paintings' collars, flowers and haystacks, "alt" has 6 hits at most.
AGREED_HITS = 8
STRONG_WEIGHT = 55.5
# False hits in 84 crops of the landscapes reach 2.8 or 6 merged hits, none both; Renoir's
# dancers, the only profiles at hand, 2.4 to 2.9 and 9 to 37. Beside the frontal faces of 123
# portraits, their crops and paintings nothing false is left.
PROFILE_WEIGHT, PROFILE_HITS = 1.2, 8

LOOK = 100  # px to which a hit is resized to be looked at
EYE_REACH = 0.13  # of the face's width: how far from its usual place an eye may be
EYES = ((0.30, 0.385), (0.70, 0.385))  # where eyes sit in the box of a frontal hit
PROFILE_EYE = (0.36, 0.40)  # of a profile that looks to the left


@dataclass(frozen=True)
class Face:
    """A face: the square from the brows to below the lip, as fractions of the picture (0..1).

    ``eyes`` holds (x, y) fractions, the left one in the picture first: two of a frontal face
    (seen, or else placed by proportion), one of a profile.
    """

    left: float
    top: float
    width: float
    height: float
    profile: bool = False
    eyes: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class _Hit:
    """A hit in pixels of the searched picture, upright."""

    x: float  # of the middle
    y: float
    side: float
    profile: bool
    eyes: tuple[tuple[float, float], ...]


def find_faces(image: Image.Image) -> list[Face]:
    """The faces in an upright RGB picture of any size, largest first; empty if there are none.

    Looked for are frontal faces, or where there are none frontal faces that lean by 10 to 30
    degrees, and beside them profiles. Faces narrower than a twentieth of the longer side are not
    looked for. The picture is shrunk first, so the time hardly grows with its size.
    """
    grey = _grey(image)
    hits = _frontal(grey)
    hits = hits or _frontal(grey, -TURN) + _frontal(grey, TURN)
    profiles = _profiles(grey)
    kept: list[_Hit] = []
    # Of one face seen both ways the frontal hit is kept: it knows both eyes.
    for hit in _largest_first(hits) + _largest_first(profiles):
        if not any(_overlap(hit, other) for other in kept):
            kept.append(hit)
    faces = [_face(hit, grey.shape[1], grey.shape[0]) for hit in kept]
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)


def _grey(image: Image.Image) -> np.ndarray:
    """The picture as uint8 grey, its longer side DETAIL_SIDE or less; dark photos brought out."""
    shrunk = image.reduce(max(1, max(image.size) // (2 * DETAIL_SIDE))).convert("L")
    scale = min(1.0, DETAIL_SIDE / max(shrunk.size))
    size = tuple(max(1, round(side * scale)) for side in shrunk.size)
    grey = np.asarray(shrunk.resize(size, Image.Resampling.BOX))
    if nearly_black(grey):  # the cascades' 8-bit sums lose a dark face's features
        grey = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(grey)
    return grey


def _resized(grey: np.ndarray, long_side: int) -> tuple[np.ndarray, float]:
    scale = long_side / max(grey.shape)
    size = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, size, interpolation=kind), scale


def _frontal(grey: np.ndarray, turn: float = 0.0) -> list[_Hit]:
    """Frontal faces that lean by ``turn`` degrees (clockwise), give or take 12."""
    height, width = grey.shape
    turning = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    if turn:
        grey = cv2.warpAffine(grey, turning, (width, height))
    back = cv2.invertAffineTransform(turning)
    small, scale = _resized(grey, TURNED_SIDE if turn else LONG_SIDE)
    hits = []
    for box, weight, _ in _detect("frontalface_alt2", small, TURNED_SMALLEST if turn else SMALLEST):
        left, top, side = (box / scale).tolist()
        eyes = _eyes(grey, left, top, side)
        strong = weight >= STRONG_WEIGHT and None not in eyes
        if strong or _agreed(grey, left, top, side):
            (ax, ay), (bx, by) = _both(eyes)
            points = np.array([[0.5, 0.5, 1], [ax, ay, 1], [bx, by, 1]])
            points = (points * (side, side, 1) + (left, top, 0)) @ back.T
            (x, y), *seen = (tuple(map(float, point)) for point in points)
            hits.append(_Hit(x, y, side, False, tuple(seen)))
    return hits


def _profiles(grey: np.ndarray) -> list[_Hit]:
    """Faces seen from the side, looking either way; the cascade knows those that look left."""
    small, scale = _resized(grey, TURNED_SIDE)
    hits = []
    for mirrored in (False, True):
        picture = np.ascontiguousarray(small[:, ::-1]) if mirrored else small
        for box, weight, merged in _detect("profileface", picture, TURNED_SMALLEST):
            if weight < PROFILE_WEIGHT or merged < PROFILE_HITS:
                continue
            left, top, side = (box / scale).tolist()
            x, y, eye = left + side / 2, top + side / 2, left + PROFILE_EYE[0] * side
            if mirrored:
                x, eye = grey.shape[1] - x, grey.shape[1] - eye
            hits.append(_Hit(x, y, side, True, ((eye, top + PROFILE_EYE[1] * side),)))
    return hits


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    return cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml")


def _detect(name: str, grey: np.ndarray, least: int) -> list[tuple[np.ndarray, float, int]]:
    """Every hit's (left, top, side), its level weight and from how many hits it was merged."""
    # OpenCV gives either weights or counts; from the raw hits both can be had in one pass.
    raw, _, weights = _cascade(name).detectMultiScale3(
        grey, scaleFactor=1.1, minNeighbors=0, minSize=(least, least), outputRejectLevels=True)
    if not len(raw):
        return []
    grouped, counts = cv2.groupRectangles(raw.tolist(), 3, eps=0.2)  # detectMultiScale's own
    middles = raw[:, :2] + raw[:, 2:] / 2
    hits = []
    for (left, top, side, _), count in zip(grouped, counts, strict=True):
        away = np.abs(middles - (left + side / 2, top + side / 2)).max(axis=1)
        weight = np.ravel(weights)[away < 0.2 * side].max(initial=0)
        hits.append((np.array([left, top, side], float), float(weight), int(count)))
    return hits


def _eyes(grey: np.ndarray, left: float, top: float, side: float) -> list[tuple | None]:
    """The left and the right eye (x, y) of a frontal hit in fractions of its box, or None."""
    face = _patch(grey, left, top, side, 0.65 * side)
    least = round(0.15 * LOOK)
    found = _cascade("eye_tree_eyeglasses").detectMultiScale(
        face, scaleFactor=1.1, minNeighbors=2, minSize=(least, least),
        maxSize=(3 * least, 3 * least))
    best: list[tuple | None] = [None, None]
    for ex, ey, ew, eh in found:
        eye = ((ex + ew / 2) / LOOK, (ey + eh / 2) / LOOK)
        for i, place in enumerate(EYES):
            if math.dist(eye, place) < min(EYE_REACH, math.dist(best[i] or (9, 9), place)):
                best[i] = eye
    return best


def _agreed(grey: np.ndarray, left: float, top: float, side: float) -> bool:
    """Whether another frontal cascade sees a face of about this size here."""
    rim = 0.25 * side
    patch = _patch(grey, left - rim, top - rim, side + 2 * rim, side + 2 * rim)
    least = round(0.45 * LOOK)
    return any(merged >= AGREED_HITS for _, _, merged in _detect("frontalface_alt", patch, least))


def _patch(grey: np.ndarray, left: float, top: float, width: float, height: float) -> np.ndarray:
    """A part of the picture, LOOK pixels wide; beyond the picture its rim goes on."""
    scale = LOOK / width
    move = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    return cv2.warpAffine(grey, move, (LOOK, round(height * scale)),
                          flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _both(eyes: list[tuple | None]) -> list[tuple[float, float]]:
    """Both eyes: what was not seen stands where it does in most faces, level with the other."""
    a, b = eyes
    if a and b:
        return [a, b]
    if a or b:
        return [a or (1 - b[0], b[1]), b or (1 - a[0], a[1])]
    return list(EYES)


def _largest_first(hits: list[_Hit]) -> list[_Hit]:
    return sorted(hits, key=lambda hit: hit.side, reverse=True)


def _overlap(a: _Hit, b: _Hit) -> bool:
    return max(abs(a.x - b.x), abs(a.y - b.y)) < 0.6 * max(a.side, b.side)


def _face(hit: _Hit, width: int, height: int) -> Face:
    return Face(
        left=(hit.x - hit.side / 2) / width, top=(hit.y - hit.side / 2) / height,
        width=hit.side / width, height=hit.side / height, profile=hit.profile,
        eyes=tuple((x / width, y / height) for x, y in hit.eyes))
