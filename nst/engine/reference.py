"""The whole method, plain and slow: read it from top to bottom, in one sitting.

    python -m nst.engine.reference PHOTO STYLE OUT [FACE]

Gatys, Ecker and Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", with this
project's recipe and none of its speed. The fast engine (stylize.py) computes the same losses and is
tested against this file; it adds several styles, people in planes, skin's tones and a clock.
Every picture is a tensor (1, 3, H, W), RGB in 0..1. FACE is as large as PHOTO, white in a face.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ..settings import Settings
from .architectures import ARCHITECTURES
from .faces import LIGHT_CELLS
from .manner import manner_of
from .recipe import Recipe, Scale, plan
from .tensors import dealt, resampled, to_image, to_tensor
from .weights import load, torchvision_models

# --- 1. The network: what a picture looks like to it -------------------------------------------

def vgg19(dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """torchvision's VGG19 with Oxford's weights, frozen; pools take the mean, as in Gatys et al."""
    network = torchvision_models().vgg19(init_weights=False).features.to(dtype)
    for conv in ARCHITECTURES["vgg19"].convs:
        for parameter, values in zip(network[conv.index].parameters(),
                                     load("vgg19").convs[conv.name], strict=True):
            parameter.data = values.to(dtype)
    network[0].padding_mode = "replicate"  # zeros at the border would show as a dark frame
    for index, layer in enumerate(network):
        if isinstance(layer, nn.MaxPool2d):
            network[index] = nn.AvgPool2d(2)
    return network.requires_grad_(False)


def activations(network: nn.Sequential, picture: Tensor) -> dict[str, Tensor]:
    """The activation (1, C, h, w) behind every convolution's ReLU, by the convolution's name."""
    x = picture - picture.new_tensor(load("vgg19").mean).view(1, 3, 1, 1)
    found, names = {}, {conv.index: conv.name for conv in ARCHITECTURES["vgg19"].convs}
    for index, layer in enumerate(network):
        x = layer(x)
        if index - 1 in names:  # a ReLU stands behind its convolution
            found[names[index - 1]] = x
    return found


# --- 2. The losses: how far a picture is from the style, and from the photo ----------------------

def moments(activation: Tensor) -> tuple[Tensor, Tensor]:
    """The style: how a layer's channels vary together (C, C), wherever that is; their mean (C,).

    Gatys et al. take the Gram matrix covariance + mean mean^T: mostly the latter, behind a ReLU.
    """
    features = activation[0].flatten(1)
    mean = features.mean(1, keepdim=True)
    deviation = features - mean
    return deviation @ deviation.T / features.shape[1], mean[:, 0]


def relative(x: Tensor, target: Tensor) -> Tensor:
    """|x - target|^2 / |target|^2: 0 is reached, and 1 is about what an empty picture gives."""
    return (x - target).square().sum() / target.square().sum()


def style_loss(activation: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
    """Distance of a layer's covariance and mean from the style's (eq. 4, with our divisor)."""
    return sum(map(relative, moments(activation), target), activation.new_zeros(()))


def content_loss(activation: Tensor, target: Tensor, gain: Tensor) -> Tensor:
    """Distance of a layer's activation from the photo's (eq. 1), counted more where ``gain`` is."""
    gain = F.adaptive_avg_pool2d(gain, (target.shape[2], target.shape[3]))
    return (gain * (activation - target).square()).sum() / target.square().sum()


def most_alike(ours: Tensor, theirs: Tensor) -> Tensor:
    """Which of the style's positions (N, C) each of ours (M, C) resembles, of its own group."""
    hands, decks = dealt(len(ours), len(theirs))  # at random, so that no object is copied
    return (ours @ theirs.T).masked_fill(hands[:, None] != decks, -1).argmax(1)


def match_loss(activation: Tensor, places: Tensor) -> Tensor:
    """Mean cosine distance of each position from the most similar of the style's (N, C)."""
    mean = places.mean(0)
    ours, theirs = (F.normalize(x - mean, dim=1) for x in (activation[0].flatten(1).T, places))
    return 1 - (ours * theirs[most_alike(ours, theirs)]).sum(1).mean()


def total_variation(picture: Tensor) -> Tensor:
    """Mean squared difference of neighbouring pixels, against noise (Mahendran, Vedaldi 2015)."""
    return picture.diff(dim=3).square().mean() + picture.diff(dim=2).square().mean()


