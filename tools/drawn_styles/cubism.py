"""Cubism. Analytic: facets of ochre and grey that open into their neighbours ("passage"),
and synthetic: a still life of flat cut shapes, wood grain and print."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .brush import Canvas, Patch, Scene, box, curve, ellipse, generator, noise

__all__ = ["guitar_and_bottle", "mandolin_player"]

LINES = 210    # facets of the scaffold; the figure's own come on top
OCHRES = "ece2c8 d8c69e bea474 9a7e52 735d42 4f4134 302924 1e1b1c"
GREYS = "e8e6da c9cac0 a4a8a2 7f8684 5f6768 444b4f 2c3035 1c1e22"
OLIVES = "e6e0c0 c8c098 a09a70 7a7852 5a5a42 404236 2a2c28 1b1c1c"


def _fade(tone: np.ndarray, outline: np.ndarray, edge: float, x, y) -> np.ndarray:
    """The tone of a facet at (x, y): ``edge`` along its first side, fading into ``tone``."""
    (ax, ay), (bx, by) = outline[0], outline[1]
    length = np.hypot(bx - ax, by - ay) + 1e-6
    def off(px, py):
        return np.abs((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / length
    reach = max(off(px, py) for px, py in outline) + 1e-6
    keep = np.clip(off(x, y) / reach, 0, 1) ** 0.7
    return tone * keep + edge * (1 - keep)


def _paint_facets(canvas: Canvas, facets: list[tuple[np.ndarray, float, str]],
                  rng: np.random.Generator) -> None:
    """Short, level dabs whose tone runs from each facet's hard side into what is below."""
    h, w = canvas.height, canvas.width
    y, x = np.mgrid[:h, :w].astype(np.float32)
    middle = np.hypot((x - w * .5) / w, (y - h * .52) / h)
    tone = (.3 + .1 * np.sin(x / 120) * np.sin(y / 150) - .1 * middle).astype(np.float32)
    def final(px, py):
        return tone[py.astype(int), px.astype(int)]
    patches = [Patch(box(-9, -9, w + 9, h + 9), OCHRES, 0, final, wander=12, spread=.05)]
    for outline, edge, paints in facets:
        inside = Scene(w, h, [Patch(box(-9, -9, w + 9, h + 9), paints), Patch(outline, paints)],
                       rng=rng, wobble=0).region == 1
        tone[inside] = _fade(tone[inside], outline, edge, x[inside], y[inside])
        (ax, ay), (bx, by) = outline[0], outline[1]
        along = np.degrees(np.arctan2(ay - by, bx - ax))
        level = rng.random() < .7
        patches.append(Patch(outline, paints, 0 if level else along, final, wander=10, spread=.05))
    scene = Scene(w, h, patches, rng=rng, wobble=2.5)
    canvas.wash(scene, .85)
    canvas.cover(scene, 20, 40, 1.2, dry=.3, square=4, body=.6, opacity=.85)
    canvas.cover(scene, 12, 25, 1.1, dry=.25, square=4, body=.9)
    canvas.cover(scene, 9, 19, .5, dry=.25, square=5, body=1.3, shade=.08)


