"""A visitor's photo: its copy for display, its faces, its people. Paths are Service.picture()'s."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageDraw

from ..geometry import fit_size, resized
from ..people import MAX_MARKED, Box
from ..pictures.reading import open_picture
from ..pictures.writing import save_jpeg, save_png
from ..portrait.faces import MAX_SIDE, find_faces
from ..portrait.find import find_people
from ..portrait.marking import face_at
from .storing import storing

__all__ = [
    "PhotoFaces", "as_png", "display_copy", "faces_found", "is_display_copy", "marked_at",
    "original_of", "people_mask", "with_background_darkened",
]

MASK_SIDE = 512  # px; the engine enlarges the mask, whose edge is soft
# px of the longer side of the displayed copy. A smaller photo is enlarged to it: Gradio gives the
# right place of a tap only in a picture that is shrunk on the page.
DISPLAY_SIDE = 1024
COPY_NAME = "photo-shown"  # start of the copy's file name
LINE_WIDTH = 4  # px of a mark


@dataclass(frozen=True)
class PhotoFaces:
    """The faces of the photo at ``photo``: those found in it, and those that its visitor marked."""

    photo: str | None = None
    found: tuple[Box, ...] = ()
    marked: tuple[Box, ...] = ()

    def marked_in(self, photo: str | None) -> tuple[Box, ...]:
        """The marks, if they are of this photo."""
        return self.marked if photo == self.photo else ()

    def sentence(self, can_be_marked: bool = True) -> str:
        """How many there are, and what can be done about it."""
        count = len(self.found)
        if not count and not self.marked:
            return "No face found: tap on the face in the photo, if there is one."
        told = f"{count or 'No'} face{'s' if count > 1 else ''} found"
        if self.marked:
            return f"{told}, {len(self.marked)} marked. Tap on a mark to take it away."
        return f"{told}. Tap on any that is missing." if can_be_marked else f"{told}."


def faces_found(photo: str) -> tuple[Box, ...]:
    """The boxes of the faces in a photo; raises UserError where it cannot be read."""
    return tuple(face.box for face in find_faces(open_picture(photo, max_side=MAX_SIDE)))


def marked_at(photo: str, faces: PhotoFaces, tap: Sequence[int]) -> PhotoFaces:
    """The faces after a tap on the displayed photo, at (x, y) in its pixels.

    A tap on a mark takes it away, one on a face that was found changes nothing, and any other
    marks a face. Raises UserError for a photo that cannot be read.
    """
    picture = open_picture(photo, max_side=MAX_SIDE)
    x, y = ((at + 0.5) / side for at, side
            in zip(tap, fit_size(picture.size, DISPLAY_SIDE), strict=True))
    kept = tuple(box for box in faces.marked if not _contains(box, x, y))
    if len(kept) == len(faces.marked) < MAX_MARKED and not any(
            _contains(box, x, y) for box in faces.found):
        kept += (face_at(picture, x, y, faces.found + faces.marked),)
    return replace(faces, marked=kept)


def display_copy(photo: str, marked: Sequence[Box] = ()) -> str:
    """A small copy beside a photo, without its metadata, for the page to show, with the marks.

    Raises UserError for a photo that cannot be read, CannotStoreError on a full disk.
    """
    picture = resized(open_picture(photo, max_side=DISPLAY_SIDE), DISPLAY_SIDE)
    draw = ImageDraw.Draw(picture)
    width, height = picture.size
    for left, top, across, down in marked:
        oval = [left * width, top * height, (left + across) * width, (top + down) * height]
        draw.ellipse(oval, outline="black", width=LINE_WIDTH + 2)
        draw.ellipse(oval, outline="white", width=LINE_WIDTH)
    # The name depends on the marks: browsers cache files by name.
    digest = "-" + hashlib.sha256(repr(marked).encode()).hexdigest()[:12] if marked else ""
    file = Path(photo).with_name(f"{COPY_NAME}{digest}.jpg")
    with storing():
        save_jpeg(picture, file)
    return str(file)


def as_png(picture: Image.Image, file: str) -> str:
    """A picture that browsers do not show, as PNG beside its file; raises CannotStoreError."""
    png = f"{file}.png"
    with storing():
        save_png(picture, png)
    return png


def original_of(file: str) -> str:
    """The file from which :func:`as_png` made a picture; else the picture itself."""
    original = Path(file).with_suffix("")
    return str(original) if original.suffix and original.is_file() else file


def is_display_copy(picture: str | None, photo: str) -> bool:
    """Whether a picture of the page is the :func:`display_copy` of a photo."""
    if not picture:
        return False
    return Path(picture).parent == Path(photo).parent and Path(picture).name.startswith(COPY_NAME)


def people_mask(photo: str, marked: Sequence[Box] = ()) -> Image.Image:
    """The people in a photo, white on black: mode L, at most MASK_SIDE pixels.

    All black where no face is found or marked; raises UserError for a photo that cannot be read.
    """
    picture = resized(open_picture(photo, max_side=MASK_SIDE), MASK_SIDE)
    person = find_people(picture, picture.size, marked).person
    if person is None:
        return Image.new("L", picture.size)
    return Image.fromarray((255 * person).astype("uint8"))


def with_background_darkened(photo: str, people: Image.Image) -> Image.Image:
    """The photo in the size of a mask of its people, everything else darkened."""
    picture = open_picture(photo, max_side=MASK_SIDE).resize(people.size).convert("RGB")
    return Image.composite(picture, picture.point(lambda value: value // 4), people)


def _contains(box: Box, x: float, y: float) -> bool:
    left, top, width, height = box
    return left <= x <= left + width and top <= y <= top + height
