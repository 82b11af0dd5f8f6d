"""Whether faces are painted like the rest and still are that person, in figures.

    python -m tests.bench.faces_painted                       both portraits after every preset
    python -m tests.bench.faces_painted --against 78adfcd     beside that commit, both painted now
    python -m tests.bench.faces_painted --close               crops with faces of 60 to 400 px
    python -m tests.bench.faces_painted --styles munch-the-scream --size 384
    python -m tests.bench.faces_painted --saved examples/results     what is painted already

residue: correlation of fine luminance (detail finer than a twelfth of the face's width) between
    photo and result, inside skin without eyes, brows, nose and mouth. 1: the photo's own pixels.
tint: distance of the skin's mean OKLab a and b from the photo's. ill: whether it is greener than
    red, or has less than a third of the photo's chroma. Skin is here what has skin's colour in the
    photo: of Hopper's face a third is glasses and shadows.
who: dlib's distance (identity.py). marks: mean distance of the landmarks that MediaPipe's network
    finds in the result from the photo's, in widths of the face.
outside: as residue, in the rest of the picture.
copied: largest piece of the result that is one piece of the style, share of the area (copies.py).
face, cov, cover, weave, person: measures.py.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageFilter

from nst import Preset, find_preset, load_presets
from nst.engine.color import oklab
from nst.engine.tensors import to_tensor
from nst.pictures.contact_sheet import contact_sheet
from nst.pictures.reading import open_picture
from nst.portrait.find import find_people
from tests.bench.copies import largest_copy
from tests.bench.identity import NEAR, identity_distance
from tests.bench.measures import measure
from tests.bench.recipes import EXAMPLES, Painter, at_commit, here

FINE = 1 / 12  # of the face's width, the coarsest detail that counts as fine
HELD_MARKS = 0.03  # widths of the face
CLOSE_WIDTHS = (60, 120, 240, 400)  # px of the faces in --close


@dataclass(frozen=True)
class FaceMeasures:
    """What the module's docstring says, of one result; nan where no face is found again."""

    residue: float
    outside: float
    tint: float
    ill: float
    who: float
    marks: float
    copied: float
    face: float
    cov: float
    cover: float
    weave: float
    person: float
    seconds: float

    def __str__(self) -> str:
        return " ".join(f"{value:7.3f}" for value in asdict(self).values())


HEAD = " ".join(f"{name:>7}" for name in FaceMeasures.__dataclass_fields__)


def face_measures(photo: Image.Image, style: Image.Image, result: Image.Image, seconds: float
                  ) -> FaceMeasures:
    """Measures of a result whose photo has a face."""
    size = result.size
    before = photo.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    people = find_people(before, size)
    assert people.face is not None and people.core is not None
    box = people.faces[0]
    width = box.width * size[0]
    skin = (people.face > 0.9) & (people.core < 0.1)
    hues = oklab(to_tensor(before))[0, 1:]
    chroma = hues.norm(dim=0)
    bare = torch.from_numpy(skin) & (hues[0] > 0) & (chroma > chroma[skin].mean() / 2)
    colour, wanted = oklab(to_tensor(result))[0, 1:, bare].mean(1), hues[:, bare].mean(1)
    again = find_people(result, size).faces
    marks = math.nan
    if again and again[0].landmarks is not None and box.landmarks is not None:
        apart = (again[0].landmarks - box.landmarks) * np.array(size)
        marks = float(np.linalg.norm(apart, axis=1).mean() / width)
    found = measure(result, photo, style)
    who = identity_distance(before, result)
    return FaceMeasures(
        residue=residue(before, result, skin, width),
        outside=residue(before, result, people.face < 0.1, width),
        tint=float((colour - wanted).norm()),
        ill=float(colour[0] < 0 or colour.norm() < wanted.norm() / 3),
        who=math.nan if who is None else who, marks=marks,
        copied=largest_copy(result, style), face=found.face, cov=found.covariance,
        cover=found.coverage, weave=found.weave, person=found.person, seconds=seconds)


def residue(photo: Image.Image, result: Image.Image, where: np.ndarray, width: float) -> float:
    """As above, ``where`` (height, width) is true; ``width``: of the face, in pixels.

    nan if that is nowhere, as outside a face that fills the picture.
    """
    if not where.any():
        return math.nan
    ours, theirs = (_fine(picture, width * FINE) for picture in (result, photo))
    return float(np.corrcoef(ours[where], theirs[where])[0, 1])


def _fine(picture: Image.Image, detail: float) -> np.ndarray:
    """Luminance without what is coarser than ``detail`` pixels: a Gaussian of that full width."""
    grey = np.asarray(picture.convert("L"), np.float32) / 255
    return grey - cv2.GaussianBlur(grey, (0, 0), max(0.5, detail / 2.355))