def _scaffold(rng: np.random.Generator, centres, count: int, w: int, h: int):
    """Facets large to small, near ``centres`` (x, y, spread), on a few shared directions."""
    hues = noise(rng, (h, w), 190)    # facets near each other share a hue
    directions = np.radians([90, 90, 64, 116, 38, 142, 8])
    facets = []
    for k in range(count):
        a, b, c, d, e, f, g, i = rng.random(8)
        # the large ones lie anywhere, the small ones gather on the figure
        cx, cy, spread = (w / 2, h / 2, w * .55) if k < count * .3 else \
            centres[int(a * len(centres))]
        x = cx + spread * (b + rng.random() - 1) * 1.5
        y = cy + spread * (c + rng.random() - 1) * 1.5
        size = 300 * (1 - k / count) ** 1.6 + 50
        one = directions[int(d * len(directions))]
        two = directions[int(e * len(directions))]
        if abs(np.sin(one - two)) < .3:
            two = one + np.pi / 2
        u = np.array([np.cos(one), -np.sin(one)]) * size * (.5 + f)
        v = np.array([np.cos(two), -np.sin(two)]) * size * (.35 + .6 * g)
        p = np.array([x, y]) - (u + v) / 2
        outline = np.array([p, p + u, p + u * (.55 + .5 * i) + v, p + v])
        if i < .25:
            outline = outline[:3]
        dark = rng.random()
        edge = .62 + .36 * dark if dark > .45 else .02 + .25 * dark
        paints = OCHRES if hues[int(y) % h, int(x) % w] < .12 else (GREYS, OLIVES)[dark > .8]
        facets.append((outline, edge, paints))
    return facets


