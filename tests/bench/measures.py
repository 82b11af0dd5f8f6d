"""Whether a result is composed like the style and still shows the person, in figures.

What is measured here is not what is optimised: VGG19 pools by the maximum (the engine by the
average), in float32, at relu2_1 to relu5_1.

covariance: mean over relu2_1, 3_1, 4_1, 5_1 of |C(x) - C(style)| / |C(photo) - C(style)|, C the
    covariance of the features. 0 is the style's own manner, 1 as far from it as the photo.
coverage: mean cosine distance from each place of the style to the nearest in the result, at
    relu4_1 centred on the style's mean: how much of what the style shows is there.
weave: as nst/engine/step_filter.py measures it, divided by the style's own.
person: |F(x) - F(photo)|^2 / |F(photo)|^2 at relu4_2 inside the person's mask.
face: as covariance, at relu2_1 and relu3_1, of the faces' features against the whole style's.
chroma, contrast: mean OKLab chroma and standard deviation of lightness over the style's own.
"""

from __future__ import annotations

import functools
import math
from dataclasses import astuple, dataclass
from statistics import fmean

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from nst.engine.backbone import Backbone
from nst.engine.color import oklab
from nst.engine.statistics import moments
from nst.engine.step_filter import weave
from nst.engine.tensors import to_tensor
from nst.engine.weights import load
from nst.portrait.find import find_people

__all__ = ["HEAD", "Measures", "measure"]

LAYERS = ("conv2_1", "conv3_1", "conv4_1", "conv5_1")
FACE_LAYERS = ("conv2_1", "conv3_1")
COVERAGE_LAYER, CONTENT_LAYER = "conv4_1", "conv4_2"
HEAD = "   cov  cover  weave person   face chroma contrast"


@dataclass(frozen=True)
class Measures:
    covariance: float
    coverage: float
    weave: float
    person: float
    face: float
    chroma: float
    contrast: float

    def __str__(self) -> str:
        return " ".join(f"{value:6.3f}" for value in astuple(self))

    def short(self) -> str:
        return (f"cov {self.covariance:.2f} cover {self.coverage:.3f} weave {self.weave:.1f} "
                f"pers {self.person:.2f} face {self.face:.2f}")

    @classmethod
    def mean(cls, many: list[Measures]) -> Measures:
        return cls(*map(fmean, zip(*map(astuple, many), strict=True)))


def measure(result: Image.Image, photo: Image.Image, style: Image.Image) -> Measures:
    """Measures of a result; the photo and the style are resized to its area."""
    before, wanted = _photo(photo, result.size), _style(style, result.size)
    x = to_tensor(result)
    found = _network().features(x, (*LAYERS, CONTENT_LAYER))
    near = {layer: _covariance(found[layer]) for layer in LAYERS}
    distances = [_ratio(near[layer], before.spread[layer], wanted.spread[layer])
                 for layer in LAYERS]
    person = face = math.nan
    error = (found[CONTENT_LAYER] - before.content).square()
    person = float((error * before.person).sum()
                   / (before.content.square() * before.person).sum())
    if before.face is not None:
        face = fmean(_ratio(_covariance(found[layer], before.face), before.skin[layer],
                            wanted.spread[layer]) for layer in FACE_LAYERS)
    chroma, contrast = _colour(x)
    return Measures(
        fmean(distances), _coverage(found[COVERAGE_LAYER], wanted.places), weave(x) / wanted.weave,
        person, face, chroma / wanted.chroma, contrast / wanted.contrast)


def _covariance(activation: torch.Tensor, weight: torch.Tensor | None = None) -> torch.Tensor:
    return moments(activation, weight)[:, :-1]


def _ratio(near: torch.Tensor, far: torch.Tensor, target: torch.Tensor) -> float:
    return float((near - target).norm() / (far - target).norm())


def _coverage(ours: torch.Tensor, places: torch.Tensor) -> float:
    mean = places.mean(1, keepdim=True)
    ours = F.normalize(ours[0].flatten(1) - mean, dim=0)
    theirs = F.normalize(places - mean, dim=0)
    nearest = torch.cat([(part.T @ ours).amax(1) for part in theirs.split(1024, 1)])
    return float((1 - nearest).mean())


def _colour(picture: torch.Tensor) -> tuple[float, float]:
    lab = oklab(picture)
    return float(lab[0, 1:].norm(dim=0).mean()), float(lab[0, 0].std())


@dataclass(frozen=True)
class _Photo:
    spread: dict[str, torch.Tensor]
    skin: dict[str, torch.Tensor]
    content: torch.Tensor
    person: torch.Tensor  # at the content layer's size; 1 where no person was found
    face: torch.Tensor | None


@dataclass(frozen=True)
class _Style:
    spread: dict[str, torch.Tensor]
    places: torch.Tensor
    weave: float
    chroma: float
    contrast: float


_kept: dict = {}  # by id(); the picture is kept beside, so that no id is used twice


def _photo(photo: Image.Image, size: tuple[int, int]) -> _Photo:
    key = "photo", id(photo), size
    if key not in _kept:
        small = photo.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        found = _network().features(to_tensor(small), (*LAYERS, CONTENT_LAYER))
        people = find_people(photo.convert("RGB"), size)
        face, mask = None, np.ones(size[::-1], np.float32)
        skin = {}
        if people.face is not None and people.person is not None:
            face = torch.from_numpy(people.face)[None, None]
            mask = people.person
            skin = {layer: _covariance(found[layer], face) for layer in FACE_LAYERS}
        content = found[CONTENT_LAYER]
        person = F.adaptive_avg_pool2d(torch.from_numpy(mask)[None, None], content.shape[2:])
        _kept[key] = _Photo({layer: _covariance(found[layer]) for layer in LAYERS}, skin,
                            content, person, face), photo
    return _kept[key][0]


def _style(style: Image.Image, size: tuple[int, int]) -> _Style:
    key = "style", id(style), size
    if key not in _kept:
        scale = math.sqrt(size[0] * size[1] / (style.width * style.height))
        small = style.convert("RGB").resize(
            (round(style.width * scale), round(style.height * scale)), Image.Resampling.LANCZOS)
        x = to_tensor(small)
        found = _network().features(x, LAYERS)
        _kept[key] = _Style(
            {layer: _covariance(found[layer]) for layer in LAYERS},
            found[COVERAGE_LAYER][0].flatten(1), weave(to_tensor(style.convert("RGB"))),
            *_colour(x)), style
    return _kept[key][0]


@functools.cache
def _network() -> Backbone:
    device = torch.device("cpu")
    return Backbone("vgg19", load("vgg19"), pooling="max", device=device, dtype=torch.float32)
