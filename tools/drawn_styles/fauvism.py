"""Fauvism: broad unmixed touches, complementary against complementary, canvas left between."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .brush import Canvas, Patch, Scene, box, curve, ellipse, generator

__all__ = ["harbour", "portrait"]


def portrait() -> Image.Image:
    """A woman in a hat: a face halved into rose and green, laid in flat unmixed touches."""
    rng = generator(1905)
    w, h = 840, 1024
    face = curve([(302, 330), (286, 420), (292, 505), (318, 578), (368, 636), (424, 660),
                  (484, 634), (536, 572), (562, 490), (568, 400), (552, 318), (430, 275)])
    shade = curve([(428, 275), (436, 340), (424, 400), (398, 505), (432, 530), (428, 570),
                   (432, 610), (430, 662), (484, 634), (536, 572), (562, 490), (568, 400),
                   (552, 318)])
    patches = [
        Patch(box(-9, -9, w + 9, h + 9), "f2a03c ee7a35 e8562e d8402f", 68, accents="f4c64b e88aa0",
              bare=.1, wander=30, size=1.25),
        Patch([(455, -9), (w + 9, -9), (w + 9, 470), (640, 560), (500, 420)],
              "8fcdb0 4fae92 2c9184 1f7a86", 115, accents="e8d25a e58fa6", bare=.12, wander=30,
              size=1.25),
        Patch([(620, 430), (w + 9, 380), (w + 9, 860), (700, 860), (560, 640)],
              "e3a9c4 c47fb8 9a5fae 7450a0", 80, accents="f0b04a", bare=.1, wander=30, size=1.2),
        Patch([(-9, 560), (200, 520), (330, 620), (260, 800), (120, 900), (-9, 940)],
              "f3d45c e9c043 c9c04a 8fb552", 120, accents="e8562e", bare=.1, wander=30, size=1.2),
        # hair
        Patch(curve([(262, 300), (252, 420), (270, 520), (300, 590), (360, 610), (540, 620),
                     (612, 610), (640, 540), (608, 470), (604, 330), (430, 230)]),
              "3a5aa8 27408a 2a2f6c 4a2450 7c2a3c", lambda x, y: 90 + (x - 430) * .12,
              accents="b8402f 3f8fa0", wander=18, size=.8),
        # neck, shoulders
        Patch([(356, 590), (505, 590), (528, 790), (420, 850), (330, 790)],
              "f6c9a0 efa58a e07f6c", 75, lambda x, y: (x - 340) / 200, "e9d06a", size=.8),
        Patch([(420, 600), (510, 575), (530, 790), (440, 850)], "7fb56a 3f9464 22776a", 70,
              accents="d8402f", size=.75),
        Patch(curve([(60, 1040), (110, 880), (220, 800), (330, 752), (420, 850), (535, 752),
                     (650, 800), (750, 880), (800, 1040)]),
              "5fa6d4 2f74c0 2350a4 2b3a86", lambda x, y: 60 + (x - 430) * .16,
              accents="e8562e f0c24a 7fcfc0", bare=.06, wander=26, size=1.1),
        Patch([(420, 850), (535, 752), (650, 800), (760, 900), (810, 1040), (470, 1040)],
              "e65a6a c83548 9c2a52", 120, accents="f2a03c 3f9464", bare=.05, wander=26, size=1.1),
        Patch([(318, 752), (345, 735), (425, 835), (520, 735), (548, 758), (430, 905)],
              "fbf3dc f4dfc0 e9c9d0", 110, accents="f0d060", size=.7),
        # face: the light half, the half in shade, the planes
        Patch(face, "fbd8a8 f7bc90 f09c80 e0746c", lambda x, y: 70 + (x - 380) * .25,
              lambda x, y: .25 + .6 * ((330 - x) / 60).clip(0, 1) + ((y - 560) / 200).clip(0, 1),
              "f9e58c f4a0a8", wander=22, size=.62),
        Patch(shade, "f3cf7a cfc56a 92ba6c 4f9f70 2f8478", lambda x, y: 105 - (x - 480) * .3,
              lambda x, y: .15 + ((x - 440) / 190).clip(0, .7) + ((y - 590) / 150).clip(0, .4),
              "e98a6a f6b48a", wander=22, size=.62),
        Patch(curve([(312, 478), (350, 470), (372, 505), (352, 552), (318, 540)]),
              "ef7f78 e5605c", 40, size=.5),
        Patch(curve([(480, 500), (530, 485), (540, 530), (500, 560)]), "e98a5a d8603f", 130,
              size=.5),
        Patch(curve([(420, 345), (436, 345), (434, 430), (424, 500), (406, 505), (414, 420)]),
              "5fae74 2f8f6c", 84, size=.45),
        Patch(curve([(386, 505), (410, 496), (436, 512), (420, 532), (392, 530)]),
              "f29a80 e8736a", 20, size=.4),
        # hat
        Patch(ellipse(440, 268, 318, 74, 7), "8f6fc0 5f4aa4 3c3a86 2c2f66",
              lambda x, y: 8 + (x - 440) * .04, lambda x, y: (y - 215) / 130,
              "e35a86 4fae92", wander=16, size=.95),
        Patch(curve([(236, 236), (240, 150), (310, 84), (420, 52), (500, 74), (590, 92),
                     (640, 160), (626, 222), (440, 262)]), "f28aa0 d8507a a83a76 6a3a86",
              lambda x, y: 40 + (x - 430) * .2, lambda x, y: (x - 270) / 360,
              "f4c64b 4fae92 2f74c0", accent=.3, wander=40, size=.95),
    ]
    scene = Scene(w, h, patches, rng=rng, wobble=4)
    canvas = Canvas(w, h, "efe3c8", rng)
    canvas.cover(scene, 46, 100, .9, dry=.6, body=.35, opacity=.6, streak=.1)
    canvas.cover(scene, 27, 74, 1.15, dry=.25, square=4)
    canvas.cover(scene, 18, 46, .6, dry=.2, square=4, body=1.2)
    canvas.cover(scene, 22, 52, .8, only=range(4, len(patches)), dry=.15, square=4, body=1.3)
    ink = "1f2d5c 16324f 27306a"
    # hat: flowers and a plume
    for x, y, r, paints, heart in (
            (296, 190, 36, "f6d24f f09a3c fbe89a", "a83a2c"), (384, 128, 46, "e8433a f07a4a c8283c",
            "f6d24f"), (486, 138, 40, "fbf0d8 f4b8c4 e88aa0", "d8402f"), (578, 178, 38,
            "4fae92 8fcf7a 2c9184", "f4c64b"), (388, 214, 34, "2f74c0 6fb4dc 2350a4", "fbf0d8"),
            (482, 216, 34, "f6a04f e8562e f6d24f", "7a2a5c"), (250, 128, 24, "8fcf7a 3f9464",
            "3f9464"), (640, 128, 24, "e35a86 f28aa0", "a83a76")):
        for turn in range(0, 360, 60):
            a = np.radians(turn + 50 * rng.random())
            reach = r * (.8 + .5 * rng.random())
            p = [(x + .3 * reach * np.cos(a), y + .3 * reach * np.sin(a)),
                 (x + reach * np.cos(a + .3), y + reach * np.sin(a + .3))]
            canvas.line(p, 22, paints, smooth=False, body=1.4, square=3, dry=.12)
        canvas.line([(x - 4, y), (x + 5, y + 2)], 15, heart, smooth=False, body=1.6, dry=.05)
    canvas.line(ellipse(440, 268, 318, 74, 7, 150, 390), 12, ink, breaks=.2, piece=170, dry=.5)
    canvas.line([(236, 236), (240, 150), (310, 84), (420, 52), (500, 74)], 11, "3c2a66 8f2a52",
                breaks=.25, dry=.5)
    canvas.line([(590, 92), (640, 160), (626, 222)], 11, "27306a", dry=.5)
    # face
    canvas.line([(304, 345), (287, 420), (293, 505), (319, 578), (369, 636), (426, 660),
                 (485, 634)], 12, "8f2a3c b8402f 1f5c5a", breaks=.1)
    canvas.line([(485, 634), (536, 572), (562, 490), (568, 400)], 13, "14505a 1f2d5c", breaks=.05)
    canvas.line([(306, 398), (335, 376), (385, 386)], 12, ink, dry=.4, piece=40)
    canvas.line([(452, 384), (500, 372), (542, 396)], 13, ink, dry=.4, piece=40)
    for x, lid, white in ((347, "b83a3a", "f7efdc"), (492, "1f5c5a", "cfe0c0")):
        canvas.line([(x - 36, 432), (x, 424), (x + 36, 432)], 20, white, body=.8, dry=.05)
        canvas.line([(x - 2, 419), (x + 2, 440)], 25, "2f8f8a", smooth=False, dry=.03)
        canvas.line([(x - 1, 423), (x + 1, 434)], 15, "101a3a", smooth=False, dry=.03)
        canvas.line([(x - 44, 436), (x - 18, 415), (x + 14, 413), (x + 44, 432)], 12, ink, dry=.15)
        canvas.line([(x - 32, 448), (x, 455), (x + 32, 445)], 8, lid)
        canvas.line([(x - 7, 424), (x - 4, 426)], 7, "fdf8ea", smooth=False, dry=0)
    canvas.line([(436, 400), (420, 455), (394, 508), (392, 524), (410, 531)], 10,
                "c83a3a a83a56", dry=.2)
    canvas.line([(414, 532), (436, 526), (444, 508)], 10, "14505a", dry=.2)
    canvas.line([(366, 584), (396, 570), (414, 577), (434, 569), (474, 583)], 18,
                "c8283c b82446", dry=.1)
    canvas.line([(380, 596), (416, 606), (456, 595)], 18, "ef6a5a e85a6a", dry=.1)
    canvas.line([(364, 586), (400, 589), (418, 591), (476, 584)], 5, "5c1a3c")
    canvas.line([(392, 626), (418, 632), (446, 625)], 11, "3f9464")
    # neck, dress
    canvas.line([(352, 625), (350, 700), (322, 755)], 11, "b8402f 8f2a3c", breaks=.2)
    canvas.line([(512, 620), (522, 700), (548, 756)], 12, ink, breaks=.1)
    canvas.line([(318, 754), (430, 905), (548, 758)], 11, ink, breaks=.2, smooth=False)
    canvas.line([(220, 800), (110, 880), (64, 1020)], 13, ink, breaks=.15)
    canvas.line([(650, 800), (750, 880), (796, 1020)], 13, ink, breaks=.15)
    return canvas.finish()


def harbour() -> Image.Image:
    """Boats at a quay under a pink and yellow sky, the water all dabs."""
    rng = generator(1906)
    w, h = 1024, 800
    patches = [
        Patch(box(-9, -9, w + 9, 330), "7fc4c0 f7dd7c f6c65a f4a878 ee8a94 e88aa8",
              lambda x, y: 12 + 16 * np.sin(x / 170), lambda x, y: y / 330 + .12 * np.sin(x / 90),
              "5fb0d0 f4efdc 8fcf9a", bare=.14, wander=22, size=1.1),
        # hills
        Patch(curve([(-60, 270), (90, 205), (230, 190), (360, 240), (470, 285), (560, 330),
                     (400, 360), (-60, 360)]), "9a86cc 6f66b8 3f58ac 2f7a9a",
              lambda x, y: 150 + x * .1, accents="e8707a 4fae8a", bare=.08, size=.9),
        Patch(curve([(560, 330), (660, 262), (790, 215), (910, 225), (1090, 170), (1090, 370),
                     (560, 362)]), "e0707c c8507a 8f4a9a 4f5ab0", lambda x, y: 30,
              accents="f0a84a 3f9a84", bare=.08, size=.9),
        Patch(curve([(-40, 330), (160, 300), (330, 318), (500, 345), (700, 330), (1060, 318),
                     (1060, 385), (-40, 385)]), "9fc45a 5fa860 2f8a6a 1f6a70", 15,
              accents="f2a03c e8562e", size=.7),
        # water
        Patch(box(-60, 372, w + 60, 820), "7fd0cc 4fb4cc 2f8fc8 2a6cb8 2c4fa0",
              lambda x, y: 4 * np.sin(y / 21), lambda x, y: (y - 380) / 420 + .25 * np.sin(
                  x / 130 + y / 40), "f4a04a f6d868 ef8a9a 6fcf9a", accent=.26, bare=.13,
              wander=12, size=1.05),
    ]
    for x, y, a, b, wall, roof in (
            (-20, 286, 76, 72, "f6a86a ee7f4a", "2f8a6a 3f9464"),
            (56, 270, 70, 88, "fbe8c8 f7cf9a f2a878", "e8502e c83a3c"),
            (280, 282, 64, 76, "f7b0a4 ef8a86 d8607a", "3f58ac 5f4aa4"),
            (344, 264, 58, 96, "f9dc8a f4bc5a", "d8402f e8562e"),
            (540, 290, 62, 66, "f9dc8a f0a84a", "c83a3c d8402f"),
            (960, 268, 80, 90, "f2a0a4 e8707c", "4f5ab0 3f4a90")):
        patches += [Patch(box(x, y, x + a, y + b + 14), wall, 88,
                          lambda u, v, x=x, a=a: (u - x) / a, size=.6),
                    Patch([(x - 8, y + 6), (x + a * .45, y - 34), (x + a + 8, y + 4)], roof, 20,
                          size=.55)]
    # reflections, hulls, sails: (waterline x, y, length, hull, mast, sail paints)
    boats = ((110, 516, 230, "e8432f c8283c 8f2a4a", "f6d24f f4b040 ee8436", 250),
             (440, 474, 150, "2f8a6a 1f6a70 f2a03c", "f9e4dc f2a0b0 e0708c", 190),
             (680, 590, 280, "2c4fa0 2a2f6c 5f4aa4", "f6d24f f0a03c e8562e", 330),
             (620, 440, 100, "f08a3c d8502f", "cfe4dc 8fc4d0 6fb0cc", 130))
    for x, y, a, hull, sail, mast in boats:
        m = x + a * .5
        patches += [
            Patch(curve([(x + a * .1, y + 10), (m, y + 30), (x + a * .9, y + 10),
                         (x + a * .8, y + 90), (m, y + 150), (x + a * .25, y + 80)]),
                  hull + " " + sail, lambda x, y: 6 * np.sin(y / 9), accents="4fb4cc 2f8fc8",
                  accent=.4, bare=.12, wander=8, size=.85),
            Patch(curve([(m + a * .03, y - mast), (m + a * .3, y - mast * .5),
                         (m + a * .42, y - 40), (m + a * .03, y - 34)]), sail,
                  lambda x, y, m=m: 74 - (x - m) * .1, accents="e88aa0 7fd0cc", wander=14, size=.8),
            Patch(curve([(m - a * .04, y - mast * .86), (m - a * .04, y - 34),
                         (m - a * .36, y - 30), (m - a * .2, y - mast * .45)]),
                  sail.split()[-1] + " " + sail, 108, accents="e88aa0", wander=14, size=.75),
            Patch(curve([(x - a * .06, y - 34), (x + a * .25, y - 22), (x + a * .75, y - 22),
                         (x + a * 1.08, y - 42), (x + a * .92, y + 14), (m, y + 24),
                         (x + a * .1, y + 14)]), hull, lambda x, y: 0,
                  lambda x, y, y0=y: (y - y0 + 40) / 66, wander=10, size=.62),
        ]
    patches += [
        Patch([(-40, 690), (300, 668), (430, 736), (470, 860), (-40, 860)],
              "fbd8a4 f6b07c f0886a e0605c", lambda x, y: 12 - x * .03,
              lambda x, y: .1 + (y - 670) / 150, "f6d24f 8f86d0 4fae8a", accent=.16, size=1.05),
        Patch([(300, 668), (430, 736), (470, 860), (520, 860), (452, 728), (330, 660)],
              "8f4a9a 5f4aa4 3f4a90", 110, accents="e8605c", size=.8),
    ]
    scene = Scene(w, h, patches, rng=rng, wobble=4)
    canvas = Canvas(w, h, "f0e5cc", rng)
    canvas.cover(scene, 40, 90, .6, dry=.6, body=.35, opacity=.5)
    canvas.cover(scene, 24, 58, .95, dry=.22, square=4)
    canvas.cover(scene, 17, 36, .5, dry=.2, square=4, body=1.2)
    canvas.cover(scene, 22, 50, 1.0, only=range(5, len(patches)), dry=.15, square=4, body=1.2)
    for x, y in ((6, 316), (76, 304), (104, 304), (76, 336), (298, 312), (324, 312), (358, 300),
                 (384, 300), (358, 334), (556, 318), (584, 318), (982, 306), (1008, 306)):
        canvas.line([(x, y), (x + 1, y + 12)], 10, "27306a 3f58ac", smooth=False, dry=.1)
    ink = "1f2d5c 27306a 5c1a4c"
    for x, y, a, _, _, mast in boats:
        m = x + a * .5
        canvas.line([(m, y - mast - 26), (m + 2, y - 20)], 9, ink, smooth=False)
        canvas.line([(m, y - mast), (x + a * 1.02, y - 42)], 5, ink, piece=900, smooth=False)
        canvas.line([(m, y - mast), (x - a * .02, y - 36)], 5, "8f2a4a", piece=900, smooth=False)
        canvas.line([(x - a * .06, y - 34), (x + a * .25, y - 22), (x + a * .75, y - 22),
                     (x + a * 1.08, y - 42)], 12, ink, breaks=.1)
        canvas.line([(x - a * .02, y - 10), (x + a * .12, y + 14), (m, y + 24),
                     (x + a * .92, y + 14)], 8, ink, breaks=.2)
        canvas.line([(x + a * .05, y - 8), (m, y + 4), (x + a * .95, y - 8)], 8,
                    "f6d24f f4efdc", breaks=.2)
    # figures on the quay
    canvas.line([(-10, 694), (150, 682), (300, 670)], 11, ink, breaks=.15)
    canvas.line([(300, 670), (430, 738), (472, 810)], 11, ink, breaks=.1)
    for x, y in ((344, 690), (424, 748)):
        canvas.line([(x, y - 26), (x + 1, y + 8)], 22, ink, smooth=False, dry=.1)
    for x, y, coat in ((110, 724, "2a2f6c 27306a"), (160, 732, "c8283c e8432f"),
                       (262, 708, "1f6a70 2f8a6a")):
        canvas.line([(x - 6, y), (x - 10, y + 38)], 11, ink, smooth=False)
        canvas.line([(x + 5, y), (x + 12, y + 36)], 11, ink, smooth=False)
        canvas.line([(x - 2, y - 60), (x - 9, y + 8)], 18, coat, smooth=False, dry=.1)
        canvas.line([(x + 3, y - 60), (x + 8, y + 8)], 18, coat, smooth=False, dry=.1)
        canvas.line([(x + 10, y - 54), (x + 20, y - 34), (x + 15, y - 10)], 9, coat, dry=.1)
        canvas.line([(x, y - 82), (x + 1, y - 70)], 20, "f2a98a", smooth=False, dry=.05)
        canvas.line([(x - 13, y - 88), (x + 14, y - 88)], 12, ink, smooth=False, dry=.1)
        canvas.line([(x - 4, y + 38), (x - 60, y + 52)], 10, "8f86d0 6f66b8", smooth=False)
    return canvas.finish()
