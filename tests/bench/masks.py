"""How well the person's mask fits where it is hard: edge, jaw, hem, curls.

    python -m tests.bench.masks            about half a minute on one core
    python -m tests.bench.masks --each     a line for each of the 80 pictures

Pictures and errors: tests/composed.py.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict

from nst.portrait.faces import find_faces
from nst.portrait.person import person_mask
from tests.bench.faces import mask_iou
from tests.composed import all_composed, errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", action="store_true", help="print each picture's errors")
    options = parser.parse_args()
    groups: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for case in all_composed():
        faces = find_faces(case.image)
        if not faces:
            print(f"{case.name}: no face found")
            continue
        start = time.perf_counter()
        found = person_mask(case.image, faces, case.image.size)
        seconds = time.perf_counter() - start
        row = errors(found, case) | {"IoU": mask_iou(found, case.mask)}
        if options.each:
            print(f"{case.name:40}", *(f"{name} {value:.3f}" for name, value in row.items()))
        kind = (("curls, " if case.curls.any() else "")
                + ("dark clothes" if "dark" in case.name else "own clothes"))
        for group in (kind, "all"):
            for name, value in (row | {"ms": 1000 * seconds}).items():
                groups[group][name].append(value)
    for group, columns in groups.items():
        print(f"{group:20}" + "".join(
            f"  {name} {statistics.median(values):.0f}" if name == "ms"
            else f"  {name} {statistics.mean(values):.4f}" for name, values in columns.items())
            + f"  least IoU {min(columns['IoU']):.3f}  ({len(columns['IoU'])} pictures)")


if __name__ == "__main__":
    main()
