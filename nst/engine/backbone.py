"""VGG19, VGG16 and AlexNet as frozen feature extractors, their layers addressed by name.

A layer's name (``conv4_2``; AlexNet: ``conv3``) means the activation after that convolution's
ReLU, as in Gatys et al. 2016.
"""

from __future__ import annotations

import copy
import functools
import itertools
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch.utils.checkpoint import checkpoint

from .weights import Weights

__all__ = ["Backbone", "Tap", "layer_names"]

Tap = Callable[[torch.Tensor], torch.Tensor]

# The order of the layers; "pool" stands between them. Simonyan & Zisserman 2015 (table 1, D and E),
# Krizhevsky 2014 as in torchvision.
_PLANS = {
    "vgg19": "conv1_1 conv1_2 pool conv2_1 conv2_2 pool conv3_1 conv3_2 conv3_3 conv3_4 pool "
             "conv4_1 conv4_2 conv4_3 conv4_4 pool conv5_1 conv5_2 conv5_3 conv5_4",
    "vgg16": "conv1_1 conv1_2 pool conv2_1 conv2_2 pool conv3_1 conv3_2 conv3_3 pool "
             "conv4_1 conv4_2 conv4_3 pool conv5_1 conv5_2 conv5_3",
    "alexnet": "conv1 pool conv2 pool conv3 conv4 conv5",
}
_PLANS["vgg19-imagenet"] = _PLANS["vgg19"]
_STRIDES = {"conv1": 4}  # AlexNet's; every other convolution here has stride 1
_PADS = {"conv1": 2, "conv2": 2}  # AlexNet's; every other pads by 1


def layer_names(backbone: str) -> tuple[str, ...]:
    """The names of a backbone's convolutions, from the picture up."""
    return tuple(name for name in _PLANS[backbone].split() if name != "pool")


class Backbone:
    """A frozen network, run no further than the layers asked for.

    Args:
        name: a backbone's name in Settings.
        weights: its convolutions (nst.engine.weights.load).
        pooling: ``"max"``, the networks' own, or ``"average"``, as Gatys et al. 2016 chose: every
            pixel takes part in the gradient, where max passes it on to one of four.
        device, dtype: where and in which number format the features are computed.
    """

    def __init__(
        self, name: str, weights: Weights, *, pooling: str = "max",
        device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32,
    ):
        self.name = name
        self.layers = layer_names(name)
        self.dtype = dtype
        self.device = torch.device(device)
        self._plan = _PLANS[name].split()
        size = 3 if name == "alexnet" else 2
        if pooling == "max":
            self._pool = functools.partial(F.max_pool2d, kernel_size=size, stride=2)
        elif size == 2:
            self._pool = _Halved.apply
        else:
            self._pool = functools.partial(F.avg_pool2d, kernel_size=size, stride=2)
        self._mean = torch.tensor(weights.mean, device=device).view(1, 3, 1, 1)
        place = dict(device=device, dtype=dtype)
        self._convs = {
            layer: (kernel.to(memory_format=torch.channels_last, **place), bias.to(**place))
            for layer, (kernel, bias) in weights.convs.items() if layer in self.layers
        }

    def to_float32(self) -> Backbone:
        """The same network in float32 (itself, if it is)."""
        if self.dtype == torch.float32:
            return self
        other = copy.copy(self)
        other.dtype = torch.float32
        other._convs = {layer: (kernel.float(), bias.float())
                        for layer, (kernel, bias) in self._convs.items()}
        return other

    def cost(self, layers: Iterable[str]) -> float:
        """Multiplications for each pixel of the picture, up to the deepest of the layers."""
        total, share = 0.0, 1.0
        for layer in itertools.chain.from_iterable(self._blocks(layers)):
            if layer == "pool":
                share /= 4
            else:
                share /= _STRIDES.get(layer, 1) ** 2
                total += self._convs[layer][0].numel() * share
        return total

    def features(self, picture: torch.Tensor, layers: Iterable[str]) -> dict[str, torch.Tensor]:
        """Activations (1, C, h, w) of the named layers, as :meth:`__call__`, without gradient."""
        with torch.no_grad():
            return self(picture, {layer: lambda activation: activation for layer in layers})

    def __call__(
        self, picture: torch.Tensor, taps: dict[str, Tap], *, recompute: bool = False
    ) -> dict[str, torch.Tensor]:
        """What each tap makes of its layer's activation.

        Args:
            picture: (1, 3, H, W), RGB in 0..1.
            taps: for each layer's name a function of the activation, (1, C, h, w) after the
                ReLU in the backbone's dtype. The network is run no further than the deepest.
            recompute: keep only what stands between the pools and compute the rest again in the
                backward pass (Chen et al. 2016): the same result for a quarter more work, in a
                fraction of the memory.
        """
        results: dict[str, torch.Tensor] = {}
        x = (picture - self._mean).to(self.dtype)
        for block in self._blocks(taps):
            run = functools.partial(self._run, block, taps)
            x, found = checkpoint(run, x, use_reentrant=False) if recompute else run(x)
            results |= found
        return results

    def _blocks(self, layers: Iterable[str]) -> list[list[str]]:
        """The plan up to the deepest of the layers, a block for each part behind a pool."""
        end = max(self._plan.index(layer) for layer in layers) + 1
        blocks: list[list[str]] = [[]]
        for layer in self._plan[:end]:
            if layer == "pool":
                blocks.append([])
            blocks[-1].append(layer)
        return blocks

    def _run(
        self, block: list[str], taps: dict[str, Tap], x: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        found = {}
        for layer in block:
            if layer == "pool":
                x = self._pool(x)
                continue
            kernel, bias = self._convs[layer]
            pad = _PADS.get(layer, 1)
            if layer in ("conv1_1", "conv1"):
                # Zero padding there shows as a dark frame: the border's first features see an
                # edge that the photo does not have. Replicating the rim removes it.
                x = F.pad(x, (pad,) * 4, mode="replicate")
                pad = 0
            x = F.conv2d(x, kernel, bias, _STRIDES.get(layer, 1), pad).relu_()
            if layer in taps:
                found[layer] = taps[layer](x)
        return x, found


class _Halved(torch.autograd.Function):
    """Average pooling, 2 by 2: (1, C, H, W) to (1, C, H // 2, W // 2).

    torch's own gradient of it runs on one core for a single picture (measured at 512 px: 18 ms
    against 5 ms).
    """

    @staticmethod
    def forward(ctx, x):
        ctx.odd = x.shape[3] % 2, x.shape[2] % 2
        return F.avg_pool2d(x, 2)

    @staticmethod
    def backward(ctx, gradient):
        spread = F.interpolate(gradient / 4, scale_factor=2, mode="nearest")
        if any(ctx.odd):  # the last row or column took no part
            spread = F.pad(spread, (0, ctx.odd[0], 0, ctx.odd[1]))
        return spread
