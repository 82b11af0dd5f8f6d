"""De Stijl: primaries, black bands and toned whites, laid by hand with a flat brush."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .brush import Canvas, Patch, Scene, box, generator, noise

__all__ = ["composition", "small_planes"]

RED = "cf2a22 c4241f d8352a"
YELLOW = "f2c41e eebb14 f6cc30"
BLUE = "1f4396 1a3a88 264ea4"
BLACK = "1c1b1e 232225 161518"
WHITE = "f1eee2 ece8db f4f1e7"
COOL = "e3e6e4 dadfe0 e8eae6"
WARM = "efe6cf eadfc6 f2ebd8"


def _paint(w: int, h: int, planes: list[Patch], bands: list[tuple], width: float,
           rng: np.random.Generator) -> Image.Image:
    """Planes in several slow opaque coats, then bands (x0, y0, x1, y1, thickness, paints), each
    drawn twice with a flat brush along a ruler that slips."""
    scene = Scene(w, h, planes, rng=rng, wobble=1.2)
    canvas = Canvas(w, h, "ddd3bd", rng, thread=3)
    canvas.wash(scene, .9)
    canvas.cover(scene, width * 1.5, width * 5, 1.6, dry=.25, body=.6, streak=.06, shade=.02)
    canvas.cover(scene, width, width * 4.5, 1.4, dry=.3, body=.9, streak=.08, shade=.025, square=5)
    canvas.cover(scene, width * .6, width * 3, .5, dry=.5, body=.8, streak=.1, shade=.04, square=5)
    for x0, y0, x1, y1, thickness, paints in bands:
        for share, piece in ((1.0, 3000), (.94, 420)):
            canvas.line([(x0, y0), (x1, y1)], thickness * share, paints, smooth=False, sway=1.1,
                        piece=piece, dry=.12, square=7, body=1.1, streak=.2)
    # aged: whites yellow unevenly
    canvas.paint *= 1 - .05 * noise(rng, canvas.relief.shape, 140)[..., None].clip(0)
    return canvas.finish(light=.22)


def _plane(x0, y0, x1, y1, paints, size=1.0) -> Patch:
    flow = 0 if x1 - x0 > y1 - y0 else 90
    return Patch(box(x0, y0, x1, y1), paints, flow, wander=5, size=size)


def composition() -> Image.Image:
    """A large red, a blue and a yellow held by black bands."""
    rng = generator(1930)
    w, h = 1000, 1024
    planes = [
        _plane(-9, -9, 272, 330, WHITE), _plane(-9, 330, 272, 760, COOL),
        _plane(-9, 760, 272, h + 9, BLUE), _plane(272, -9, w + 9, 760, RED),
        _plane(272, 760, 640, h + 9, WARM), _plane(640, 760, 880, h + 9, WHITE),
        _plane(880, 760, w + 9, 884, COOL), _plane(880, 884, w + 9, h + 9, YELLOW),
        _plane(272, 560, 470, 760, WHITE), _plane(-9, 130, 130, 330, YELLOW),
    ]
    bands = [
        (272, -20, 272, h + 20, 25), (-20, 332, 272, 332, 32), (-20, 760, w + 20, 760, 28),
        (880, 760, 880, h + 20, 24), (880, 884, w + 20, 884, 26), (641, 760, 641, h + 20, 20),
        (470, 556, 470, 760, 22), (272, 560, 478, 560, 22), (131, 118, 131, 332, 18),
        (-20, 126, 138, 126, 17),
    ]
    return _paint(w, h, planes, [(*band, BLACK) for band in bands], 30, rng)


def small_planes() -> Image.Image:
    """A close grid of small planes, greys between the primaries, in uneven dark bands."""
    rng = generator(1920)
    w, h = 1024, 900
    greys = ["d9dbd6 cfd2cf e0e1dc", "b9bfc4 aeb6bd c3c8cb", "e9e2cd e2d9c0 efe8d6",
             "9aa3ad 909aa6 a5adb5", WHITE, COOL, "d8c9a0 cfbf94 e0d2ac", "f0d9cf e8cfc4 f4e0d6"]
    hues = [RED, YELLOW, BLUE, "d9542e d04c28 e05f38", "e8cf6a e2c65c eed87c",
            "5a7fb4 5076ac 668abc", BLACK, "e48a7c dc8072 ea968a"]
    xs, ys = [-9, 96, 214, 290, 418, 540, 604, 730, 838, 930, w + 9], \
             [-9, 84, 168, 290, 352, 470, 560, 642, 760, 830, h + 9]
    inks = [BLACK, BLACK, "3a3c42 33353b 44464c", "54585f 4c5057 5e6269"]
    taken = [[False] * 10 for _ in range(10)]
    planes, bands = [], []
    for j in range(10):
        for i in range(10):
            if taken[j][i]:
                continue
            a, b, c, d = rng.random(4)
            wide = 2 if a < .42 and i < 9 and not taken[j][i + 1] else 1
            tall = 2 if b < .36 and j < 9 else 1
            for jj in range(j, j + tall):
                for ii in range(i, i + wide):
                    taken[jj][ii] = True
            kinds = hues if c < .42 else greys
            x0, y0, x1, y1 = xs[i], ys[j], xs[i + wide], ys[j + tall]
            planes.append(_plane(x0, y0, x1, y1, kinds[int(d * len(kinds))], .8))
            for x, y in ((x0, y1), (x1, y0)):
                bands.append((x0, y0, x, y, 10 + 5 * rng.random(), inks[int(rng.random() * 4)]))
    return _paint(w, h, planes, bands, 22, rng)
