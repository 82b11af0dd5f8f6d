"""What visitors may ask for: paintings of the collection or their own, within limits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from ..cli.painting import NamedStyle
from ..engine.stylize import Frame
from ..errors import UserError
from ..gallery.collection import Collection, shown
from ..gallery.presets import Preset, find_preset, load_presets
from ..geometry import resized
from ..paint import stylize
from ..pictures.reading import open_picture
from ..portrait.faces import DETAIL_SIDE, find_faces
from ..portrait.person import find_subject
from ..settings import Settings
from .job import Job, Limits

__all__ = ["Studio"]

# Longest side of a painting that is read, in sides of the finished picture: a long panorama is
# used with as many pixels as the photo, so its longer side exceeds the photo's.
STYLE_SIDES = 2.5
MOST_STYLES = 8  # in one blend
MASK_SIDE = 512  # px; the engine enlarges a mask, and its edge is soft


class Studio:
    """The collection, and jobs made from what a visitor sent.

    A visitor names a preset by its number or its name, never by a path, and a picture by a path
    that has to lie in ``folder``, where the web server puts what was uploaded.

    Args:
        dirs: more folders of styles, as for load_presets().
        limits: of one job.
        folder: of uploads; results go there too.
        frames: in place of nst.stylize.
    """

    def __init__(self, dirs: Sequence[str], limits: Limits, folder: str | os.PathLike[str],
                 frames: Callable[..., Iterator[Frame]] = stylize):

        self.limits = limits
        self.presets = load_presets(dirs)
        self.collection = Collection(self.presets)
        self.number = {preset.name: number for number, preset in enumerate(self.presets)}
        self._dirs, self._folder, self._frames = dirs, folder, frames

    def preset(self, number: object) -> Preset:
        """The preset of that number, which is all that a page sends; raises UserError."""
        if type(number) is not int or not 0 <= number < len(self.presets):
            raise UserError("Choose a painting first.")
        return self.presets[number]

    def page(self, movement: str, text: str, page: int,
             size: int) -> tuple[list[tuple[int, Path]], int]:
        """A page of the gallery as (preset's number, thumbnail), and how many pages there are.

        ``movement`` may be empty for all of them.
        """
        found = self.collection.search(text, movement)
        return [(self.number[preset.name], thumbnail)
                for preset, thumbnail in shown(found.page(page, size))], found.pages(size)

    def picture(self, path: object) -> str:
        """The real path of an uploaded picture: the one door for paths from outside.

        Raises:
            UserError: none given, or it leads (links followed) out of the folder of uploads.
        """
        if not path or not isinstance(path, str):
            raise UserError("Give a photo first: take one, upload one, or choose an example.")
        real, folder = os.path.realpath(path), os.path.realpath(self._folder)
        if not real.startswith(folder + os.sep):
            raise UserError("That picture was not uploaded here; upload it.")
        return real

    def chosen(self, number: object, own: object, second: object, blend: object,
               settings: Settings) -> list[NamedStyle]:
        """A preset or, if given, an own picture; with another preset where ``second`` names one.

        ``blend``: 0..1, how much of the second. Raises UserError.
        """
        if own:
            file = self.picture(own)
            first = Path(file).name, open_picture(file, max_side=_useful_side(settings))
        else:
            first = _opened(self.preset(number), settings)
        if second is None:
            return [NamedStyle(*first)]
        if type(blend) not in (int, float) or not 0 <= blend <= 1:
            raise UserError("The blend is no number from 0 to 1; move its slider.")
        both = [(first, 1 - blend), (_opened(self.preset(second), settings), blend)]
        return [NamedStyle(*style, weight=weight) for style, weight in both if weight]

    def named(self, text: object, settings: Settings) -> list[NamedStyle]:
        """``NAME`` or ``NAME=0.7,NAME=0.3`` as paintings; raises UserError."""
        styles = []
        for name, weight in _parts(text):
            preset = find_preset(name, self._dirs)
            try:
                styles.append(NamedStyle(*_opened(preset, settings), weight=float(weight or 1)))
            except ValueError:
                raise UserError(f"Give {preset.name} a number as its weight, as in "
                                f"{preset.name}=0.7.") from None
        return styles

    def recommended(self, text: object) -> Mapping[str, Any]:
        """What the first style that :meth:`named` reads from ``text`` recommends."""
        return find_preset(_parts(text)[0][0], self._dirs).settings

    def credits(self, named: Sequence[tuple[str, float]]) -> list[str]:
        """For each (name, weight) of a job: who painted it, its licence, and its share."""
        total = sum(weight for _, weight in named)
        said = []
        for name, weight in named:
            number = self.number.get(name)
            credit = name if number is None else (
                f"{self.presets[number].credit} ({self.presets[number].licence})")
            said.append(credit if len(named) == 1 else f"{credit}, {weight / total:.0%}")
        return said

    def has_face(self, photo: object) -> bool:
        """Whether a face is found in an uploaded photo; raises UserError as :meth:`picture`."""
        return bool(find_faces(open_picture(self.picture(photo), max_side=DETAIL_SIDE)))

    def subject(self, photo: object) -> Image.Image:
        """The people in an uploaded photo, white on black: mode L, at most MASK_SIDE pixels.

        All black where no face is found; raises UserError for a photo that cannot be read.
        """
        picture = resized(open_picture(self.picture(photo), max_side=MASK_SIDE), MASK_SIDE)
        faces = find_faces(picture)
        if not faces:
            return Image.new("L", picture.size)
        return Image.fromarray((255 * find_subject(picture, faces)).astype("uint8"))

    def job(self, photo: object, styles: Sequence[NamedStyle], settings: Settings,
            mask: Image.Image | None = None, keepsakes: bool = True) -> Job:
        """A job for an uploaded photo; raises UserError, before anybody waits for a turn.

        ``mask``: what the subject is, of any size; used where the settings name a region.
        ``keepsakes``: as for Job.
        """
        return Job(self.picture(photo), styles, settings, self._folder, limits=self.limits,
                   mask=None if settings.region == "everything" else mask, keepsakes=keepsakes,
                   frames=self._frames)


def _parts(text: object) -> list[tuple[str, str]]:
    """``NAME=0.7,NAME`` as (name, weight or nothing); raises UserError."""
    if not isinstance(text, str) or text.count(",") >= MOST_STYLES:
        raise UserError(f"Name the style by a text, as /styles lists them; several, at most "
                        f"{MOST_STYLES}, as NAME=0.7,NAME=0.3.")
    named = (part.partition("=") for part in text.split(","))
    return [(name.strip(), weight) for name, _, weight in named]


def _opened(preset: Preset, settings: Settings):
    return preset.name, preset.open(max_side=_useful_side(settings))


def _useful_side(settings: Settings) -> int:
    """Pixels on a painting's longer side beyond which they would not be used."""
    return round(settings.size * STYLE_SIDES * max(1.0, settings.style_scale))
