"""Pictures that tell how good a face finder is, made from the two test portraits.

Every picture is made the same way each time. What they cannot show: other people's faces. There are
two women, both with light skin; the tones below shift their pictures, which is not the same as
other people's skin, hair and features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from tests.faces import ROOT, Box, landscapes
from tests.outlines import outlined

__all__ = ["Case", "cases", "covered", "tones"]

NAMES = ("astronaut", "grace-hopper")
ROLL, BRIGHTNESS, LIGHT, PEOPLE = (
    "roll, every 15 degrees", "5 to 200 % brightness", "grey, noisy, blurred, warm, cold",
    "2 to 9 people")
# The portraits' faces in px of examples/, and the points that are drawn on: eyes, nose, chin.
FACES = {"astronaut": (178, 68, 94, 94), "grace-hopper": (155, 106, 220, 220)}
POINTS = {
    "astronaut": ((203, 101), (247, 103), (225, 126), (222, 173)),
    "grace-hopper": ((223, 190), (308, 188), (265, 243), (263, 328)),
}
Colour = tuple[int, int, int]
DARK, PALE = (12, 12, 14), (150, 190, 205)
# Of sunglasses and of a mask.
COVERS = ((DARK, PALE), (DARK, (235, 235, 235)), ((40, 25, 15), (30, 30, 34)),
          (DARK, (40, 70, 150)))
# What is left of the lightness (L of Lab), and how far hue and chroma go towards brown.
TONES = ((0.8, 0.2), (0.65, 0.4), (0.5, 0.6), (0.38, 0.8), (0.28, 1.0), (0.2, 1.0))


@dataclass(frozen=True)
class Case:
    """A picture and where its faces are (fractions of it), in a group of like cases."""

    group: str
    name: str
    image: Image.Image
    boxes: tuple[Box, ...] = ()


def cases(*groups: str) -> Iterator[Case]:
    """All cases but the tones, or those of some groups: rolled, small, dark, many faces, none."""
    def wanted(group: str) -> bool:
        return not groups or group in groups

    for name in NAMES:
        picture, box = _portrait(name)
        if wanted(ROLL):
            for degrees in range(0, 360, 15):
                yield _turned(name, picture, box, degrees)
        if wanted("mirrored"):
            yield _case("mirrored", name, picture[:, ::-1],
                        (picture.shape[1] - box[0] - box[2], *box[1:]))
        for side in (24, 32, 48, 64, 96, 128, 200, 400):
            if wanted(f"{side} px in 12 megapixels"):
                yield _placed(f"{side} px in 12 megapixels", [(name, side)], (4000, 3000), side)
        if wanted(BRIGHTNESS):
            for share in (0.05, 0.1, 0.2, 0.5, 1.5, 2.0):
                yield _case(BRIGHTNESS, f"{name} {share:.0%}", _clipped(picture * share), box)
        if wanted(LIGHT):
            for what, change in _LIGHT.items():
                yield _case(LIGHT, f"{name} {what}", _clipped(change(picture.astype(float))), box)
        for what, cover in _COVERED.items():
            if wanted(what):
                yield _case(what, name, cover(picture.copy(), name), box)
    if wanted(PEOPLE):
        for count in range(2, 10):
            people = [(NAMES[i % 2], 70 + 25 * (i % 4)) for i in range(count)]
            yield _placed(PEOPLE, people, (2400, 1600), count)
    if wanted("no face: paintings"):
        for name, image in landscapes().items():
            yield Case("no face: paintings", name, image)
    if wanted("no face: textures"):
        for name, image in _textures():
            yield Case("no face: textures", name, image)


def tones() -> Iterator[Case]:
    """Both portraits with skin (and all else) shifted to darker, browner tones."""
    for name in NAMES:
        picture, box = _portrait(name)
        lab = cv2.cvtColor((picture / 255).astype(np.float32), cv2.COLOR_RGB2LAB)
        for light, brown in TONES:
            shifted = lab.copy()
            shifted[..., 0] *= light
            target = np.array([14, 20], np.float32) * np.sqrt(light)
            shifted[..., 1:] += brown * 0.7 * (target - shifted[..., 1:])
            rgb = cv2.cvtColor(shifted, cv2.COLOR_LAB2RGB)
            yield _case("darker tones", f"{name} x {light}", _clipped(255 * rgb), box)


def covered() -> Iterator[Case]:
    """Both portraits with sunglasses and a mask: four pairs of colours, three lights, mirrored."""
    for name in NAMES:
        for glasses, mask in COVERS:
            picture, (x, y, width, height) = _portrait(name)
            drawn = _sunglasses(_surgical_mask(picture.copy(), name, mask), name, glasses)
            for light in (1.0, 0.5, 0.25):
                lit = _clipped(drawn * light)
                for shown, left in ((lit, x), (lit[:, ::-1], lit.shape[1] - x - width)):
                    yield _case(f"covered twice, {light:.0%} light", f"{name} {mask}", shown,
                                (left, y, width, height))


def _portrait(name: str) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    picture = Image.open(ROOT / "examples" / f"{name}.jpg").convert("RGB")
    return np.asarray(picture), FACES[name]


def _case(group: str, name: str, picture: np.ndarray, *boxes) -> Case:
    height, width = picture.shape[:2]
    return Case(group, name, Image.fromarray(np.ascontiguousarray(picture)),
                tuple((x / width, y / height, w / width, h / height) for x, y, w, h in boxes))


def _clipped(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def _turned(name: str, picture: np.ndarray, box, degrees: float) -> Case:
    """Turned counterclockwise about the face's middle, the picture's rim mirrored outwards."""
    height, width = picture.shape[:2]
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    turn = cv2.getRotationMatrix2D((x, y), degrees, 1.0)
    turn[:, 2] += (width / 2 - x, height / 2 - y)
    turned = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC,
                            borderMode=cv2.BORDER_CONSTANT, borderValue=(128, 128, 128))
    return _case(ROLL, f"{name} {degrees}", turned,
                 (width / 2 - box[2] / 2, height / 2 - box[3] / 2, box[2], box[3]))


def _placed(group: str, people, size: tuple[int, int], seed: int) -> Case:
    """Cut-out people, each with a face as wide as told (px), side by side before a landscape."""
    width, height = size
    behind = landscapes()["bazille-aigues-mortes"].resize(size)
    canvas = cv2.GaussianBlur(np.asarray(behind), (0, 0), 3).astype(np.float32)
    generator = np.random.default_rng(seed)
    boxes = []
    for i, (name, side) in enumerate(people):
        picture, box = _portrait(name)
        scale = side / box[2]
        mask = outlined(name, scale)
        shape = mask.shape[::-1]
        person = np.asarray(Image.fromarray(picture).resize(shape, Image.Resampling.LANCZOS))
        room = width / len(people)
        left = int(i * room + generator.uniform(0, max(1, room - shape[0])))
        left = max(0, min(left, width - shape[0]))
        top = int(generator.uniform(0.2, 0.9) * (height - shape[1]))
        place = np.s_[top:top + shape[1], left:left + shape[0]]
        canvas[place] += mask[..., None] * (person - canvas[place])
        boxes.append((left + box[0] * scale, top + box[1] * scale, side, side))
    return _case(group, "+".join(name for name, _ in people), _clipped(canvas), *boxes)


def _noisy(picture: np.ndarray) -> np.ndarray:
    return picture + np.random.default_rng(0).normal(0, 25, picture.shape)


_LIGHT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "grey": lambda p: np.repeat(p @ np.array([[0.299], [0.587], [0.114]]), 3, axis=2),
    "noisy": _noisy,
    "blurred": lambda p: cv2.GaussianBlur(p, (0, 0), p.shape[1] / 120),
    "warm": lambda p: p * (1.1, 0.85, 0.5),
    "cold": lambda p: p * (0.6, 0.85, 1.15),
}


def _sunglasses(picture: np.ndarray, name: str, colour: Colour = DARK) -> np.ndarray:
    left, right, *_ = np.array(POINTS[name])
    apart = np.linalg.norm(right - left)
    for eye in (left, right):
        cv2.ellipse(picture, eye.tolist(), (int(0.42 * apart), int(0.32 * apart)), 0, 0, 360,
                    colour, -1, cv2.LINE_AA)
    cv2.line(picture, left.tolist(), right.tolist(), colour, int(0.08 * apart), cv2.LINE_AA)
    return picture


def _surgical_mask(picture: np.ndarray, name: str, colour: Colour = PALE) -> np.ndarray:
    left, right, nose, chin = np.array(POINTS[name], float)
    across = right - left
    corners = [left + (nose - left) * (0, 0.75) - 0.35 * across,
               nose - (0, 0.35 * (nose - left)[1]),
               right + (nose - right) * (0, 0.75) + 0.35 * across,
               chin + 0.45 * across, chin + (0, 4), chin - 0.45 * across]
    cv2.fillPoly(picture, [np.rint(corners).astype(np.int32)], colour, cv2.LINE_AA)
    return picture


def _half_hidden(picture: np.ndarray, name: str) -> np.ndarray:
    """Behind a wall that reaches to the bridge of the nose, from the right."""
    picture[:, POINTS[name][2][0]:] = (170, 160, 150)
    return picture


def _mouth_hidden(picture: np.ndarray, name: str) -> np.ndarray:
    """Behind a wall that reaches up to the tip of the nose."""
    picture[POINTS[name][2][1]:] = (90, 100, 80)
    return picture


_COVERED = {"sunglasses": _sunglasses, "surgical mask": _surgical_mask,
            "half hidden, side": _half_hidden, "half hidden, below": _mouth_hidden}


def _textures() -> Iterator[tuple[str, Image.Image]]:
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 1, (600, 800, 3))
    y, x = np.mgrid[:600, :800]
    grown = {
        "white noise": 128 + 50 * noise,
        "soft noise": 128 + 900 * cv2.GaussianBlur(noise, (0, 0), 9),
        "clouds": 128 + 2500 * cv2.GaussianBlur(noise, (0, 0), 30),
        "checkers": np.repeat((255 * ((x // 40 + y // 40) % 2))[..., None], 3, 2),
        "dots": np.repeat((255 * (np.hypot(x % 60 - 30, y % 60 - 30) < 14))[..., None], 3, 2),
        "stripes": 128 + 100 * np.repeat(np.sin((x + 0.3 * y) / 7)[..., None], 3, 2),
        "bricks": np.where((((x + 30 * (y // 25 % 2)) % 60 < 4) | (y % 25 < 4))[..., None],
                           (190, 185, 170), (150, 70, 50)) + 8 * noise,
        "rings": 128 + 100 * np.repeat(np.cos(np.hypot(x - 400, y - 300) / 9)[..., None], 3, 2),
        "grey": np.full((600, 800, 3), 127.0),
    }
    for name, picture in grown.items():
        yield name, Image.fromarray(_clipped(picture))
    for name in NAMES:  # a portrait without its head
        picture, box = _portrait(name)
        yield f"{name}, below the neck", Image.fromarray(picture[box[1] + 2 * box[3]:])
