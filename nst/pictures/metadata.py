"""The settings and styles of a result, kept inside its PNG file as text chunks.

The photo's own metadata and paths of this machine are not kept.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import math
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from ..errors import UserError
from ..people import Box, check_marked
from ..settings import Settings, knobs
from ..version import __version__
from .cover import WHOLE, Cover
from .writing import safe_name

__all__ = ["CHUNK", "MAX_STYLES", "Record", "describe", "file_digest", "fingerprint", "recall",
           "with_cover"]

log = logging.getLogger(__name__)

CHUNK = "nst"  # keyword of the text chunk that recall() reads
MAX_STYLES = 64  # a limit for forged files; far above what a person mixes
_MAX_TEXT = 65_536  # characters; the longest settings and 64 names need far fewer


@dataclasses.dataclass(frozen=True)
class Record:
    """What a PNG says: settings, (name, weight) of each style, and what they were made from.

    ``mask`` is its fingerprint(), ``photo`` and ``digests`` (one for each style) are of files as
    from file_digest(), ``marked_faces`` are where the user said that faces are; all of them are
    empty where nothing was recorded. ``keep_alpha``: whether the result has the photo's alpha.
    ``cover``: how much of the photo the painting covers.
    """

    settings: Settings
    styles: list[tuple[str, float]]
    mask: str
    photo: str
    digests: tuple[str, ...]
    marked_faces: tuple[Box, ...] = ()
    keep_alpha: bool = False
    cover: Cover = WHOLE


def describe(settings: Settings, styles: list[tuple[str, float]],
             mask: Image.Image | None = None, *, digests: Sequence[str] = (),
             photo: str = "", marked_faces: Sequence[Box] = (),
             keep_alpha: bool = False, cover: Cover = WHOLE) -> dict[str, str]:
    """Text chunks for :func:`nst.pictures.writing.save_png`: one for programs, two for people.

    Args:
        settings: of the result; of the path in ``weights`` only the file's name is kept.
        styles: (preset name or file, weight); of a file only its name is kept.
        mask: that the caller gave; its fingerprint is kept.
        digests: of each style's file, as from file_digest(); an empty one is not known.
        photo: the same of the photo. marked_faces: that the user marked in it.
        keep_alpha: whether the result has the photo's alpha.
        cover: how much of the photo the painting covers.
    """
    named = [(safe_name(name), float(weight)) for name, weight in styles]
    fields = dataclasses.asdict(settings)
    if settings.weights:
        fields["weights"] = safe_name(settings.weights)
    record: dict[str, Any] = {
        "version": __version__, "settings": fields,
        "styles": [{"name": name, "weight": weight} for name, weight in named],
    }
    for style, digest in zip(record["styles"], digests, strict=False):
        if digest:
            style["digest"] = digest
    if photo:
        record["photo"] = photo
    if mask is not None:
        record["mask"] = fingerprint(mask)
    if marked_faces:
        record["marked_faces"] = marked_faces
    if keep_alpha:
        record["keep_alpha"] = True
    mix = ", ".join(name if len(named) == 1 else f"{name} ({weight:g})" for name, weight in named)
    return with_cover({
        "Software": f"nst {__version__}",
        "Description": f"Painted in the manner of {mix}, at {settings.size} pixels, "
                       f"{settings.quality} quality.",
        CHUNK: json.dumps(record, allow_nan=False),
    }, cover)


def with_cover(text: Mapping[str, str], cover: Cover) -> dict[str, str]:
    """The chunks of :func:`describe` for the same painting over more or less of its photo."""
    if cover.complete:
        return dict(text)
    record = json.loads(text[CHUNK]) | {"cover": dataclasses.asdict(cover)}
    return {**text, CHUNK: json.dumps(record, allow_nan=False),
            "Description": f"{text['Description']} Laid over the photo: {cover}."}


def fingerprint(mask: Image.Image) -> str:
    """SHA-256 of a mask's size and grey values, in hexadecimal; the file's format has no part."""
    grey = mask.convert("L")
    return hashlib.sha256(b"%dx%d:" % grey.size + grey.tobytes()).hexdigest()


def file_digest(path: str | os.PathLike[str]) -> str:
    """SHA-256 of a file's bytes, in hexadecimal; empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def recall(path: str | os.PathLike[str]) -> Record:
    """What a PNG file says of how it was made.

    A style's name is a preset's, or that of a style's file, which may no longer exist. The PNG is
    not trusted: values are checked as Settings checks them, and a name contains no folder. So the
    caller has to find the file that ``weights`` names, or to refuse it.

    Raises:
        UserError: no such file, a PNG without our settings, a damaged record, or one of another
            version with settings that this one does not know.
    """
    name = safe_name(path)
    text = _chunk(path)
    if text is None:
        raise UserError(f"{name} carries no settings of ours; give a PNG that was painted here, "
                        "as it was saved.")
    try:
        record = _record(text)
        fields, version = record["settings"], safe_name(str(record["version"])[:20])
        unknown = sorted(fields.keys() - {knob.name for knob in knobs()})
        if not unknown:
            return Record(
                _settings(fields), _styles(record["styles"]), _digest(record.get("mask", "")),
                _digest(record.get("photo", "")),
                tuple(_digest(style.get("digest", "")) for style in record["styles"]),
                check_marked(record.get("marked_faces", ())), record.get("keep_alpha") is True,
                Cover(**record.get("cover", {})))
    except (UserError, AttributeError, KeyError, OverflowError, RecursionError, TypeError,
            ValueError):
        raise UserError(
            f"The settings inside {name} are damaged; choose them by hand.") from None
    # Checkouts of one version may know different settings, older and newer ones.
    by = f"version {version}" if version != __version__ else f"another state of version {version}"
    shown = ", ".join(safe_name(str(field)) for field in unknown[:3])
    raise UserError(f"{name} was painted by {by}, with settings that this one does not know "
                    f"({shown}); use that one, or choose the settings by hand.")


def _chunk(path: str | os.PathLike[str]) -> Any:
    if not os.path.isfile(path):  # reading from a pipe would wait
        return None
    try:
        with Image.open(path, formats=("PNG",)) as image:  # reads no pixels
            return image.info.get(CHUNK)
    except Exception as error:  # Pillow does not document what it raises for damaged files
        log.debug("a picture was refused", exc_info=error)
        return None


def _record(text: Any) -> Any:
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        raise ValueError("no text, or too long")
    return json.loads(text)


def _settings(fields: dict[str, Any]) -> Settings:
    settings = Settings(**fields)
    if settings.weights and settings.weights != safe_name(settings.weights):
        raise ValueError("a path")
    return settings


def _styles(entries: Any) -> list[tuple[str, float]]:
    if not isinstance(entries, list) or len(entries) > MAX_STYLES:
        raise ValueError("no list of styles")
    styles = [(entry["name"], float(entry["weight"])) for entry in entries]
    for name, weight in styles:
        if name != safe_name(name) or not (math.isfinite(weight) and weight >= 0):
            raise ValueError("a path, or no weight")
    return styles


def _digest(text: Any) -> str:
    if not re.fullmatch("([0-9a-f]{64})?", text):
        raise ValueError("no fingerprint")
    return text