def shading_loss(picture: Tensor, photo: Tensor, face: Tensor, cell: float) -> Tensor:
    """Distance of a subject's light and shade, by which people tell it, over cells of pixels."""
    size = max(1, round(photo.shape[2] / cell)), max(1, round(photo.shape[3] / cell))
    luma = photo.new_tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)  # ITU-R BT.601
    ours, theirs = (F.interpolate((x * luma).sum(1, keepdim=True), size=size, mode="bilinear",
                                  antialias=True) for x in (picture, photo))
    where = F.adaptive_avg_pool2d(face, size)
    spread = where * (theirs - (where * theirs).sum() / where.sum()).square()
    return (where * (ours - theirs).square()).sum() / spread.sum().clamp_min(1e-6)


# --- 3. The step: a filter against the weave -----------------------------------------------------

def step_filter(step: Tensor, strength: float) -> Tensor:
    """The step with less fine detail along the picture's axes.

    Convolutions of 3 by 3 answer most to it, and in the result it is a weave like canvas. Waves of
    .2 to .3 cycles a pixel and more, in direction phi, are scaled by 1 - strength cos^2(2 phi).
    """
    height, width = step.shape[2:]
    mirrored = torch.cat((step, step.flip(2)), 2)  # so that nothing wraps around
    mirrored = torch.cat((mirrored, mirrored.flip(3)), 3)
    down = torch.fft.fftfreq(2 * height, dtype=step.dtype)[:, None]
    across = torch.fft.fftfreq(2 * width, dtype=step.dtype)[None]
    fine = ((torch.hypot(down, across) - 0.2) / 0.1).clamp(0, 1)
    cosine = torch.cos(2 * torch.atan2(down, across))
    waves = torch.fft.fft2(mirrored) * (1 - strength * fine * cosine.square())
    return torch.fft.ifft2(waves).real[..., :height, :width]


# --- 4. The start: the photo in the painting's colours, and the painting's own strokes -----------

def match_colors(photo: Tensor, style: Tensor, amount: float) -> Tensor:
    """The photo's colours moved towards the style's mean and covariance (Pitie, Kokaram 2007)."""
    def power(matrix: Tensor, exponent: float) -> Tensor:
        values, vectors = torch.linalg.eigh(matrix)
        return vectors @ torch.diag(values.clamp_min(1e-12) ** exponent) @ vectors.T

    (covariance, mean), (wanted, wanted_mean) = (moments(x.double()) for x in (photo, style))
    floor = (1 / 255) ** 2 * torch.eye(3, dtype=torch.float64)  # a grey picture has none
    root, inverse = power(covariance + floor, 0.5), power(covariance + floor, -0.5)
    transport = inverse @ power(root @ (wanted + floor) @ root, 0.5) @ inverse
    flat = photo[0].flatten(1).double()
    mapped = transport @ (flat - mean[:, None]) + wanted_mean[:, None]
    return torch.lerp(flat, mapped, amount).clamp(0, 1).to(photo.dtype).view_as(photo)


def brush_strokes(coarse: Tensor, style: Tensor, network: nn.Sequential, layer: str) -> Tensor:
    """The style's finer detail at the places (4 pixels) that look like the coarse picture's."""
    small = resampled(style, [max(16, round(side / 8) * 4) for side in style.shape[2:]])
    ours, theirs = (activations(network, x)[layer] for x in (coarse, small))
    mean = theirs.mean((2, 3), keepdim=True)
    a, b = (F.normalize((x - mean)[0].flatten(1), dim=0) for x in (ours, theirs))
    nearest = most_alike(a.T, b.T)
    fine = resampled(style, [8 * side for side in theirs.shape[2:]])
    detail = fine - resampled(resampled(fine, [4 * n for n in theirs.shape[2:]]), fine.shape[2:])
    windows = F.unfold(F.pad(detail, (4,) * 4, mode="reflect"), 16, stride=8)
    fade = torch.hann_window(18, periodic=False, dtype=style.dtype)[1:-1]
    fade = (fade[:, None] * fade).flatten().repeat(3)[None, :, None]
    out = 8 * ours.shape[2] + 8, 8 * ours.shape[3] + 8
    drawn = F.fold(windows[..., nearest] * fade, out, 16, stride=8)
    return (drawn / F.fold(fade.expand(1, -1, len(nearest)), out, 16, stride=8))[..., 4:-4, 4:-4]


def start_of_scale(coarse: Tensor, photo: Tensor, style: Tensor, network: nn.Sequential,
                   recipe: Recipe, layer: str, gain: Tensor) -> Tensor:
    """The coarser result enlarged, with finer detail of the photo and strokes of the style."""
    size, start = photo.shape[2:], recipe.start
    detail = photo - resampled(resampled(photo, coarse.shape[2:]), size)
    strokes = resampled(brush_strokes(coarse, style, network, layer), size) / gain
    return (resampled(coarse, size) + start.detail * detail + start.strokes * strokes).clamp(0, 1)


