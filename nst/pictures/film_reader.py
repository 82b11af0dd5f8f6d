"""Films in: MP4, MOV, WebM, MKV and AVI, through PyAV."""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from PIL import Image

from ..errors import UserError
from .clip import DEFAULT_FPS, Clip, Shown
from .codings import Coding, coding_of, peak_light, to_srgb
from .sound import Sound

if TYPE_CHECKING:  # an extra of the package, see check_films()
    import av

__all__ = ["FilmReader"]

log = logging.getLogger(__name__)

_SHORT = 0.5  # seconds by which the pictures may end before the file says that they do
_HD_LINES = 720  # from so many on, a film that does not say its matrix has BT.709's
_UNSPECIFIED, _BT709_MATRIX = 2, 1  # H.273, table 4
_TURNS = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180,  # by quarters
          3: Image.Transpose.ROTATE_270}


class FilmReader(Clip):
    """A film, by PyAV."""

    def __init__(self, path: str | os.PathLike[str], kind: str):
        super().__init__(path)
        self._kind = kind
        self._resources = contextlib.ExitStack()
        self._container = self._container_of_pictures()
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

    def _container_of_pictures(self) -> Any:
        import av

        try:
            return self._resources.enter_context(self._opened())
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise self._damaged(error) from None

    def _opened(self) -> Any:
        import av

        # The kind is given, as a playlist would make FFmpeg open what it names.
        return av.open(self.path, format=self._kind, metadata_errors="replace",
                       options={"protocol_whitelist": "file", "enable_drefs": "0"})

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

    def _shown(self, begin: Fraction, size: tuple[int, int]) -> Iterator[Shown]:
        import av

        try:
            self._container.seek(int((begin + self._origin()) / (self._stream.time_base or 1)),
                                 stream=self._stream)
        except (av.error.FFmpegError, OSError, OverflowError) as error:
            raise self._damaged(error) from None
        step = 1 / Fraction(self._stream.average_rate or DEFAULT_FPS)
        held: Shown | None = None  # the last before ``begin``
        time = Fraction(-1)
        for frame in self._decoded(notice=True):
            given = self._time_of(frame)
            time = max(time + step if given is None else given, time)  # some files go back
            shown = Shown(time, frame)
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
            yield Shown(time + step, None)

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
            return Sound(self._opened(), start, seconds)
        except Exception as error:  # a coding that is not known: the film is silent
            log.warning("The sound of %s cannot be read; the film is silent.", self.name)
            log.debug("a sound was refused", exc_info=error)
            return None

    def close(self) -> None:
        self._resources.close()
