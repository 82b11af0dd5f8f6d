"""Whether the person is still there: faces found again in paintings, protected and not.

    python -m tests.bench.likeness               ten portraits x eight paintings, about 35 minutes
    python -m tests.bench.likeness --size 256    a quicker and harder test

"Found" means that MediaPipe's networks find the face again in the painted picture with an overlap
(IoU) over 0.5. "Style" is the style distance outside the faces by the Gram matrices of conv1_2 to
conv5_2, relative to the photo's (tests/bench/yardstick.py).
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

from nst import Settings, find_preset, stylize
from nst.geometry import resized
from nst.pictures.contact_sheet import contact_sheet
from nst.portrait.faces import find_faces
from tests.bench.yardstick import judge, overlap
from tests.faces import portraits

STYLES = ("van-gogh-starry-night", "munch-the-scream", "klimt-the-kiss", "hokusai-great-wave",
          "cassatt-summertime", "kandinsky-composition-viii", "study-portrait-in-a-hat",
          "study-mandolin-player")
FACES = ("astronaut", "grace-hopper", "astronaut-tilted", "hopper-leaning", "astronaut-close",
         "hopper-mirrored", "astronaut-wide", "astronaut-dark", "hopper-small", "two")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--faces", default=",".join(FACES), help="names in tests/faces.py")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--plain", type=int, default=len(STYLES),
                        help="of how many paintings unprotected too")
    parser.add_argument("-o", "--out", type=Path, default=Path("out/faces"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    default = Settings().likeness
    found = {default: [], 0.0: []}
    seconds = {default: [], 0.0: []}
    styles = {default: [], 0.0: []}
    rows = {default: [], 0.0: []}
    print(f"{'portrait':22} {'painting':28} {'likeness':>8} {'IoU':>6} {'style':>6} {'seconds':>8}")
    for name in options.faces.split(","):
        photo = resized(portraits()[name], options.size)
        faces = find_faces(photo)
        if not faces:
            print(f"{name:22} no face found at {options.size} px: left out")
            continue
        row = {likeness: [(photo, name)] for likeness in rows}
        for number, style in enumerate(STYLES):
            painting = find_preset(style).open()
            for likeness in (default, 0.0)[: 1 + (number < options.plain)]:
                settings = Settings(size=options.size, quality=options.quality, likeness=likeness)
                start = time.monotonic()
                *_, frame = stylize(photo, [(painting, 1.0)], settings)
                seconds[likeness].append(time.monotonic() - start)
                again = find_faces(frame.image)
                ious = [max((overlap(face, other) for other in again), default=0.0)
                        for face in faces]
                found[likeness] += [iou > 0.5 for iou in ious]
                marks = judge(frame.image, photo, painting, without_faces=True)
                styles[likeness].append(marks.style)
                print(f"{name:22} {style:28} {likeness:8} {min(ious):6.2f} {marks.style:6.3f} "
                      f"{seconds[likeness][-1]:8.1f}", flush=True)
                row[likeness].append((frame.image, f"{style}\nIoU {min(ious):.2f}"))
        for likeness, cells in row.items():
            rows[likeness].append(cells)
            contact_sheet(rows[likeness], options.out / f"likeness-{likeness}.png", cell=200)
    for likeness in filter(found.get, found):
        print(f"likeness {likeness}: {sum(found[likeness])} of {len(found[likeness])} faces found "
              f"again ({100 * statistics.mean(found[likeness]):.0f} %), style outside the faces "
              f"{statistics.mean(styles[likeness]):.3f}, "
              f"{statistics.median(seconds[likeness]):.1f} s (median)")
    print(options.out / f"likeness-{default}.png")


if __name__ == "__main__":
    main()
