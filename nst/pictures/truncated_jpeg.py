"""JPEGs whose last bytes are missing, as after an interrupted transfer; viewers show them."""

from __future__ import annotations

import logging

from PIL import Image

from ..errors import UserError

__all__ = ["INCOMPLETE", "note_end"]

log = logging.getLogger(__name__)

INCOMPLETE = "incomplete"  # key of Image.info: a sentence on a picture whose end is missing
# Share of the rows that must be there; the number of missing bytes is unknown. The last tenth of a
# portrait's bytes holds up to a fifth of its rows, where clothes are plain.
_ENOUGH = 0.75


def note_end(image: Image.Image, data: bytes, name: str) -> None:
    """Write into ``image.info[INCOMPLETE]``, and log, that a decoded JPEG is truncated.

    Raises:
        UserError: too little of the picture is there.
    """
    # libjpeg fills the rows after the end of the data with one colour.
    bottom = image.crop((0, int(_ENOUGH * image.height), *image.size)).getextrema()
    bands = bottom if isinstance(bottom[0], tuple) else (bottom,)
    missing = all(low == high for low, high in bands)
    if missing or (image.info.get("progressive") and not _has_last_scan(data)):
        raise UserError(f"{name} is damaged or incomplete; save or send it again.")
    image.info[INCOMPLETE] = (f"{name} is incomplete: what is missing at its end is painted as "
                              "one colour. Send it again for the whole picture.")
    log.warning("%s", image.info[INCOMPLETE])


def _has_last_scan(data: bytes) -> bool:
    """Whether a progressive JPEG holds the scan that gives its details full precision."""
    start = data.rfind(b"\xff\xda")
    # ISO/IEC 10918-1, B.2.3: the number of components, two bytes for each, Ss, Se, Ah and Al.
    header = data[start + 4:start + 16]
    at = 1 + 2 * header[0] if header else 0
    return len(header) > at + 2 and header[at] > 0 and not header[at + 2] & 15
