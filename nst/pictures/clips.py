"""Clips in: an untrusted film or animated picture becomes upright sRGB pictures, one at a time.

Films (MP4, MOV, WebM, MKV, AVI) are read by PyAV, animated GIF, WebP and PNG by Pillow. A file's
kind is told by its first bytes, so that none can make a reader open other files or addresses.
"""

from __future__ import annotations

import contextlib
import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from PIL import Image

from ..errors import UserError
from .codings import Coding, coding_of, peak_light, to_srgb
from .decoding import MAX_ASPECT, MIN_SIDE
from .h264 import MAX_MACROBLOCKS, check_films
from .modes import flattened
from .writing import safe_name

if TYPE_CHECKING:  # an extra of the package, see check_films()
    import av

__all__ = ["MAX_FPS", "MAX_SECONDS", "Clip", "Sound", "open_clip"]

log = logging.getLogger(__name__)

MAX_FPS = 60  # of what is painted; a clip that has more is painted at DEFAULT_FPS
DEFAULT_FPS = 30  # at most, where nothing was asked for
MAX_SECONDS = 600.0  # a longer clip is painted only as far as was asked for
_MAX_PIXELS = MAX_MACROBLOCKS * 256  # 4096 x 2304: phones record no more but in 8K
# Of the time between two pictures, by which a picture may come late and still be taken: files give
# times in whole milliseconds.
_LATE = Fraction(3, 10)
_SHORT = 0.5  # seconds by which the pictures may end before the file says that they do
_HD_LINES = 720  # from so many on, a film that does not say its matrix has BT.709's
_UNSPECIFIED, _BT709_MATRIX = 2, 1  # H.273, table 4
_FILMS = "MP4, MOV, WebM, MKV, AVI, animated GIF, WebP or PNG"


@dataclass(frozen=True)
class _Shown:
    """A picture and when it is shown, in seconds from the clip's beginning."""

    time: Fraction
    picture: Any


