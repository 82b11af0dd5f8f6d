"""How much of its photo a painting covers: a softer picture without painting it again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from ..errors import UserError

__all__ = ["WHOLE", "Cover", "covered"]


@dataclass(frozen=True)
class Cover:
    """Attributes:
        whole: 0..1, how much of the painting one sees; the rest is the photo.
        face: 0..1, how much of that is left where a face is.

    Raises:
        UserError: a value that is no such number.
    """

    whole: float = 1.0
    face: float = 1.0

    def __post_init__(self):
        for part in (self.whole, self.face):
            if isinstance(part, bool) or not isinstance(part, (int, float)) or not 0 <= part <= 1:
                raise UserError("How much of the painting one sees is a number from 0 to 100 %; "
                                "move the slider.")

    @property
    def complete(self) -> bool:
        """Whether nothing of the photo is seen."""
        return self.whole == self.face == 1

    def __str__(self) -> str:
        """For people: ``60 %`` or ``60 %, face 30 %``."""
        face = "" if self.face == 1 else f", face {self.face:.0%}"
        return f"{self.whole:.0%}{face}".replace("%", " %")


WHOLE = Cover()  # nothing of the photo is seen


def covered(photo: Image.Image, painting: Image.Image, cover: Cover,
            face: np.ndarray | None) -> Image.Image:
    """The painting over its photo, both RGB of one size.

    It is what a browser shows that lays the painting over the photo with opacity ``cover.whole``:
    sRGB values are mixed, as CSS does.

    Args:
        face: float32 (height, width) in 0..1, where the faces are; None: nowhere.
    """
    part = np.full(painting.size[::-1], cover.whole, np.float32)
    if face is not None:
        part *= 1 - (1 - cover.face) * face
    mask = Image.fromarray(np.rint(255 * part).astype(np.uint8))
    return Image.composite(painting, photo, mask)
