"""What the containers of PNG and AVIF say, and Pillow does not pass on: colours, pieces of data."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["avif_code_points", "box_around", "last_extent", "png_code_points"]

MAX_CHUNKS, MAX_BOXES, MAX_META = 1000, 2000, 16 << 20  # of a forged file; bytes of the meta box


def png_code_points(file: BinaryIO) -> tuple[int, int] | None:
    """(primaries, transfer) of a PNG's cICP chunk (PNG 3rd edition, section 11.3.2.6), or None."""
    file.seek(8)
    for _ in range(MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or head[4:] == b"IDAT":
            return None
        length = int.from_bytes(head[:4], "big")
        if head[4:] == b"cICP":
            data = file.read(4)
            return (data[0], data[1]) if len(data) == 4 == length else None
        file.seek(length + 4, 1)
    return None


def avif_code_points(file: BinaryIO) -> tuple[int, int] | None:
    """(primaries, transfer) of an AVIF's primary item, or None.

    They stand in a colr box of type nclx among the item's properties (ISO/IEC 23008-12, sections
    6.5.5 and 9.3); other items, as a gain map, have others.
    """
    try:
        file.seek(0)
        meta = _boxes(file.read(MAX_META)).get(b"meta", b"")[4:]
        inside = _boxes(meta)
        (item,) = struct.unpack_from(">I" if inside[b"pitm"][0] else ">H", inside[b"pitm"], 4)
        properties = _boxes(inside[b"iprp"])
        listed = list(_walk(properties[b"ipco"]))
        for index in _associated(properties[b"ipma"], item):
            name, data = listed[index - 1] if index else (b"", b"")  # 0: none
            if name == b"colr" and data[:4] == b"nclx":
                return struct.unpack_from(">HH", data, 4)
    except (IndexError, KeyError, struct.error):
        pass
    return None


def last_extent(data: bytes) -> tuple[int, int, int, int]:
    """Of an AVIF's or HEIC's items the piece of data that ends last (ISO/IEC 14496-12, 8.11.3).

    Returns:
        (its offset in bytes, its length, where the length stands, in how many bytes).

    Raises:
        LookupError: there is none, or not as it is mostly written.
    """
    found = []
    try:
        meta = next(span for name, *span in _spans(data, 0, len(data)) if name == b"meta")
        at = next(start for name, start, _ in _spans(data, meta[0] + 4, meta[1])
                  if name == b"iloc")
        version, sizes = data[at], data[at + 4:at + 6]
        offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
        index_size, wide = (sizes[1] & 15 if version else 0), 4 if version == 2 else 2
        count = int.from_bytes(data[at + 6:at + 6 + wide], "big")
        at += 6 + wide
        for _ in range(min(count, MAX_BOXES)):
            at += wide + (2 if version else 0) + 2  # the item, how it is stored, a reference
            base = int.from_bytes(data[at:at + base_size], "big")
            at += base_size
            pieces = int.from_bytes(data[at:at + 2], "big")
            at += 2
            for _ in range(min(pieces, MAX_BOXES)):
                at += index_size
                offset = base + int.from_bytes(data[at:at + offset_size], "big")
                at += offset_size
                length = int.from_bytes(data[at:at + length_size], "big")
                found.append((offset, length, at, length_size))
                at += length_size
    except (IndexError, StopIteration):
        raise LookupError("no list of pieces") from None
    if not found:
        raise LookupError("no piece")
    return max(found, key=lambda piece: piece[0] + piece[1])


def box_around(data: bytes, offset: int) -> int:
    """Where the box at the top level begins that holds the byte at ``offset``; LookupError."""
    for _, start, end in _spans(data, 0, len(data)):
        if start <= offset < end:
            return start - (16 if data[start - 16:start - 12] == b"\0\0\0\1" else 8)
    raise LookupError("outside of the boxes")


def _spans(data: bytes, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start of the content, its end) of boxes in a row (ISO/IEC 14496-12, section 4.2)."""
    for _ in range(MAX_BOXES):
        if at + 8 > stop:
            return
        length, start = int.from_bytes(data[at:at + 4], "big"), 8
        if length == 1:
            length, start = int.from_bytes(data[at + 8:at + 16], "big"), 16
        end = at + length if length else stop
        if end < at + start:
            return
        yield data[at + 4:at + 8], at + start, end
        at = end


def _walk(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, content) of the boxes in a row."""
    for name, start, end in _spans(data, 0, len(data)):
        yield name, data[start:end]


def _boxes(data: bytes) -> dict[bytes, bytes]:
    """The boxes in a row by their type, of each the first."""
    found: dict[bytes, bytes] = {}
    for name, content in _walk(data):
        found.setdefault(name, content)
    return found


def _associated(ipma: bytes, wanted: int) -> list[int]:
    """The numbers, from 1, of an item's properties (ISO/IEC 23008-12, section 9.3.2)."""
    wide_item, wide_index = ipma[0] > 0, ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, 4)
    at = 8
    for _ in range(min(count, MAX_BOXES)):
        (item,) = struct.unpack_from(">I" if wide_item else ">H", ipma, at)
        at += 4 if wide_item else 2
        number = ipma[at]
        step = 2 if wide_index else 1
        if item == wanted:  # the highest bit says that the property is essential
            entries = [int.from_bytes(ipma[at + 1 + i * step:at + 1 + (i + 1) * step], "big")
                       for i in range(number)]
            return [entry & (0x7FFF if wide_index else 0x7F) for entry in entries]
        at += 1 + number * step
    return []