class Clip(ABC):
    """An opened clip.

    Attributes:
        name: for messages.
        size: (width, height) as it is shown, upright.
        fps: pictures a second that it is painted at, if no others are asked for.
        seconds: its length; None: not known before its end.
        notice: once pictures have been read: a sentence where they ended too early; or empty.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path, self.name, self.notice = os.fspath(path), safe_name(path), ""
        self.size = (0, 0)
        self.fps = Fraction(DEFAULT_FPS)
        self.seconds: float | None = None

    def pictures(self, size: tuple[int, int], *, fps: Fraction | None = None, start: float = 0.0,
                 seconds: float | None = None, skip: int = 0) -> Iterator[Image.Image]:
        """The clip's pictures, RGB in sRGB, at even times.

        Whatever times the file gives, picture n is the one that is shown at start + n / fps.

        Args:
            size: (width, height) of the pictures.
            fps: pictures a second; None: the clip's own.
            start, seconds: which part of it; None: to its end.
            skip: this many pictures at the beginning are left out.
        """
        step, begin = 1 / (fps or self.fps), Fraction(start).limit_denominator(100_000)
        end = None if seconds is None else begin + Fraction(seconds).limit_denominator(100_000)
        number = skip
        last: _Shown | None = None
        # One more at the end: the time at which the last picture is no longer shown.
        for shown in self._shown(begin + number * step, size):
            while last is not None and begin + number * step < shown.time - _LATE * step:
                if end is not None and begin + number * step >= end - _LATE * step:
                    return
                yield self._picture(last.picture, size)
                number += 1
            if shown.picture is not None:
                last = shown

    def sound(self, start: float = 0.0, seconds: float | None = None) -> Sound | None:
        """What is heard in a part of the clip; None: nothing. To be closed."""
        return None

    @abstractmethod
    def _shown(self, begin: Fraction, size: tuple[int, int]) -> Iterator[_Shown]:
        """The pictures in order, from the one at ``begin`` or before; then None at their end."""

    @abstractmethod
    def _picture(self, picture: Any, size: tuple[int, int]) -> Image.Image:
        """A picture of _shown() in RGB, upright, sRGB."""

    def close(self) -> None:  # noqa: B027 (an animation holds no file open)
        """Let go of the file."""

    def __enter__(self) -> Clip:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_size(self) -> None:
        width, height = self.size
        if width * height > _MAX_PIXELS:
            raise UserError(f"{self.name} has {width} x {height} pixels; give a clip of 4096 x "
                            "2304 at most.")
        if min(width, height) < MIN_SIDE or max(width, height) > MAX_ASPECT * min(width, height):
            raise UserError(f"{self.name} has {width} x {height} pixels, which is too small or too "
                            "thin to paint; give a larger clip.")

    def _damaged(self, error: Exception) -> UserError:
        log.debug("a clip was refused", exc_info=error)
        return UserError(f"{self.name} is damaged or incomplete; save or send it again.")

    def _ended_early(self, at: Fraction) -> None:
        self.notice = (f"{self.name} is damaged after {float(at):.1f} s; what comes before is "
                       "painted.")
        log.warning("%s", self.notice)


def open_clip(path: str | os.PathLike[str]) -> Clip:
    """Open a clip that nobody vouches for.

    Raises:
        UserError: no such file, no moving picture in it, encrypted or in a coding that is not known
            here, damaged, more than 4096 x 2304 pixels, under ``MIN_SIDE`` pixels or too thin; or
            it is a film and PyAV is not installed.
    """
    name = safe_name(path)
    try:
        if not os.path.isfile(path):
            os.stat(path)
            raise FileNotFoundError
        with open(path, "rb") as file:
            head = file.read(64)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no clip {name}; choose one that exists.") from None
    except OSError as error:
        raise UserError(f"{name} may not be read ({error.strerror}); change its permissions or its "
                        "folder's.") from None
    kind = _kind(head)
    if kind is None:
        raise UserError(f"{name} is not a clip that can be read here; give one in {_FILMS}.")
    if kind == "animated":
        return _Animated(path)
    check_films()
    return _Film(path, kind)


def _kind(head: bytes) -> str | None:
    """FFmpeg's name of the container that begins so, "animated", or None."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot"):
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:3] == b"GIF" or head[:8] == b"\x89PNG\r\n\x1a\n" or (
            head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "animated"
    return None


class _Film(Clip):
    """A film, by PyAV."""

    def __init__(self, path: str | os.PathLike[str], kind: str):
        super().__init__(path)
        self._kind = kind
        self._resources = contextlib.ExitStack()
        self._container = self._opened()
        self._peak: float | None = None
        try:
            self._stream = self._moving_picture()
            first = self._first_picture()
            self._turn = round(getattr(first, "rotation", 0) / 90) % 4  # quarters, to the left
            shape = self._stream.sample_aspect_ratio or Fraction(1)
            width, height = first.width, first.height
            if shape > 0 and shape != 1:
                width = max(1, round(width * shape))
            self.size = (height, width) if self._turn % 2 else (width, height)
            self._check_size()
            rate = self._stream.average_rate or self._stream.guessed_rate
            if rate and rate > 0:
                self.fps = min(Fraction(rate), Fraction(DEFAULT_FPS))
            self.seconds = self._length()
        except BaseException:
            self.close()
            raise

    def _opened(self) -> Any:
        import av

        try:
            # The kind is given, as a playlist would make FFmpeg open what it names.
            return self._resources.enter_context(av.open(
                self.path, format=self._kind, metadata_errors="replace",
                options={"protocol_whitelist": "file", "enable_drefs": "0"}))
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise self._damaged(error) from None

    def _moving_picture(self) -> Any:
        from av.stream import Disposition

        streams = [stream for stream in self._container.streams.video
                   if not stream.disposition & Disposition.attached_pic]
        if not streams:
            raise UserError(f"{self.name} has no moving picture in it; give a clip that has.")
        stream = streams[0]
        if stream.codec_context is None:
            raise self._unreadable()
        stream.thread_type = "AUTO"
        return stream

    def _unreadable(self) -> UserError:
        return UserError(f"{self.name} is encrypted, or in a coding that is not known here; give "
                         "it as MP4 (H.264).")

    def _first_picture(self) -> av.VideoFrame:
        for frame in self._decoded():
            return frame
        tag = str(self._stream.codec_context.codec_tag)
        if tag.startswith("enc") or self._is_encrypted():
            raise self._unreadable()
        raise UserError(f"There are no pictures in {self.name} that can be read; save or send it "
                        "again.")

    def _is_encrypted(self) -> bool:
        """Whether an MP4's table of samples says so (ISO/IEC 14496-12, section 8.12)."""
        size = os.path.getsize(self.path)
        with open(self.path, "rb") as file:
            head = file.read(1 << 20)
            file.seek(max(0, size - (1 << 20)))
            return any(b"encv" in part for part in (head, file.read()))

    def _length(self) -> float | None:
        stream = self._stream
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return self._container.duration / 1e6 if self._container.duration else None

    def _decoded(self, notice: bool = False) -> Iterator[av.VideoFrame]:
        """The frames from where the container stands; ends where the file is damaged."""
        import av

        at, failed = Fraction(0), False
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except (av.error.FFmpegError, OSError) as error:
                log.debug("a clip ends early", exc_info=error)
                failed = True
                break
            if packet is None:
                break
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, OSError) as error:
                log.debug("a packet was skipped", exc_info=error)
                failed = True
                continue
            for frame in frames:
                at = self._time_of(frame) or at
                yield frame
        if notice and (failed or (self.seconds and at < self.seconds - _SHORT)):
            self._ended_early(at)

    def _time_of(self, frame: av.VideoFrame) -> Fraction | None:
        """Seconds from the clip's beginning, if the file says."""
        if frame.pts is None or frame.time_base is None:
            return None
        return frame.pts * frame.time_base - self._origin()

    def _origin(self) -> Fraction:
        base = self._stream.time_base
        return Fraction(0) if base is None else (self._stream.start_time or 0) * base

    def _shown(self, begin: Fraction, size: tuple[int, int]) -> Iterator[_Shown]:
        import av

        try:
            self._container.seek(int((begin + self._origin()) / (self._stream.time_base or 1)),
                                 stream=self._stream)
        except (av.error.FFmpegError, OSError, OverflowError) as error:
            raise self._damaged(error) from None
        step = 1 / Fraction(self._stream.average_rate or DEFAULT_FPS)
        held: _Shown | None = None  # the last before ``begin``
        time = Fraction(-1)
        for frame in self._decoded(notice=True):
            given = self._time_of(frame)
            time = max(time + step if given is None else given, time)  # some files go back
            shown = _Shown(time, frame)
            if time <= begin:
                held = shown
                continue
            if held is not None:
                yield held
                held = None
            yield shown
        if held is not None:
            yield held
        if time >= 0:
            yield _Shown(time + step, None)

    def _picture(self, picture: Any, size: tuple[int, int]) -> Image.Image:
        width, height = size[::-1] if self._turn % 2 else size
        matrix = int(picture.colorspace)
        if matrix == _UNSPECIFIED and picture.height >= _HD_LINES:
            matrix = _BT709_MATRIX
        small = width * height < picture.width * picture.height
        frame = picture.reformat(width, height, "rgb24", src_colorspace=matrix,
                                 interpolation="AREA" if small else "BICUBIC")
        image = Image.fromarray(frame.to_ndarray())
        coding = self._coding(picture)
        if coding is not None:
            if self._peak is None:
                self._peak = peak_light(image, coding)
            image = to_srgb(image, coding, self._peak)
        return image if not self._turn else image.transpose(_TURNS[self._turn])

    def _coding(self, frame: Any) -> Coding | None:
        """How its numbers stand for light, where that is not nearly as in sRGB."""
        coding = coding_of({"nclx_profile": {
            "color_primaries": int(frame.color_primaries),
            "transfer_characteristics": int(frame.color_trc)}})
        return coding if coding is not None and coding != Coding() else None

    def sound(self, start: float = 0.0, seconds: float | None = None) -> Sound | None:
        if not self._container.streams.audio:
            return None
        try:
            return Sound(self._opened_again(), start, seconds)
        except Exception as error:  # a coding that is not known: the film is silent
            log.warning("The sound of %s cannot be read; the film is silent.", self.name)
            log.debug("a sound was refused", exc_info=error)
            return None

    def _opened_again(self) -> Any:
        import av

        return av.open(self.path, format=self._kind, metadata_errors="replace",
                       options={"protocol_whitelist": "file", "enable_drefs": "0"})

    def close(self) -> None:
        self._resources.close()


_TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180,
          3: Image.Transpose.ROTATE_270}


class Sound:
    """What is heard in a part of a film, a few hundredths of a second at a time.

    Attributes:
        rate: samples a second. layout: of its channels, "mono" or "stereo".
    """

    def __init__(self, container: Any, start: float, seconds: float | None):
        from av import AudioResampler

        self._container = container
        stream = container.streams.audio[0]
        self.rate = min(48_000, stream.rate or 48_000)
        self.layout = "mono" if stream.channels == 1 else "stereo"
        self._start, self._seconds, self._stream = start, seconds, stream
        self._resampler = AudioResampler(format="fltp", layout=self.layout, rate=self.rate)
        self._parts = self._resampled()
        self._done, self._next = 0, next(self._parts, None)

    def until(self, time: Fraction) -> Iterator[Any]:
        """The parts (PyAV's AudioFrames) that begin before this time, in seconds from the start."""
        while self._next is not None and self._done < time * self.rate:
            part, self._next = self._next, next(self._parts, None)
            part.pts, part.time_base = self._done, Fraction(1, self.rate)
            self._done += part.samples
            yield part

    def _resampled(self) -> Iterator[Any]:
        import av

        origin = (self._stream.start_time or 0) * self._stream.time_base
        if self._start:
            self._container.seek(int((self._start + float(origin)) / self._stream.time_base),
                                 stream=self._stream)
        left = None if self._seconds is None else round(self._seconds * self.rate)
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                frames = packet.decode()
            except (av.error.FFmpegError, OSError) as error:
                log.debug("a sound ends early", exc_info=error)
                return
            for frame in frames:
                if frame.pts is not None and (
                        (frame.pts + frame.samples) * frame.time_base - origin <= self._start):
                    continue
                for part in self._resampler.resample(frame):
                    if left is not None:
                        if left <= 0:
                            return
                        left -= part.samples
                    yield part

    def close(self) -> None:
        self._container.close()


