"""Pointillism: points of divided colour that the eye mixes, after Chevreul.

Each patch lists its local colours pure and tinted, and as accents the complementaries and the
colour of the light; nothing is mixed on the palette.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from .brush import Canvas, Patch, Scene, around, box, curve, ellipse, generator

__all__ = ["lamplight", "river_bank"]


def _points(canvas: Canvas, scene: Scene, size: float) -> None:
    """A broken underpaint, then points: large, middling and a few small ones on top."""
    canvas.cover(scene, size * 2.6, size * 4, .9, dry=.35, body=.3, opacity=.6)
    for scale, density in ((1.15, 1.1), (.95, .85), (.75, .2)):
        canvas.cover(scene, size * scale, size * scale * 1.2, density, dry=.08, square=2,
                     body=1.4, streak=.1, second=.1, shade=.07)


def river_bank() -> Image.Image:
    """A river on a Sunday: trees, sails, a woman with a parasol."""
    rng = generator(1884)
    w, h = 1024, 768
    leaf = "e6e27a b4d060 6fb458 3f9660 2a7a68 2a5a80"
    patches = [
        Patch(box(-9, -9, w + 9, 300), "8fb8e4 a4c8e8 bcd8ec d4e0e4 f2e6c4 f8dcb8",
              lambda x, y: 10 * np.sin(x / 100), lambda x, y: y / 280,
              "f6c4a4 f4e6a8 c4b4dc", accent=.28, wander=30),
        Patch(curve([(-60, 240), (120, 214), (300, 226), (480, 236), (640, 222), (800, 206),
                     (1090, 226), (1090, 330), (-60, 330)]),
              "c8c8e4 9fb0d8 7f9ac8 6f8ab4 5f7aa8", 10, lambda x, y: (y - 205) / 100,
              "a8cf8a f0b48a e8e0a8", accent=.3),
        Patch(box(-60, 282, w + 60, 800), "e0ecf0 b4d4ec 8fbce4 6fa4d8 5f8ac8", 0,
              lambda x, y: (y - 290) / 330 + .18 * np.sin(y / 13 + x / 190),
              "f6d8a0 f4b896 b8dca0 d0b8e0", accent=.24, wander=8),
    ]
    for x, top, r in ((600, 130, 22), (648, 96, 24), (700, 118, 22), (748, 150, 20)):
        patches += [
            Patch(curve([(x, top), (x + r, top + 70), (x + r * .9, 240), (x, 284),
                         (x - r * .9, 240), (x - r, top + 70)]), leaf, 80,
                  lambda x, y, c=x: .5 + (x - c) / 60, "f4b45a d88a9a", accent=.2),
            Patch(curve([(x, 300), (x + r * .8, 340), (x + r * .4, 400), (x, 440 - top * .3),
                         (x - r * .5, 400), (x - r * .8, 340)]),
                  "9fc4a4 7fa8b4 6f9ac4 5f86b8", 0, accents="b4d060 f4d8a0", accent=.3, wander=6)]
    for x, y, a, tall in ((470, 330, 62, 110), (850, 352, 92, 170), (390, 312, 34, 58)):
        patches += [
            Patch([(x, y - tall), (x + a * .56, y - 12), (x + 2, y - 10)],
                  "fffbee fdf0d4 f4dcc8", 70, accents="b8cce8 f6d080", accent=.25),
            Patch([(x - 4, y - tall * .9), (x - 4, y - 10), (x - a * .42, y - 12)],
                  "fbe8d4 e8d4dc c0c4e4", 110, accents="f6d080", accent=.2),
            Patch(curve([(x - a * .56, y - 12), (x + a * .64, y - 12), (x + a * .5, y + 4),
                         (x - a * .44, y + 4)]), "d8704a a84a54 5a3a74", 0, size=.8),
            Patch(curve([(x - a * .3, y + 8), (x + a * .34, y + 8), (x + a * .1, y + tall * .62)]),
                  "fdf4dc e8e0e4 c4d0ec", 0, accents="8fbce4 f4b896", accent=.4, wander=6)]
    # the near bank: sun, then the shade of the tree
    patches += [
        Patch(curve([(-60, 560), (140, 520), (300, 528), (470, 590), (640, 620), (860, 600),
                     (1090, 540), (1090, 840), (-60, 840)]),
              "f6ec8a d8e070 b0d060 86bc58 62a860", lambda x, y: 20 + 12 * np.sin(x / 120),
              lambda x, y: (y - 540) / 260, "f4b45a f08a6a f8f0c0", accent=.24),
        Patch(curve([(-60, 590), (130, 570), (330, 600), (520, 660), (600, 712), (420, 750),
                     (180, 730), (-60, 740)]),
              "6fa878 4f8a78 3f7084 3f5a94 4a4a90", 15, accents="8f6ab0 d87a5a b0d060",
              accent=.26),
        Patch(curve([(96, 600), (112, 430), (104, 250), (130, 120), (164, 250), (158, 430),
                     (182, 604)]), "c88a5a a8685a 7a4a64 4a3a74 36326c", 88,
              lambda x, y: (x - 95) / 75, "f0a84a 6f9ac8", accent=.24),
        Patch(curve([(-60, -60), (180, -60), (420, -40), (452, 60), (400, 140), (330, 150),
                     (300, 214), (210, 196), (150, 240), (70, 220), (-60, 280)]),
              leaf, lambda x, y: 60 + x * .2,
              lambda x, y: .45 + .4 * np.sin(x / 46 + .6) * np.sin(y / 38) + (x - 330) / -900,
              "f4b45a e8786a 8f7ac4", accent=.2, wander=40),
    ]
    # the woman: dress, bodice, parasol; then a man on the grass, a dog
    patches += [
        Patch(curve([(530, 362), (552, 302), (614, 266), (692, 274), (742, 320), (758, 376),
                     (704, 356), (640, 350), (580, 355)]),
              "fbd890 f6b45a ee8450 d85a50 a8406a", around(640, 400),
              lambda x, y: (x - 530) / 200, "7f9ad8 fdf0d4", accent=.18),
        Patch(curve([(640, 440), (672, 436), (690, 480), (724, 500), (742, 560), (760, 690),
                     (690, 704), (616, 694), (634, 590), (636, 510)]),
              "b48ac8 8a64b4 62489c 463a84 34306c", 84, lambda x, y: (x - 610) / 130,
              "e8708a f0a84a 5f9ad0", accent=.24),
        Patch(curve([(632, 404), (664, 398), (680, 430), (676, 474), (640, 478), (628, 440)]),
              "e87a6a c84a5a 943a6a", 80, lambda x, y: (x - 628) / 50, "f4b45a 5f6ab8"),
        Patch(ellipse(646, 392, 25, 32), "fde0c0 f8c09a e09a80", 80,
              lambda x, y: (x - 622) / 50, "f4a0a8", size=.7, accent=.08),
        Patch(curve([(618, 374), (632, 354), (666, 352), (684, 376), (682, 418), (666, 416),
                           (668, 384), (650, 370)]),
              "8a4a3a 5a3a6a 34306c", 20, size=.8),
        Patch(curve([(330, 640), (372, 612), (420, 628), (500, 648), (520, 668), (430, 676),
                     (340, 674)]), "7a9ac8 4a6aac 34488c 2c3470", 12,
              lambda x, y: (y - 612) / 60, "d8704a b48ac8", accent=.2),
        Patch(curve([(330, 640), (336, 590), (364, 574), (388, 600), (384, 640), (350, 660)]),
              "fdf4e0 ecdcd8 b8b8dc", 80, lambda x, y: (x - 330) / 60, "f4b45a"),
        Patch(ellipse(362, 556, 16, 18), "f8c8a4 e09a80 b86a6a", 80, size=.8),
        Patch(curve([(336, 548), (352, 532), (378, 534), (392, 550), (364, 546)]),
              "f6dc7a e8b04a c87a4a", 8, size=.8),
        Patch(curve([(812, 690), (826, 664), (876, 660), (890, 644), (908, 654), (900, 674),
                     (892, 706), (880, 706), (872, 688), (836, 690), (828, 710), (816, 710)]),
              "a8685a 6a3f5c 443060", 0, accents="f0a84a", size=.8),
    ]
    scene = Scene(w, h, patches, rng=rng, wobble=2)
    canvas = Canvas(w, h, "f5ecd6", rng)
    _points(canvas, scene, 9)
    canvas.line([(700, 356), (684, 420), (668, 462)], 5, "6a3f5c 34306c", piece=9)
    return canvas.finish(light=.12)


def lamplight() -> Image.Image:
    """A wet quay at dusk: lamps, their rings of light, two people under an umbrella."""
    rng = generator(1887)
    w, h = 1024, 800
    lamps = ((200, 190, 150), (560, 292, 84), (742, 336, 52), (846, 360, 34))

    def glow(x, y):
        light = sum(np.exp(-np.hypot(x - a, y - b) / (r * .8)) for a, b, r in lamps)
        return light

    patches = [
        Patch(box(-9, -9, w + 9, 470), "fbd88a f6ac70 e88a86 b878a8 7a6ab4 5464ac 3c4e98 2c3a80",
              lambda x, y: around(*lamps[0][:2])(x, y),
              lambda x, y: 1.0 - (y / 470) ** 1.5 * .85 - .5 * glow(x, y),
              "4f9ac0 d8708a 8f8ad8", accent=.2, wander=12, spread=.09),
        # far bank and bridge
        Patch(curve([(330, 400), (420, 372), (520, 384), (610, 366), (700, 378), (800, 362),
                     (900, 376), (1090, 352), (1090, 440), (330, 440)]),
              "7a6ab4 54549c 3c4488 2c3070 242660", 5, lambda x, y: .8 - .6 * glow(x, y),
              "e8a05a 4f7ab8", accent=.22),
        Patch(box(-60, 428, w + 60, 620), "f8c880 e89a80 a87ab0 6a70bc 4a62b0 34509c 283e84", 0,
              lambda x, y: .75 - .35 * (y < 455) + .22 * np.sin(y / 8 + x / 230),
              "f4b45a 5fb0c4 c86a94", accent=.2, wander=6),
    ]
    for x in (430, 560, 690, 820, 950):
        patches.append(Patch(curve([(x - 62, 452), (x - 48, 412), (x, 398), (x + 48, 412),
                                    (x + 62, 452)]), "6a70bc 4a62b0 e89a80", 0,
                             lambda x, y: (452 - y) / 60, "f4b45a", accent=.2))
    for a, _, r in lamps[1:]:
        patches.append(Patch([(a - r * .12, 436), (a + r * .12, 436), (a + r * .34, 600),
                              (a - r * .3, 600)], "fdeaa8 f8c060 f09048 d8705a 8a6ab0", 0,
                             lambda x, y: (y - 430) / 150, "5fb0c4 4a62b0", accent=.3, wander=5))
    patches.append(
        Patch(curve([(-60, 560), (180, 548), (420, 566), (640, 600), (860, 604), (1090, 590),
                     (1090, 860), (-60, 860)]),
              "fde6a0 f8bc70 e8907c c07a9c 8f74b4 6a6cb0 4f5c9c 3c4888",
              lambda x, y: 4 + x * .01,
              lambda x, y: .93 - .8 * np.exp(-np.abs(x - 200 - (y - 600) * .2) / 80)
              - .5 * np.exp(-np.abs(x - 560 - 10 * np.sin(y / 9)) / 34)
              - .4 * np.exp(-np.abs(x - 742 - 8 * np.sin(y / 9)) / 22)
              - .2 * np.exp(-((x - 430) / 190) ** 2) + .07 * np.sin(y / 9 + x / 90),
              "5fa0c8 d8708a", accent=.13, wander=8, spread=.1))
    for a, b, r in lamps:    # rings of light, hot to cool
        patches.append(Patch(ellipse(a, b, r * .95, r * .95),
                             "fffbe0 fdeea0 fbd468 f6ac58 e8886a b878a0 7a6ab4 5464ac",
                             around(a, b), lambda x, y, a=a, b=b, r=r:
                             np.hypot(x - a, y - b) / r * 1.02, "8fcfc0 f48a7a", accent=.14,
                             wander=4, spread=.07))
    for a, b, r in lamps:
        s = r / 150
        foot = 640 if a == 200 else 440 + 130 * s
        patches += [
            Patch([(a - 9 * s, b + 44 * s), (a + 9 * s, b + 44 * s), (a + 12 * s, foot - 60 * s),
                   (a + 26 * s, foot), (a - 26 * s, foot), (a - 12 * s, foot - 60 * s)],
                  "4a4a94 2c3070 1c2050 161a44", 88, lambda x, y, a=a, s=s: .5 + (x - a) / (30 * s),
                  "e8a05a 5fb0c4", accent=.14, size=max(.6, s)),
            Patch([(a - 24 * s, b - 34 * s), (a + 24 * s, b - 34 * s), (a + 15 * s, b + 40 * s),
                   (a - 15 * s, b + 40 * s)], "ffffff fffbe0 fdeea0", 90, size=max(.6, s)),
            *[Patch([(a + i * 24 * s - 4 * s, b - 36 * s), (a + i * 24 * s + 4 * s, b - 36 * s),
                     (a + i * 15 * s + 3 * s, b + 42 * s), (a + i * 15 * s - 3 * s, b + 42 * s)],
                    "54408c 2c3070", 80, size=max(.5, s * .7)) for i in (-1, 1)],
            Patch([(a - 28 * s, b - 34 * s), (a, b - 62 * s), (a + 28 * s, b - 34 * s)],
                  "2c3070 1c2050", 0, size=max(.6, s)),
        ]
    # bare trees along the quay, a couple under an umbrella, a man going
    patches += [
        Patch(curve([(30, 660), (44, 500), (28, 330), (10, 140), (-20, 30), (30, 100), (58, 320),
                     (76, 500), (88, 664)]), "a8604a 5a3f74 30306c 20245a", 86,
              lambda x, y: (90 - x) / 80, "e8a05a 4f7ab8", accent=.2),
        Patch(curve([(382, 470), (430, 468), (452, 540), (470, 690), (372, 694), (374, 560)]),
              "f0986a b8528a 6a3a80 3a2a6c 221e54 181648", 84,
              lambda x, y: (x - 368) / 60, "4f5ab8", accent=.1),
        Patch(curve([(440, 462), (494, 462), (508, 560), (504, 700), (480, 704), (470, 610),
                     (462, 704), (436, 700), (438, 560)]),
              "6a3f6a 2c2a64 1c1e50 14163e 101236", 86,
              lambda x, y: (x - 438) / 40, "4f6ab0", accent=.08),
        Patch(ellipse(412, 446, 17, 21), "fcd098 e89a78 a8607a", 80, lambda x, y: (x - 398) / 34,
              size=.8),
        Patch(ellipse(464, 440, 17, 21), "f8c088 d88870 8a507a", 80, lambda x, y: (x - 450) / 34,
              size=.8),
        Patch(curve([(316, 420), (350, 360), (436, 330), (520, 356), (562, 420), (500, 404),
                     (440, 398), (380, 404)]), "f8a868 d8607a 8a3a80 4a2f78 2a2664 1a1a4c",
              around(440, 470), lambda x, y: (x - 316) / 200, "6f6ac0", accent=.08),
        Patch(curve([(398, 446), (394, 424), (414, 414), (434, 428), (432, 470), (422, 448)]),
              "6a3f6a 2c2a64 1a1a4c", 80, size=.7),
        Patch([(444, 434), (450, 430), (452, 410), (480, 410), (482, 430), (490, 436)],
              "2c2a64 14163e", 0, size=.7),
        Patch(curve([(886, 480), (918, 478), (932, 560), (926, 662), (906, 664), (902, 600),
                     (892, 664), (872, 660), (878, 560)]), "8a507a 2c2c6c 1a1c4c 14163e", 86,
              lambda x, y: (x - 876) / 30, accents="4f6ab0", accent=.08, size=.9),
        Patch(ellipse(902, 462, 13, 17), "e8a080 a8607a 4a3a74", 80, size=.7),
        Patch([(884, 450), (890, 424), (916, 424), (920, 450)], "34347c 1a1c4c", 0, size=.8),
    ]
    scene = Scene(w, h, patches, rng=rng, wobble=2)
    canvas = Canvas(w, h, "e4d8cc", rng)
    _points(canvas, scene, 9)
    canvas.line([(440, 340), (441, 520)], 5, "1a1c4c 30306c", piece=9, smooth=False)
    return canvas.finish(light=.12)
