"""Pictures out: files that are written whole or not at all, and names that are safe to show."""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, PngImagePlugin

from ..errors import UserError

__all__ = ["safe_name", "save_jpeg", "save_png", "writing"]


def save_png(image: Image.Image, path: str | os.PathLike[str],
             text: dict[str, str] | None = None) -> None:
    """Write the pixels and ``text`` (keyword: text, as PNG text chunks), and nothing else.

    Grey stays grey and transparency stays; any other mode is written as RGB.

    Raises:
        UserError: it cannot be written there. Then no file is left, and one that was there
            before is untouched.
    """
    clean = _bare(image, image.mode if image.mode in ("L", "RGBA") else "RGB")
    chunks = PngImagePlugin.PngInfo()
    for keyword, value in (text or {}).items():
        chunks.add_text(keyword, value)
    with writing(path) as part:
        clean.save(part, format="PNG", pnginfo=chunks)


def save_jpeg(image: Image.Image, path: str | os.PathLike[str], quality: int = 90) -> None:
    """Write the pixels as JPEG, and nothing else; ``quality``: Pillow's, 1 to 95.

    Raises:
        UserError: as save_png() does, and with nothing left as there.
    """
    data = io.BytesIO()
    _bare(image, "RGB").save(data, format="JPEG", quality=quality)
    with writing(path) as part:
        # From memory: on a disk that gets full Pillow's own writing cuts a JPEG short in silence.
        part.write_bytes(data.getvalue())


@contextlib.contextmanager
def writing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it takes that name when the block ends well.

    Raises:
        UserError: the operating system refused (no such folder, not allowed, disk full). After
            any error the temporary file is gone and ``path`` is as it was.
    """
    path = Path(path)
    if not path.name:
        raise UserError("The output has no file name; give one.")
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        part.touch()  # a place that cannot be written is known before the work, not after it
        yield part
        os.replace(part, path)
    except OSError as error:
        reason = error.strerror or "is the disk full?"
        raise UserError(f"{safe_name(path)} cannot be written ({reason}); give a name in a folder "
                        "that exists, may be written and has room.") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _bare(image: Image.Image, mode: str) -> Image.Image:
    """A copy in that mode without what Pillow would write beside the pixels (ICC, comments)."""
    copy = image.copy() if image.mode == mode else image.convert(mode)
    copy.info.clear()
    return copy


def safe_name(path: str | os.PathLike[str]) -> str:
    """A file's name for a message or a record: no folder, no markup, at most 60 characters.

    Idempotent: a name that it has returned is returned unchanged.
    """
    name = re.split(r"[/\\]", os.fspath(path))[-1]
    name = re.sub(r"[^\w .,()+-]", "_", name).lstrip(".") or "the file"
    return name if len(name) <= 60 else name[:40] + "..." + name[-17:]
