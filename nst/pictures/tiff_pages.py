"""The full picture of a TIFF whose first page is a reduced one, and the preview of a RAW file.

DNG, NEF, CR2, ARW and PEF are TIFFs: mostly a thumbnail comes first, and previews and the sensor's
values follow in further directories (TIFF 6.0, section 2; TIFF/EP, ISO 12234-2; DNG 1.7). Values
of a sensor are no picture yet. Developing them would take a library of its own (LibRaw), so the
largest preview is taken, which the camera developed.
"""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["Found", "find_page"]

MAX_PAGES, MAX_ENTRIES = 200, 4096  # of a file, of a page; a forged file may have many
# A first page that does not say that it is a reduced one is taken for one if its longer side has at
# most so many pixels, and a later page has the same shape, to within SAME_SHAPE, and is so many
# times as large.
THUMBNAIL_SIDE, TIMES_LARGER, SAME_SHAPE = 320, 4, 0.03

_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_PICTURES = (0, 1, 2, 3, 5, 6, 8)  # PhotometricInterpretation: greys, RGB, palette, CMYK, YCC, Lab
_SENSOR = (32803, 34892)  # the same: colour filter array, linear raw
_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}  # bytes of a value, by TIFF's unsigned types
_FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}
_NEEDED = {256, 257, 273, 279}  # sides, offsets and lengths of the strips
_WANTED = _NEEDED | {254, 255, 259, 262, 274, 330, 513, 514, 50706}


@dataclasses.dataclass(frozen=True)
class Found:
    """Where the picture of a TIFF is.

    Attributes:
        size: (width, height) in pixels, as they are stored; (0, 0) where there is nothing.
        page: bytes in place of the file's first ones, which make its page the first; or None.
        jpeg: (offset, length) in bytes of a JPEG inside the file; or None.
        raw: whether the file is a camera's RAW file, so that this is a preview.
        orientation: as EXIF's, 1 to 8, where what is found does not tell by itself; else 0.
    """

    size: tuple[int, int]
    page: bytes | None
    jpeg: tuple[int, int] | None
    raw: bool
    orientation: int


@dataclasses.dataclass(frozen=True)
class _Page:
    offset: int
    tags: dict[int, tuple[int, ...]]

    def value(self, tag: int, default: int = 0) -> int:
        return (self.tags.get(tag) or (default,))[0]

    @property
    def size(self) -> tuple[int, int]:
        return self.value(256), self.value(257)

    @property
    def reduced(self) -> bool:
        return bool(self.value(254) & _REDUCED) or self.value(255) == 2  # SubfileType, before 6.0

    @property
    def shows_something(self) -> bool:
        return min(self.size) > 0 and not self.value(254) & _MASK


def find_page(file: BinaryIO) -> Found | None:
    """Which picture of a TIFF or RAW file to read; None: its first page is the picture.

    The file's position is not kept.

    Raises:
        ValueError: the first page's directory is not there as a whole.
    """
    reader = _Reader(file)
    pages = list(reader.pages())
    raw = reader.is_cr2 or any(
        page.value(262) in _SENSOR or 50706 in page.tags for page in pages)
    if not raw and not pages[0].reduced and not _is_thumbnail(pages):
        return None
    found = [found for page in pages for found in _pictures(reader, page, raw, pages[0])]
    nothing = Found((0, 0), None, None, raw, 0)
    return max(found, key=lambda one: one.size[0] * one.size[1], default=nothing)


def _is_thumbnail(pages: list[_Page]) -> bool:
    width, height = pages[0].size
    if not 0 < max(width, height) <= THUMBNAIL_SIDE or min(width, height) < 1:
        return False
    return any(
        page.shows_something and not page.reduced and page.size[0] >= TIMES_LARGER * width
        and abs(page.size[0] * height / (page.size[1] * width) - 1) < SAME_SHAPE
        for page in pages[1:])


def _pictures(reader: _Reader, page: _Page, raw: bool, first: _Page) -> Iterator[Found]:
    """What can be read of a page: a JPEG that lies in it, or the page itself."""
    # A RAW file says once how the camera was held.
    turned = page.value(274) or (first.value(274) if raw else 0)
    jpeg = page.value(513), page.value(514)
    if not jpeg[0] and page.value(259) in (6, 7) and raw and len(page.tags.get(273, ())) == 1:
        jpeg = page.value(273), page.value(279)  # a whole JPEG as the only strip
    size = reader.jpeg_size(*jpeg) if jpeg[0] and page.value(262) not in _SENSOR else None
    if size:
        yield Found(size, None, jpeg, raw, turned)
    elif page.shows_something and page.value(262, -1) in _PICTURES:
        yield Found(page.size, reader.header(page.offset), None, raw,
                    0 if 274 in page.tags else turned)


