"""Where the people of a picture are: found by nst.portrait, read by the engine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .errors import UserError

__all__ = ["CHIN", "EYE_CORNERS", "MAX_MARKED", "NOBODY", "Box", "Face", "People",
           "check_marked", "parse_face"]

Box = tuple[float, float, float, float]
"""left, top, width, height as fractions of the picture's width and height."""

MAX_MARKED = 64  # faces that a user marks in one picture; a limit for forged files
EYE_CORNERS, CHIN = (33, 263), 152  # points of MediaPipe's face mesh
_TOLERANCE = 1e-3  # a marked box may end this much outside the picture: it may be rounded
_DECIMALS = 4  # of a box in reports: half a pixel of the largest photo that is searched


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

    @property
    def box(self) -> Box:
        """The part of the box inside the picture, rounded for reports."""
        left, top = max(0.0, self.left), max(0.0, self.top)
        right, bottom = min(1.0, self.left + self.width), min(1.0, self.top + self.height)
        return (round(left, _DECIMALS), round(top, _DECIMALS),
                round(right - left, _DECIMALS), round(bottom - top, _DECIMALS))

    @property
    def axis(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """(x, y) between the eyes and at the chin, in fractions of the picture."""
        if self.landmarks is None:
            middle = self.left + self.width / 2
            return (middle, self.top + 0.4 * self.height), (middle, self.top + 0.95 * self.height)
        eyes = self.landmarks[list(EYE_CORNERS)].mean(0)
        chin = self.landmarks[CHIN]
        return (float(eyes[0]), float(eyes[1])), (float(chin[0]), float(chin[1]))


@dataclass(frozen=True)
class People:
    """The people of one picture; masks are float32 (height, width) in 0..1, of any size.

    Attributes:
        faces: largest first.
        face: where the faces are, from the hairline to the chin; None without a face.
        core: eyes, brows, nose and lips, by which a face is recognised; None without a face.
        person: whole people, hair, hat and hands included; None without a person.
    """

    faces: tuple[Face, ...] = ()
    face: np.ndarray | None = None
    core: np.ndarray | None = None
    person: np.ndarray | None = None


NOBODY = People()


def parse_face(text: str) -> Box:
    """``LEFT,TOP,WIDTH,HEIGHT`` in fractions of the picture, as the user marks a face.

    Raises:
        UserError: not four numbers, or a box that does not lie in the picture.
    """
    try:
        box = [float(part) for part in text.split(",")]
    except ValueError:
        box = []
    if not _is_inside(box):
        raise UserError(f"--face {text[:60]} marks no face; give LEFT,TOP,WIDTH,HEIGHT in "
                        "fractions of the photo, such as 0.4,0.2,0.2,0.25.")
    left, top, width, height = box
    return left, top, width, height


def check_marked(boxes: Sequence[Sequence[float]]) -> tuple[Box, ...]:
    """The faces that the user marked; raises UserError where they are too many or are no boxes."""
    if len(boxes) > MAX_MARKED:
        raise UserError(f"{len(boxes)} faces are marked; mark {MAX_MARKED} at most.")
    for box in boxes:
        if not _is_inside(box):
            raise UserError("A marked face does not lie in the photo; give its left, top, width "
                            "and height in fractions of the photo.")
    return tuple((left, top, width, height) for left, top, width, height in boxes)


def _is_inside(box: Sequence[float]) -> bool:
    if len(box) != 4 or not all(isinstance(x, (int, float)) and math.isfinite(x) for x in box):
        return False
    left, top, width, height = box
    return (0 <= left < 1 and 0 <= top < 1 and 0 < width <= 1 - left + _TOLERANCE
            and 0 < height <= 1 - top + _TOLERANCE)
