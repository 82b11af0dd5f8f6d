"""VGG19, VGG16 and AlexNet as frozen feature extractors, their layers addressed by name.

A layer's name (``conv4_2``; AlexNet: ``conv3``) means the activation after that convolution's
ReLU, as in Gatys et al. 2016.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F

from .errors import UserError
from .weights import Weights

__all__ = ["Backbone", "layer_names"]

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
    """A frozen network, cut after the deepest of the layers asked for.

    Args:
        name: a backbone's name in Settings.
        weights: its convolutions (nst.weights.load).
        pooling: ``"average"`` (Gatys et al. 2016: smoother) or ``"max"``.
        device, dtype: where and in which number format the features are computed.
    """

    def __init__(
        self, name: str, weights: Weights, *, pooling: str = "average",
        device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32,
    ):
        self.name = name
        self.layers = layer_names(name)
        self.dtype = dtype
        self.device = torch.device(device)
        self._plan = _PLANS[name].split()
        self._pool = F.avg_pool2d if pooling == "average" else F.max_pool2d
        self._pool_size = 3 if name == "alexnet" else 2
        self._mean = torch.tensor(weights.mean, device=device).view(1, 3, 1, 1)
        place = dict(device=device, dtype=dtype)
        self._convs = {
            layer: (kernel.to(memory_format=torch.channels_last, **place), bias.to(**place))
            for layer, (kernel, bias) in weights.convs.items() if layer in self.layers
        }

    def check(self, layers: Iterable[str]) -> None:
        """Raises UserError for a layer that this backbone does not have."""
        for layer in layers:
            if layer not in self.layers:
                raise UserError(
                    f"{self.name} has no layer {layer!r}; choose from {', '.join(self.layers)}.")

    def __call__(self, picture: torch.Tensor, layers: Iterable[str]) -> dict[str, torch.Tensor]:
        """Activations of the named layers.

        Args:
            picture: (1, 3, H, W), RGB in 0..1.
            layers: names; the network is run no further than the deepest.

        Returns:
            for each name the activation (1, C, h, w), after the ReLU, in the backbone's dtype.
        """
        wanted = set(layers)
        found = {}
        x = (picture - self._mean).to(self.dtype)
        for layer in self._plan:
            if layer == "pool":
                x = self._pool(x, self._pool_size, 2)
                continue
            kernel, bias = self._convs[layer]
            pad = _PADS.get(layer, 1)
            if layer in ("conv1_1", "conv1"):
                # Zero padding there shows as a dark frame: the border's first features see an
                # edge that the photo does not have. Replicating the rim removes it.
                x = F.pad(x, (pad,) * 4, mode="replicate")
                pad = 0
            x = F.conv2d(x, kernel, bias, _STRIDES.get(layer, 1), pad).relu_()
            if layer in wanted:
                found[layer] = x
                if len(found) == len(wanted):
                    break
        return found
