"""The two people cut out along their outlines and set before ten grounds: the true mask is known.

Each as she is and with curls that hang beside the neck, in her own clothes and in nearly black
ones. Made the same way each time, from examples/ and styles/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from tests.face_cases import FACES
from tests.faces import ROOT
from tests.outlines import outlined

__all__ = ["GROUNDS", "Composed", "all_composed", "composed", "errors"]

# A colour, or a picture of styles/ with the sigma of its blur in px and its brightness.
GROUNDS = {
    "white": (250, 250, 250), "light": (226, 224, 220), "warm grey": (120, 110, 100),
    "black": (18, 17, 17), "wall": (196, 160, 130), "stripes": (60, 50, 70),
    "dusk": ("Impressionism/bazille-aigues-mortes.jpg", 5, 0.4),
    "street": ("Post-Impressionism/van-gogh-village-street-in-auvers.jpg", 3, 1.0),
    "squares": ("De-Stijl/study-composition.jpg", 0, 1.0),
    "pattern": ("Abstract-Art/kandinsky-composition-viii.jpg", 0, 1.0),
}
# Of each person: the hair's colour, and the curves (four control points) along which curls hang.
CURLS = {
    "astronaut": ((70, 45, 30), (((178, 110), (166, 140), (160, 175), (168, 205)),
                                 ((282, 112), (284, 145), (272, 172), (284, 200)))),
    "grace-hopper": ((60, 55, 52), (((170, 240), (176, 285), (160, 330), (172, 365)),
                                    ((360, 240), (362, 290), (352, 330), (372, 370)))),
}
HEM = {"astronaut": 2.6, "grace-hopper": 1.6}  # heights of the face below its top: clothes far away


@dataclass(frozen=True)
class Composed:
    """A picture, its person's mask, float32 (height, width), and where curls were added, bool."""

    name: str
    person: str
    image: Image.Image
    mask: np.ndarray
    curls: np.ndarray


def composed(person: str, ground: str, *, curls: bool = False, dark: bool = False) -> Composed:
    """One of the pictures."""
    colours, mask, added = _cut_out(person, curls)
    height, width = mask.shape
    if dark:
        _, top, _, face = FACES[person]
        below = (np.arange(height)[:, None] - top - 1.25 * face) / height
        clothes = np.clip(below / 0.06, 0, 1)[..., None]
        colours += clothes * (0.16 * colours.mean(axis=2, keepdims=True) + 8 - colours)
    soft = mask[..., None]
    noise = np.random.default_rng(3).normal(0, 2.5, (height, width, 1))
    picture = colours * soft + _ground(ground, (width, height)) * (1 - soft) + noise
    name = f"{person}, {ground}{', curls' * curls}{', dark clothes' * dark}"
    return Composed(name, person, Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)), mask,
                    added)


def all_composed() -> Iterator[Composed]:
    """All 80."""
    for person in FACES:
        for ground in GROUNDS:
            for curls in (False, True):
                for dark in (False, True):
                    yield composed(person, ground, curls=curls, dark=dark)


def errors(found: np.ndarray, case: Composed) -> dict[str, float]:
    """Mean absolute errors: of the whole mask, and where it is hard.

    ``edge``: within a twentieth of the face's width; ``jaw``: the ground between jaw and shoulders;
    ``hem``: clothes far from the face; ``curls``: those added (only there, without any).
    """
    left, top, width, height = FACES[case.person]
    solid = np.uint8(case.mask > 0.5)
    away = (cv2.distanceTransform(solid, cv2.DIST_L2, 5)
            + cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5))
    beside = np.zeros_like(solid)
    beside[int(top + 0.45 * height):int(top + 1.75 * height),
           int(left - 0.7 * width):int(left + 1.7 * width)] = 1
    hull = cv2.fillConvexPoly(np.zeros_like(solid),
                              cv2.convexHull(cv2.findNonZero(solid * beside)), 1)
    row = np.arange(len(solid))[:, None]
    places = {
        "mask": np.ones_like(solid, bool), "edge": away <= 0.05 * width,
        "jaw": (hull * beside > 0) & (case.mask < 0.05),
        "hem": (case.mask > 0.95) & (row > top + HEM[case.person] * height),
    } | ({"curls": case.curls} if case.curls.any() else {})
    error = np.abs(found - case.mask)
    return {name: float(error[place].mean()) for name, place in places.items()}


def _cut_out(person: str, curls: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colours (height, width, 3), the mask, and where curls hang beside the person."""
    with Image.open(ROOT / "examples" / f"{person}.jpg") as image:
        picture = np.asarray(image.convert("RGB")).astype(np.float32)
    solid = np.uint8(outlined(person) > 0.5)
    inside = cv2.erode(solid, np.ones((5, 5), np.uint8))
    # Nothing of the old ground: at the rim each pixel has the colour of the nearest one inside.
    _, nearest = cv2.distanceTransformWithLabels(1 - inside, cv2.DIST_L2, 5,
                                                 labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros((nearest.max() + 1, 3), np.float32)
    table[nearest[inside > 0]] = picture[inside > 0]
    rim = cv2.GaussianBlur(table[nearest], (0, 0), 1.0)
    colours = np.where(inside[..., None] > 0, picture, rim)
    mask = cv2.GaussianBlur(cv2.erode(solid, np.ones((3, 3), np.uint8)).astype(np.float32), (0, 0),
                            0.9)
    added = np.zeros(mask.shape, bool)
    if not curls:
        return colours, mask, added
    chance, wide = np.random.default_rng(5), FACES[person][2]
    hair, curves = CURLS[person]
    t = np.linspace(0, 1, 40)[:, None]
    weights = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3])
    for curve in curves:
        for _ in range(26):
            line = weights @ np.array(curve, float)
            line[:, 0] += wide * (0.015 * np.sin(t[:, 0] * chance.uniform(8, 16) + chance.uniform(
                0, 6)) + chance.normal(0, 0.045))
            drawn = cv2.polylines(np.zeros(mask.shape, np.uint8), [np.int32(np.rint(line * 16))],
                                  False, 255, max(1, int(0.015 * wide)), cv2.LINE_AA, 4)
            strand = drawn.astype(np.float32) * (0.85 / 255)
            colours += strand[..., None] * (np.array(hair) * chance.uniform(0.7, 1.5) - colours)
            added |= (strand > 0.4) & (mask < 0.5)
            mask += (1 - mask) * strand
    return colours, mask, added


def _ground(name: str, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    ground = GROUNDS[name]
    if isinstance(ground[0], int):
        plain = np.full((height, width, 3), ground, np.float32)
        if name == "stripes":
            plain[:, np.arange(width) // 14 % 2 == 0] = (235, 230, 220)
        return plain
    file, blur, light = ground
    with Image.open(ROOT / "styles" / file) as image:
        behind = np.asarray(image.convert("RGB").resize(size)).astype(np.float32)
    return light * (cv2.GaussianBlur(behind, (0, 0), blur) if blur else behind)