def saved(folder: Path) -> Painter:
    """Pictures that were painted before, named PHOTO-STYLE.webp."""
    def paint(photo: Path, preset: Preset, asked: dict) -> tuple[Image.Image, float]:
        return open_picture(folder / f"{photo.stem}-{preset.name}.webp"), 0.0

    return paint


def close_crops(folder: Path, size: int) -> dict[str, list[Path]]:
    """Squares of both portraits in which the face has CLOSE_WIDTHS pixels of ``size``, as files.

    Where a square is larger than the photo, the photo stands at the bottom of it, before a blurred
    copy of itself.
    """
    groups: dict[str, list[Path]] = {}
    for width in CLOSE_WIDTHS:
        for file in sorted(EXAMPLES.glob("*.jpg")):
            photo = open_picture(file)
            face = find_people(photo, photo.size).faces[0]
            side = round(face.width * photo.width * size / width)
            if side > min(photo.size):
                crop = photo.resize((side, side)).filter(ImageFilter.GaussianBlur(side / 12))
                crop.paste(photo, ((side - photo.width) // 2, side - photo.height))
            else:
                centre = ((face.left + face.width / 2) * photo.width,
                          (face.top + face.height / 2) * photo.height)
                left, top = (min(max(0, round(at - side / 2)), whole - side)
                             for at, whole in zip(centre, photo.size, strict=True))
                crop = photo.crop((left, top, left + side, top + side))
            file_of_crop = folder / f"{file.stem}-{width}.png"
            crop.save(file_of_crop)
            groups.setdefault(f"face {width} px", []).append(file_of_crop)
    return groups


def summary(found: Iterable[FaceMeasures]) -> str:
    """The means, and the shares that the table asks for."""
    found = list(found)
    mean = FaceMeasures(*map(_mean, zip(*(asdict(one).values() for one in found), strict=True)))
    share = [sum(one.who < NEAR for one in found) / len(found),
             sum(one.marks < HELD_MARKS for one in found) / len(found)]
    return (f"{mean}   largest residue {max(one.residue for one in found):.2f}, largest weave "
            f"{max(one.weave for one in found):.2f}, who under {NEAR} {share[0]:.0%}, "
            f"landmarks within {HELD_MARKS} {share[1]:.0%}")


def _mean(values: Iterable[float]) -> float:
    """Of those that could be measured; nan if none could."""
    known = [value for value in values if not math.isnan(value)]
    return statistics.fmean(known) if known else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--styles", default="", help="names of presets, by commas (default: all)")
    parser.add_argument("--against", metavar="COMMIT", help="an earlier commit, for comparison")
    parser.add_argument("--close", action="store_true", help="crops instead of whole portraits")
    parser.add_argument("--saved", type=Path, action="append", default=[], metavar="FOLDER",
                        help="pictures to measure instead of painting")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/faces-painted"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    presets = [find_preset(name) for name in options.styles.split(",") if name] or load_presets()
    groups = (close_crops(options.out, options.size) if options.close
              else {"mean": sorted(EXAMPLES.glob("*.jpg"))})
    with contextlib.ExitStack() as stack:
        painters: dict[str, Painter] = {}
        if options.against:
            painters[options.against] = stack.enter_context(at_commit(options.against))
        painters |= {str(folder): saved(folder) for folder in options.saved}
        if not options.saved:
            painters["as it is"] = here({}, {})
        compare(painters, groups, presets, options.size, options.out)


def compare(painters: dict[str, Painter], groups: dict[str, list[Path]], presets: list[Preset],
            size: int, out: Path) -> None:
    """Every photo after every preset by every painter: a line each, then each group's means."""
    found: dict[tuple[str, str], list[FaceMeasures]] = {}
    rows = []
    print(f"{'photo':16} {'style':28} {'painter':10} {HEAD}")
    for group, file in ((group, file) for group, files in groups.items() for file in files):
        photo = open_picture(file)
        for preset in presets:
            row = [(photo, file.stem)]
            for name, paint in painters.items():
                result, seconds = paint(file, preset, {"size": size})
                measures = face_measures(photo, preset.open(), result, seconds)
                found.setdefault((group, name), []).append(measures)
                print(f"{file.stem:16} {preset.name:28} {name:10} {measures}", flush=True)
                result.save(out / f"{file.stem}-{preset.name}-{len(row)}.png")
                row.append((result, f"{preset.name}\n{name}: residue {measures.residue:.2f}, "
                                    f"who {measures.who:.2f}"))
            rows.append(row)
    for (group, name), every in found.items():
        print(f"{group:16} {len(every):<28} {name:10} {summary(every)}")
    contact_sheet(rows, out / "sheet.png", cell=384)
    print(out / "sheet.png")


if __name__ == "__main__":
    main()