class _Reader:
    """Directories of a classic or a big TIFF, and headers of JPEGs inside it."""

    def __init__(self, file: BinaryIO):
        self._file = file
        head = self._read(0, 16)
        self._order = "<" if head[:2] == b"II" else ">"
        self._big = self._unpack("H", head[2:4]) == 43
        self.is_cr2 = head[8:10] == b"CR"
        self._head = head
        self._first = self._unpack("Q", head[8:16]) if self._big else self._unpack("I", head[4:8])

    def header(self, offset: int) -> bytes:
        """The file's first bytes, with the page at ``offset`` as the first."""
        if self._big:
            return self._head[:8] + struct.pack(self._order + "Q", offset)
        return self._head[:4] + struct.pack(self._order + "I", offset)

    def pages(self) -> Iterator[_Page]:
        """The pages with their subordinate ones, each once; a broken one after the first ends."""
        ahead, seen = [self._first], set[int]()
        while ahead and len(seen) < MAX_PAGES:
            offset = ahead.pop(0)
            if not offset or offset in seen:
                continue
            try:
                page, after = self._page(offset)
            except (ValueError, struct.error):
                if not seen:
                    raise ValueError("the first page's directory is cut off") from None
                continue
            seen.add(offset)
            ahead += [*page.tags.get(330, ()), after]
            yield page

    def jpeg_size(self, start: int, length: int) -> tuple[int, int] | None:
        """(width, height) of a JPEG of 8 bits a channel; None: there is none, or a lossless one."""
        at, end = start + 2, start + length
        try:
            if self._read(start, 2) != b"\xff\xd8":
                return None
            while at < end:
                marker, size = struct.unpack(">HH", self._read(at, 4))
                if 0xFFC0 <= marker <= 0xFFC2:  # baseline, extended, progressive
                    bits, height, width = struct.unpack(">BHH", self._read(at + 4, 5))
                    return (width, height) if bits == 8 and width and height else None
                if marker < 0xFFC0 or marker in (0xFFC3, 0xFFDA) or size < 2:
                    return None
                at += 2 + size
        except ValueError:
            pass
        return None

    def _page(self, offset: int) -> tuple[_Page, int]:
        """A page and the next one's offset."""
        wide, entry = (8, 20) if self._big else (2, 12)
        count = self._unpack("Q" if self._big else "H", self._read(offset, wide))
        if count > MAX_ENTRIES:
            raise ValueError("too many entries")
        data = self._read(offset + wide, count * entry)
        tags = {}
        for at in range(0, len(data), entry):
            tag, kind = struct.unpack(self._order + "HH", data[at:at + 4])
            if tag in _WANTED and kind in _SIZES:
                try:
                    tags[tag] = self._values(kind, data[at + 4:at + entry])
                except ValueError:
                    if tag in _NEEDED:
                        raise
        try:
            after = self._unpack("Q" if self._big else "I", self._read(
                offset + wide + len(data), 8 if self._big else 4))
        except ValueError:  # some programs leave out the last one
            after = 0
        return _Page(offset, tags), after

    def _values(self, kind: int, field: bytes) -> tuple[int, ...]:
        """The values of an entry, without its tag and type; at most MAX_PAGES of them."""
        wide = len(field) // 2
        number = self._unpack("Q" if self._big else "I", field[:wide])
        size, few = _SIZES[kind], min(number, MAX_PAGES)
        data = field[wide:]
        if number * size > wide:
            data = self._read(self._unpack("Q" if self._big else "I", data), few * size)
        return struct.unpack(f"{self._order}{few}{_FORMATS[size]}", data[:few * size])

    def _read(self, offset: int, length: int) -> bytes:
        if offset >= 1 << 62:
            raise ValueError("an offset that no file has")
        self._file.seek(offset)
        data = self._file.read(length)
        if len(data) < length:
            raise ValueError("the file ends before")
        return data

    def _unpack(self, form: str, data: bytes) -> int:
        return struct.unpack(self._order + form, data)[0]