def mandolin_player() -> Image.Image:
    """A figure with a mandolin, taken apart into planes."""
    rng = generator(1910)
    w, h = 820, 1024
    centres = ((410, 250, 130), (410, 420, 200), (400, 640, 250), (430, 780, 260),
               (560, 600, 200), (240, 640, 180), (410, 512, 420))
    facets = _scaffold(rng, centres, LINES, w, h)

    def plane(edge, paints, *points):
        facets.append((np.array(points, float), edge, paints))

    # head
    plane(.12, OCHRES, (318, 110), (300, 350), (430, 460), (540, 340), (530, 110))
    plane(.80, OLIVES, (338, 130), (322, 330), (420, 350), (430, 110))
    plane(.04, OCHRES, (430, 116), (400, 300), (486, 330), (510, 180))
    plane(.75, GREYS, (520, 170), (500, 350), (440, 390), (470, 200))
    plane(.02, OCHRES, (424, 210), (396, 330), (440, 344), (446, 230))
    plane(.66, OLIVES, (446, 222), (448, 345), (486, 320), (480, 240))
    plane(.12, OCHRES, (350, 250), (352, 370), (420, 420), (410, 260))
    plane(.62, OCHRES, (350, 372), (424, 440), (490, 372), (440, 350))
    plane(.03, OCHRES, (396, 412), (424, 446), (456, 408), (424, 396))
    plane(.98, GREYS, (322, 130), (430, 84), (520, 150), (430, 150))
    # neck, shoulders, sleeves
    plane(.8, GREYS, (384, 420), (390, 520), (450, 540), (440, 430))
    plane(.08, OCHRES, (470, 400), (486, 520), (440, 540), (432, 430))
    plane(.06, GREYS, (200, 560), (386, 486), (410, 640), (260, 690))
    plane(.9, OCHRES, (190, 566), (150, 820), (270, 800), (330, 600))
    plane(.9, GREYS, (480, 486), (660, 560), (560, 680), (450, 640))
    plane(.1, OLIVES, (664, 560), (700, 700), (590, 690), (520, 600))
    plane(.05, OCHRES, (410, 520), (390, 700), (470, 690), (480, 530))
    # the mandolin: two halves that do not meet, a neck, a hand
    plane(.05, OCHRES, *curve([(310, 700), (380, 640), (480, 660), (470, 840), (370, 880),
                               (300, 800)])[::3])
    plane(.75, OCHRES, *curve([(470, 650), (540, 690), (560, 780), (510, 860), (440, 880),
                               (430, 760)])[::3])
    plane(.97, GREYS, *ellipse(452, 752, 44, 46)[::3])
    plane(.92, GREYS, (520, 700), (716, 500), (738, 526), (548, 736))
    plane(.08, OCHRES, (700, 488), (752, 430), (782, 462), (736, 530))
    for k in range(4):
        x, y = 596 + 24 * k, 660 - 25 * k
        plane(.04, OCHRES, (x, y), (x - 20, y - 44), (x + 2, y - 58), (x + 22, y - 14))
        x, y = 330 + 16 * k, 726 + 17 * k
        plane(.06, OCHRES, (x, y), (x + 66, y + 8), (x + 66, y + 24), (x - 2, y + 15))
    # lap and chair
    plane(.9, OLIVES, (200, 870), (420, 930), (400, 1030), (170, 1030))
    plane(.12, GREYS, (420, 930), (660, 860), (680, 1030), (410, 1030))
    plane(.85, OCHRES, (690, 640), (730, 1030), (660, 1030), (650, 760))
    canvas = Canvas(w, h, "cbb88e", rng)
    _paint_facets(canvas, facets, rng)
    ink = "1c1816 2a211b 17181c"
    for k, (outline, _, _) in enumerate(facets):
        middle = outline[:2].mean(0)
        face = np.hypot((middle[0] - 420) / 130, (middle[1] - 280) / 190) < 1
        if k < LINES and (k % 5 > 1 or face):
            continue
        # lines go on beyond the corners
        a, b = outline[0], outline[1]
        canvas.line([a - .12 * (b - a), b + .12 * (b - a)], 4.5 if k < LINES else 6.5, ink,
                    breaks=.25, smooth=False, piece=60, dry=.4, body=.7)
    def pen(points, width=5.0, breaks=.1, **more):
        canvas.line(points, width, ink, breaks=breaks, piece=70, dry=.35, body=.8, **more)
    pen([(424, 205), (396, 330), (440, 344)], 7, smooth=False)
    pen(ellipse(376, 250, 34, 15, 8, 10, 190), 6)
    pen(ellipse(376, 252, 30, 12, 8, 190, 350), 5)
    pen([(378, 244), (380, 258)], 15, 0)
    pen(ellipse(476, 250, 28, 14, -12, 0, 180), 6)
    pen([(474, 246), (475, 258)], 13, 0)
    pen([(340, 222), (372, 208), (408, 218)], 7)
    pen([(452, 214), (480, 206), (506, 220)], 7)
    pen([(388, 378), (420, 370), (458, 380)], 8, 0)
    pen([(398, 394), (422, 400), (446, 392)], 5)
    pen([(322, 330), (350, 385), (424, 444), (490, 376), (514, 300)], 6, .25)
    pen([(322, 320), (316, 200), (360, 110), (440, 84), (510, 130), (524, 250)], 7, .2)
    for k in range(4):
        pen(ellipse(338 + 9 * k, 170 + 26 * k, 26, 20, 30, 60, 300), 5, .1)
    pen(ellipse(452, 752, 46, 48), 7)
    pen(ellipse(452, 752, 60, 62, 0, 30, 250), 4, .2)
    pen([(310, 800), (302, 730), (380, 640), (470, 650)], 7, .15)
    pen([(300, 790), (370, 884), (450, 890), (530, 850), (562, 780), (540, 690)], 7, .15)
    for k in range(4):
        pen([(400 + 12 * k, 800 + 12 * k), (718 + 7 * k, 496 + 8 * k)], 2.6, .08, smooth=False)
    for k in range(6):
        x, y = 560 + 26 * k, 694 - 28 * k
        pen([(x - 14, y - 14), (x + 14, y + 14)], 3.5, .1, smooth=False)
    for k in range(3):
        pen([(724 + 16 * k, 466 - 14 * k), (708 + 16 * k, 446 - 14 * k)], 9, 0, smooth=False)
    pen([(380, 812), (446, 872)], 10, 0, smooth=False)
    # highlights, last
    for points in ([(428, 216), (404, 318)], [(360, 300), (372, 352)], [(440, 130), (428, 190)],
                   [(340, 690), (380, 660)], [(450, 545), (440, 620)], [(230, 568), (330, 520)],
                   [(596, 648), (580, 616)], [(620, 622), (604, 592)], [(340, 732), (388, 738)],
                   [(706, 492), (748, 446)]):
        canvas.line(points, 9, "f6ecd0 ece6d6 e8dcb8", smooth=False, body=1.5, dry=.4)
    return canvas.finish(light=.18)