class _Animated(Clip):
    """An animated GIF, WebP or PNG, by Pillow."""

    def __init__(self, path: str | os.PathLike[str]):
        super().__init__(path)
        try:
            with self._opened() as image:
                self.size = image.size
                self._check_size()
                count = getattr(image, "n_frames", 1)
                if count < 2:
                    raise UserError(f"{self.name} is a single picture, which is painted as a "
                                    "photo; give a clip.")
                self.seconds = self._length(image, count)
                if not self.seconds:
                    raise ValueError("not even the first picture can be read")
        except UserError:
            raise
        except Exception as error:  # what a decoder raises on hostile bytes is not documented
            raise self._damaged(error) from None
        fps = min(Fraction(count) / Fraction(self.seconds).limit_denominator(1000),
                  Fraction(DEFAULT_FPS)).limit_denominator(1000)
        self.fps = max(fps, Fraction(1, 1000))  # of pictures that stand for days it would be 0

    def _opened(self) -> Image.Image:
        return Image.open(self.path, formats=("GIF", "WEBP", "PNG"))

    def _load(self, image: Image.Image, index: int) -> None:
        image.seek(index)
        if image.size != self.size:  # a GIF's damaged frame: gigabytes, if it were decoded
            raise ValueError(f"picture {index} reaches beyond the others")
        image.load()

    def _length(self, image: Image.Image, count: int) -> float:
        total = Fraction(0)
        for index in range(count):
            try:
                self._load(image, index)  # of a WebP only then the time is known
            except (EOFError, OSError, SyntaxError, ValueError):
                break
            total += _duration(image)
            if total > MAX_SECONDS:  # asked for more closely elsewhere
                return float(total)
        return float(total)

    def _shown(self, begin: Fraction, size: tuple[int, int]) -> Iterator[_Shown]:
        time = Fraction(0)
        with self._opened() as image:
            for index in range(getattr(image, "n_frames", 1)):
                try:
                    self._load(image, index)
                    picture = flattened(image.convert("RGBA"))[0]
                except (EOFError, OSError, SyntaxError, ValueError) as error:
                    log.debug("a clip ends early", exc_info=error)
                    if index:
                        self._ended_early(time)
                    break
                end = time + _duration(image)
                if end > begin:
                    yield _Shown(time, picture)
                time = end
        yield _Shown(time, None)

    def _picture(self, picture: Any, size: tuple[int, int]) -> Image.Image:
        return picture if picture.size == size else picture.resize(
            size, Image.Resampling.LANCZOS)


def _duration(image: Image.Image) -> Fraction:
    """Seconds for which an animation's picture is shown; browsers take 10 ms and less for 100."""
    milliseconds = image.info.get("duration") or 0
    return Fraction(round(milliseconds) if milliseconds > 10 else 100, 1000)
