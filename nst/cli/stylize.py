"""``python -m nst stylize``: paint a photo, or every picture of a folder."""

from __future__ import annotations

import argparse
import functools
import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ..cluster.needs import add_cluster, painter_needs
from ..errors import UserError
from ..gallery.filenames import is_picture
from ..people import check_marked, parse_face
from ..pictures.h264 import check_films
from ..pictures.reading import is_picture_file, open_mask
from ..pictures.writing import safe_name
from ..run import NamedStyle, Request
from ..settings import Settings, settings_for
from .arguments import (
    add_mask,
    add_settings,
    add_style,
    add_styles,
    check_output,
    given_settings,
    with_own_size,
    without_own_size,
)
from .one_picture import already_painted, exit_status, paint_picture, report, write_report
from .sources import STDIN, Photo, find_styles, read_photo
from .terminal import OK, PARTLY, say

if TYPE_CHECKING:
    from .crew import Crew

__all__ = ["add_arguments", "run"]

_MAX_NAMED = 5  # files left out; the others are only counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("photo", metavar="PHOTO", help="a picture, a folder of pictures, or - "
                        "for stdin")
    add_style(parser)
    parser.add_argument("-o", "--output", required=True, metavar="OUT.png",
                        help="where the picture goes; for a folder of photos this is a folder, and "
                             "pictures that are there already are not painted again")
    add_mask(parser)
    parser.add_argument("--face", action="append", default=[], metavar="LEFT,TOP,WIDTH,HEIGHT",
                        help="where a face is that was not found, in fractions of the photo, as in "
                             "0.4,0.2,0.2,0.25 (may be given several times)")
    parser.add_argument("--keep-alpha", action="store_true",
                        help="keep a cut-out photo's transparency, which becomes white otherwise")
    parser.add_argument("--recursive", action="store_true",
                        help="paint the folders inside the folder as well")
    parser.add_argument("--film", metavar="FILE.mp4",
                        help="write a film: the photo, how it is painted, both compared")
    parser.add_argument("--film-beside-photo", action="store_true",
                        help="show the photo at the left of the film")
    parser.add_argument("--json", metavar="REPORT",
                        help="write seconds, losses, memory and the faces found as JSON")
    add_styles(parser)
    add_cluster(parser)
    add_settings(parser)


def run(args: argparse.Namespace, started_at: float) -> int:
    given = given_settings(args, own_size=True)
    of_folder = args.photo != STDIN and os.path.isdir(args.photo)
    if of_folder and (args.mask or args.face or args.film or args.json):
        raise UserError("--mask, --face, --film and --json go with one photo; leave them out for a "
                        "folder.")
    if args.cluster and not of_folder:
        raise UserError("--cluster goes with a folder; leave it out for one photo.")
    if args.film:
        check_films()
    marked_faces = check_marked([parse_face(text) for text in args.face])
    if not of_folder:
        taken = [args.photo, *args.style, *filter(None, [args.mask])]
        for path, suffix in ((args.output, ".png"), (args.film, ".mp4"), (args.json, "")):
            if path is not None:
                check_output(path, suffix, taken)
                taken.append(path)
    sources = find_styles(args.style, args.dirs)

    @functools.lru_cache(maxsize=1)
    def styles_for(settings: Settings) -> tuple[NamedStyle, ...]:
        return tuple(source.open(settings) for source in sources)

    def request(photo: Photo, mask: Image.Image | None = None) -> Request:
        settings = settings_for(sources[0].recommended, with_own_size(given, photo.picture))
        return Request(photo.picture, styles_for(settings), settings, mask, marked_faces,
                       alpha=photo.alpha if args.keep_alpha else None, photo_digest=photo.digest)

    if of_folder:
        # A style that cannot be used is one mistake, not one for each photo.
        settings = settings_for(sources[0].recommended, without_own_size(given))
        styles_for(settings)
        folder, out = Path(args.photo), Path(args.output)
        if args.cluster is None:
            done = _paint_folder(folder, out, request, args.recursive)
        else:
            done = _paint_on_cluster(args, settings, folder, out, request)
        return OK if done else PARTLY
    photo = read_photo(args.photo)
    painted = paint_picture(
        request(photo, open_mask(args.mask) if args.mask else None), args.output,
        name=photo.name, film=args.film, beside_photo=args.film_beside_photo)
    if args.json:
        write_report(report(painted, started_at), args.json)
    return exit_status(painted, args.output)


def _paint_on_cluster(args: argparse.Namespace, settings: Settings, folder: Path, out: Path,
                      request_of: Callable[[Photo], Request]) -> bool:
    from ..cluster.link import Cluster
    from ..cluster.wire import check_portable
    from .crew import Crew

    check_portable(settings)
    with Cluster(args.cluster, painter_needs(args)) as cluster:
        return _paint_folder(folder, out, request_of, args.recursive, Crew(cluster))


def _paint_folder(folder: Path, out: Path, request_of: Callable[[Photo], Request],
                  recursive: bool, crew: Crew | None = None) -> bool:
    """Paint every picture in ``folder`` into PNGs in ``out``; other files are listed.

    A file is a picture by its content; one that only has a picture's suffix counts as broken.
    A result that is in ``out`` already is left as it is where photo, styles and settings are the
    same, so that the same command takes up a stopped run. A photo that cannot be painted is named
    at the end; the others are painted all the same.

    Args:
        request_of: makes the request to paint a photo.
        recursive: whether to paint the folders inside it, into folders of the same names.
        crew: paints them on a cluster; None: one by one, here.

    Returns:
        whether every picture is there now.

    Raises:
        UserError: no pictures in the folder, or ``out`` cannot be written.
        KeyboardInterrupt: Ctrl-C; the picture at work is given up, those before it are kept.
    """
    if out.resolve() == folder.resolve():
        raise UserError("The results would mix with the photos; give another folder with -o.")
    files, left_out = _pictures(folder, out, recursive)
    targets = dict(zip(files, _targets(files, folder, out), strict=True))
    _make_folder(out)
    check_output(out / "out.png", ".png")
    if left_out:
        more = len(left_out) - _MAX_NAMED
        say(f"nst: Left out, as no pictures: {', '.join(left_out[:_MAX_NAMED])}"
            f"{f' and {more} more' if more > 0 else ''}.")

    def failure(numbered: tuple[int, Path]) -> str:
        """Paint one photo; why it was not painted, or nothing."""
        number, file = numbered
        target, name = targets[file], f"{safe_name(file)} ({number} of {len(files)})"
        try:
            request = request_of(read_photo(file))
            _make_folder(target.parent)
            check_output(target, ".png")
            if _is_done(target, request):
                say(f"{name}: painted before")
            elif crew is None:
                paint_picture(request, target, name=name, keep_stopped=False)
            else:
                crew.paint(request, target, name)
        except UserError as error:
            say(f"{name}: not painted")
            return f"{safe_name(file)} was not painted: {error}"
        return ""

    numbered = list(enumerate(files, 1))
    told = [failure(one) for one in numbered] if crew is None else crew.each(
        failure, numbered, len(numbered))
    failures = [line for line in told if line]
    for line in failures:
        say(f"nst: {line}")
    return not failures


def _pictures(folder: Path, out: Path, recursive: bool) -> tuple[list[Path], list[str]]:
    """The pictures, and the names of what is left out; hidden files are skipped in silence."""
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
