"""A clip of a few seconds painted for somebody who watches: its first picture, then a loop."""

from __future__ import annotations

import dataclasses
import itertools
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from PIL import Image

from ..errors import UserError
from ..geometry import fit_size, resized
from ..people import Box
from ..pictures.clip import Clip
from ..pictures.film_writer import write_film
from ..pictures.metadata import CHUNK, describe
from ..pictures.open_clip import open_clip
from ..run import NamedStyle, Pause
from ..settings import Settings
from ..video import VideoFrame
from .job import Result, Update
from .service import Service
from .uploads import save_picture, storing

__all__ = ["FPS", "MAX_SECONDS", "MAX_SIZE", "ClipShown", "Growth", "Loop", "MovingJob", "Part",
           "look_at", "picture_at"]

FPS = 12  # pictures a second: half of the time of 25, and it looks drawn by hand
MAX_SECONDS = 4.0  # of a clip that are painted
MAX_SIZE = 384  # px of the longer side: half of the time of 512, and a phone shows hardly more
MAX_CLIP_SECONDS = 60.0  # of what is cut from: two handles find no place in more
STILLS = 8  # pictures on the strip between the handles
STILL_HEIGHT = 96  # px
PHOTO_SIDE = 1024  # px of the picture that is painted first
# Chats show a GIF small, and refuse it when it is large: 4 s to and fro at 256 px have 5 MB.
GIF_SIDE = 256
PREVIEW_QUALITY = 80  # of JPEG


@dataclasses.dataclass(frozen=True)
class ClipShown:
    """What the page knows of an uploaded clip.

    Attributes:
        file: of the clip. seconds: its length. strip: a file with STILLS pictures in a row.
    """

    file: Path
    seconds: float
    strip: Path


@dataclasses.dataclass(frozen=True)
class Part:
    """Which part of a clip is painted, in seconds from its beginning."""

    start: float
    end: float

    @property
    def count(self) -> int:
        """How many pictures it has."""
        return max(1, round((self.end - self.start) * FPS))


@dataclasses.dataclass(frozen=True)
class Growth:
    """The loop as far as it is painted.

    Attributes:
        pictures: files, small, in the order of the clip. count: how many there will be.
        remaining: seconds to come.
    """

    pictures: tuple[Path, ...]
    count: int
    remaining: float


@dataclasses.dataclass(frozen=True)
class Loop:
    """What is kept. ``still``: the first picture's result, its film replaced by the loop (MP4).

    ``gif``: the loop again; None where only the first picture was painted. ``count``: pictures
    that were painted; ``complete``: whether the part ended with them. ``seconds``: that it took.
    ``notice``: a sentence where the clip's file breaks off before the part ends; or empty.
    """

    still: Result
    gif: Path | None
    count: int
    complete: bool
    seconds: float
    notice: str = ""


def look_at(file: str) -> ClipShown:
    """Read a clip that was uploaded, and lay a strip of its pictures beside it.

    Raises:
        UserError: it cannot be read, is too long, or the strip cannot be stored.
    """
    with open_clip(file) as clip:
        seconds = _seconds(clip)
        height = min(STILL_HEIGHT, clip.size[1])
        size = max(1, round(height * clip.size[0] / clip.size[1])), height
        strip = Image.new("RGB", (STILLS * size[0], height))
        for number in range(STILLS):
            at = seconds * number / STILLS
            try:
                strip.paste(_picture(clip, at, size), (number * size[0], 0))
            except UserError:  # it breaks off here; what comes before can be painted
                if not number:
                    raise
                seconds = at
                strip = strip.crop((0, 0, number * size[0], height))
                break
    path = Path(file).with_name("strip.jpg")
    save_picture(strip, path)
    return ClipShown(Path(file), seconds, path)


def picture_at(shown: ClipShown, start: float) -> str:
    """A file beside the clip with the picture that is shown at ``start``, in seconds.

    Raises:
        UserError: it cannot be read or stored.
    """
    with open_clip(shown.file) as clip:
        picture = _picture(clip, start, fit_size(clip.size, min(PHOTO_SIDE, max(clip.size))))
    return save_picture(picture, shown.file.with_name(f"{shown.file.stem}-at-{start:.1f}.jpg"),
                        quality=95)


def _seconds(clip: Clip) -> float:
    """A clip's length; raises UserError where it is too long."""
    seconds = clip.seconds
    if seconds is None:  # browsers write WebM without a length
        counted = itertools.islice(clip.pictures((16, 16), fps=Fraction(10)),
                                   round(10 * MAX_CLIP_SECONDS) + 1)
        seconds = sum(1 for _ in counted) / 10
    if seconds > MAX_CLIP_SECONDS:
        raise UserError(f"{clip.name} lasts {seconds / 60:.1f} minutes; give a clip of at most a "
                        "minute.")
    return seconds


def _picture(clip: Clip, at: float, size: tuple[int, int]) -> Image.Image:
    for picture in clip.pictures(size, start=at):
        return picture
    raise UserError(f"There are no pictures in that part of {clip.name}; choose another one.")


