"""The person in the picture: a soft mask grown from the faces.

GrabCut (Rother, Kolmogorov and Blake 2004) starts from where a person must be below and around a
face, at low resolution; a guided filter (He, Sun and Tang 2013) then fits its edge to the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image

from ..errors import UserError
from .faces import Face

__all__ = ["corrected", "find_subject"]

CUT_SIDE = 256  # px, longer side of the part that GrabCut sees
ROUNDS = 5  # of GrabCut; the cut hardly moves after the fourth
SEED = 0  # of the k-means that GrabCut starts its colour models with
FILTER_SIDE = 1024  # px, longer side at which the guided filter's coefficients are found
EDGE = 1e-4  # its epsilon: a contrast below the root, 1 % of white, is no edge

# A person, in units of the face's box: x from its middle line, y down from its top. Head and
# torso follow the test portraits; the reach is the figure drawer's rule that a man is 7.5 heads
# high (a head is about 1.5 boxes); nothing of the person lies beyond it.
REACH = ((-1.3, 1.1), (0.9, 1.3), (2.0, 2.4), (4.0, 4.0), (10.5, 4.0))  # (y, half width)
HEAD = (0.35, 0.52, 0.9)  # probable: middle y and radii of head, hair and hat
BODY = ((0.9, 0.4), (1.2, 0.8), (1.9, 1.4), (2.6, 1.6), (10.5, 1.6))  # probable, as REACH
FACE = (0.55, 0.40, 0.56)  # certain
CHEST = ((0.9, 0.2), (1.5, 0.25), (2.1, 0.5), (2.7, 0.5))  # certain, as REACH
STROKE = 128  # of 255: what a brush changes somewhere, and compression nowhere
THREAD = 0.1  # what is thinner than this and sticks out is not the person


def find_subject(image: Image.Image, faces: Sequence[Face],
                 size: tuple[int, int] | None = None) -> np.ndarray:
    """How much of each pixel is a person: float32 (height, width) in 0..1.

    Args:
        image: upright RGB picture.
        faces: from :func:`nst.portrait.faces.find_faces` for this picture; every one is a person.
        size: (width, height) of the mask; the picture's own by default.

    Raises:
        UserError: no faces, so nothing tells what the subject is.
    """
    if not faces:
        raise UserError("No face was found in the photo; give a mask that shows the subject.")
    size = size or image.size
    left, top, right, bottom = _part(faces, image.size)
    scale = min(1.0, CUT_SIDE / max(right - left, bottom - top))
    small = image.resize(
        (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))),
        Image.Resampling.BOX, box=(left, top, right, bottom))
    labels = _seeds(faces, image.size, (left, top), scale, small.size)
    thread = THREAD * max(face.width for face in faces) * image.width * scale
    cut = _cut(np.asarray(small), labels, thread)
    return _refined(cut, image, (left, top, right, bottom), size)


def corrected(drawn: Image.Image | None, found: Image.Image | None) -> Image.Image | None:
    """A mask as somebody drew it, or None where it still is the one that was found.

    An editor reports a picture that it was merely given, changed a little by compression.
    """
    if drawn is None or found is None:
        return drawn
    change = np.subtract(drawn.convert("L").resize(found.size), found, dtype=np.int16)
    return drawn if np.abs(change).max() > STROKE else None


def _part(faces: Sequence[Face], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of the picture that the people may reach: left, top, right, bottom in pixels."""
    sides = []
    half = max(width for _, width in REACH)
    for face in faces:
        box = face.width * size[0]
        x, y = (face.left + face.width / 2) * size[0], face.top * size[1]
        sides.append((x - half * box, y + REACH[0][0] * box,
                      x + half * box, y + REACH[-1][0] * box))
    left, top, right, bottom = zip(*sides, strict=True)
    return (max(0, int(min(left))), max(0, int(min(top))),
            min(size[0], round(max(right))), min(size[1], round(max(bottom))))


def _seeds(faces: Sequence[Face], size: tuple[int, int], corner: tuple[int, int], scale: float,
           shape: tuple[int, int]) -> np.ndarray:
    """GrabCut's labels for the shrunk part, uint8."""
    away, maybe, sure = np.ones(shape[::-1], bool), *np.zeros((2, *shape[::-1]), bool)
    for face in faces:
        box = face.width * size[0] * scale
        middle = ((face.left + face.width / 2) * size[0] - corner[0]) * scale
        above = (face.top * size[1] - corner[1]) * scale
        x = np.abs(np.arange(shape[0]) + 0.5 - middle) / box
        y = ((np.arange(shape[1]) + 0.5 - above) / box)[:, None]
        away &= ~_trunk(x, y, REACH)
        maybe |= _oval(x, y, HEAD) | _trunk(x, y, BODY)
        sure |= _oval(x, y, FACE) | _trunk(x, y, CHEST)
    labels = np.full(shape[::-1], cv2.GC_PR_BGD, np.uint8)
    labels[away], labels[maybe], labels[sure] = cv2.GC_BGD, cv2.GC_PR_FGD, cv2.GC_FGD
    return labels