def guitar_and_bottle() -> Image.Image:
    """A guitar, a bottle, a glass and a newspaper on a café table."""
    rng = generator(1914)
    w, h = 1024, 860
    wood = "d8a860 c8924c b47c3c 96622f"
    patches = [
        Patch(box(-9, -9, w + 9, h + 9), "7a8f94 64797f 4f636b", 80, wander=25),
        Patch([(-9, -9), (330, -9), (270, 560), (-9, 620)], "3f6f72 32595f 27474e", 84, wander=14),
        Patch([(690, -9), (w + 9, -9), (w + 9, 520), (740, 560)], "d4b878 c6a662 b49450", 95,
              wander=14),
        Patch([(330, -9), (520, -9), (500, 300), (300, 330)], "b4533c a04432 8a382c", 88),
        # the table, its cloth
        Patch(curve([(20, 560), (180, 470), (520, 430), (860, 470), (1010, 570), (940, 720),
                     (560, 830), (130, 740)]), "a87848 946638 7c522c", 8, wander=10),
        Patch([(120, 620), (430, 560), (700, 640), (900, 600), (880, 720), (620, 700), (560, 850),
               (420, 760), (250, 870), (200, 730)], "f2eee0 e6e1d2 d4d0c4", 30, wander=30),
        Patch([(430, 560), (700, 640), (620, 700), (540, 660)], "b0b4b4 9aa0a2", 20),
        # newspaper, below the other things
        Patch([(80, 430), (360, 350), (420, 640), (150, 730)], "efe2c0 e6d6b0 dcc89c", 16,
              wander=8),
        Patch([(150, 730), (420, 640), (440, 700), (190, 780)], "3a3a3c 2c2c30", 16),
        # guitar: a light half and a dark half, shifted against each other
        Patch(curve([(392, 330), (470, 300), (540, 330), (548, 400), (520, 450), (548, 520),
                     (610, 600), (590, 700), (500, 750), (500, 560), (480, 440)]), wood,
              lambda x, y: 92, accents="e4bc78", wander=5),
        Patch(curve([(380, 340), (330, 380), (330, 440), (366, 486), (350, 540), (280, 600),
                     (272, 690), (340, 760), (440, 770), (506, 748), (500, 560), (480, 420),
                     (460, 330)]), "ece8dc dcd8cc c4c4bc", 95, wander=10),
        Patch(curve([(548, 330), (610, 310), (640, 370), (600, 430), (640, 520), (700, 590),
                     (690, 680), (620, 730), (590, 700), (610, 600), (548, 520), (520, 450),
                     (548, 400)]), "2c3a52 232f44 1b2436", 84),
        Patch([(424, -9), (496, -9), (508, 420), (450, 430)], "2a2624 1f1c1c 352e2a", 92, wander=5),
        Patch([(462, -9), (496, -9), (508, 420), (482, 426)], "8a4a34 743c2c", 92, wander=5),
        Patch(ellipse(476, 520, 56, 60), "1d1b1c 272424 161517", 0, size=.7),
        Patch([(400, 676), (560, 660), (564, 690), (404, 706)], "54342a 442a24", 5, size=.6),
        # bottle: silhouette in green, its section in white
        Patch(curve([(770, 110), (820, 110), (826, 250), (870, 310), (880, 400), (884, 640),
                     (820, 664), (730, 650), (722, 400), (730, 310), (764, 250)]),
              "3f7a56 316446 254f38", 88, wander=8),
        Patch([(796, 110), (826, 110), (830, 250), (876, 310), (884, 640), (800, 660)],
              "1f2f2a 192622 22342e", 88, wander=8),
        Patch([(700, 250), (764, 250), (730, 310), (726, 640), (690, 640), (680, 320)],
              "dfe2d6 ccd2c8", 88),
        Patch([(716, 420), (850, 400), (862, 540), (724, 560)], "f0e4bc e2d2a2", 5),
        Patch(box(764, 84, 826, 116), "c8a050 b48a40", 0, size=.6),
        # glass, pear, card, pipe
        Patch([(600, 560), (720, 548), (700, 690), (622, 696)], "b8ccd0 9cb6bc 84a0a8", 86,
              size=.7),
        Patch([(612, 610), (712, 604), (700, 690), (622, 696)], "9a3440 84283a", 86, size=.7),
        Patch(curve([(870, 560), (900, 520), (926, 560), (960, 620), (940, 680), (880, 690),
                     (836, 660), (844, 610)]), "e8c84a d4b03a a8a040", lambda x, y: 70, size=.7),
        Patch(curve([(910, 540), (930, 570), (960, 620), (940, 680), (896, 690), (910, 620)]),
              "7a8a3c 5f7434", 80, size=.7),
        Patch([(130, 640), (214, 610), (250, 716), (164, 748)], "f8f2e2 ece4d2", 70, size=.7),
        Patch([(190, 640), (212, 676), (194, 714), (168, 682)], "c83028 b82822", 70, size=.5),
    ]
    scene = Scene(w, h, patches, rng=rng, wobble=2.5)
    canvas = Canvas(w, h, "c8b48c", rng)
    canvas.wash(scene, .8)
    canvas.cover(scene, 34, 120, 1.4, dry=.3, body=.6, shade=.03, streak=.08)
    canvas.cover(scene, 20, 70, 1.0, dry=.3, body=.8, shade=.05, streak=.1, square=4)
    region = scene.region

    def within(points, index):
        """Only the points on the given patch."""
        return [p for p in points if region[scene.at(np.array([p]))][0] == index]

    # wood grain, combed; wallpaper dots; sand; print
    for k in range(46):
        x = 380 + 6.5 * k
        bend = rng.random()
        points = [(x + 9 * np.sin(y / 46 + bend * 2 + k * .05), y) for y in range(290, 770, 8)]
        kept = within(points, 9)
        if len(kept) > 3:
            canvas.line(kept, 2.2 + 1.6 * bend, "7a4a20 8a5a2a 6a3f1c", breaks=.12, dry=.4, body=.5)
    for k in range(40):
        y = 452 + 10 * k
        points = [(x, y + 7 * np.sin(x / 60 + k * .2)) for x in range(20, 1010, 9)]
        kept = within(points, 4)
        if len(kept) > 3:
            for a, b in zip(kept, kept[1:], strict=False):
                if b[0] - a[0] < 12:
                    canvas.line([a, b], 2.4, "5c3a1c 6a4422", smooth=False, dry=.3, body=.4,
                                sway=.3, breaks=.25)
    for x in range(700, 1020, 26):
        for y in range(14, 560, 30):
            for p in within([(x + 13 * (y // 30 % 2) + 4 * rng.random(), y + 4 * rng.random())], 2):
                canvas.line([p, (p[0] + 2, p[1] + 5)], 9, "f4e6b8 a8402c f4e6b8", smooth=False,
                            body=1.2, dry=.1)
    for x in range(0, 330, 30):
        points = within([(x + 8 - y * .05, y) for y in range(0, 620, 10)], 1)
        if len(points) > 2:
            canvas.line(points, 5, "7fa8a0 6a948e", dry=.5, breaks=.1, body=.6)
    for _ in range(2600):
        p = rng.random(2) * (w, h)
        if region[scene.at(p[None])][0] in (3, 11, 5, 6):
            canvas.line([p, p + 2 * rng.random(2)], 3.2, "e8dcc0 2c2624 b8a888", smooth=False,
                        body=1.8, dry=.05, sway=.5)
    across, down = np.array([280, -80]) / 291, np.array([70, 290]) / 298
    for row in range(17):
        start = np.array([104, 486]) + down * (row * 14.5)
        for column in range(15):
            length = 8 + 8 * rng.random()
            p = start + across * (column * 17.5 + 4 * rng.random())
            if (column == 7) or not within([tuple(p), tuple(p + across * length)], 7):
                continue
            canvas.line([p, p + across * length], 4, "33302c 46423a", smooth=False, dry=.4,
                        sway=.8, body=.4)
    letters = (([(0, 0), (0, 1)], [(0, 0), (.6, 0)], [(0, .5), (.5, .5)], [(0, 1), (.6, 1)]),
               ([(.35, 0), (.35, 1)], [(0, 0), (.75, 0)]),
               ([(0, 0), (0, .75), (.15, 1), (.45, 1), (.6, .75), (.6, 0)],))
    for k, strokes in enumerate(letters):
        for bit in strokes:
            canvas.line([np.array([106, 438]) + across * (k * 62 + 52 * a) + down * (38 * b)
                         for a, b in bit], 9, "1c1a1a 262222", smooth=False, dry=.15, body=.6)
    ink, chalk = "171517 201c1c", "f6f2e6 ece6d6"

    def cut(points, width=7.0, colours=ink, **more):
        canvas.line(points, width, colours, dry=.3, piece=160, **({"breaks": .06} | more))
    cut([(392, 330), (336, 372), (330, 440), (366, 486), (350, 540), (280, 600), (272, 690),
         (340, 760), (440, 772), (506, 748)], 8)
    cut([(548, 330), (612, 312), (642, 370), (602, 430), (642, 520), (702, 590), (692, 680),
         (622, 730)], 7, chalk)
    cut([(506, 748), (590, 704), (612, 600), (548, 520), (520, 450), (548, 400), (540, 332)], 7)
    cut(ellipse(476, 520, 68, 72, 0, 20, 300), 6, chalk)
    for k in range(6):
        cut([(452 + 8 * k, 0), (448 + 12 * k, 690)], 2.4, chalk if k < 3 else ink, smooth=False)
    for k in range(9):
        y = 30 + 44 * k
        cut([(428 + y * .06, y), (498 + y * .02, y - 3)], 4, "d8c48c", smooth=False, breaks=0)
    cut([(766, 112), (762, 250), (730, 310), (722, 400), (730, 650)], 7, chalk)
    cut([(824, 112), (828, 250), (872, 310), (882, 400), (886, 640)], 8)
    cut([(730, 652), (810, 668), (886, 642)], 8)
    for k in range(3):
        cut([(738, 448 + 30 * k), (840 - 20 * k, 432 + 30 * k)], 7, "9a2f2a 262222", smooth=False)
    cut(ellipse(660, 556, 60, 16, 5), 5, chalk)
    cut(ellipse(660, 610, 50, 12, 5), 4)
    cut([(600, 560), (622, 696), (700, 690), (720, 550)], 6, smooth=False)
    cut([(652, 570), (656, 690)], 4, chalk, smooth=False)
    cut([(330, 358), (80, 430), (150, 730)], 5, smooth=False, breaks=.2)
    cut([(130, 640), (214, 610), (250, 716), (164, 748), (130, 640)], 4, smooth=False)
    cut([(200, 730), (250, 868), (420, 760), (560, 848), (620, 702), (880, 720)], 6, smooth=False,
        breaks=.2)
    cut(curve([(870, 560), (900, 520), (926, 560), (960, 620), (940, 680), (880, 690),
               (836, 660), (844, 610), (868, 562)], closed=False), 6)
    cut([(900, 522), (908, 496), (924, 486)], 6)
    cut([(30, 566), (180, 474), (300, 448)], 7, breaks=.2)
    cut([(890, 476), (1006, 570), (942, 716), (880, 752)], 8, breaks=.15)
    # a clay pipe across the corner
    cut([(300, 806), (420, 792), (540, 784)], 11, chalk, breaks=0)
    cut([(540, 786), (566, 760), (570, 736)], 24, chalk, breaks=0)
    cut([(300, 814), (420, 800), (548, 796), (580, 764), (584, 734)], 4)
    return canvas.finish(light=.2)
