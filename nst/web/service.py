"""What visitors may ask for: styles of the gallery or their own pictures, within limits."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ..engine.stylize import Frame
from ..errors import UserError
from ..gallery.examples import Portrait, find_example, load_portraits
from ..gallery.library import find_preset, load_presets, split_weight
from ..gallery.presets import Preset
from ..gallery.search import Collection, with_thumbnails
from ..gallery.thumbnails import LONGER_SIDE, thumbnail
from ..paint import stylize
from ..people import Box
from ..pictures.metadata import file_digest
from ..pictures.notices import NOTICE
from ..pictures.reading import open_picture, open_style, style_side
from ..pictures.writing import writing
from ..run import NamedStyle, Pause
from ..settings import Settings
from ..video import VideoFrame, stylize_video
from .head import Card, Head, draw_card, draw_icon
from .job import Job, Result
from .limits import Limits, offered_knobs
from .takeaway import Takeaways
from .uploads import STATIC, CannotStoreError, original_of, save_picture, storing

__all__ = ["FIRST_STYLE", "TOLD_SIDE", "Sample", "Service", "StyleChoice", "path_of"]

FIRST_STYLE = "van-gogh-starry-night"  # chosen when the page opens; the API's default
MAX_BLENDED = 8  # in one blend
# Painted people whom a visitor without a photo may try beside the two photos of examples/.
SAMPLE_PAINTINGS = ("da-vinci-mona-lisa", "hokusai-woman-holding-a-fan")
TOLD_SIDE = 512  # px at which a style is looked at when it is chosen
COPY_QUALITY = 60  # of WebP: half the bytes of the examples' own files, hard to tell from them


def path_of(data: object) -> str | None:
    """The path in a file that a page sent as JSON; not to be trusted, see Service.picture()."""
    return data.get("path") if isinstance(data, dict) else None


@dataclasses.dataclass(frozen=True)
class Sample:
    """A portrait that a visitor may try: paths from where the page can show them."""

    portrait: Portrait
    photo: str
    thumbnail: str


@dataclasses.dataclass(frozen=True)
class StyleChoice:
    """What a page sent as the style, unchecked: a preset's number or, if given, an own picture.

    With ``second``, another preset's number, the two are blended; ``blend``: 0..1, how much of
    the second.
    """

    number: object
    own: object = None
    second: object = None
    blend: object = 0.0


class Service:
    """The gallery, and jobs made from what a visitor sent.

    A visitor names a preset by its number or its name, never by a path, and a picture by a path
    that has to lie in ``folder``, where the web server puts what was uploaded.

    Args:
        dirs: more folders of styles, as for load_presets().
        limits: of one job.
        folder: of uploads; results go there too.
        frames: in place of nst.stylize. video: in place of nst.stylize_video.
        where: the pictures go to be painted, in words for the visitor.

    Attributes:
        video, where: as given.
        knobs: the settings that a visitor may choose, in the order of the API's parameters.
        defaults: their defaults by name.
        presets: every style; its position is the number by which the page names it.
        number: that number for each preset's name.
        samples: portraits to try.
        folder: of uploads and results.
        takeaways: results that wait for somebody's phone.
    """

    def __init__(self, dirs: Sequence[str], limits: Limits, folder: str | os.PathLike[str],
                 frames: Callable[..., Generator[Frame | Pause]] = stylize,
                 video: Callable[..., Generator[VideoFrame | Pause]] = stylize_video,
                 where: str = "this server"):
        self.limits, self.video, self.where = limits, video, where
        self.knobs = offered_knobs(limits)
        self.defaults = {knob.name: knob.default for knob in self.knobs}
        self.presets = load_presets(dirs)
        self.collection = Collection(self.presets)
        self.number = {preset.name: number for number, preset in enumerate(self.presets)}
        self._dirs, self.folder, self._frames = dirs, folder, frames
        self.takeaways = Takeaways(Path(folder))
        portraits = [*load_portraits(), *(self._painting(name) for name in SAMPLE_PAINTINGS)]
        self.samples = tuple(self._sample(portrait) for portrait in portraits)

    def servable(self, file: Path) -> str:
        """A copy of one of our own files in the folder from which the page may load files.

        Raises:
            CannotStoreError: the disk is full or cannot be written.
        """
        # Two files of one name lie in two folders.
        folder = hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        copy = self._static(folder, file.name)
        if not copy.exists():
            with storing(), writing(copy) as part:
                shutil.copyfile(file, part)
        return str(copy)

    def compressed(self, file: Path) -> str:
        """A copy of one of our own pictures for the page, compressed more: half the bytes.

        Raises:
            CannotStoreError: the disk is full or cannot be written.
        """
        copy = self._static("light", f"{file.stem}.webp")
        if not copy.exists():
            with Image.open(file) as picture:
                save_picture(picture, copy, quality=COPY_QUALITY)
        return str(copy)

    def head(self) -> Head:
        """The page's icon and its cards; raises CannotStoreError."""
        example = find_example(self.samples[0].portrait, FIRST_STYLE)
        assert example is not None  # examples/ holds it; a test says so
        icon, first = self._static("icon.jpg"), Card(self._static("card.jpg"))
        draw_icon(example.file, icon)
        draw_card(self.samples[0].photo, example.file, first.picture)
        return Head(icon, lambda style: self._card(style) or first)

    def _card(self, style: str) -> Card | None:
        """The first sample in the style of that name, made once; None where there is no such."""
        number = self.number.get(style)
        example = None if number is None else find_example(self.samples[0].portrait, style)
        if number is None or example is None:
            return None
        card = Card(self._static(f"card-{style}.jpg"),
                    f"Your portrait after {self.presets[number].credit}")
        if not card.picture.exists():
            try:
                draw_card(self.samples[0].photo, example.file, card.picture)
            except CannotStoreError:  # the page is there all the same
                return None
        return card

    def sample(self, path: str | None) -> Sample | None:
        """The sample whose photo lies at ``path``."""
        return next((sample for sample in self.samples if sample.photo == path), None)

    def preset(self, number: object) -> Preset:
        """The preset of that number, which is all that a page sends; raises UserError."""
        if type(number) is not int or not 0 <= number < len(self.presets):
            raise UserError("Choose a style first.")
        return self.presets[number]

    def told(self, number: object) -> str:
        """How the preset's picture is read otherwise than one may think, if it is."""
        try:
            return self.preset(number).open(max_side=TOLD_SIDE).info.get(NOTICE, "")
        except UserError:  # Paint tells it
            return ""

    def numbers(self, movement: str, text: str) -> list[int]:
        """The presets' numbers of what was searched for, as :meth:`page` shows them."""
        return [self.number[preset.name] for preset in self.collection.search(text, movement)]

    def page(self, movement: str, text: str, page: int,
             size: int) -> tuple[list[tuple[int, str]], int]:
        """A page of the gallery as (preset's number, thumbnail), and how many pages there are.

        ``movement`` may be empty for all of them. Raises CannotStoreError on a full disk.
        """
        found = self.collection.search(text, movement)
        with storing():
            return [(self.number[preset.name], self.servable(file))
                    for preset, file in with_thumbnails(found.page(page, size))], found.pages(size)

    def picture(self, path: object) -> str:
        """The real path of an uploaded picture. Every path from outside passes here.

        Raises:
            UserError: none given, or it leads (links followed) out of the folder of uploads.
        """
        if not path or not isinstance(path, str):
            raise UserError("Give a photo first: take one, upload one, or choose an example.")
        real, folder = os.path.realpath(path), os.path.realpath(self.folder)
        if not real.startswith(folder + os.sep):
            raise UserError("That picture was not uploaded here; upload it.")
        return real

    def chosen(self, choice: StyleChoice, settings: Settings) -> list[NamedStyle]:
        """The pictures of what a visitor chose, with their weights; raises UserError."""
        if choice.own:
            file = original_of(self.picture(choice.own))
            first = NamedStyle(Path(file).name, open_style(file, settings),
                               digest=file_digest(file))
        else:
            first = _opened(self.preset(choice.number), settings)
        if choice.second is None:
            return [first]
        blend = choice.blend
        if (not isinstance(blend, (int, float)) or isinstance(blend, bool)
                or not 0 <= blend <= 1):
            raise UserError("The blend is no number from 0 to 1; move its slider.")
        both = [(first, 1 - blend), (_opened(self.preset(choice.second), settings), blend)]
        return [dataclasses.replace(style, weight=weight) for style, weight in both if weight]

    def named(self, text: object, settings: Settings) -> list[NamedStyle]:
        """``NAME`` or ``NAME=0.7,NAME=0.3`` as styles with weights; raises UserError."""
        return [dataclasses.replace(_opened(find_preset(name, self._dirs), settings),
                                    weight=weight) for name, weight in _parts(text)]

    def recommended(self, text: object) -> Mapping[str, Any]:
        """What the first style that :meth:`named` reads from ``text`` recommends."""
        return find_preset(_parts(text)[0][0], self._dirs).settings

    def title(self, name: str) -> str:
        """A preset's title, or the name itself where it is a visitor's own file."""
        return self.presets[self.number[name]].title if name in self.number else name

    def credits(self, named: Sequence[tuple[str, float]]) -> list[str]:
        """For each (name, weight) of a job: who painted it, its licence, and its share."""
        total = sum(weight for _, weight in named)
        lines = []
        for name, weight in named:
            number = self.number.get(name)
            credit = name if number is None else (
                f"{self.presets[number].credit} ({self.presets[number].licence})")
            lines.append(credit if len(named) == 1 else f"{credit}, {weight / total:.0%}")
        return lines

    def job(self, photo: object, styles: Sequence[NamedStyle], settings: Settings,
            mask: Image.Image | None = None, extras: bool = True,
            marked_faces: Sequence[Box] = (), start: Result | None = None) -> Job:
        """A job for an uploaded photo; raises UserError, before anybody waits for a turn.

        ``mask``: what the subject is, of any size; used where the settings name a region.
        ``extras``, ``marked_faces``, ``start``: as for Job.
        """
        return Job(self.picture(photo), styles, settings, self.folder, limits=self.limits,
                   mask=None if settings.region == "everything" else mask, extras=extras,
                   frames=self._frames, marked_faces=marked_faces, start=start)

    def _static(self, *names: str) -> Path:
        """A file in the folder of our own pictures, which is made; raises CannotStoreError."""
        file = Path(self.folder, STATIC, *names)
        with storing():
            file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def _painting(self, name: str) -> Portrait:
        """A preset in the role of a photo."""
        preset = self.presets[self.number[name]]
        file = self._static(f"{name}.jpg")
        save_picture(preset.open(), file, quality=92)  # it is painted after
        return Portrait(file, preset.title, preset.artist, preset.licence, preset.source,
                        preset.alt)

    def _sample(self, portrait: Portrait) -> Sample:
        file = portrait.file
        small = thumbnail(f"{file}:{file.stat().st_mtime_ns}",
                          lambda: open_picture(file, max_side=2 * LONGER_SIDE))
        return Sample(portrait, self.servable(file), self.servable(small))


def _parts(text: object) -> list[tuple[str, float]]:
    """``NAME=0.7,NAME`` as (name, weight); raises UserError."""
    if not isinstance(text, str) or text.count(",") >= MAX_BLENDED:
        raise UserError(f"Name the style by a text, as /styles lists them; several, at most "
                        f"{MAX_BLENDED}, as NAME=0.7,NAME=0.3.")
    return [split_weight(part) for part in text.split(",")]


def _opened(preset: Preset, settings: Settings) -> NamedStyle:
    picture = preset.open(max_side=style_side(settings), keep_border=settings.keep_border)
    return NamedStyle(preset.name, picture, digest=file_digest(preset.local_file()))
