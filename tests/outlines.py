"""Outlines of the people in the two portraits, drawn by hand, and group pictures made of them.

Each outline is a polygon of some 70 corners, set by eye on the portrait enlarged fourfold and
corrected once: the hair's and the hat's outline without single hairs, and what she holds (the
astronaut's helmet). A corner is right to about a pixel of a portrait 512 px wide. The people of a
group picture are cut out along these outlines and set before a landscape of the collection, so
their true mask is known, but no real group photo was at hand.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from tests.faces import ROOT

__all__ = ["groups", "outlined", "persons"]

OUTLINES = {  # (x, y) in pixels of examples/
    "astronaut": (
        (59, 512), (45, 492), (28, 469), (23, 450), (27, 422), (21, 398), (23, 375), (24, 342),
        (33, 309), (42, 277), (49, 263), (70, 241), (89, 225), (105, 211), (114, 204), (114,
        190), (120, 187), (126, 173), (141, 159), (159, 151), (173, 148), (186, 149), (182,
        136), (176, 131), (173, 120), (162, 106), (155, 94), (153, 75), (156, 61), (164, 52),
        (178, 43), (188, 38), (192, 29), (206, 21), (225, 17), (239, 16), (256, 20), (272, 28),
        (286, 42), (295, 59), (301, 80), (300, 98), (293, 115), (281, 126), (277, 134), (270,
        137), (266, 137), (263, 150), (259, 164), (257, 174), (277, 188), (291, 206), (302,
        230), (306, 235), (323, 244), (338, 258), (347, 277), (354, 300), (361, 328), (365,
        349), (375, 346), (398, 344), (422, 347), (447, 356), (467, 371), (485, 396), (494,
        421), (497, 445), (497, 455), (504, 457), (512, 469), (512, 512),
    ),
    "grace-hopper": (
        (14, 600), (15, 559), (20, 508), (25, 457), (28, 432), (36, 411), (41, 396), (48, 385),
        (61, 378), (81, 368), (109, 358), (140, 350), (168, 340), (188, 328), (201, 314), (201,
        300), (196, 295), (178, 284), (165, 274), (160, 254), (165, 239), (155, 213), (152,
        196), (157, 183), (160, 178), (150, 178), (145, 152), (146, 132), (151, 109), (157, 94),
        (173, 85), (175, 81), (180, 66), (196, 51), (218, 42), (223, 33), (239, 25), (259, 23),
        (279, 24), (295, 30), (303, 42), (325, 48), (340, 61), (350, 76), (353, 86), (363, 86),
        (369, 96), (371, 117), (372, 142), (370, 173), (367, 184), (373, 188), (376, 201), (372,
        218), (366, 239), (362, 264), (362, 277), (353, 300), (341, 307), (333, 305), (331,
        311), (350, 330), (381, 348), (422, 366), (457, 373), (482, 386), (495, 396), (503,
        422), (512, 447), (512, 600),
    ),
}
# Behind: a picture of styles/, blurred as behind a portrait. Then who, how high (of the group
# picture's height), where the middle is and how far down (fractions), whether mirrored.
_GROUPS = {
    "three": ("Impressionism/bazille-aigues-mortes.jpg", (1200, 900), (
        ("astronaut", 0.75, 0.2, 1.0, False), ("grace-hopper", 0.8, 0.52, 1.0, False),
        ("astronaut", 0.7, 0.82, 1.0, True))),
    "five": ("Post-Impressionism/van-gogh-village-street-in-auvers.jpg", (1600, 1000), (
        ("grace-hopper", 0.78, 0.3, 1.0, True), ("astronaut", 0.76, 0.7, 1.0, False),
        ("astronaut", 0.55, 0.14, 1.0, False), ("grace-hopper", 0.55, 0.5, 1.0, False),
        ("astronaut", 0.52, 0.86, 1.0, True))),
}


def outlined(name: str, scale: float = 1.0) -> np.ndarray:
    """The mask of a portrait's person, float32 (height, width) in 0..1."""
    with Image.open(ROOT / "examples" / f"{name}.jpg") as image:
        width, height = (round(side * scale) for side in image.size)
    corners = np.rint(np.array(OUTLINES[name]) * scale * 16 - 8).astype(np.int32)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [corners], 255, shift=4)
    return mask.astype(np.float32) / 255


def persons() -> dict[str, tuple[Image.Image, np.ndarray]]:
    """The portraits and the group pictures by name: RGB picture and true mask (height, width)."""
    made = {name: (Image.open(ROOT / "examples" / f"{name}.jpg").convert("RGB"), outlined(name))
            for name in OUTLINES}
    return made | groups()


def groups() -> dict[str, tuple[Image.Image, np.ndarray]]:
    """The group pictures by name: RGB picture and true mask (height, width)."""
    return {name: _group(*parts) for name, parts in _GROUPS.items()}


def _group(behind: str, size: tuple[int, int], people) -> tuple[Image.Image, np.ndarray]:
    width, height = size
    backdrop = Image.open(ROOT / "styles" / behind).convert("RGB").resize(size)
    picture = cv2.GaussianBlur(np.asarray(backdrop), (0, 0), 4).astype(np.float32)
    mask = np.zeros((height, width), np.float32)
    for name, tall, middle, bottom, mirrored in people:
        portrait = Image.open(ROOT / "examples" / f"{name}.jpg").convert("RGB")
        scale = tall * height / portrait.height
        person = outlined(name, scale)
        portrait = np.asarray(portrait.resize(person.shape[::-1], Image.Resampling.LANCZOS))
        if mirrored:
            person, portrait = person[:, ::-1], portrait[:, ::-1]
        left = round(middle * width - person.shape[1] / 2)
        top = round(bottom * height) - person.shape[0]
        low, high = max(0, left), min(width, left + person.shape[1])
        seen = np.s_[:, low - left:high - left]
        place = np.s_[top:top + person.shape[0], low:high]
        soft = cv2.GaussianBlur(np.ascontiguousarray(person), (0, 0), 0.7)[seen]
        picture[place] = picture[place] * (1 - soft[..., None]) + portrait[seen] * soft[..., None]
        mask[place] = np.maximum(mask[place], person[seen])
    return Image.fromarray(picture.round().astype(np.uint8)), mask
