"""The photo: taken, chosen or a sample, checked and shown; its faces marked, its region chosen."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image, ImageDraw

from ..errors import UserError
from ..geometry import fit_size, resized
from ..people import MAX_MARKED, Box
from ..pictures.notices import NOTICE
from ..pictures.reading import open_picture
from ..portrait.faces import MAX_SIDE, find_faces
from ..portrait.find import find_people
from ..portrait.marking import face_at
from ..portrait.person import corrected
from .camera import camera
from .controls import Controls
from .job import CHECK_SIDE
from .page import (
    LAST,
    QUICK,
    TAPPED,
    UNCHANGED,
    Changes,
    Page,
    Values,
    note,
    note_line,
    pictures,
    quiet_note,
    upload_button,
)
from .queue import is_painting
from .service import path_of
from .uploads import CannotStoreError, save_picture
from .wall import Wall

__all__ = ["Photo", "PhotoFaces", "Region", "correct_mask", "display_copy", "faces_found"]

# px of the longer side of the displayed copy. A smaller photo is enlarged to it: Gradio gives the
# right place of a tap only in a picture that is shrunk on the page.
DISPLAY_SIDE = 1024
SMALL_SIDE = 200  # px of the longer side; a smaller photo is painted, but there is little in it
TOO_SMALL = "This photo has only {} x {} pixels, so its painting will be coarse; give a larger one."
KEPT = "Your photo before it is still here."
COPY_NAME = "photo-shown"  # start of the copy's file name
LINE_WIDTH = 4  # px of a mark
MASK_SIDE = 512  # px; the engine enlarges the mask, whose edge is soft


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


NO_FACES = PhotoFaces()


class Photo:
    """Where a visitor gives a photo, and what is said about it."""

    def __init__(self, page: Page, wall: Wall):
        self._page, self._service, self._wall = page, page.service, wall
        page.faces, page.kept = gr.State(NO_FACES), gr.State()

    def build(self) -> None:
        """Two large buttons, a note, the webcam, samples."""
        with gr.Row(elem_id="take"):
            self.selfie = upload_button("Take a selfie", "selfie")
            self.upload = upload_button("Choose a photo", "upload")
        self.note = note_line("photo-note")
        camera()
        # A note that photo.js shows to visitors whose photo went with a server that stopped.
        gr.HTML("<p id='lost-note' role='status' hidden>The studio was started anew: your photo "
                "and all that was painted before are gone. Take or choose a photo again.</p>",
                elem_id="lost")
        # It holds the photo and is not seen (style.css): the wall shows it.
        self._page.photo = gr.Image(
            type="filepath", image_mode=None, sources=["upload"], label="Your portrait",
            show_label=False, height=320, elem_id="photo", buttons=[],
            alt_text="The portrait to paint")
        self._page.photo_given = self._page.photo.change(None, **QUICK)
        with gr.Row(elem_id="try") as self.offered:
            gr.HTML("<p class='quiet'>No photo?<br>Try one</p>", min_width=80, scale=0)
            self.samples = pictures(
                [(sample.thumbnail, sample.portrait.alt) for sample in self._service.samples],
                "No photo? Try one", "samples", columns=4, height=64)

    def wire(self) -> None:
        page, stage = self._page, self._wall.stage
        for button in (self.selfie, self.upload):
            button.upload(self.take, [button, page.photo],
                          [page.photo, page.kept, page.mask, page.notice], **QUICK).then(
                None, [page.photo, page.notice], js="(photo, wrong) => photoTaken(photo, wrong)")
        self.samples.select(self.take_sample, None,
                            [page.photo, page.kept, page.mask, page.notice], **TAPPED).then(
                None, page.photo, js="photo => photoTaken(photo)")
        page.photo_given.then(self.offer_samples, page.photo, self.offered, **LAST)
        page.photo_given.then(
            self.show, {page.photo, page.faces, page.chosen, page.own, page.job, page.kept},
            [page.job, *self._wall.outputs], **LAST).then(
                None, page.photo, js="photo => photoShown(photo)")
        # After these page.faces is known.
        self.seen = (
            page.photo_given.then(self.check, [page.photo, page.faces], [self.note, page.faces],
                                  **LAST),
            stage.select(self.mark_face, [stage, page.photo, page.faces],
                         [page.faces, stage, self.note], **QUICK))

    def take(self, upload: dict | None, before: dict | None) -> tuple[Any, Any, Any, Any]:
        """(an upload as the photo, not a kept one, no mask, no notice), or what is wrong as last.

        A mask that was corrected belongs to the photo before; who presses Paint at once is not
        painted with it.
        """
        try:
            path = self._service.picture(path_of(upload))
            open_picture(path, max_side=CHECK_SIDE)
        except UserError as error:
            same = gr.skip()
            return same, same, same, note(f"{error} {KEPT}" if before else str(error))
        return path, None, None, note()

    def take_sample(self, event: gr.SelectData) -> tuple[str, None, None, gr.Markdown]:
        """(the sample that was clicked, as the photo; not a kept one; no mask; no notice)."""
        return self._service.samples[event.index].photo, None, None, note()

    def offer_samples(self, photo: dict | None) -> gr.Row:
        """Photos to try, for who has none, or tries them."""
        return gr.Row(visible=not photo or self._service.sample(path_of(photo)) is not None)

    def show(self, values: Values, request: gr.Request | None = None) -> Changes:
        """The photo on the wall as soon as it is chosen; of a sample, what was painted beforehand.

        It replaces a result, but not that with which the page came back, and nothing while one is
        being painted, also where that has begun since the page asked.
        """
        page, job, photo = self._page, values[self._page.job], values[self._page.photo]
        if not photo or job is not None and not job.over or path_of(photo) == values[page.kept]:
            return UNCHANGED
        try:
            changes = self._wall.example(values[page.chosen], values[page.own], photo) or (
                self._wall.photo(display_copy(self._service.picture(path_of(photo)),
                                              page.marked_faces(values))))
        except CannotStoreError as error:
            return {page.notice: note(str(error))}
        except UserError:  # check() tells it
            return UNCHANGED
        if request is not None and is_painting(page.demo, request.session_hash):
            return UNCHANGED
        # Where there was no job, one may have begun meanwhile.
        return changes if job is None else changes | {page.job: None}

    def check(self, photo: dict | None, before: PhotoFaces = NO_FACES
              ) -> tuple[gr.Markdown, PhotoFaces]:
        """(the note under a photo: what is wrong with it or how many faces it has, its faces).

        ``before``: of the photo before; of the same one in a page that came back, with its marks.
        """
        if not photo:
            return note(), NO_FACES
        path = path_of(photo)
        faces = PhotoFaces(path)
        try:
            real = self._service.picture(path)
            seen = open_picture(real, max_side=CHECK_SIDE)
            faces = PhotoFaces(path, faces_found(real), before.marked_in(path))
        except UserError as error:
            return note(str(error)), faces
        if NOTICE in seen.info:
            return note(seen.info[NOTICE]), faces
        if max(seen.size) < SMALL_SIDE:
            return note(f"{TOO_SMALL.format(*seen.size)} {faces.sentence()}"), faces
        return quiet_note(faces.sentence(can_be_marked=not self._service.sample(path))), faces

    def mark_face(self, event: gr.SelectData, stage: dict | None, photo: dict | None,
                  faces: PhotoFaces) -> tuple[Any, Any, Any]:
        """A tap on the photo on the wall: (its faces, the photo with the marks, the note)."""
        path = path_of(photo)
        if path is None or faces.photo != path or not _is_display_copy(path_of(stage), path):
            return gr.skip(), gr.skip(), gr.skip()
        try:
            real = self._service.picture(path)
            faces = marked_at(real, faces, event.index)
            return faces, display_copy(real, faces.marked), quiet_note(faces.sentence())
        except CannotStoreError as error:
            return gr.skip(), gr.skip(), note(str(error))
        except UserError:  # deleted meanwhile
            return gr.skip(), gr.skip(), gr.skip()


class Region:
    """Only the person, or only the background: the control, and an editor for the mask."""

    def __init__(self, page: Page, controls: Controls, photo: Photo):
        self._page, self._service, self._controls = page, page.service, controls
        self._photo = photo
        self.found = gr.State()  # the mask as it was found
        page.mask = gr.State()

    def build(self) -> None:
        """The control and, once a region is chosen, the photo with its people lit.

        Strokes are told apart by their lightness (see corrected()).
        """
        person, background = "#3ddc84", "#c2185b"
        with gr.Accordion("Only the person, or only the background", open=False,
                          elem_id="region"):
            self._controls.add("region")
            self.editor = gr.ImageEditor(
                type="pil", image_mode="RGBA", sources=(), transforms=(),
                layers=gr.LayerOptions(allow_additional_layers=False),
                brush=gr.Brush(default_size=24, colors=[person, background],
                               default_color=person, color_mode="fixed"),
                label="Green: the person. Pink: the background.", height=360, visible=False,
                elem_id="mask", buttons=[])

    def wire(self) -> None:
        page, region = self._page, self._page.controls["region"]
        # Not after page.faces.change: no state changes for Gradio after an event without a queue.
        for event in (*(seen.then for seen in self._photo.seen), region.input):
            event(self.find_mask, [region, page.photo, page.faces],
                  [self.found, page.mask, self.editor], **QUICK)
        self.editor.input(correct_mask, [self.editor, self.found], page.mask,
                          **QUICK | dict(preprocess=True))

    def find_mask(self, region: str, photo: dict | None, faces: PhotoFaces
                  ) -> tuple[Image.Image | None, None, gr.ImageEditor]:
        """(mask of the people found, no corrected mask, the editor with it).

        Without a photo or with all of it to be painted there is none, and no editor.
        """
        found = None
        # An editor that is hidden keeps its picture: without one Gradio's page raises an error.
        value: dict[str, Any] = {}
        if photo and region != "everything":
            with contextlib.suppress(UserError):  # the note under the photo tells it
                path = self._service.picture(path_of(photo))
                found = people_mask(path, faces.marked_in(path_of(photo)))
                value = {"value": with_background_darkened(path, found)}
        return found, None, gr.ImageEditor(visible=found is not None, **value)


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
    # The name depends on the photo's and on the marks: browsers cache files by name.
    shown = f"{Path(photo).name} {tuple(marked)}".encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(shown).hexdigest()[:12]
    return save_picture(picture, Path(photo).with_name(f"{COPY_NAME}-{digest}.jpg"))


def _is_display_copy(picture: str | None, photo: str) -> bool:
    """Whether a picture of the page is the :func:`display_copy` of a photo."""
    if not picture:
        return False
    return Path(picture).parent == Path(photo).parent and Path(picture).name.startswith(COPY_NAME)


def _contains(box: Box, x: float, y: float) -> bool:
    left, top, width, height = box
    return left <= x <= left + width and top <= y <= top + height


def correct_mask(drawn: dict | None, found: Image.Image | None) -> Image.Image | None:
    """The mask with the visitor's strokes; None where it is as it was found."""
    layers = (drawn or {}).get("layers")
    return corrected(layers[0] if layers else None, found)


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
