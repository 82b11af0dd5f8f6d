"""A clip on a cluster's painters: its scenes at once, as each begins anew after a cut."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from ..cluster.wire import MAX_PIXELS
from ..run import NamedStyle, Pause
from ..settings import Settings
from ..video import cuts
from .terminal import say

if TYPE_CHECKING:
    from .crew import Crew
    from .video import PaintedPictures

__all__ = ["Piece", "paint_piece", "pieces"]

LOOK_SECONDS = 0.25  # between two looks whether the piece before is painted


@dataclass(frozen=True)
class Piece:
    """A scene, or as much of it as travels to a painter at once.

    Attributes:
        first: the number of its first picture in what is painted of the clip.
        photos: its pictures.
        before: the picture before it, where that belongs to the same scene.
    """

    first: int
    photos: list[Image.Image]
    before: Image.Image | None = None


def pieces(photos: Iterable[Image.Image], settings: Settings,
           pixels: int = MAX_PIXELS) -> Iterator[Piece]:
    """Divide a clip where it is cut, and where a scene has more than so many pixels."""
    piece = Piece(0, [])
    for number, (photo, begins) in enumerate(cuts(photos, settings)):
        full = (len(piece.photos) + 1) * photo.width * photo.height > pixels
        if piece.photos and (begins or full):
            yield piece
            piece = Piece(number, [], None if begins else piece.photos[-1])
        piece.photos.append(photo)
    if piece.photos:
        yield piece


def paint_piece(piece: Piece, crew: Crew, painted: PaintedPictures, styles: Sequence[NamedStyle],
                settings: Settings, mask: Image.Image | None, name: str) -> None:
    """Paint what is missing of a piece, and say who did.

    Raises:
        UserError: as nst.stylize_video does.
    """
    done = painted.from_number(piece.first)
    left = piece.photos[done:]
    if not left:
        return
    number = first = piece.first + done
    before = piece.photos[done - 1] if done else piece.before
    after = None
    if before is not None:
        while not painted.has(number - 1):
            if crew.stopped.wait(LOOK_SECONDS):
                return
        after = before, painted.picture(number - 1)
    begun = time.monotonic()
    with crew.at_work(len(piece.photos)) as mine:
        frames = crew.cluster.video(
            left, [(style.picture, style.weight) for style in styles], settings, mask=mask,
            after=after, told=mine.told)
        try:
            for frame in frames:
                if not isinstance(frame, Pause):
                    painted.add(number, frame.image)
                    number += 1
                    mine.part = (number - piece.first) / len(piece.photos)
                if crew.stopped.is_set():
                    return
        finally:
            frames.close()
    say(f"{name}: pictures {first + 1} to {number} painted by {mine.machine} in "
        f"{time.monotonic() - begun:.1f} s")
