"""Pictures, colour profiles and files that the tests of reading are made from."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from PIL import Image


def gradient(width=60, height=40):
    """Smooth, with four different corners: red grows to the right, green downwards."""
    x = np.linspace(0, 255, width)[None].repeat(height, 0)
    y = np.linspace(0, 255, height)[:, None].repeat(width, 1)
    return Image.fromarray(np.stack([x, y, 255 - x], axis=2).astype(np.uint8))


def close(image, other, tolerance=2):
    difference = np.asarray(image).astype(int) - np.asarray(other).astype(int)
    return np.abs(difference).mean() <= tolerance


def png_chunk(kind: bytes, data: bytes) -> bytes:
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png_claiming(width, height) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
            + png_chunk(b"IDAT", zlib.compress(bytes(1000))) + png_chunk(b"IEND", b""))


def icc_profile(space: bytes, tags: dict[bytes, bytes], pcs: bytes) -> bytes:
    """A version 2 ICC profile (ICC.1:2001-04, section 6)."""
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(">I4sI4s4s4s12x4s", start + len(body), b"lcms", 0x02400000,
                         b"mntr" if space == b"RGB " else b"prtr", space, pcs, b"acsp")
    header = header.ljust(68, b"\0") + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + table + body


def xyz(*values):
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def display_p3() -> bytes:
    """Display P3's primaries adapted to D50, with a plain gamma of 2.2."""
    gamma = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    return icc_profile(b"RGB ", {
        b"wtpt": xyz(0.9642, 1.0, 0.8249), b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2919, 0.6922, 0.0419), b"bXYZ": xyz(0.1572, 0.0666, 0.7841),
        b"rTRC": gamma, b"gTRC": gamma, b"bTRC": gamma}, b"XYZ ")


def cmyk_profile() -> bytes:
    """A press on which every ink is a neutral grey: L = 100 * (1 - the strongest ink)."""
    ramp = bytes(range(256))
    nodes = b"".join(bytes([0 if any(map(int, f"{i:04b}")) else 255, 128, 128])
                     for i in range(16))
    lut = (b"mft1\0\0\0\0" + bytes([4, 3, 2, 0])
           + b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
           + 4 * ramp + nodes + 3 * ramp)
    return icc_profile(b"CMYK", {b"wtpt": xyz(0.9642, 1.0, 0.8249), b"A2B0": lut}, b"Lab ")
