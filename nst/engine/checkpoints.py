"""A backbone's convolutions in a file, under torchvision's names (``features.N.weight``)."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

__all__ = ["Convs", "digest", "keys", "layout", "pick", "read", "read_torch", "write"]

logger = logging.getLogger(__name__)

Convs = dict[str, tuple[torch.Tensor, torch.Tensor]]

# Simonyan and Zisserman 2015, table 1, columns D and E: convolutions in each block.
_VGG16 = (2, 2, 3, 3, 3)
_VGG19 = (2, 2, 4, 4, 4)
_VGG_BLOCKS = {"vgg16": _VGG16, "vgg19": _VGG19, "vgg19-imagenet": _VGG19}
_VGG_WIDTHS = (64, 128, 256, 512, 512)
# Krizhevsky 2014 as in torchvision: place in ``features``, kernel shape.
_ALEXNET = ((0, (64, 3, 11, 11)), (3, (192, 64, 5, 5)), (6, (384, 192, 3, 3)),
            (8, (256, 384, 3, 3)), (10, (256, 256, 3, 3)))


def layout(backbone: str) -> dict[str, tuple[int, tuple[int, int, int, int]]]:
    """Each convolution by name, in network order: its N in torchvision's ``features.N`` and its
    kernel's shape (out, in, k, k)."""
    if backbone == "alexnet":
        return {f"conv{number}": conv for number, conv in enumerate(_ALEXNET, start=1)}
    convs, place, channels = {}, 0, 3
    for block, (count, width) in enumerate(
            zip(_VGG_BLOCKS[backbone], _VGG_WIDTHS, strict=True), start=1):
        for number in range(1, count + 1):
            convs[f"conv{block}_{number}"] = place, (width, channels, 3, 3)
            channels = width
            place += 2  # a ReLU stands between
        place += 1  # and a pool after the block
    return convs


def keys(backbone: str) -> dict[str, tuple[int, ...]]:
    """The tensors that a file must hold, by torchvision's names, and their shapes."""
    wanted = {}
    for place, shape in layout(backbone).values():
        wanted[f"features.{place}.weight"] = shape
        wanted[f"features.{place}.bias"] = shape[:1]
    return wanted


def pick(state: Any, backbone: str) -> Convs:
    """The backbone's convolutions among a checkpoint's tensors, as float32.

    Raises:
        ValueError: a tensor is missing, of another shape, or not finite; in words that can follow
            "because".
    """
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping):
        raise ValueError("it holds no weights by name")
    for key, shape in keys(backbone).items():
        tensor = state.get(key)
        if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point():
            raise ValueError(f"it has no {key}")
        if tensor.shape != shape:
            raise ValueError(f"its {key} has the shape {tuple(tensor.shape)}, not {shape}")
        if not torch.isfinite(tensor).all():
            raise ValueError(f"its {key} has values that are no numbers")
    # A copy: a view would keep a classifier of 500 MB in memory, or the file mapped.
    return {name: tuple(state[f"features.{place}.{part}"].detach().to(torch.float32, copy=True)
                        for part in ("weight", "bias"))
            for name, (place, _) in layout(backbone).items()}


def read(path: Path, backbone: str) -> tuple[Convs, str]:
    """The convolutions in a .safetensors, .pth or .pt file, and the source that it names ("" if
    none). Raises ValueError as :func:`pick` does, also for a file that cannot be read."""
    try:
        if path.suffix != ".safetensors":
            with path.open("rb") as file:
                return pick(read_torch(file), backbone), ""
        with safe_open(path, framework="pt") as file:
            present = set(file.keys())
            state = {key: file.get_tensor(key) for key in keys(backbone) if key in present}
            return pick(state, backbone), (file.metadata() or {}).get("source", "")
    except OSError as error:
        raise ValueError(error.strerror or "it cannot be read") from error
    except SafetensorError as error:
        raise ValueError("it is not a whole safetensors file") from error


def read_torch(file: IO[bytes]) -> Any:
    """What torch.save wrote, without running code from it. Raises ValueError."""
    # Only zip files can be mapped, and mapping spares reading the classifier; torchvision's VGGs
    # are of the format before.
    mapped = hasattr(file, "name") and isinstance(file.name, str) and zipfile.is_zipfile(file)
    file.seek(0)
    try:
        return torch.load(file.name if mapped else file, map_location="cpu", weights_only=True,
                          mmap=mapped or None)
    # Broad on purpose: on garbage the unpickler raises whatever the garbage spells.
    except Exception as error:
        logger.info("torch.load failed", exc_info=error)
        raise ValueError("it is not a whole file of weights alone") from error


def write(path: Path, convs: Convs, backbone: str, source: str) -> None:
    """Writes a .safetensors file that :func:`read` reads; whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    state = {f"features.{place}.{part}": tensor.contiguous()
             for name, (place, _) in layout(backbone).items()
             for part, tensor in zip(("weight", "bias"), convs[name], strict=True)}
    try:
        save_file(state, unfinished, metadata={"source": source})
        os.replace(unfinished, path)
    except SafetensorError as error:  # a full disk comes as this
        raise OSError(str(error)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def digest(convs: Convs) -> str:
    """sha256 over the values in network order, whatever file they lie in."""
    sha = hashlib.sha256()
    for kernel, bias in convs.values():
        sha.update(kernel.contiguous().numpy())
        sha.update(bias.contiguous().numpy())
    return sha.hexdigest()
