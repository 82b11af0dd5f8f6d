"""Finds the people of a picture: their faces, and the masks of faces and people."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from ..people import NOBODY, Box, People
from .faces import find_faces
from .masks import core_mask, face_mask
from .networks import one_at_a_time
from .person import person_mask

__all__ = ["find_face_mask", "find_people"]


@one_at_a_time
def find_people(image: Image.Image, size: tuple[int, int], marked: Sequence[Box] = ()) -> People:
    """The people of an upright RGB picture; masks of ``size`` (width, height).

    ``marked`` are boxes (left, top, width, height in fractions of the picture) that the user says
    are faces.
    """
    faces = find_faces(image, marked)
    if not faces:
        return NOBODY
    return People(tuple(faces), face_mask(faces, size), core_mask(faces, size),
                  person_mask(image, faces, size))


@one_at_a_time
def find_face_mask(image: Image.Image, size: tuple[int, int],
                   marked: Sequence[Box] = ()) -> np.ndarray | None:
    """People.face alone, as :func:`find_people` finds it."""
    faces = find_faces(image, marked)
    return face_mask(faces, size) if faces else None
