"""A simulated brush and canvas: pictures painted stroke by stroke from described patches.

A :class:`Scene` holds, for every pixel, which patch is seen there, the direction of the brush and
how light the patch is; a :class:`Canvas` takes strokes. Strokes follow the scene's directions
and stop where the patch ends, laid from large to small, after Hertzmann, "Painterly rendering
with curved brush strokes of multiple sizes" (1998). Unlike there, colours are not copied from a
picture but taken, unmixed, from each patch's own list of paints.

All coordinates are pixels of the finished picture, x to the right, y down; angles are degrees,
counter-clockwise from the x axis as seen. The same seed draws the same picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

__all__ = ["Canvas", "Patch", "Scene", "around", "box", "curve", "ellipse", "generator", "noise",
           "rgb"]

OVERSAMPLING = 1.5   # the canvas is painted larger than the picture and scaled down at the end
STEP = 0.75          # distance of a stroke's samples in canvas pixels: below 1, or it has holes
Points = Sequence[tuple[float, float]] | np.ndarray


def rgb(colour: str) -> np.ndarray:
    """'d94f2b' as three floats in 0..1."""
    return np.array([int(colour[i:i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def noise(rng: np.random.Generator, shape: tuple[int, int], cell: float) -> np.ndarray:
    """Smooth noise (H, W), about -1..1, whose bumps are ``cell`` pixels apart."""
    h, w = shape
    rows, columns = int(h / cell) + 3, int(w / cell) + 3
    grid = rng.random((rows, columns)).astype(np.float32) * 2 - 1
    size = (int(columns * cell), int(rows * cell))
    top = int(cell)
    return cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)[top:top + h, top:top + w]


def generator(seed: int) -> np.random.Generator:
    """The random numbers: PCG64, whose stream is the same in every version of NumPy."""
    return np.random.Generator(np.random.PCG64(seed))


def box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """An upright rectangle: (4, 2)."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)


def around(cx: float, cy: float, turn: float = 90.0) -> Callable:
    """Directions that circle a point (``turn`` 90) or ray out from it (0), for Patch.flow."""
    return lambda x, y: np.degrees(np.arctan2(cy - y, x - cx)) + turn


