"""Files whose last bytes are missing, as after an interrupted transfer; many viewers show them.

- JPEG: libjpeg is told that the file has ended, and fills the rows that are missing.
- PNG, GIF, BMP and TIFF: Pillow keeps the rows that it decoded before the end. A compressed TIFF
  mostly has its directory at the end; without it nothing can be read.
- WebP, HEIC and AVIF say how long they are. Their decoders give nothing at all of a shorter file,
  but do once filling bytes take the place of the missing ones; these decode to some plain blocks.

Nine tenths of the bytes must be there, or three quarters of the rows. Less is refused, as a damaged
file is.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import struct
from collections.abc import Iterator
from typing import BinaryIO

from PIL import Image

from ..errors import UserError
from .boxes import box_around, last_extent
from .notices import add_notice

__all__ = ["completed", "fill_missing_rows", "is_short_tiff", "missing_bytes", "note_jpeg_end",
           "note_missing"]

ENOUGH_BYTES = 0.9  # share of the file, where its length is known
# Share of the rows. The last tenth of a portrait's bytes holds up to a fifth of its rows, where
# clothes are plain; and rows that look missing may be the picture's.
ENOUGH_ROWS = 0.75
# Bytes in place of the missing ones, in the order in which they are tried. libde265 (HEIC) takes
# any. libwebp and dav1d (AVIF) stop where what they make of them reads on beyond the end, so more
# of them are given than are missing; then all of 54 AVIFs cut by 50 bytes, a twentieth and a tenth
# decoded with either.
FILLS = (b"\0", b"\xff")
_EXTRA = 4096  # bytes of filling beyond the missing ones
_WEBP_FLAGS = {b"EXIF": 8, b"XMP ": 4}  # of the VP8X chunk (RFC 9649, section 2.7)


def note_jpeg_end(image: Image.Image, data: bytes, name: str) -> None:
    """Note on a decoded JPEG, whose bytes are ``data``, that it is truncated.

    Raises:
        UserError: too little of the picture is there.
    """
    # libjpeg fills the rows after the end of the data with one colour.
    bottom = image.crop((0, int(ENOUGH_ROWS * image.height), *image.size)).getextrema()
    bands = bottom if isinstance(bottom[0], tuple) else (bottom,)
    missing = all(low == high for low, high in bands)
    if missing or (image.info.get("progressive") and not _has_last_scan(data)):
        raise _refusal(name)
    note_missing(image, name)


def note_missing(image: Image.Image, name: str) -> None:
    """Note on a picture that a small part of it is missing."""
    add_notice(image, f"{name} is incomplete: what is missing at its end is filled in. Send it "
                      "again for the whole picture.")


def fill_missing_rows(image: Image.Image, name: str) -> None:
    """Take the rows that Pillow decoded before the file ended, and note it on the picture.

    Each missing row becomes a copy of the row above, or where there is none above (a BMP is stored
    from its bottom) of the nearest one below.

    Args:
        image: whose ``load()`` has just raised an error because the file ended.

    Raises:
        UserError: too few rows are there.
    """
    image.tile = []  # type: ignore[attr-defined]  # nothing is left to decode: load() returns
    image.load_end()  # type: ignore[attr-defined]  # turns a TIFF upright, so rows may be columns
    missing, row = _empty(image, rows=True), True
    if not missing and image.format == "TIFF":
        missing, row = _empty(image, rows=False), False
    length = image.height if row else image.width
    if len(missing) > (1 - ENOUGH_ROWS) * length:
        raise _refusal(name)
    present = sorted(set(range(length)) - set(missing))
    for at in _of_the_end(missing, length, str(image.format)):
        before = bisect.bisect(present, at)
        source = present[before - 1] if before else present[0]
        image.paste(image.crop(_line(image, source, row)), _line(image, at, row)[:2])
    note_missing(image, name)


def _empty(image: Image.Image, *, rows: bool) -> list[int]:
    """The rows or columns of zeros, with which Pillow starts; a picture's own zeros among them."""
    return [at for at in range(image.height if rows else image.width)
            if not image.crop(_line(image, at, rows)).getbbox(alpha_only=False)]


def _of_the_end(empty: list[int], length: int, form: str) -> list[int]:
    """Those of the empty rows that the end of a file of that format may have left so.

    At the bottom; where rows are stored upwards or turned, at the top; and single ones of an
    interlaced picture. Others are the picture's own.
    """
    found = []
    for _, run in itertools.groupby(enumerate(empty), lambda pair: pair[1] - pair[0]):
        rows = [row for _, row in run]
        if (rows[-1] == length - 1 or (rows[0] == 0 and form in ("BMP", "TIFF"))
                or (len(rows) == 1 and form in ("PNG", "GIF"))):
            found += rows
    return found


def _line(image: Image.Image, at: int, row: bool) -> tuple[int, int, int, int]:
    """The box of a row or of a column."""
    return (0, at, image.width, at + 1) if row else (at, 0, at + 1, image.height)