class MovingJob:
    """A clip to be painted once; it waits for its turn once, as a Job does.

    Args:
        clip: what was uploaded. part: of it.
        photo: the part's first picture, a file of :func:`picture_at`.
        settings: their size is lowered to MAX_SIZE; a time budget has no part in them.
        marked_faces: where the visitor says that faces are in the first picture.
        to_and_fro: whether the loop comes back the way it went.

    Attributes:
        first: the Job that paints the first picture.
        to_and_fro: as given.

    Raises:
        UserError: a picture that cannot be read, or settings beyond the service's limits.
    """

    def __init__(self, service: Service, clip: ClipShown, part: Part, photo: object,
                 styles: Sequence[NamedStyle], settings: Settings,
                 marked_faces: Sequence[Box] = (), to_and_fro: bool = True):
        settings = dataclasses.replace(settings, size=min(MAX_SIZE, settings.size), seconds=0.0)
        self.first = service.job(photo, styles, settings, marked_faces=marked_faces)
        self.settings, self.part, self.photo = settings, part, self.first.photo
        self._clip, self._styles, self._marked_faces = clip, tuple(styles), tuple(marked_faces)
        self.to_and_fro = to_and_fro
        self._video, self._limit = service.video, service.limits.seconds
        self._notice = ""
        self._over = threading.Event()

    @property
    def named(self) -> list[tuple[str, float]]:
        """(name, weight) of each style."""
        return self.first.named

    @property
    def begun(self) -> bool:
        """Whether somebody paints it, or has."""
        return self.first.begun

    @property
    def over(self) -> bool:
        """Whether it was painted, stopped or failed: nothing more will come."""
        return self._over.is_set()

    @property
    def stopped(self) -> bool:
        """Whether stop() was called."""
        return self.first.stopped

    def stop(self) -> None:
        """End with what has been painted when the picture at hand is done; from any thread."""
        self.first.stop()

    def run(self) -> Iterator[Update | Pause | Growth | Loop]:
        """Paint: the first picture's updates, the loop as it grows, then what is kept.

        Raises:
            UserError: as Job.run() and nst.stylize_video() do, or files cannot be stored.
        """
        began, still, finished = time.monotonic(), None, False
        try:
            for update in self.first.run():
                if isinstance(update, Update):
                    still, finished = update.result, update.frame.finished
                yield update
            if still is not None:
                yield from self._move(still, began, finished and not self.stopped)
        finally:
            self._styles = ()
            self._over.set()

    def _move(self, still: Result, began: float, goes_on: bool) -> Iterator[Pause | Growth | Loop]:
        with Image.open(still.png) as picture:
            painted = [picture.convert("RGB")]
        count, complete = self.part.count, False
        if goes_on:
            with storing():
                folder = Path(tempfile.mkdtemp(prefix="loop-", dir=still.png.parent))
                shown = [self._preview(folder, painted)]
                for frame in self._pictures(still, painted[0]):
                    if isinstance(frame, Pause):
                        yield frame
                    else:
                        painted.append(frame.image)
                        shown.append(self._preview(folder, painted))
                        yield Growth(tuple(shown), count, frame.remaining)
                    if self.stopped or time.monotonic() - began > self._limit:
                        break
                else:
                    complete = True
        gif = None
        if len(painted) > 1:
            still, gif = self._written(still, painted)
        complete = complete or len(painted) == count
        yield Loop(still, gif, len(painted), complete, time.monotonic() - began, self._notice)

    def _pictures(self, still: Result, painting: Image.Image
                  ) -> Iterator[VideoFrame | Pause]:
        """Every picture after the first one."""
        part = self.part
        with open_clip(self._clip.file) as clip:
            photos = clip.pictures(painting.size, fps=Fraction(FPS), start=part.start,
                                   seconds=part.end - part.start)
            first = next(photos, None)
            if first is None:
                return
            yield from self._video(
                itertools.islice(photos, part.count - 1),
                [(style.picture, style.weight) for style in self._styles],
                self.settings, count=part.count - 1, marked_faces=self._marked_faces,
                after=(first, painting))
            self._notice = clip.notice

    def _preview(self, folder: Path, painted: Sequence[Image.Image]) -> Path:
        return Path(save_picture(painted[-1], folder / f"{len(painted):03d}.jpg",
                                 quality=PREVIEW_QUALITY))

    def _written(self, still: Result, painted: Sequence[Image.Image]) -> tuple[Result, Path]:
        """The loop's two files beside the first picture's; raises CannotStoreError."""
        order = [*painted, *painted[-2:0:-1]] if self.to_and_fro else painted
        styles = self._styles
        text = describe(self.settings, [(style.name, style.weight) for style in styles],
                        digests=[style.digest for style in styles],
                        marked_faces=self._marked_faces)
        record = json.loads(text[CHUNK])
        record["clip"] = {"fps": str(FPS), "start": self.part.start,
                          "seconds": self.part.end - self.part.start}
        texts = {"comment": json.dumps(record), "description": text["Description"],
                 "encoding_tool": text["Software"]}
        mp4, gif = (still.png.with_name(f"{still.png.stem}-moving{ending}")
                    for ending in (".mp4", ".gif"))
        with storing():
            write_film(mp4, order, painted[0].size, Fraction(FPS), texts=texts)
            small = [resized(picture, GIF_SIDE) if max(picture.size) > GIF_SIDE else picture
                     for picture in order]
            write_film(gif, small, small[0].size, Fraction(FPS), texts=texts,
                       samples=small[::max(1, len(small) // 16)])
        return dataclasses.replace(still, film=mp4), gif
