"""Expressionism: raw colour, jagged heavy contours, a landscape that takes the mood."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .brush import Canvas, Patch, Scene, around, box, curve, generator

__all__ = ["head_before_mountains"]


def head_before_mountains() -> Image.Image:
    """A green and yellow head, cut like wood, before rose mountains and a turning sky."""
    rng = generator(1912)
    w, h = 840, 1024

    def sky(x, y):
        turns = [(660, 150, 1.0), (60, 20, -1.0), (330, -160, 1.0)]
        c = s = 0.0
        for cx, cy, sign in turns:
            a = np.arctan2(cy - y, x - cx) + sign * np.pi / 2
            weight = 1 / (1 + (np.hypot(x - cx, y - cy) / 130) ** 2)
            c, s = c + weight * np.cos(a), s + weight * np.sin(a)
        return np.degrees(np.arctan2(s, c))

    face = [(292, 268), (262, 392), (282, 520), (318, 610), (372, 716), (436, 748), (492, 716),
            (562, 606), (588, 500), (600, 372), (556, 250), (420, 214)]
    patches = [
        Patch(box(-9, -9, w + 9, 520), "f6d040 f2a02c ea6a26 d83a2a b0243a 6a2458", sky,
              lambda x, y: .5 + .45 * np.sin(np.hypot(x - 660, y - 150) / 34)
              * np.exp(-np.hypot(x - 660, y - 150) / 420) + (150 - y) / 900,
              "2f9a8a f4e89a", accent=.08, wander=8, size=1.1),
        # the moon
        Patch(curve([(660, 96), (704, 112), (718, 154), (694, 196), (650, 204), (612, 178),
                     (606, 134), (628, 106)]), "fdf6c0 f8e470 c8dc6a", around(660, 150), size=.7),
        # mountains
        Patch([(-9, 470), (70, 330), (120, 380), (210, 236), (300, 400), (360, 520), (300, 640),
               (-9, 640)], "f2a8c0 e0609c b8408c 7a3288 40287a", lambda x, y: 58 + 60 * (x > 200),
              lambda x, y: .2 + ((x - 205) / 150).clip(-.2, .6) + (y - 300) / 900,
              "2f9ac0 f6d040", size=1.0),
        Patch([(520, 500), (640, 330), (700, 392), (770, 286), (860, 420), (860, 660), (520, 660)],
              "8fd0d8 3f9ac8 2a62b0 2c3f90 2a2660", lambda x, y: 60 + 60 * (x > 768),
              lambda x, y: .3 + .5 * ((x - 640) % 130 > 66) + (y - 400) / 900, "e0609c f2a02c"),
        Patch([(-9, 600), (120, 540), (300, 600), (560, 560), (700, 600), (w + 9, 540),
               (w + 9, 800), (-9, 800)], "c8dc4a 7fb83c 2f9450 1f6a5a 1f4a5c",
              lambda x, y: 20 + 24 * np.sin(x / 60), accents="f6d040 ea6a26", size=.9),
    ]
    for x, top, foot, r in ((70, 420, 830, 74), (170, 520, 830, 56), (745, 430, 840, 70),
                            (660, 540, 840, 48), (815, 520, 850, 50)):
        jag = []
        for k in range(6):
            y = top + (foot - top) * (k + 1) / 6
            jag += [(x + r * (k + 1.5) / 6, y), (x + r * (k + 1) / 9, y - 8)]
        other = [(2 * x - a - 6, b + 7) for a, b in jag[::-1]]
        patches.append(Patch([(x, top), *jag, *other], "3fa070 1f7a6a 1f5070 1a2f60 14183c",
                             lambda a, y, x=x: np.where(a > x, 320, 220),
                             lambda a, y, x=x, r=r: .5 + (a - x) / r / 2, "c8dc4a b8408c",
                             accent=.12, size=.8))
    patches += [
        # hair behind, neck, coat
        Patch([(262, 470), (226, 400), (236, 270), (286, 180), (380, 132), (480, 136), (580, 190),
               (634, 290), (640, 420), (606, 540), (430, 400)],
              "3f62b8 2a3f90 24245c 181838", around(430, 420), accents="b0243a 2f9a8a", size=.9),
        Patch([(344, 660), (540, 650), (556, 800), (470, 900), (340, 820)],
              "e8c84a c0a83c 5f9450 1f6a5a", 75, lambda x, y: (x - 345) / 190, "d83a2a", size=.8),
        Patch([(-9, 1040), (40, 900), (160, 820), (330, 770), (440, 900), (560, 765), (700, 820),
               (800, 900), (w + 9, 1040)], "6a5ac0 4a3498 34247a 241a54",
              lambda x, y: 60 + 60 * (x > 440), accents="d83a2a 2f9ac0 e0609c", size=1.05),
        Patch([(330, 770), (352, 742), (446, 850), (552, 740), (574, 766), (450, 930)],
              "f4e8b0 c8dce0 7fb0d0", 120, accents="ea6a26", size=.7),
        Patch([(418, 900), (470, 895), (490, 1040), (404, 1040)], "ea4a2a c8242f 8a1f3c", 85,
              accents="f6d040", size=.7),
        # the face in planes
        Patch(face, "f8e470 f2cc40 e0b43a", lambda x, y: 70, accents="f29a5a f6b8a0", accent=.2,
              size=.7),
        Patch([(292, 268), (420, 214), (556, 250), (590, 330), (470, 352), (440, 330), (400, 352),
               (280, 340)], "fbf0a0 f6dc60 ecc04a", lambda x, y: 10 + (x - 430) * .1,
              accents="f2a8a0 c8dc6a", size=.65),
        Patch([(450, 214), (556, 250), (600, 372), (588, 500), (562, 606), (492, 716), (436, 748),
               (448, 640), (470, 560), (452, 520), (450, 400)],
              "b8cc4a 86b448 4a9a54 2a7f62 1f6470", lambda x, y: 112,
              lambda x, y: .1 + (x - 440) / 170 + (y - 500) / 900, "ea7a3a e0609c", accent=.14,
              size=.7),
        Patch([(275, 470), (336, 462), (372, 540), (350, 640), (318, 610), (282, 520)],
              "f4946a ea6a4a d8464a", 52, accents="f6d040", size=.6),
        Patch([(500, 480), (580, 470), (562, 580), (520, 600)], "ea7a3a d0503c a83a5a", 128,
              accents="2a7f62", size=.6),
        Patch([(420, 352), (452, 352), (462, 440), (486, 530), (430, 548), (398, 528)],
              "fdf2b0 f8e06a f2c080", 82, accents="f29a7a", size=.5),
        Patch([(446, 352), (470, 360), (500, 535), (450, 552), (460, 500)],
              "4a9a54 1f7a6a 1f5070", 100, size=.5),
        Patch([(300, 382), (350, 366), (408, 380), (400, 440), (340, 452), (296, 430)],
              "6ab0a0 3f8f9a 2a62a0", 20, accents="d83a2a", size=.5),
        Patch([(470, 382), (530, 362), (588, 386), (580, 436), (520, 452), (472, 436)],
              "3f8f9a 2a5a98 2c3f80", 160, accents="e0609c", size=.5),
        Patch([(380, 700), (436, 748), (492, 716), (470, 672), (400, 672)],
              "c8c04a 7fa848 3f8a5c", 20, size=.55),
    ]
    scene = Scene(w, h, patches, rng=rng, wobble=5)
    canvas = Canvas(w, h, "d8c49a", rng)
    canvas.cover(scene, 40, 130, 1.2, dry=.4, body=.5, opacity=.85)
    canvas.cover(scene, 24, 100, 1.3, dry=.25, square=3, body=1.1)
    canvas.cover(scene, 13, 70, .55, dry=.25, square=3, body=1.5, second=.7)
    ink = "14121f 1a1830 201428"

    def cut(points, width, breaks=.04, colours=ink):
        canvas.line(points, width, colours, breaks=breaks, smooth=False, sway=3.5, piece=90,
                    dry=.18, body=1.5)

    cut([(-9, 470), (70, 330), (120, 380), (210, 236), (262, 330)], 14)
    cut([(610, 370), (640, 330), (700, 392), (770, 286), (850, 410)], 14)
    cut([(210, 240), (190, 340), (220, 420)], 9, .2)
    cut([(768, 290), (750, 380), (776, 440)], 9, .2)
    for x, top, foot, r in ((70, 420, 830, 74), (745, 430, 840, 70), (170, 520, 830, 56)):
        cut([(x, top - 10), (x + 3, foot)], 12)
        for k in range(6):
            y = top + (foot - top) * (k + .6) / 6
            reach = r * (k + 1.5) / 6
            cut([(x, y - 18), (x + reach, y + 16)], 9)
            cut([(x, y - 18), (x - reach, y + 18)], 9)
    cut(face[:6], 17, 0)
    cut(face[5:11], 19, 0)
    cut([(344, 690), (340, 760), (330, 780)], 15)
    cut([(546, 650), (556, 750), (574, 768)], 16)
    cut([(330, 770), (160, 820), (40, 900), (0, 1010)], 17)
    cut([(574, 766), (700, 820), (800, 900), (838, 1010)], 17)
    cut([(352, 744), (446, 852), (552, 742)], 13)
    cut([(330, 772), (446, 932), (576, 768)], 14)
    cut([(404, 1030), (420, 905)], 12)
    cut([(488, 1030), (468, 900)], 12)
    # hair: parted, in wedges that follow the skull
    for k in range(15):
        x = 330 + 21 * k
        lean = (k - 4) * 13
        root = (392 + 6 * (k - 4), 138 + abs(k - 5) * 2)
        tip = (x - 44 + lean * .5, 196 + 13 * abs(k - 4) + 110 * rng.random() ** 2)
        middle = ((root[0] + tip[0]) / 2 + lean * .5, (root[1] + tip[1]) / 2 - 22)
        canvas.line([root, middle, tip], 26, ink + " 24346c 2f52a0 3f62b8", piece=900, dry=.6,
                    body=1.5, square=1.6)
    for side, x in ((-1, 262), (1, 612)):
        for k in range(5):
            y = 270 + 44 * k
            cut([(x - 8 * side, y - 40), (x + 10 * side, y + 10), (x - 10 * side, y + 50)], 20, 0,
                ink + " 24346c 2f52a0")
    # brows, eyes, nose, mouth
    cut([(290, 376), (346, 352), (412, 374)], 18, 0)
    cut([(462, 374), (532, 348), (596, 380)], 19, 0)
    for x, y, s in ((350, 412, 1), (526, 410, -1)):
        canvas.line([(x - 34, y + 2), (x, y), (x + 34, y + 2)], 26, "f4f0c8 dce8d0", dry=.05)
        canvas.line([(x + 5 * s, y - 8), (x + 7 * s, y + 10)], 27, "1f5070 2f7a6a", smooth=False,
                    dry=.03)
        canvas.line([(x + 5 * s, y - 4), (x + 7 * s, y + 5)], 16, ink, smooth=False, dry=.03)
        cut([(x - 50, y + 6), (x - 18, y - 18), (x + 20, y - 18), (x + 50, y + 6)], 11, 0)
        cut([(x - 44, y + 8), (x - 6, y + 22), (x + 40, y + 8)], 9, 0)
        cut([(x - 40, y + 32), (x, y + 42), (x + 34, y + 30)], 8, 0, "b0243a 6a2458")
        canvas.line([(x - 1, y - 5), (x + 2, y - 3)], 7, "fdfbe8", smooth=False, dry=0)
    cut([(448, 358), (420, 450), (396, 528), (432, 550)], 12, 0)
    cut([(432, 550), (478, 548), (498, 526)], 13, 0)
    cut([(352, 630), (404, 612), (434, 624), (468, 610), (520, 628)], 17, 0, "c8242f d8382c")
    cut([(372, 644), (434, 664), (500, 642)], 19, 0, "ea5a3a d83a4a")
    cut([(344, 632), (400, 634), (436, 638), (480, 633), (528, 630)], 9, 0)
    cut([(392, 682), (436, 690), (476, 680)], 8, 0)
    cut([(386, 560), (356, 600), (350, 640)], 8, .1, "8a1f3c 1f5070")
    cut([(506, 556), (532, 600), (530, 636)], 8, .1, "14304c 1a1830")
    return canvas.finish(light=.2)
