"""The networks whose features the losses compare: their layers, and what each is used for.

One entry here describes a backbone; :mod:`nst.engine.weights` says where its weights come from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ARCHITECTURES", "Architecture", "Conv", "LayerPlan", "Pool", "layer_names"]


@dataclass(frozen=True)
class Conv:
    """A convolution and the ReLU behind it.

    ``name``: as the literature names it (``conv4_2``). ``index``: N of torchvision's
    ``features.N``. ``shape``: of the kernel, (out, in, k, k). ``stride``, ``pad``: in pixels.
    """

    name: str
    index: int
    shape: tuple[int, int, int, int]
    stride: int = 1
    pad: int = 1

    def multiplications(self, rank: int | None = None) -> int:
        """For each position; ``rank``: of a kernel that is computed as two thinner ones."""
        if rank is None:
            return math.prod(self.shape)
        out, *inside = self.shape
        return rank * (math.prod(inside) + out)


@dataclass(frozen=True)
class Pool:
    """A pooling layer: windows of ``size`` by ``size`` pixels, 2 apart."""

    size: int = 2


@dataclass(frozen=True)
class LayerPlan:
    """Which layers of a network the losses compare at each scale.

    ``style`` and ``content`` have an entry for each scale from the coarsest (recipe.FIRST_SIZE) up
    by doubling; the last serves every larger one.

    Attributes:
        style: relative weights by layer.
        content: weights by layer.
        strokes: the layer at whose positions brush strokes are looked up (scale_start.py). A
            position of it has to have a side of four pixels.
        match: shares by layer of the distance to the style's nearest places (losses.MatchLoss).
    """

    style: tuple[dict[str, float], ...]
    content: tuple[dict[str, float], ...]
    strokes: str
    match: dict[str, float]

    def style_at(self, scale: int) -> dict[str, float]:
        """The style layers of the scale with this index."""
        return self.style[min(scale, len(self.style) - 1)]

    def content_at(self, scale: int) -> dict[str, float]:
        """The content layers of the scale with this index."""
        return self.content[min(scale, len(self.content) - 1)]


@dataclass(frozen=True)
class Architecture:
    """A network: its layers in their order, without its classifier, and what they are used for.

    ``plan``: the layers that the losses compare. ``draft``: the same for drafts, which leave out
    what takes long.
    """

    layers: tuple[Conv | Pool, ...]
    plan: LayerPlan
    draft: LayerPlan

    @property
    def convs(self) -> tuple[Conv, ...]:
        """The convolutions alone."""
        return tuple(layer for layer in self.layers if isinstance(layer, Conv))

    @property
    def first_block(self) -> tuple[Conv, ...]:
        """The convolutions in front of the first pool."""
        return self.convs[:next(index for index, layer in enumerate(self.layers)
                                if isinstance(layer, Pool))]

    def up_to(self, names: Iterable[str]) -> tuple[Conv | Pool, ...]:
        """The layers up to the deepest of those named; KeyError: there is no such layer."""
        missing = set(names)
        for index, layer in enumerate(self.layers):
            if isinstance(layer, Conv):
                missing.discard(layer.name)
                if not missing:
                    return self.layers[:index + 1]
        raise KeyError(f"there is no layer {min(missing)}")

    def multiplications(self, names: Iterable[str], ranks: Mapping[str, int] | None = None
                        ) -> float:
        """For each pixel of the picture, up to the deepest layer of those named; KeyError as there.

        Args:
            ranks: of the convolutions that are computed as two thinner ones.
        """
        total, share = 0.0, 1.0  # share: of the picture's pixels that are left at a layer
        for layer in self.up_to(names):
            if isinstance(layer, Pool):
                share /= 4
            else:
                share /= layer.stride**2
                total += share * layer.multiplications((ranks or {}).get(layer.name))
        return total

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """The tensors of torchvision's checkpoint that are used, and their shapes."""
        wanted: dict[str, tuple[int, ...]] = {}
        for conv in self.convs:
            wanted[f"features.{conv.index}.weight"] = conv.shape
            wanted[f"features.{conv.index}.bias"] = conv.shape[:1]
        return wanted


