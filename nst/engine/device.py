"""What this machine computes with: the device and the number format of the features."""

from __future__ import annotations

import torch

from ..errors import UserError

__all__ = ["pick_device", "pick_precision"]


def pick_device(wanted: str) -> torch.device:
    """The device for ``Settings.device``; raises UserError for a GPU that is not there."""
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UserError("There is no CUDA GPU here; set device to auto or cpu.")
    if wanted == "auto":
        wanted = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(wanted)


def pick_precision(wanted: str, device: torch.device) -> torch.dtype:
    """The features' number format for ``Settings.precision`` on this device.

    bfloat16 convolutions run at twice float32's rate where the CPU multiplies bfloat16 itself
    (measured at 512 px with AVX-512 BF16: 0.51 s a step against 1.05 s) and slower than float32
    where it has to convert. Flags decide, not a timing: the same machine always paints the same.
    """
    if wanted != "auto":
        return torch.bfloat16 if wanted == "bfloat16" else torch.float32
    if device.type == "cuda":
        fast = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        fast = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if fast else torch.float32
