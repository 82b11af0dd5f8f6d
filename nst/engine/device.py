"""What this machine computes with: the device and the number format of the features."""

from __future__ import annotations

import os

import torch

from ..errors import UserError

__all__ = ["pick_device", "pick_precision"]

# Values of ONEDNN_MAX_CPU_ISA that leave it its bfloat16 instructions; "": not set.
_WITH_BFLOAT16 = {"", "DEFAULT", "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX",
                  "AVX512_CORE_AMX_FP16", "AVX10_1_512", "AVX10_1_512_AMX",
                  "AVX10_1_512_AMX_FP16", "AVX10_2_512", "AVX10_2_512_AMX_2"}


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
        # oneDNN may be told to leave AVX-512 alone (to imitate an older CPU).
        allowed = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() in _WITH_BFLOAT16
        fast = allowed and (
            torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return torch.bfloat16 if fast else torch.float32
