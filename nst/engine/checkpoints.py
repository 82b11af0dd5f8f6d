"""A backbone's convolutions in a file, under torchvision's names (``features.N.weight``)."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from .architectures import Architecture

__all__ = ["Convs", "read"]

log = logging.getLogger(__name__)

Convs = Mapping[str, tuple[torch.Tensor, torch.Tensor]]


def read(path: Path, architecture: Architecture) -> Convs:
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
