"""Where the people of a picture are: found by nst.portrait, read by the engine."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["NOBODY", "Face", "People"]


@dataclass(frozen=True)
class Face:
    """A face's box, in fractions of the picture (0..1).

    Attributes:
        left, top, width, height: the box; a face at the rim may reach beyond the picture.
        score: how sure the finder is, 0..1; 1 for a face that the user marked.
        landmarks: float32 (468, 2), x and y of MediaPipe's face mesh in fractions of the picture;
            None where they could not be found.
    """

    left: float
    top: float
    width: float
    height: float
    score: float = 1.0
    landmarks: np.ndarray | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class People:
    """The people of one picture; masks are float32 (height, width) in 0..1, of any size.

    Attributes:
        faces: largest first.
        face: where the faces are, from the hairline to the chin; None without a face.
        core: what a face is known by: eyes, brows, nose and lips; None without a face.
        person: whole people, hair, hat and hands included; None without a person.
    """

    faces: tuple[Face, ...] = ()
    face: np.ndarray | None = None
    core: np.ndarray | None = None
    person: np.ndarray | None = None


NOBODY = People()
