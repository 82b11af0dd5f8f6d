"""How many faces are found, how many falsely, and how well the person's mask fits.

    python -m tests.bench.faces            about a minute on two cores
    python -m tests.bench.faces --misses   names what was missed or found falsely

Cases: tests/face_cases.py. A face is found if the overlap (IoU) of a box with the true one is over
0.4: boxes of turned heads can be drawn in several ways. Whatever overlaps no true face
by a tenth is false. Masks: intersection over union of what is over one half with the masks drawn by
hand in tests/outlines.py.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from nst.portrait.faces import find_faces
from nst.portrait.find import find_people
from tests.face_cases import Case, cases, covered, tones
from tests.faces import iou
from tests.outlines import persons

__all__ = ["count", "mask_iou"]

FOUND, NEAR = 0.4, 0.1


def count(case: Case) -> tuple[int, int, float]:
    """How many of a case's faces are found, how many boxes are false, and the seconds it took."""
    start = time.perf_counter()
    boxes = [(face.left, face.top, face.width, face.height) for face in find_faces(case.image)]
    seconds = time.perf_counter() - start
    found = sum(any(iou(box, true) > FOUND for box in boxes) for true in case.boxes)
    false = sum(all(iou(box, true) < NEAR for true in case.boxes) for box in boxes)
    return found, false, seconds


def mask_iou(mask: np.ndarray, true: np.ndarray) -> float:
    """Intersection over union of what is over one half in both masks."""
    mask, true = mask > 0.5, true > 0.5
    return float((mask & true).sum() / (mask | true).sum())


def table(made: Iterable[Case], misses: bool) -> None:
    """Prints a line a group and one for all: faces found, false boxes, milliseconds a picture."""
    rows: dict[str, list[tuple[int, int, int, float]]] = defaultdict(list)
    for case in made:
        found, false, seconds = count(case)
        rows[case.group].append((found, len(case.boxes), false, seconds))
        if misses and (found < len(case.boxes) or false):
            print(f"  {case.group}, {case.name}: {found} of {len(case.boxes)} found, "
                  f"{false} false", flush=True)
    print(f"{'':34}{'found':>12}{'false':>7}{'ms':>14}")
    for group, column in rows.items():
        print(f"{group:34}{_cells(column)}")
    every = [row for column in rows.values() for row in column]
    print(f"{f'all, {len(every)} pictures':34}{_cells(every)}")


def _cells(column: list[tuple[int, int, int, float]]) -> str:
    found, faces, false, _ = (sum(values) for values in zip(*column, strict=True))
    times = [1000 * seconds for *_, seconds in column]
    return (f"{found:>8}/{faces:<3}{false:>7}"
            f"{statistics.median(times):>8.0f}{max(times):>6.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--misses", action="store_true", help="name each miss and false face")
    options = parser.parse_args()
    print("Faces found, false boxes, median and longest milliseconds a picture")
    table(cases(), options.misses)
    print("\nThe same two portraits shifted to darker tones (not other people's skin)")
    table(tones(), options.misses)
    print("\nWith sunglasses and a mask; the limits were chosen on these pictures")
    table(covered(), options.misses)
    print("\nThe person's mask against masks drawn by hand")
    for name, (image, true) in persons().items():
        find_people(image, image.size)  # networks are read, memory is warm
        start = time.perf_counter()
        people = find_people(image, image.size)
        seconds = time.perf_counter() - start
        print(f"{name:14} IoU {mask_iou(people.person, true):.3f}   "
              f"{len(people.faces)} faces   {1000 * seconds:.0f} ms for all masks")


if __name__ == "__main__":
    main()
