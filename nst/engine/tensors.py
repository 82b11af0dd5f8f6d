"""Pictures as tensors, large maps in strips of rows, and what this machine computes with."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from ..errors import UserError

__all__ = ["Rows", "Strip", "dealt", "extent", "nearest", "pick_device", "pick_precision",
           "resampled", "rows_of", "strips", "to_image", "to_tensor", "window_mean"]

GROUPS = 4  # into which places are dealt, see nearest()
LEAST_PLACES = 64  # in a group
NEAREST_ROWS = 2048  # places compared at a time


def to_tensor(image: Image.Image) -> torch.Tensor:
    """An RGB picture as (1, 3, H, W), float32 in 0..1.

    Contiguous as masks are: an operation on two memory layouts takes ten times as long.
    """
    pixels = torch.from_numpy(np.array(image.convert("RGB")))
    return pixels.permute(2, 0, 1)[None].contiguous().float().div_(255)


def to_image(tensor: torch.Tensor) -> Image.Image:
    """(1, 3, H, W) or (3, H, W), any float type, as an RGB picture: clamped to 0..1, rounded."""
    pixels = tensor.detach().reshape(tensor.shape[-3:]).permute(1, 2, 0)
    pixels = pixels.float().clamp(0, 1).mul(255).round().to("cpu", torch.uint8)
    return Image.fromarray(pixels.contiguous().numpy())


def resampled(picture: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """A picture (1, 3, H, W) at another (height, width), bicubic; it may leave 0..1 a little."""
    return F.interpolate(picture, size=tuple(size), mode="bicubic", antialias=True)


def detail(picture: torch.Tensor, coarse: Sequence[int]) -> torch.Tensor:
    """The part of a picture (1, C, H, W) that is lost at a size of ``coarse`` (height, width)."""
    return picture - resampled(resampled(picture, coarse), picture.shape[2:])


def extent(counts: torch.Tensor) -> tuple[slice, slice]:
    """The rows and columns of (H, W) that hold all above 0; one of each where nothing is."""
    found = [(counts.amax(dim) > 0).nonzero() for dim in (1, 0)]
    rows, columns = (slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, 1)
                     for at in found)
    return rows, columns


def window_mean(picture: torch.Tensor, reach: int) -> torch.Tensor:
    """Mean of a picture (1, C, H, W) over squares of 2 ``reach`` + 1 pixels, only what is inside.

    Down, then across: at 1024 px the square itself would take seconds.
    """
    side = 2 * reach + 1
    down = F.avg_pool2d(picture, (side, 1), 1, (reach, 0), count_include_pad=False)
    return F.avg_pool2d(down, (1, side), 1, (0, reach), count_include_pad=False)


def nearest(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
    """For each of our places the index of the style's most similar place, (N,).

    Ours and theirs are dealt into GROUPS, and each place is compared with those of its own group
    alone. So places beside each other seldom get places that lie beside each other too: texture
    is taken and no object (a cypress, letters). Compared with all, the largest piece copied out of
    a style was three times as large (tests/bench/copies.py, four pairs without a person).

    Args:
        ours: (C, N), columns of the length 1. theirs: (C, M), likewise.
    """
    hands, decks = dealt(ours.shape[1], theirs.shape[1])
    found = torch.zeros(ours.shape[1], dtype=torch.long, device=ours.device)
    for group in range(int(decks.max()) + 1):
        hand, deck = ((dealt_to == group).nonzero()[:, 0].to(ours.device)
                      for dealt_to in (hands, decks))
        pile = theirs[:, deck]
        found[hand] = torch.cat([deck[(part.T @ pile).argmax(1)]
                                 for part in ours[:, hand].split(NEAREST_ROWS, 1)])
    return found


def dealt(ours: int, theirs: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The group of each of so many places of ours and of theirs, (ours,) and (theirs,).

    By chance, and always the same; one group where theirs are few.
    """
    groups = GROUPS if theirs >= GROUPS * LEAST_PLACES else 1
    random = torch.Generator().manual_seed(0)
    return (torch.randperm(ours, generator=random) % groups,
            torch.randperm(theirs, generator=random) % groups)


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


class Rows(NamedTuple):
    """Rows ``start`` to ``stop`` of a map that has ``height`` of them."""

    start: int
    stop: int
    height: int

    def cut(self, whole: torch.Tensor) -> torch.Tensor:
        """These rows of a (1, C, height, W)."""
        return whole if self.stop - self.start == self.height else (
            whole[:, :, self.start:self.stop])

    def halved(self) -> Rows:
        """These behind a pool; ``start`` has to be even."""
        return Rows(self.start // 2, self.stop // 2, self.height // 2)


class Strip(NamedTuple):
    """The rows that are wanted, and those that they are computed from."""

    wanted: Rows
    seen: Rows

    def halved(self) -> Strip:
        """Behind a pool."""
        return Strip(self.wanted.halved(), self.seen.halved())

    def cut_wanted(self, part: torch.Tensor) -> torch.Tensor:
        """The wanted rows of what was computed for those seen."""
        above = self.wanted.start - self.seen.start
        return part[:, :, above:above + self.wanted.stop - self.wanted.start]


def rows_of(activation: torch.Tensor) -> Rows:
    """All of them."""
    height = activation.shape[2]
    return Rows(0, height, height)


def strips(height: int, rows: int, margin: int, least: int) -> Iterator[Strip]:
    """A map in strips.

    Args:
        height: of the map.
        rows: wanted at a time; under ``least`` last ones belong to the strip above.
        margin: rows that are seen on both sides of those wanted, where the map has them.
    """
    starts = range(0, max(1, height - least + 1), rows)
    for start in starts:
        stop = height if start == starts[-1] else start + rows
        yield Strip(Rows(start, stop, height),
                    Rows(max(0, start - margin), min(height, stop + margin), height))
