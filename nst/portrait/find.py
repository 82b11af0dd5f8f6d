"""The people of a picture: faces found, masks drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from ..people import NOBODY, Face, People
from .faces import NO_FACE, find_faces
from .faces import Face as _Found
from .masks import core_mask, face_mask
from .person import find_subject

__all__ = ["NO_FACE", "find_people"]


def find_people(image: Image.Image, size: tuple[int, int],
                marked: Sequence[tuple[float, float, float, float]] = ()) -> People:
    """The people of an upright RGB picture; masks of ``size`` (width, height).

    ``marked`` are boxes (left, top, width, height in fractions of the picture) that the user says
    are faces.
    """
    faces = find_faces(image) + [_Found(*box) for box in marked]
    if not faces:
        return NOBODY
    boxes = tuple(Face(face.left, face.top, face.width, face.height) for face in faces)
    return People(boxes, face_mask(faces, size), core_mask(faces, size),
                  find_subject(image.resize(size, Image.Resampling.LANCZOS), faces))