def _oval(x: np.ndarray, y: np.ndarray, oval: tuple[float, float, float]) -> np.ndarray:
    middle, across, down = oval
    return (x / across) ** 2 + ((y - middle) / down) ** 2 < 1


def _trunk(x: np.ndarray, y: np.ndarray, outline: tuple[tuple[float, float], ...]) -> np.ndarray:
    return x < np.interp(y, *zip(*outline, strict=True), left=0, right=0)


def _cut(picture: np.ndarray, labels: np.ndarray, thread: float) -> np.ndarray:
    """GrabCut: uint8, 1 where the person is. Deterministic."""
    if (labels & 1).all():  # the face fills the picture: there is no background to learn
        return np.ones_like(labels)
    certain = labels == cv2.GC_FGD
    cv2.setRNGSeed(SEED)
    # GrabCut's colour models have a fixed least width, too wide for a dark photo's range.
    lit = cv2.convertScaleAbs(picture, alpha=255 / max(1.0, np.percentile(picture, 98)))
    cv2.grabCut(lit, labels, None, np.zeros((1, 65)), np.zeros((1, 65)), ROUNDS,
                cv2.GC_INIT_WITH_MASK)
    person = labels & 1  # GC_FGD and GC_PR_FGD
    # Crumbs and threads go; what hangs together with a face stays, its holes filled.
    side = max(3, round(thread) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    person = cv2.morphologyEx(person, cv2.MORPH_OPEN, disc) | certain
    _, parts = cv2.connectedComponents(person)
    person = np.isin(parts, np.unique(parts[certain])).astype(np.uint8)
    outlines, _ = cv2.findContours(person, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(person, outlines, -1, 1, cv2.FILLED)


def _refined(cut: np.ndarray, image: Image.Image, part: tuple[int, int, int, int],
             size: tuple[int, int]) -> np.ndarray:
    """The cut at the size asked for, its edge drawn to the picture's and softened.

    The filter's coefficients are found on at most FILTER_SIDE pixels and enlarged, which looks
    the same and costs little (He and Sun 2015, "Fast Guided Filter").
    """
    shrink = min(1.0, FILTER_SIDE / max(size))
    coarse = tuple(max(1, round(side * shrink)) for side in size)
    x, y = coarse[0] / image.width, coarse[1] / image.height
    left, top, right, bottom = (round(v) for v in np.multiply(part, (x, y, x, y)))
    mask = np.zeros(coarse[::-1], np.float32)
    mask[top:bottom, left:right] = cv2.resize(
        cut.astype(np.float32), (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    pixel = max(1.0, (right - left) / cut.shape[1])  # of the cut
    a, b = _guided(_grey(image, coarse), mask, radius=round(2 * pixel), epsilon=EDGE)
    if coarse != size:
        a, b = (cv2.resize(c, size, interpolation=cv2.INTER_LINEAR) for c in (a, b))
    return np.clip(a * _grey(image, size) + b, 0, 1)


def _grey(image: Image.Image, size: tuple[int, int]) -> np.ndarray:
    grey = image.convert("L").resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(grey, np.float32) / 255


def _guided(guide: np.ndarray, mask: np.ndarray, radius: int,
            epsilon: float) -> tuple[np.ndarray, np.ndarray]:
    """The guided filter's coefficients (a, b): within a window, mask = a guide + b.

    ``guide`` and ``mask`` are float32 (height, width) in 0..1 (He et al. 2013, algorithm 1).
    """
    def mean(x: np.ndarray) -> np.ndarray:
        return cv2.boxFilter(x, -1, (2 * radius + 1, 2 * radius + 1), borderType=cv2.BORDER_REFLECT)

    mean_guide, mean_mask = mean(guide), mean(mask)
    a = (mean(guide * mask) - mean_guide * mean_mask) / (
        mean(guide * guide) - mean_guide**2 + epsilon)
    return mean(a), mean(mean_mask - a * mean_guide)
