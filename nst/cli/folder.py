"""A folder of photos, painted one after the other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import UserError
from ..gallery.filenames import is_picture
from ..pictures.reading import is_picture_file
from ..pictures.writing import safe_name
from ..run import Request
from .messages import say
from .paint import already_painted, check_output, paint
from .photos import Photo, read_photo

__all__ = ["paint_folder"]

_NAMED = 5  # files left out that are named; of more only the number is told


def paint_folder(folder: Path, out: Path, request_of: Callable[[Photo], Request],
                 recursive: bool = False) -> bool:
    """Paint every picture in ``folder`` into PNGs in ``out``; other files are listed.

    A file is a picture by its content; one that only has a picture's suffix counts as broken.
    A picture that is in ``out`` already, painted from the same photo with the same settings after
    the same styles, is left as it is, so that a stopped run is taken up by the same command. A
    photo that cannot be painted is named at the end; the others are painted all the same.

    Args:
        request_of: what is to be painted of a photo.
        recursive: whether to paint the folders inside it, into such folders in ``out``.

    Returns:
        whether every picture is there now.

    Raises:
        UserError: no pictures in the folder, a style or setting that cannot be used with the
            first of them, or ``out`` cannot be written.
        KeyboardInterrupt: Ctrl-C; the picture at work is given up, those before it are kept.
    """
    if out.resolve() == folder.resolve():
        raise UserError("The results would mix with the photos; give another folder with -o.")
    files, left_out = _pictures(folder, out, recursive)
    targets = dict(zip(files, _targets(files, folder, out), strict=True))
    _make_folder(out)
    check_output(out / "out.png", ".png")
    if left_out:
        more = len(left_out) - _NAMED
        say(f"nst: Left out, as no pictures: {', '.join(left_out[:_NAMED])}"
            f"{f' and {more} more' if more > 0 else ''}.")
    failures = []
    for number, (file, target) in enumerate(targets.items(), 1):
        name = f"{safe_name(file)} ({number} of {len(files)})"
        try:
            request = request_of(read_photo(file))
            _make_folder(target.parent)
            check_output(target, ".png")
            if _is_done(target, request):
                say(f"{name}: painted before")
                continue
            paint(request, target, name=name, keep_stopped=False)
        except UserError as error:
            say(f"{name}: not painted")
            failures.append(f"{safe_name(file)} was not painted: {error}")
    for failure in failures:
        say(f"nst: {failure}")
    return not failures


def _pictures(folder: Path, out: Path, recursive: bool) -> tuple[list[Path], list[str]]:
    """The pictures, and the names of other files and folders; hidden ones are skipped."""
    files: list[Path] = []
    left_out: list[str] = []
    try:
        found = sorted(path for path in folder.iterdir() if path.name[0] != ".")
        while found:
            path = found.pop(0)
            if path.is_dir():
                if not recursive:
                    left_out.append(f"{safe_name(path)}/ (a folder: give --recursive)")
                elif path.resolve() != out.resolve() and not path.is_symlink():
                    found += sorted(inner for inner in path.iterdir() if inner.name[0] != ".")
            elif path.is_file() and (is_picture(path.name) or is_picture_file(path)):
                files.append(path)
            else:
                left_out.append(safe_name(path))
    except OSError as error:
        raise UserError(f"The folder {safe_name(error.filename or folder)} cannot be read "
                        f"({error.strerror}); give one that can.") from None
    if not files:
        raise UserError(f"The folder {safe_name(folder)} holds no pictures; give one that does.")
    return files, left_out


def _targets(files: Sequence[Path], folder: Path, out: Path) -> list[Path]:
    """selfie.jpg becomes selfie.png; beside a selfie.webp, both keep their suffix in front."""
    # Some file systems take Selfie.png and selfie.png for one.
    stems = [os.fspath(file.with_suffix("")).casefold() for file in files]
    count = Counter(stems)
    return [out / file.parent.relative_to(folder)
            / (f"{file.stem}.png" if count[stem] == 1 else f"{file.name}.png")
            for file, stem in zip(files, stems, strict=True)]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"The folder {safe_name(folder)} cannot be made ({error.strerror}); give "
                        "another one with -o.") from None


def _is_done(target: Path, request: Request) -> bool:
    if not target.exists():
        return False
    try:
        return already_painted(target, request.settings, request.styles, request.photo_digest,
                               request.alpha is not None)
    except UserError:
        raise UserError(f"{safe_name(target)} is in its place and was not painted here; move "
                        "that file away.") from None