def curve(points: Points, closed: bool = True, steps: int = 12) -> np.ndarray:
    """A Catmull-Rom curve through ``points``: (n, 2)."""
    p = np.asarray(points, np.float64)
    p = np.vstack([p[-1:], p, p[:2]] if closed else [p[:1], p, p[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    a, b, c, d = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    q = b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    q = q.reshape(-1, 2)
    return q if closed else np.vstack([q, p[-1:]])


def ellipse(x: float, y: float, rx: float, ry: float, tilt: float = 0.0,
            start: float = 0.0, end: float = 360.0) -> np.ndarray:
    """An ellipse, or the arc of it between two angles: (n, 2)."""
    t, a = np.radians(np.linspace(start, end, 48)), np.radians(-tilt)
    u, v = rx * np.cos(t), -ry * np.sin(t)
    return np.stack([x + u * np.cos(a) - v * np.sin(a), y + u * np.sin(a) + v * np.cos(a)], 1)


@dataclass
class Patch:
    """One area of a picture and the paints for it.

    ``colours`` run from the light to the dark; ``tone(x, y)`` in 0..1 chooses among them (left
    out: they change in drifts, as a brush is reloaded). ``accents`` are struck in at the rate
    ``accent``. ``flow`` is the brush's direction, an angle or a function of (x, y); ``wander``
    how many degrees it strays. ``size`` scales the strokes, ``bare`` is the share left out.
    """

    outline: Points
    colours: str
    flow: float | Callable = 0.0
    tone: Callable | None = None
    accents: str = ""
    accent: float = 0.15
    wander: float = 20.0
    size: float = 1.0
    bare: float = 0.0
    spread: float = 0.13


class Scene:
    """Patches, the later over the earlier, as maps of the picture's size.

    ``region`` (H, W) is the index of the patch that is seen, ``angle`` (H, W) in radians,
    ``tone`` (H, W) in 0..1. ``wobble`` pixels of smooth noise make the outlines uneven.
    """

    def __init__(self, width: int, height: int, patches: Sequence[Patch], *,
                 rng: np.random.Generator, wobble: float = 3.0):
        shape = (height, width)
        self.patches = list(patches)
        self.region = np.zeros(shape, np.int32)
        self.angle = np.zeros(shape, np.float32)
        self.tone = np.zeros(shape, np.float32)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        drift = [noise(rng, shape, 45) * wobble for _ in range(2)]
        fine = [noise(rng, shape, 11) * wobble * 0.35 for _ in range(2)]
        warp = (x + drift[0] + fine[0], y + drift[1] + fine[1])
        margin = 2 * wobble + 2
        for index, patch in enumerate(self.patches):
            outline = np.asarray(patch.outline, np.float64)
            (x0, y0), (x1, y1) = outline.min(0) - margin, outline.max(0) + margin
            part = np.s_[int(np.clip(y0, 0, height - 1)):int(np.clip(y1, 1, height)),
                         int(np.clip(x0, 0, width - 1)):int(np.clip(x1, 1, width))]
            mask = np.zeros(shape, np.uint8)
            cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1, shift=4)
            seen = cv2.remap(mask, warp[0][part], warp[1][part], cv2.INTER_NEAREST,
                             borderMode=cv2.BORDER_REPLICATE) > 0
            px, py = x[part], y[part]
            flow = patch.flow(px, py) if callable(patch.flow) else patch.flow
            stray = noise(rng, seen.shape, 70) * patch.wander
            drifts = 0.5 + 0.75 * noise(rng, seen.shape, 60 * patch.size)
            tone = drifts if patch.tone is None else patch.tone(px, py) + 0 * px
            self.region[part][seen] = index
            self.angle[part][seen] = np.radians(flow + stray)[seen]
            self.tone[part][seen] = np.clip(tone, 0, 1)[seen]

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and column, inside the picture, of points (n, 2)."""
        h, w = self.region.shape
        return (np.clip(np.rint(points[:, 1]).astype(int), 0, h - 1),
                np.clip(np.rint(points[:, 0]).astype(int), 0, w - 1))


class Canvas:
    """A canvas that takes strokes; ``finish()`` adds light and returns the picture."""

    def __init__(self, width: int, height: int, ground: str, rng: np.random.Generator, *,
                 thread: float = 3.4):
        self.rng, self.width, self.height = rng, width, height
        h, w = shape = round(height * OVERSAMPLING), round(width * OVERSAMPLING)
        self.weave = self._weave(shape, thread * OVERSAMPLING)
        stain = 0.03 * noise(rng, shape, 160) + 0.02 * noise(rng, shape, 30)
        light = 1 + stain + 0.07 * (self.weave - 0.5)
        self.paint = (rgb(ground) * light[..., None]).astype(np.float32)
        self.relief = 0.5 * self.weave
        self.bristles = self._bristles()

    def _weave(self, shape: tuple[int, int], thread: float) -> np.ndarray:
        """Plain weave, 0 in the holes to 1 on the threads, each thread a little off."""
        y, x = np.mgrid[:shape[0], :shape[1]].astype(np.float32)
        x = np.pi / thread * (x + 2.5 * noise(self.rng, shape, 60))
        y = np.pi / thread * (y + 2.5 * noise(self.rng, shape, 60))
        over = np.sin(x) ** 2 * np.sin(y) ** 2
        slub = 0.25 * noise(self.rng, shape, 7)
        return np.clip(1.4 * over + slub, 0, 1).astype(np.float32)

    def _bristles(self) -> np.ndarray:
        """(2048, 320, 3) in 0..1: long hairs along the first axis; paint, light, second paint."""
        layers = []
        for along, across in ((26, 0.9), (34, 1.3), (60, 2.2)):
            hair = self.rng.random((2048, 320)).astype(np.float32)
            long = cv2.GaussianBlur(hair, (0, 0), sigmaX=across, sigmaY=along)
            short = cv2.GaussianBlur(hair, (0, 0), sigmaX=0.8, sigmaY=5)
            mixed = (long - 0.5) / long.std() + 0.5 * (short - 0.5) / short.std()
            layers.append(np.clip(0.5 + 0.26 * mixed, 0, 1))
        return np.stack(layers, -1)

    def wash(self, scene: Scene, strength: float) -> None:
        """Thin paint over the ground, each patch in the colours of its tone, uneven and sunk in
        the weave: ``strength`` 0..1."""
        flat = np.zeros((*scene.region.shape, 3), np.float32)
        for index, patch in enumerate(scene.patches):
            paints = np.stack([rgb(c) for c in patch.colours.split()])
            seen = scene.region == index
            flat[seen] = paints[(scene.tone[seen] * (len(paints) - 0.01)).astype(int)]
        size = self.relief.shape[::-1]
        flat = cv2.resize(flat, size, interpolation=cv2.INTER_LINEAR)
        share = strength * (1 + 0.2 * noise(self.rng, self.relief.shape, 50) - 0.2 * self.weave)
        self.paint += (flat - self.paint) * np.clip(share, 0, 1)[..., None]

    def stroke(self, path: np.ndarray, width: float, colour: np.ndarray,
               second: np.ndarray | None = None, *, dry: float = 0.25, body: float = 1.0,
               streak: float = 0.12, square: float = 2.6, opacity: float = 0.97) -> None:
        """One brush stroke along ``path`` (n, 2).

        ``dry``: share of hairs that have run out of paint at the end; ``body``: thickness of the
        paint; ``streak``: how much light the hairs vary; ``square``: 2 is a round brush, 5 a flat
        one; ``second``: another paint left in some hairs.
        """
        p = np.asarray(path, np.float64) * OVERSAMPLING
        segments = np.hypot(*np.diff(p, axis=0).T)
        distance = np.concatenate([[0], np.cumsum(segments)])
        total, radius = max(distance[-1], 1e-3), width * OVERSAMPLING / 2
        n, m = max(int(total / STEP), 4), max(int(2 * radius / STEP), 3)
        u = np.linspace(0, total, n)
        x, y = np.interp(u, distance, p[:, 0]), np.interp(u, distance, p[:, 1])
        tx, ty = np.gradient(x), np.gradient(y)
        norm = np.hypot(tx, ty) + 1e-6
        v = np.linspace(-radius, radius, m)
        col = np.rint(x[:, None] - (ty / norm)[:, None] * v).astype(np.int64)
        row = np.rint(y[:, None] + (tx / norm)[:, None] * v).astype(np.int64)

        hair = self._hair(n, m)
        cap = min(radius, total / 2)
        near = np.clip(1 - np.minimum(u, total - u) / max(cap, 1e-3), 0, 1)
        half = radius * (1 - near ** square) ** (1 / square) + 0.3
        rim = np.abs(v) / half[:, None]
        alpha = np.clip((1.06 - rim + 0.5 * (hair[..., 0] - 0.5)) * min(radius, 6), 0, 1)
        empty = dry * (0.12 + 0.88 * (u / total) ** 1.6)[:, None]

        h, w = self.relief.shape
        inside = (alpha > 0.01) & (row >= 0) & (row < h) & (col >= 0) & (col < w)
        at = (row * w + col)[inside]
        hairs = hair[inside]
        valley = 0.35 * (1 - self.weave.ravel()[at])
        loaded = np.broadcast_to(empty, inside.shape)[inside] * (0.8 + valley)
        alpha = opacity * alpha[inside] * np.clip((hairs[:, 0] - loaded) * 7 + 0.5, 0, 1)
        pigment = np.broadcast_to(colour, (len(at), 3))
        if second is not None:
            share = np.clip((hairs[:, 2:] - 0.55) * 3.5, 0, 0.9)
            pigment = pigment + (second - pigment) * share
        pigment = pigment * (1 + streak * (hairs[:, 1:2] - 0.5))
        paint, relief = self.paint.reshape(-1, 3), self.relief.reshape(-1)
        paint[at] += (pigment - paint[at]) * alpha[:, None]
        ridge = np.clip(rim[inside] - 0.55, 0, 0.4)
        thick = body * (0.45 + 0.55 * hairs[:, 0] + ridge)
        relief[at] += (0.25 * relief[at] + thick - relief[at]) * alpha

    def _hair(self, n: int, m: int) -> np.ndarray:
        """A strip (n, m, 3) of bristles from a random place; long or wide strokes repeat it."""
        rows, columns = self.bristles.shape[:2]
        a, b = self.rng.random(2)
        if n < rows and m < columns:
            i, j = int(a * (rows - n)), int(b * (columns - m))
            return self.bristles[i:i + n, j:j + m]
        return self.bristles.take(np.arange(n), 0, mode="wrap").take(np.arange(m), 1, mode="wrap")

    def line(self, points: Points, width: float, colours: str, *, breaks: float = 0.0,
             smooth: bool = True, sway: float = 1.5, piece: float = 120.0, **brush) -> None:
        """A contour drawn by hand: pieces of about ``piece`` pixels that swell, sway and, at the
        rate ``breaks``, are missing."""
        p = curve(points, closed=False) if smooth and len(points) > 2 else np.asarray(points, float)
        segments = np.hypot(*np.diff(p, axis=0).T)
        distance = np.concatenate([[0], np.cumsum(segments)])
        at = 0.0
        paints = [rgb(c) for c in colours.split()]
        while at < distance[-1] - 2:
            end = min(at + piece * (0.6 + 0.8 * self.rng.random()), distance[-1])
            if distance[-1] - end < piece * 0.2:
                end = distance[-1]
            skip, which, swell = self.rng.random(3)
            if skip >= breaks:
                u = np.linspace(max(at - width / 2, 0), end, max(int((end - at) / 6), 3))
                bit = np.stack([np.interp(u, distance, p[:, i]) for i in (0, 1)], 1)
                sways = sway * (self.rng.random((4, 2)) * 2 - 1)
                t = np.linspace(0, 3, len(bit))
                bit = bit + np.stack([np.interp(t, range(4), sways[:, i]) for i in (0, 1)], 1)
                paint = paints[int(which * len(paints))]
                self.stroke(bit, width * (0.75 + 0.5 * swell), paint,
                            **{"dry": 0.35, "body": 1.0} | brush)
            at = end

    def cover(self, scene: Scene, width: float, length: float, density: float, *,
              only: Sequence[int] | None = None, shade: float = 0.06, second: float = 0.5,
              bend: float = 1.0, **brush) -> None:
        """Lay strokes over the scene, ``density`` times its area, each in its patch's paints."""
        starts, sizes = [], []
        h, w = scene.region.shape
        for index, patch in enumerate(scene.patches):
            if only is not None and index not in only:
                continue
            gap = np.sqrt(width * length / density) * patch.size
            rows, columns = int(h / gap) + 2, int(w / gap) + 2
            jitter = self.rng.random((rows * columns, 3))
            y, x = np.divmod(np.arange(rows * columns), columns)
            p = np.stack([(x + jitter[:, 0] - 0.5) * gap, (y + jitter[:, 1] - 0.5) * gap], 1)
            keep = (scene.region[scene.at(p)] == index) & (jitter[:, 2] >= patch.bare)
            starts.append(p[keep])
            sizes.append(np.full(keep.sum(), patch.size))
        starts, sizes = np.concatenate(starts), np.concatenate(sizes)
        order = np.argsort(self.rng.random(len(starts)), kind="stable")
        starts, sizes = starts[order], sizes[order]
        paths = self._trace(scene, starts, sizes * length, bend)
        dice = self.rng.random((len(starts), 8))
        for home, path, size, (a, b, c, d, e, f, g, k) in zip(starts, paths, sizes, dice,
                                                             strict=True):
            where = tuple(i[0] for i in scene.at(home[None]))
            patch = scene.patches[scene.region[where]]
            paints = patch.colours.split()
            tone = scene.tone[where] + patch.spread * (a + b - 1) * 2
            pick = int(np.clip(tone, 0, 0.999) * len(paints))
            colour, beside = paints[pick], paints[max(pick - 1, 0) if e < 0.5 else
                                                  min(pick + 1, len(paints) - 1)]
            if patch.accents and c < patch.accent:
                accents = patch.accents.split()
                colour = accents[int(d * len(accents))]
            other = rgb(beside) if f < second else None
            base = rgb(colour) * (1 + shade * (2 * g - 1))
            self.stroke(path, width * size * (0.7 + 0.6 * k), base, other, **brush)

    def _trace(self, scene: Scene, starts: np.ndarray, lengths: np.ndarray,
               bend: float) -> list[np.ndarray]:
        """Follow the scene's directions both ways from every start, to the edge of its patch:
        one path of 3 to 9 points for each."""
        rows_columns = scene.at(starts)
        home, heading = scene.region[rows_columns], scene.angle[rows_columns]
        first = heading + 0.15 * (self.rng.random(len(starts)) * 2 - 1)
        stride = lengths * (0.6 + 0.8 * self.rng.random(len(starts))) / 8
        side = np.where(self.rng.random(len(starts)) < 0.5, 1.0, -1.0)
        arms = []
        for sign in (-side, side):
            p, inside = starts, np.ones(len(starts), bool)
            points, counts = [], np.ones(len(starts), int)
            for step in range(4):
                turn = (scene.angle[scene.at(p)] - heading + np.pi / 2) % np.pi - np.pi / 2
                angle = first + bend * turn
                p = p + np.stack([np.cos(angle), -np.sin(angle)], 1) * (sign * stride)[:, None]
                points.append(p)
                inside &= scene.region[scene.at(p)] == home
                counts = np.where(inside, step + 1, counts)
            arms.append((np.stack(points, 1), counts))
        (back, m), (ahead, n) = arms
        return [np.vstack([back[i, :m[i]][::-1], starts[i:i + 1], ahead[i, :n[i]]])
                for i in range(len(starts))]

    def finish(self, *, light: float = 0.16, warmth: str = "fff9ec") -> Image.Image:
        """The picture, lit from the upper left, under a thin warm varnish: RGB, at full size."""
        relief = cv2.GaussianBlur(self.relief, (0, 0), 0.85)
        gx, gy = cv2.Sobel(relief, -1, 1, 0, scale=0.25), cv2.Sobel(relief, -1, 0, 1, scale=0.25)
        slope = np.clip(gx + gy, -1.2, 1.2)[..., None]
        lit = self.paint * (1 + light * slope) + 0.05 * np.clip(slope - 0.25, 0, 1)
        lit = cv2.resize(lit * rgb(warmth), (self.width, self.height), interpolation=cv2.INTER_AREA)
        return Image.fromarray(np.clip(lit * 255 + 0.5, 0, 255).astype(np.uint8))
