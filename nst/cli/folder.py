"""A folder of photos, painted one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from ..errors import UserError
from ..gallery.filenames import is_picture
from ..pictures.reading import open_photo
from ..pictures.writing import safe_name
from ..run import NamedStyle, Request
from ..settings import Settings
from .messages import say
from .paint import already_painted, check_output, paint

__all__ = ["paint_folder"]


def paint_folder(folder: Path, out: Path, styles: Sequence[NamedStyle],
                 settings: Settings) -> bool:
    """Paint every picture in ``folder`` (not in folders inside it) into PNGs in ``out``.

    A picture that is in ``out`` already, painted with the same settings after the same styles,
    is left as it is, so that a stopped run is taken up by the same command. A file that cannot
    be painted is named at the end; the others are painted all the same.

    Returns:
        whether every picture is there now.

    Raises:
        UserError: no pictures in the folder, or ``out`` cannot be written.
        KeyboardInterrupt: Ctrl-C; the picture at work is given up, those before it are kept.
    """
    files = _pictures(folder)
    targets = dict(zip(files, _targets(files, out), strict=True))
    if out.resolve() == folder.resolve():
        raise UserError("The results would mix with the photos; give another folder with -o.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {safe_name(out)} cannot be made ({error.strerror}); give "
                        "another one with -o.") from None
    check_output(targets[files[0]], ".png")
    failures = []
    for number, (file, target) in enumerate(targets.items(), 1):
        name = f"{safe_name(file)} ({number} of {len(files)})"
        try:
            if _is_done(target, settings, styles):
                say(f"{name}: painted before")
                continue
            request = Request(open_photo(file), tuple(styles), settings)
            paint(request, target, name=name, keep_stopped=False)
        except UserError as error:
            say(f"{name}: not painted")
            failures.append(f"{safe_name(file)} was not painted: {error}")
    for failure in failures:
        say(f"nst: {failure}")
    return not failures


def _pictures(folder: Path) -> list[Path]:
    try:
        files = sorted(f for f in folder.iterdir() if is_picture(f.name) and f.is_file())
    except OSError as error:
        raise UserError(f"The folder {safe_name(folder)} cannot be read ({error.strerror}); give "
                        "one that can.") from None
    if not files:
        raise UserError(f"The folder {safe_name(folder)} holds no pictures; give one that does.")
    return files


def _targets(files: Sequence[Path], out: Path) -> list[Path]:
    """selfie.jpg becomes selfie.png; beside a selfie.webp, both keep their suffix in front."""
    # Some file systems take Selfie.png and selfie.png for one.
    count = Counter(file.stem.casefold() for file in files)
    return [out / (f"{file.stem}.png" if count[file.stem.casefold()] == 1 else f"{file.name}.png")
            for file in files]


def _is_done(target: Path, settings: Settings, styles: Sequence[NamedStyle]) -> bool:
    if not target.exists():
        return False
    try:
        return already_painted(target, settings, [(style.name, style.weight) for style in styles])
    except UserError:
        raise UserError(f"{safe_name(target)} is in its place and was not painted here; move "
                        "that file away.") from None
