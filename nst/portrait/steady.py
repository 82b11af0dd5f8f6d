"""The people of a film: found in every picture, and held steady from one to the next.

Found anew in each picture, a face's points tremble by a pixel or two and its mask with them, and
now and then a picture shows no face at all. So what is found is averaged with what was there
before, moved along the film's optical flow.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from ..people import NOBODY, Box, Face, People
from .detector import overlap
from .faces import find_faces
from .masks import core_mask, face_mask
from .networks import one_at_a_time
from .person import person_mask

__all__ = ["SteadyPeople"]

NEW = 0.5  # share of what is found now in the average with what was there, moved
SAME = 0.4  # share of the smaller box that two boxes of one face have in common
KEPT = 8  # pictures for which a face that is not found any more is carried along
# In how many pictures a face that comes into a scene gets its whole weight, and one that is not
# found any more loses it: all at once it would turn from paint into skin.
RAMP = 8


@dataclass(frozen=True)
class _Tracked:
    face: Face
    missed: int = 0  # pictures since it was last found
    weight: float = 1.0  # of its masks


class SteadyPeople:
    """Finds the people of one picture after the other.

    Args:
        size: (width, height) of the pictures and masks.
    """

    def __init__(self, size: tuple[int, int]):
        self._size = size
        self._faces: tuple[_Tracked, ...] = ()
        self._person: np.ndarray | None = None

    def forget(self) -> None:
        """Another scene begins."""
        self._faces, self._person = (), None

    @one_at_a_time
    def find(self, picture: Image.Image, flow: np.ndarray | None = None,
             marked: Sequence[Box] = ()) -> People:
        """The people of the next picture, upright RGB of ``size``.

        Args:
            flow: since the picture before, backward, (height, width, 2) in pixels; None: it is the
                first.
            marked: boxes of faces that the user marked in this picture.
        """
        found = find_faces(picture, marked)
        if flow is None:
            self.forget()
        before = [_carried(tracked, flow, self._size) for tracked in self._faces
                  ] if flow is not None else []
        faces, left = [], list(before)
        for face in found:
            same = next((old for old in left if _same(old.face, face)), None)
            weight = 1.0 if flow is None else 1 / RAMP
            if same is not None:
                left.remove(same)
                face, weight = _between(same.face, face), min(1.0, same.weight + 1 / RAMP)
            faces.append(_Tracked(face, weight=weight))
        faces += [replace(old, missed=old.missed + 1, weight=old.weight - 1 / RAMP)
                  for old in left if old.missed < KEPT and old.weight > 1 / RAMP]
        faces.sort(key=lambda tracked: tracked.face.width * tracked.face.height, reverse=True)
        self._faces = tuple(faces)
        if not faces:
            self._person = None
            return NOBODY
        person = person_mask(picture, [tracked.face for tracked in faces], self._size)
        if flow is not None:
            old = np.zeros_like(person) if self._person is None else _moved(self._person, flow)
            person = (NEW * person + (1 - NEW) * old).astype(np.float32)
        self._person = person
        return self._people()

    def carry(self, flow: np.ndarray) -> People:
        """The people of the picture before, moved: for one in which nobody is looked for.

        ``flow``: as for :meth:`find`.
        """
        if not self._faces or self._person is None:
            return NOBODY
        self._faces = tuple(_carried(tracked, flow, self._size) for tracked in self._faces)
        self._person = _moved(self._person, flow)
        return self._people()

    def _people(self) -> People:
        return People(tuple(tracked.face for tracked in self._faces), self._weighed(face_mask),
                      self._weighed(core_mask), self._person)

    def _weighed(self, mask_of: Callable[[Sequence[Face], tuple[int, int]], np.ndarray]
                 ) -> np.ndarray:
        """The faces' mask, each by its weight."""
        masks = [tracked.weight * mask_of([tracked.face], self._size) for tracked in self._faces]
        return functools.reduce(np.maximum, masks).astype(np.float32)


def _moved(mask: np.ndarray, flow: np.ndarray) -> np.ndarray:
    """A mask (height, width) moved along a backward flow."""
    height, width = mask.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return cv2.remap(mask, flow + np.dstack((x, y)), None, cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REPLICATE)


def _carried(tracked: _Tracked, flow: np.ndarray, size: tuple[int, int]) -> _Tracked:
    """A face moved along a backward flow, as if by one shift: that of its middle's median."""
    face, (width, height) = tracked.face, size
    left, top = (round(max(0.0, start) * side) for start, side in
                 ((face.left, width), (face.top, height)))
    right, bottom = (round(end * side) for end, side in
                     ((face.left + face.width, width), (face.top + face.height, height)))
    inside = flow[top:max(bottom, top + 1), left:max(right, left + 1)].reshape(-1, 2)
    if not len(inside):
        return tracked
    shift = -np.median(inside, axis=0) / (width, height)
    points = None if face.landmarks is None else (face.landmarks + shift).astype(np.float32)
    return replace(tracked, face=replace(
        face, left=face.left + float(shift[0]), top=face.top + float(shift[1]), landmarks=points))


def _between(old: Face, new: Face) -> Face:
    """The average of a face's two places; ``new``'s score."""
    left, top, width, height = (
        (1 - NEW) * a + NEW * b for a, b in zip(_box(old), _box(new), strict=True))
    points = new.landmarks
    if points is not None and old.landmarks is not None:
        points = ((1 - NEW) * old.landmarks + NEW * points).astype(np.float32)
    return Face(float(left), float(top), float(width), float(height), new.score, points)


def _box(face: Face) -> np.ndarray:
    return np.array([face.left, face.top, face.width, face.height])


def _same(a: Face, b: Face) -> bool:
    return overlap(_box(a), _box(b), of_smaller=True) > SAME
