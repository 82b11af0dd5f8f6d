"""TIFF and RAW files written by hand: directories in any order, as cameras make them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

# Tags (TIFF 6.0, TIFF/EP, DNG 1.7).
SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
OFFSETS, ORIENTATION, SAMPLES, ROWS, LENGTHS = 273, 274, 277, 278, 279
SUB_IFDS, JPEG_AT, JPEG_LENGTH, DNG_VERSION = 330, 513, 514, 50706
CFA = 32803


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


def plain(image: Image.Image, **tags) -> dict:
    """A directory of an uncompressed RGB picture; its data stand under "data"."""
    return {"data": image.tobytes(), WIDTH: image.width, HEIGHT: image.height, BITS: (8, 8, 8),
            COMPRESSION: 1, PHOTOMETRIC: 2, SAMPLES: 3, ROWS: image.height,
            **{int(tag): value for tag, value in tags.items()}}


def deflated(image: Image.Image, rows: int) -> dict:
    """The same in strips of ``rows``, compressed by zlib."""
    values = np.asarray(image)
    strips = [zlib.compress(values[top:top + rows].tobytes())
              for top in range(0, image.height, rows)]
    return plain(image) | {"data": b"".join(strips), "strips": [len(strip) for strip in strips],
                           COMPRESSION: 8, ROWS: rows}


def as_strip(image: Image.Image, **tags) -> dict:
    """A directory whose only strip is a whole JPEG, as a CR2's first and a DNG's previews are."""
    return {"data": jpeg(image), WIDTH: image.width, HEIGHT: image.height, BITS: (8, 8, 8),
            COMPRESSION: 7, PHOTOMETRIC: 6, SAMPLES: 3, ROWS: image.height,
            **{int(tag): value for tag, value in tags.items()}}


def beside(image: Image.Image, **tags) -> dict:
    """A directory that names a JPEG by its place, as a NEF's and an ARW's previews are."""
    return {"jpeg": jpeg(image), COMPRESSION: 6,
            **{int(tag): value for tag, value in tags.items()}}


def sensor(width: int, height: int) -> dict:
    """A directory of a sensor's values, 16 bits behind each colour filter."""
    return {"data": bytes(2 * width * height), WIDTH: width, HEIGHT: height, BITS: 16,
            COMPRESSION: 1, PHOTOMETRIC: CFA, SAMPLES: 1, ROWS: height, SUBFILE: 0}


def tiff(*pages: dict, order: str = "<", magic: bytes = b"", big: bool = False) -> bytes:
    """A file of these directories in a chain; {"below": [...]} holds a directory's own ones.

    All directories come before all data. ``magic``: bytes after the header, as a CR2 has.
    """
    flat, below = [], {}
    for page in pages:
        flat.append(page)
        below[id(page)] = page.get("below", [])
        flat += below[id(page)]
    wide, entry = ("Q", 20) if big else ("I", 12)
    field = struct.calcsize(wide)
    start = (16 if big else 8) + len(magic)

    def entries(page, at, places):
        tags = {tag: value for tag, value in page.items() if isinstance(tag, int)}
        if "data" in page:
            lengths = page.get("strips", [len(page["data"])])
            data = places.get((id(page), "data"), 0)
            tags[OFFSETS] = tuple(data + sum(lengths[:i]) for i in range(len(lengths)))
            tags[LENGTHS] = tuple(lengths)
        if "jpeg" in page:
            tags[JPEG_AT] = places.get((id(page), "jpeg"), 0)
            tags[JPEG_LENGTH] = len(page["jpeg"])
        if page.get("below"):
            tags[SUB_IFDS] = tuple(places.get((id(sub), "ifd"), 0) for sub in page["below"])
        body, extra = b"", b""
        behind = at + (8 if big else 2) + entry * len(tags) + field
        for tag, value in sorted(tags.items()):
            values = value if isinstance(value, tuple) else (value,)
            kind, form = ((1, "B") if tag == DNG_VERSION else
                          (3, "H") if tag in (BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION, SAMPLES)
                          else (4, "I"))
            data = struct.pack(f"{order}{len(values)}{form}", *values)
            if len(data) > field:
                here, extra = behind + len(extra), extra + data
                data = struct.pack(order + wide, here)
            body += struct.pack(f"{order}HH{wide}", tag, kind, len(values))
            body += data.ljust(field, b"\0")
        head = struct.pack(order + ("Q" if big else "H"), len(tags))
        return head + body, extra

    places: dict = {}
    for _ in range(2):  # once to learn the places, once to write them
        out = b""
        for page in flat:
            at = start + len(out)
            places[id(page), "ifd"] = at
            head, extra = entries(page, at, places)
            chain = [id(one) for one in pages]
            after = 0
            if id(page) in chain and chain.index(id(page)) + 1 < len(chain):
                after = places.get((chain[chain.index(id(page)) + 1], "ifd"), 0)
            out += head + struct.pack(order + wide, after) + extra
        for page in flat:
            for name in ("jpeg", "data"):
                if name in page:
                    places[id(page), name] = start + len(out)
                    out += page[name]
    header = b"II" if order == "<" else b"MM"
    if big:
        header += struct.pack(order + "HHHQ", 43, 8, 0, start)
    else:
        header += struct.pack(order + "HI", 42, start)
    return header + magic + out
