"""Where the people of a picture are: found by nst.portrait, read by the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["NOBODY", "Face", "People"]


@dataclass(frozen=True)
class Face:
    """A face's box, in fractions of the picture (0..1)."""

    left: float
    top: float
    width: float
    height: float


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
