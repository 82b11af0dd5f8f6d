"""What a clip shows, and what is said of one that is refused."""

from __future__ import annotations

import numpy as np
import pytest

from nst.errors import UserError
from nst.pictures.open_clip import open_clip

__all__ = ["numbers", "refused"]


def numbers(path, **part):
    """Which of greys() are shown, in order."""
    with open_clip(path) as clip:
        return [round((np.asarray(picture).mean() - 20) / 10)
                for picture in clip.pictures(clip.size, **part)]


def refused(path) -> str:
    """The sentence with which it is."""
    with pytest.raises(UserError) as found:
        open_clip(path).close()
    sentence = str(found.value)
    assert sentence[-1] == "." and "\n" not in sentence and path.name in sentence
    return sentence
