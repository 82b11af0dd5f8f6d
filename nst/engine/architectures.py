"""The networks whose features the losses compare: their layers, from the picture up.

One entry here describes a backbone; :mod:`nst.engine.weights` says where its weights come from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["ARCHITECTURES", "Architecture", "Conv", "Pool", "layer_names"]


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
class Architecture:
    """The layers of a network in their order, without its classifier."""

    layers: tuple[Conv | Pool, ...]

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
    return Architecture(tuple(layers[:-1]))  # nothing is read behind the last pool


_VGG19 = _vgg(2, 2, 4, 4, 4)  # column E of the table
_VGG16 = _vgg(2, 2, 3, 3, 3)  # column D
# Krizhevsky 2014, in torchvision's form.
_ALEXNET = Architecture((
    Conv("conv1", 0, (64, 3, 11, 11), stride=4, pad=2), Pool(3),
    Conv("conv2", 3, (192, 64, 5, 5), pad=2), Pool(3),
    Conv("conv3", 6, (384, 192, 3, 3)),
    Conv("conv4", 8, (256, 384, 3, 3)),
    Conv("conv5", 10, (256, 256, 3, 3)),
))

# By the backbone's name in Settings. The two VGG19 differ in their weights alone.
ARCHITECTURES = {
    "vgg19": _VGG19, "vgg19-imagenet": _VGG19, "vgg16": _VGG16, "alexnet": _ALEXNET,
}


def layer_names(backbone: str) -> tuple[str, ...]:
    """The names of a backbone's convolutions, from the picture up."""
    return tuple(conv.name for conv in ARCHITECTURES[backbone].convs)
