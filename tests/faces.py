"""The test faces: two portraits in the public domain and what a phone may do to them.

Shared by the tests and by tests/bench/faces.py. Nothing is downloaded: every picture is made
from examples/ (licences: styles/catalog.toml and the README), so it is the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageFilter

__all__ = ["ROOT", "Box", "iou", "landscapes", "portraits", "true_boxes"]

ROOT = Path(__file__).resolve().parent.parent
Box = tuple[float, float, float, float]
"""left, top, width, height as fractions of the picture's width and height."""

_Made = tuple[np.ndarray, list[np.ndarray]]
"""A picture (height, width, 3) uint8, and for each face the disc (height, width) uint8 that fills
its box: a disc keeps its box through a rotation, so every change is simply done to both."""

# Set by hand, in pixels: the square from above the brows to below the lip, as wide as the face.
_ORIGINALS = {
    "astronaut": ("astronaut.jpg", (178, 68, 94, 94)),
    "grace-hopper": ("grace-hopper.jpg", (155, 106, 220, 220)),
}
_LANDSCAPES = (
    "Abstract-Art/kandinsky-composition-viii.jpg",
    "Impressionism/bazille-aigues-mortes.jpg",
    "Northern-Renaissance/bruegel-the-harvesters.jpg",
    "Post-Impressionism/van-gogh-starry-night.jpg",
    "Post-Impressionism/van-gogh-village-street-in-auvers.jpg",
    "Ukiyo-e/hokusai-great-wave.jpg",
    "Ukiyo-e/hokusai-poppies.jpg",
)


def portraits() -> dict[str, Image.Image]:
    """Every test portrait by name: upright RGB pictures of 420 to 900 pixels."""
    return {name: picture for name, (picture, _) in _all().items()}


def true_boxes() -> dict[str, list[Box]]:
    """Where the faces are in :func:`portraits`, larger face first."""
    return {name: boxes for name, (_, boxes) in _all().items()}


def landscapes() -> dict[str, Image.Image]:
    """Paintings that show no face large enough to see."""
    return {Path(f).stem: Image.open(ROOT / "styles" / f).convert("RGB") for f in _LANDSCAPES}