# --- 5. The loop: from coarse to fine ------------------------------------------------------------

def objective(picture: Tensor, photo: Tensor, style: Tensor, network: nn.Sequential, scale: Scale,
              recipe: Recipe, face: Tensor) -> dict[str, Tensor]:
    """Each loss by name, and their weighted ``total``, which is minimised.

    Content is weighed against how far the photo is from the style: see objective.py.
    """
    seen, photo_seen, style_seen = (activations(network, x) for x in (picture, photo, style))
    targets = {layer: moments(style_seen[layer]) for layer in scale.style}

    def style_at(found: dict[str, Tensor]) -> Tensor:
        return torch.stack([weight * style_loss(found[layer], targets[layer])
                            for layer, weight in scale.style.items()]).sum()

    gain, subject = (1 + (recipe.faces.gain - 1) * face) ** scale.face_power, face
    if not face.any():  # then all of the photo is the subject
        gain, subject = recipe.weights.nobody * gain, torch.ones_like(face)
    width = float((subject.amax((0, 1, 2)) > 0.5).sum())
    losses = {
        "content": torch.stack([weight * content_loss(seen[layer], photo_seen[layer], gain)
                                for layer, weight in scale.content.items()]).sum(),
        "style": style_at(seen), "tv": total_variation(picture),
        "shading": shading_loss(picture, photo, subject, max(1.0, width / LIGHT_CELLS))}
    weights: dict[str, Tensor | float] = {
        "content": recipe.weights.content * style_at(photo_seen),
        "style": recipe.weights.style, "tv": recipe.weights.tv, "shading": recipe.weights.shading}
    if scale.match:  # the style is turned too, so that strokes may follow any form
        turned = [activations(network, style.rot90(turns, (2, 3))) for turns in range(2)]
        losses["match"] = torch.stack([share * match_loss(
            seen[layer], torch.cat([x[layer][0].flatten(1).T for x in turned]))
            for layer, share in scale.match.items()]).sum()
        weights["match"] = recipe.weights.match
    return losses | {"total": torch.stack([weights[name] * losses[name] for name in losses]).sum()}


def paint(photo: Image.Image, style: Image.Image, face: Image.Image | None = None,
          settings: Settings | None = None) -> Iterator[tuple[Tensor, dict[str, float]]]:
    """Repaint a photo after a style; yields the picture and its losses after every step."""
    recipe = plan(settings or Settings(), manner_of([(style, 1.0)]))
    network, picture = vgg19(), None
    for scale in recipe.scales:
        shrink = scale.size / max(photo.size)
        size = round(photo.height * shrink), round(photo.width * shrink)
        style_shrink = min(1.5, math.sqrt(math.prod(size) / (style.width * style.height)))
        painting = resampled(to_tensor(style), [
            round(side * style_shrink) for side in (style.height, style.width)]).clamp(0, 1)
        content = resampled(to_tensor(photo), size).clamp(0, 1)
        content = match_colors(content, painting, recipe.start.color_match)
        where = torch.zeros_like(content[:, :1]) if face is None else (
            F.adaptive_avg_pool2d(to_tensor(face)[:, :1], size))
        gain = 1 + (recipe.faces.stroke_gain - 1) * where
        picture = content.clone() if picture is None else start_of_scale(
            picture.detach(), content, painting, network, recipe, scale.strokes, gain)
        picture.requires_grad_(True)
        adam = torch.optim.Adam([picture], recipe.descent.rate_at(scale.size),
                                recipe.descent.betas)
        for _ in range(scale.steps):
            losses = objective(picture, content, painting, network, scale, recipe, where)
            (picture.grad,) = torch.autograd.grad(losses["total"], picture)
            before = picture.detach().clone()
            adam.step()
            step = step_filter(picture.detach() - before, recipe.descent.filter_strength)
            picture.data = (before + step).clamp(0, 1)
            yield picture.detach(), {name: float(value.detach()) for name, value in losses.items()}


if __name__ == "__main__":
    photo_file, style_file, out_file, *face_file = sys.argv[1:]
    kept = Image.open(face_file[0]) if face_file else None
    for result, values in paint(Image.open(photo_file), Image.open(style_file), kept):
        print(*result.shape[2:], {name: round(value, 3) for name, value in values.items()})
    to_image(result).save(out_file)
