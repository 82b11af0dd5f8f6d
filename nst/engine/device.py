"""What this machine is good at: device, number format, and the allocator's manners."""

from __future__ import annotations

import ctypes
import functools
import logging
import sys

import torch

from ..errors import UserError

__all__ = ["keep_memory", "pick_device", "pick_precision"]

log = logging.getLogger(__name__)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # mallopt(3)


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


@functools.cache
def keep_memory() -> None:
    """Let glibc keep big blocks instead of giving each back to the kernel and faulting it in again.

    One step at 512 px fell from 0.65 to 0.53 s (measured on two AVX-512 cores). Only blocks under
    256 MiB: the largest ones, those of 2048 px and more, do not fit the holes that others leave
    (2048 px, standard: 5.2 GB in place of 6.4, for 6 % more time). All threads share what is
    kept: a server paints in one thread after the other, and each would keep its own (679 MB
    resident in place of 598 after 20 small paintings). Call before the first big allocation and
    before there are threads. Linux with glibc only; elsewhere it does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        log.debug("no glibc here: the allocator stays as it is")
        return
    mallopt(_M_MMAP_THRESHOLD, 256 << 20)
    mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(_M_ARENA_MAX, 1)