def iou(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    return common / (a[2] * a[3] + b[2] * b[3] - common)


def _all() -> dict[str, tuple[Image.Image, list[Box]]]:
    astronaut, hopper = (_original(name) for name in _ORIGINALS)
    made = {
        "astronaut": astronaut,
        "grace-hopper": hopper,
        "astronaut-tilted": _bent(astronaut, lambda p: _turned(p, 10)),
        "hopper-tilted": _bent(hopper, lambda p: _turned(p, -10)),
        "hopper-leaning": _bent(hopper, lambda p: _turned(p, 20)),
        "astronaut-close": _bent(astronaut, lambda p: _cropped(p, 130, 10, 320, 220, 480)),
        "hopper-close": _bent(hopper, lambda p: _cropped(p, 130, 60, 400, 360, 540)),
        "hopper-mirrored": _bent(hopper, lambda p: p[:, ::-1]),
        "astronaut-wide": _bent(astronaut, lambda p: _wide(p[:400, 40:440])),
        "astronaut-dark": _lit(astronaut, lambda p: _noisy(0.18 * p)),
        "hopper-dark": _lit(hopper, lambda p: _noisy(0.18 * p)),
        "hopper-warm": _lit(hopper, lambda p: (0.45 * p + 0.3) * (1.0, 0.82, 0.6)),
        "astronaut-pale": _lit(astronaut, lambda p: 0.35 * p + 0.55),
        "astronaut-sidelit": _lit(astronaut, lambda p: p * _ramp(p, 0.42)),
        "astronaut-small": _small(astronaut, 300),
        "hopper-small": _small(hopper, 220),
        "two": _beside(hopper, _bent(astronaut, lambda p: _cropped(p, 60, 0, 400, 400, 510))),
    }
    return {name: (Image.fromarray(np.ascontiguousarray(p)), sorted(map(_box, discs), reverse=True,
            key=lambda box: box[2] * box[3])) for name, (p, discs) in made.items()}


def _original(name: str) -> _Made:
    file, (left, top, width, height) = _ORIGINALS[name]
    picture = np.asarray(Image.open(ROOT / "examples" / file).convert("RGB"))
    disc = np.zeros(picture.shape[:2], np.uint8)
    cv2.circle(disc, (left + width // 2, top + height // 2), width // 2, 255, -1)
    return picture, [disc]


def _box(disc: np.ndarray) -> Box:
    left, top, wide, high = cv2.boundingRect((disc > 127).astype(np.uint8))
    height, width = disc.shape
    return left / width, top / height, wide / width, high / height


def _bent(made: _Made, bend: Callable[[np.ndarray], np.ndarray]) -> _Made:
    """The same change of place for the picture and for its faces' discs."""
    picture, discs = made
    return bend(picture), [bend(disc) for disc in discs]


def _lit(made: _Made, light: Callable[[np.ndarray], np.ndarray]) -> _Made:
    """A change of light: ``light`` maps RGB in 0..1 to RGB, clipped afterwards."""
    picture, discs = made
    lit = np.clip(light(picture / 255.0), 0, 1)
    return (lit * 255 + 0.5).astype(np.uint8), discs


def _turned(p: np.ndarray, degrees: float) -> np.ndarray:
    height, width = p.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(p, turn, (width, height), flags=cv2.INTER_CUBIC,
                          borderMode=cv2.BORDER_REFLECT if p.ndim == 3 else cv2.BORDER_CONSTANT)


def _cropped(p: np.ndarray, left: int, top: int, right: int, bottom: int, side: int) -> np.ndarray:
    part = p[top:bottom, left:right]
    height = round(side * part.shape[0] / part.shape[1])
    return cv2.resize(part, (side, height), interpolation=cv2.INTER_CUBIC)


def _wide(p: np.ndarray) -> np.ndarray:
    """A wide-angle lens held close: barrel distortion, the middle larger than the rim."""
    height, width = p.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x - width / 2, y - height / 2
    pull = 0.72 + 0.28 * (x * x + y * y) / (width / 2) ** 2
    return cv2.remap(p, x * pull + width / 2, y * pull + height / 2, cv2.INTER_CUBIC,
                     borderMode=cv2.BORDER_REFLECT if p.ndim == 3 else cv2.BORDER_CONSTANT)


def _noisy(p: np.ndarray) -> np.ndarray:
    return p + np.random.default_rng(0).normal(0, 0.02, p.shape)


def _ramp(p: np.ndarray, low: float) -> np.ndarray:
    """A window at the left: brightness falls from 1.2 to ``low`` across the picture."""
    return np.linspace(1.2, low, p.shape[1])[None, :, None]


def _small(made: _Made, height: int) -> _Made:
    """The person far away: ``height`` of 600 pixels, before a blurred copy of the picture."""
    picture, discs = made
    width = round(height * picture.shape[1] / picture.shape[0])
    behind = Image.fromarray(picture[:60]).resize((800, 600)).filter(ImageFilter.GaussianBlur(30))
    canvas = np.array(behind)
    canvas[600 - height :, 420 : 420 + width] = cv2.resize(
        picture, (width, height), interpolation=cv2.INTER_AREA)
    blank = np.zeros((600, 800), np.uint8)
    placed = []
    for disc in discs:
        placed.append(blank.copy())
        placed[-1][600 - height :, 420 : 420 + width] = cv2.resize(disc, (width, height))
    return canvas, placed


def _beside(left: _Made, right: _Made) -> _Made:
    """Two pictures of one height side by side."""
    (a, discs_a), (b, discs_b) = left, right
    zero_a, zero_b = np.zeros(a.shape[:2], np.uint8), np.zeros(b.shape[:2], np.uint8)
    return np.hstack([a, b]), ([np.hstack([d, zero_b]) for d in discs_a]
                               + [np.hstack([zero_a, d]) for d in discs_b])