def is_short_tiff(image: Image.Image, size: int) -> bool:
    """Whether a TIFF of ``size`` bytes lacks a part of the pixels that its directory names.

    libtiff reads the file itself and says no more than that decoding failed.
    """
    tags = getattr(image, "tag_v2", {})
    for offsets, lengths in ((273, 279), (324, 325)):  # of strips, of tiles
        pairs = zip(tags.get(offsets, ()), tags.get(lengths, ()), strict=False)
        if any(offset + length > size for offset, length in pairs):
            return True
    return False


def missing_bytes(file: BinaryIO, size: int) -> int:
    """How many bytes a WebP, HEIC or AVIF file says that it has beyond its ``size``.

    0: none, or a file of another kind. The file is read from where it stands; where it stands
    afterwards is not defined.
    """
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return max(0, 8 + int.from_bytes(head[4:8], "little") - size)
    if head[4:8] != b"ftyp":
        return 0
    end = 0  # of the box before (ISO/IEC 14496-12, section 4.2)
    while end + 8 <= size:
        file.seek(end)
        start = file.read(16)
        length = int.from_bytes(start[:4], "big")
        if length == 1:
            length = int.from_bytes(start[8:16], "big")
        if length < 8:  # 0: it reaches to the end of the file, wherever that is
            return 0
        end += length
    return max(0, end - size)


def completed(data: bytes, missing: int) -> Iterator[bytes]:
    """Ways to fill up a file that lacks ``missing`` bytes; none where these are too many."""
    if missing <= (1 - ENOUGH_BYTES) * (len(data) + missing):
        for fill in FILLS:
            if data[:4] == b"RIFF":
                yield _complete_webp(data, fill)
                continue
            with contextlib.suppress(LookupError, OverflowError):
                yield _complete_avif(data, missing, fill)
            yield data + fill * missing


def _complete_webp(data: bytes, fill: bytes) -> bytes:
    """A WebP whose last chunk is filled up, without the chunks that are missing behind it."""
    declared = 8 + int.from_bytes(data[4:8], "little")
    whole, flags, at = bytearray(data[:12]), 0, 12
    while at + 8 <= len(data):
        start, length = len(whole), int.from_bytes(data[at + 4:at + 8], "little")
        end = min(declared, at + 8 + length + length % 2)
        whole += data[at:end]
        flags |= _WEBP_FLAGS.get(data[at:at + 4], 0)
        at = end
    if at > len(data):
        whole += fill * (at - len(data) + _EXTRA)
        whole += fill * (len(whole) % 2)
        whole[start + 4:start + 8] = struct.pack("<I", len(whole) - start - 8)
    if whole[12:16] == b"VP8X":
        whole[20] &= flags | ~sum(_WEBP_FLAGS.values()) & 255
    whole[4:8] = struct.pack("<I", len(whole) - 8)
    return bytes(whole)


def _complete_avif(data: bytes, missing: int, fill: bytes) -> bytes:
    """An AVIF whose last frame is filled up and made longer, with all that says how long it is.

    Raises:
        LookupError, OverflowError: it is none, or not built as encoders mostly do.
    """
    offset, length, field, field_size = last_extent(data)
    if data[8:12] not in (b"avif", b"mif1") or not offset < len(data) < offset + length <= len(
            data) + missing:
        raise LookupError("its last piece is no cut AV1 frame")
    at = offset
    while True:  # over the open bitstream units before it (AV1 specification, section 5.3)
        if at >= len(data) or not data[at] & 2:  # without its size
            raise LookupError("no unit with a size")
        start = at + (2 if data[at] & 4 else 1)
        size, wide = _leb128(data, start)
        if start + wide + size > len(data):
            break
        at = start + wide + size
    extra = min(_EXTRA, (1 << 7 * wide) - 1 - size)  # so that the size takes as many bytes
    made = bytearray(data)
    made[start:start + wide] = bytes(
        (size + extra) >> 7 * i & 127 | (128 if i < wide - 1 else 0) for i in range(wide))
    made[field:field + field_size] = (length + extra).to_bytes(field_size, "big")
    box = box_around(data, offset)
    place = slice(box + 8, box + 16) if data[box:box + 4] == b"\0\0\0\1" else slice(box, box + 4)
    declared = int.from_bytes(made[place], "big")
    if declared:  # 0: it reaches to the end of the file
        made[place] = (declared + extra).to_bytes(place.stop - place.start, "big")
    return bytes(made) + fill * (offset + length + extra - len(data))


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number and in how many bytes it stands (AV1 specification, section 4.10.5)."""
    value = 0
    for i, byte in enumerate(data[at:at + 8]):
        value |= (byte & 127) << 7 * i
        if not byte & 128:
            return value, i + 1
    raise LookupError("no end of a number")


def _has_last_scan(data: bytes) -> bool:
    """Whether a progressive JPEG holds the scan that gives its details full precision."""
    start = data.rfind(b"\xff\xda")
    # ISO/IEC 10918-1, B.2.3: the number of components, two bytes for each, Ss, Se, Ah and Al.
    header = data[start + 4:start + 16]
    at = 1 + 2 * header[0] if header else 0
    return len(header) > at + 2 and header[at] > 0 and not header[at + 2] & 15


def _refusal(name: str) -> UserError:
    return UserError(f"{name} is damaged or incomplete; save or send it again.")
