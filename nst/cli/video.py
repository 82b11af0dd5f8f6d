"""``python -m nst video``: paint a clip.

Every painted picture is kept in a folder beside the film until the film is written, so that a
stopped run is taken up by the same command. On a cluster the clip's scenes are painted at once.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import itertools
import json
import math
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from tqdm import tqdm

from ..cluster.needs import add_cluster, painter_needs
from ..errors import UserError
from ..geometry import fit_size
from ..pictures.clip import MAX_FPS, MAX_SECONDS, Clip
from ..pictures.film_writer import MAX_GIF_FPS, SUFFIXES, write_film
from ..pictures.h264 import check_films
from ..pictures.metadata import CHUNK, describe, file_digest, fingerprint
from ..pictures.open_clip import open_clip
from ..pictures.reading import open_mask
from ..pictures.sound import Sound
from ..pictures.writing import safe_name, writing
from ..run import NamedStyle
from ..settings import Settings, settings_for
from ..video import VideoFrame, stylize_video
from .arguments import (
    SIZE,
    add_mask,
    add_settings,
    add_style,
    add_styles,
    check_output,
    given_settings,
)
from .scenes import Piece, paint_piece, pieces
from .sources import find_styles
from .terminal import END_SIGNALS, OK, PARTLY, PLAIN_SECONDS, STOPPED, on_signals, say

if TYPE_CHECKING:
    from .crew import Crew

__all__ = ["PaintedPictures", "add_arguments", "run"]

DEFAULT_SIZE = 384  # px: half of the time of 512, and a phone shows hardly more of it
_RECORD = "film.json"  # in the folder of painted pictures: what they were painted from
_SAMPLES = 16  # pictures from which a GIF's colours are taken


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clip", metavar="CLIP",
                        help="a film (MP4, MOV, WebM, MKV, AVI) or an animated GIF, WebP or PNG")
    add_style(parser)
    parser.add_argument("-o", "--output", required=True, metavar="OUT.mp4",
                        help="where the film goes; its ending says what it is: .mp4 (with the "
                             "clip's sound), .gif or .webp. A run that was stopped is taken up "
                             "by the same command")
    parser.add_argument("--fps", metavar="X", help="pictures a second (default: the clip's own, at "
                        "most 30); fewer are painted sooner")
    parser.add_argument("--start", metavar="X", help="seconds of the clip to leave out")
    parser.add_argument("--seconds", metavar="X", dest="length",
                        help="how much of the clip to paint (default: all of it)")
    add_mask(parser)
    add_styles(parser)
    add_cluster(parser)
    add_settings(parser, without=("seconds",))


def run(args: argparse.Namespace, started_at: float) -> int:
    check_films()
    given = given_settings(args)
    output = Path(args.output)
    if output.suffix.lower() not in SUFFIXES:
        raise UserError(f"{safe_name(output)} does not end in {', '.join(SUFFIXES[:-1])} or "
                        f"{SUFFIXES[-1]}; give a name that does.")
    check_output(output, "", [args.clip, *args.style, *filter(None, [args.mask])])
    limit = MAX_GIF_FPS if output.suffix.lower() == ".gif" else MAX_FPS
    fps = _number(args.fps, "--fps", 0.1, limit)
    start, length = (_number(text, flag, low, math.inf) for text, flag, low in
                     ((args.start, "--start", 0.0), (args.length, "--seconds", 0.01)))
    sources = find_styles(args.style, args.dirs)
    recommended = {SIZE.name: DEFAULT_SIZE} | {
        name: value for name, value in sources[0].recommended.items() if name != "seconds"}
    settings = settings_for(recommended, given)
    styles = tuple(source.open(settings) for source in sources)
    mask = open_mask(args.mask) if args.mask else None
    with open_clip(args.clip) as clip:
        part = _Part.of(clip, start or 0.0, length, fps)
        texts = _texts(args.clip, settings, styles, mask, part)
        if args.cluster is None:
            return _Work(clip, part, styles, settings, mask, output, texts).run()
        from ..cluster.link import Cluster
        from ..cluster.wire import check_portable
        from .crew import Crew

        check_portable(settings)
        with Cluster(args.cluster, painter_needs(args)) as cluster:
            return _Work(clip, part, styles, settings, mask, output, texts, Crew(cluster)).run()


@dataclasses.dataclass(frozen=True)
class _Part:
    """Which pictures of a clip are painted; ``count`` is 0 where that is not known."""

    start: float
    seconds: float | None
    fps: Fraction
    count: int

    @classmethod
    def of(cls, clip: Clip, start: float, length: float | None, fps: float | None) -> _Part:
        rate = clip.fps if fps is None else Fraction(fps).limit_denominator(1000)
        left = None if clip.seconds is None else clip.seconds - start
        if left is not None and left <= 0:
            raise UserError(f"{clip.name} lasts {clip.seconds:.1f} s; start before its end.")
        wanted = min(filter(None, (left, length)), default=None)
        if length is None and (wanted is None or wanted > MAX_SECONDS):
            lasts = "does not say how long it lasts" if wanted is None else (
                f"lasts {wanted / 60:.0f} minutes")
            raise UserError(f"{clip.name} {lasts}; say with --seconds how much of it to paint.")
        count = 0 if left is None or wanted is None else max(1, round(wanted * rate))
        return cls(start, length, rate, count)


class _Work:
    """The painting of one clip into one film."""

    def __init__(self, clip: Clip, part: _Part, styles: Sequence[NamedStyle], settings: Settings,
                 mask: Image.Image | None, output: Path, texts: dict[str, str],
                 crew: Crew | None = None):
        self._clip, self._part, self._styles, self._settings = clip, part, styles, settings
        self._mask, self._output, self._texts, self._crew = mask, output, texts, crew
        self._size = fit_size(clip.size, settings.size)
        self._painted = PaintedPictures(output, texts["comment"])

    def run(self) -> int:
        if self._painted.number:
            say(f"nst: {self._painted.number} pictures are painted already; going on after them.")
        try:
            stopped = self._paint() if self._crew is None else self._paint_scenes(self._crew)
        finally:
            if not self._painted.number:
                self._painted.delete()
        if not self._painted.count:
            raise UserError(f"There are no pictures in that part of {self._clip.name}; give "
                            "another --start or --seconds.")
        self._write()
        name, count = safe_name(self._output), self._painted.count
        if stopped:
            say(f"nst: stopped after picture {count}; the film until there is in {name}, and the "
                "same command goes on.")
            return STOPPED
        self._painted.delete()
        return PARTLY if self._clip.notice else OK

    def _paint(self) -> bool:
        """Paint what is missing; returns whether Ctrl-C ended it."""
        done = self._painted.count
        stop = _Stop(self._painted)
        part = self._part
        # One earlier: what is painted next starts from it.
        photos = self._clip.pictures(self._size, fps=part.fps, start=part.start,
                                     seconds=part.seconds, skip=max(0, done - 1))
        after = None
        if done:
            before = next(photos, None)
            if before is None:
                return False
            after = before, self._painted.picture(done - 1)
        frames = stylize_video(
            photos, [(style.picture, style.weight) for style in self._styles], self._settings,
            count=max(0, part.count - done), mask=self._mask, after=after)
        with contextlib.closing(frames), stop.on_ctrl_c(), _Progress(
                safe_name(self._output), done, part.count) as progress:
            for frame in frames:
                self._painted.add(done + frame.step - 1, frame.image)
                progress.show(frame)
                if stop.asked:
                    return True
        return False

    def _paint_scenes(self, crew: Crew) -> bool:
        """Paint what is missing, on a cluster; returns whether Ctrl-C ended it."""
        part, name = self._part, safe_name(self._output)

        def paint(piece: Piece) -> None:
            paint_piece(piece, crew, self._painted, self._styles, self._settings, self._mask, name)

        photos = self._clip.pictures(self._size, fps=part.fps, start=part.start,
                                     seconds=part.seconds)
        try:
            crew.each(paint, pieces(photos, self._settings), part.count or None,
                      size=lambda piece: len(piece.photos))
        except KeyboardInterrupt:
            if not self._painted.count:  # there is nothing to begin a film with
                raise
            return True
        return False

    def _write(self) -> None:
        count, part = self._painted.count, self._part
        spread = {round(at * (count - 1) / (_SAMPLES - 1)) for at in range(_SAMPLES)}
        samples = [self._painted.picture(index) for index in sorted(spread)]
        sound: Sound | None = None
        if self._output.suffix.lower() == ".mp4":
            sound = self._clip.sound(part.start, part.seconds)
        with contextlib.ExitStack() as resources:
            if sound is not None:
                resources.callback(sound.close)
            write_film(self._output, map(self._painted.picture, range(count)), self._size,
                       part.fps, texts=self._texts, sound=sound, samples=samples)


class PaintedPictures:
    """The painted pictures, as PNGs in a hidden folder beside the film.

    Pictures that were painted from something else are deleted at once.
    """

    def __init__(self, output: Path, record: str):
        self._folder = output.with_name(f".{output.name}.painted")
        try:
            if self._is_of(record):
                return
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder.mkdir()
            (self._folder / _RECORD).write_text(record, encoding="utf-8")
        except OSError as error:
            raise UserError(f"The painted pictures cannot be kept beside {safe_name(output)} "
                            f"({error.strerror}); give a folder that may be written.") from None

    def _is_of(self, record: str) -> bool:
        try:
            return (self._folder / _RECORD).read_text(encoding="utf-8") == record
        except (OSError, ValueError):
            return False

    def _file(self, index: int) -> Path:
        return self._folder / f"{index:06d}.png"

    @property
    def count(self) -> int:
        """How many there are from the first on, none missing."""
        return self.from_number(0)

    @property
    def number(self) -> int:
        """How many there are; on a cluster later ones may come before earlier ones."""
        return sum(1 for _ in self._folder.glob("[0-9]*.png"))

    def from_number(self, index: int) -> int:
        """How many there are from this one on, none missing."""
        return next(number for number in itertools.count() if not self.has(index + number))

    def has(self, index: int) -> bool:
        return self._file(index).is_file()

    def add(self, index: int, picture: Image.Image) -> None:
        with writing(self._file(index)) as part:
            picture.save(part, format="PNG", compress_level=1)

    def picture(self, index: int) -> Image.Image:
        with Image.open(self._file(index), formats=("PNG",)) as image:
            return image.convert("RGB")

    def delete(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class _Stop:
    """Lets the first Ctrl-C end the work once a picture is painted; the next one raises."""

    def __init__(self, painted: PaintedPictures):
        self._painted, self.asked = painted, False

    @contextlib.contextmanager
    def on_ctrl_c(self) -> Iterator[None]:
        def stop(*_: Any) -> None:
            if self.asked or not self._painted.number:
                raise KeyboardInterrupt
            self.asked = True

        with on_signals(stop, signal.SIGINT, *END_SIGNALS):
            yield


class _Progress:
    """Shows how many pictures are painted and the time left: a bar, or now and then a line."""

    def __init__(self, name: str, done: int, count: int):
        self._name, self._done, self._count = name, done, count
        self._bar: tqdm | None = None
        self._line_at = -math.inf

    def show(self, frame: VideoFrame) -> None:
        done = self._done + frame.step
        left = f"{max(1, round(frame.remaining))} s left" if frame.remaining else "" if (
            not self._count or done < self._count) else f"done in {frame.elapsed:.0f} s"
        if sys.stderr.isatty():
            if self._bar is None:
                self._bar = tqdm(total=self._count or None, initial=self._done, file=sys.stderr,
                                 dynamic_ncols=True, mininterval=0,
                                 bar_format="{desc} |{bar}| {n_fmt}/{total_fmt} {postfix}")
                self._bar.set_description_str(self._name, refresh=False)
            self._bar.n = done
            self._bar.set_postfix_str(left)
        elif time.monotonic() - self._line_at >= PLAIN_SECONDS or done == self._count:
            of = f" of {self._count}" if self._count else ""
            say(f"{self._name}: picture {done}{of}{', ' * bool(left)}{left}")
            self._line_at = time.monotonic()

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


def _number(text: str | None, flag: str, low: float, high: float) -> float | None:
    """The number that was given to a flag; raises UserError where it is none in that range."""
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high or math.isinf(value):
        to = f" to {high:g}" if math.isfinite(high) else " up"
        raise UserError(f"{flag} is {text[:40]!r}; give a number from {low:g}{to}.")
    return value


def _texts(clip: str | os.PathLike[str], settings: Settings, styles: Sequence[NamedStyle],
           mask: Image.Image | None, part: _Part) -> dict[str, str]:
    """The film's metadata: what it was made of, for programs ("comment") and for people."""
    texts = describe(settings, [(style.name, style.weight) for style in styles], mask,
                     photo=file_digest(clip), digests=[style.digest for style in styles])
    record = json.loads(texts[CHUNK])
    record["clip"] = {"fps": str(part.fps), "start": part.start, "seconds": part.seconds}
    if mask is not None:
        record["mask"] = fingerprint(mask)
    return {"comment": json.dumps(record), "description": texts["Description"],
            "encoding_tool": texts["Software"]}