# Relative weights of the style layers, from the first up, at each scale. The deepest weighs most at
# the coarsest scale, where it makes large curves. VGG's conv5_1 is left out: conv4_1 at the scale
# before has seen patches of the same size; at the coarsest scale it changes the style distance by
# no more than .002 (Starry Night, The Scream) and costs a third more work. Leaving conv4_1 out at
# 512 px halves the work, but costs .03 to .05 of style distance: only a draft does.
_STYLE = ((1, 1, 1, 2), (1, 1, 1, 2), (4, 3, 2, 2), (8, 4, 2, 1), (8, 4, 2))
_STYLE_DRAFT = (*_STYLE[:3], _STYLE[-1])


def _style(names: Sequence[str], weights: Sequence[Sequence[float]]) -> tuple[dict, ...]:
    """The weights of each scale by layer."""
    return tuple(dict(zip(names, at_scale, strict=False)) for at_scale in weights)


def _vgg(*convs_in_block: int) -> Architecture:
    """Simonyan and Zisserman 2015, table 1: 3 by 3 kernels in five blocks with a pool between."""
    layers: list[Conv | Pool] = []
    index, channels = 0, 3
    for block, (count, width) in enumerate(
            zip(convs_in_block, (64, 128, 256, 512, 512), strict=True), start=1):
        for number in range(1, count + 1):
            layers.append(Conv(f"conv{block}_{number}", index, (width, channels, 3, 3)))
            channels = width
            index += 2  # torchvision counts the ReLU as a layer
        layers.append(Pool())
        index += 1
    return Architecture(tuple(layers[:-1]),  # nothing is read behind the last pool
                        *_vgg_plans(*convs_in_block))


def _vgg_plans(*convs_in_block: int) -> tuple[LayerPlan, LayerPlan]:
    """What a VGG's layers are used for, and in drafts."""
    firsts = [f"conv{block}_1" for block in range(1, 6)]
    # Content: a position of conv4_1's at 512 px covers as much of the face as one of conv3_3's at
    # 256. A finer layer holds strokes back (conv3_1: The Scream .147/.614 in style/content
    # distance, conv4_1: .140/.604), and conv4_2 leaves speckles in dark areas. A draft does not run
    # to conv4_1. With .6 and .12 the person's distance was .65, not .61.
    coarse = {f"conv4_{min(2, convs_in_block[3])}": 0.45}
    middle = {f"conv3_{min(3, convs_in_block[2])}": 1.0}
    content = (coarse, coarse, middle, {"conv4_1": 0.15}, {"conv3_1": 0.2})
    match = {"conv3_1": 0.5, "conv4_1": 0.5}
    return (LayerPlan(_style(firsts, _STYLE), content, "conv3_1", match),
            LayerPlan(_style(firsts, _STYLE_DRAFT), (*content[:3], content[-1]), "conv3_1", match))


def _alexnet() -> Architecture:
    """Krizhevsky 2014, in torchvision's form."""
    convs = (
        Conv("conv1", 0, (64, 3, 11, 11), stride=4, pad=2),
        Conv("conv2", 3, (192, 64, 5, 5), pad=2),
        Conv("conv3", 6, (384, 192, 3, 3)),
        Conv("conv4", 8, (256, 384, 3, 3)),
        Conv("conv5", 10, (256, 256, 3, 3)),
    )
    names = [conv.name for conv in convs]
    content = ({"conv4": 0.45}, {"conv4": 0.45}, {"conv4": 0.6}, {"conv3": 0.2})
    return Architecture(
        (convs[0], Pool(3), convs[1], Pool(3), *convs[2:]),
        LayerPlan(_style(names, _STYLE), content, "conv1", {"conv2": 1.0}),
        LayerPlan(_style(names, _STYLE_DRAFT), content, "conv1", {"conv2": 1.0}))


_VGG19 = _vgg(2, 2, 4, 4, 4)  # column E of the table
_VGG16 = _vgg(2, 2, 3, 3, 3)  # column D
_ALEXNET = _alexnet()

# By the backbone's name in Settings. The two VGG19 differ in their weights alone.
ARCHITECTURES = {
    "vgg19": _VGG19, "vgg19-imagenet": _VGG19, "vgg16": _VGG16, "alexnet": _ALEXNET,
}


def layer_names(backbone: str) -> tuple[str, ...]:
    """The names of a backbone's convolutions, from the picture up."""
    return tuple(conv.name for conv in ARCHITECTURES[backbone].convs)
