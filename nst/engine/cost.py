"""What a run costs: the work of every scale's setup and of its steps.

The one model of time: the time left (budget.py), the seconds that a larger result will take and
those that are asked of a lent GPU (nst.web) are all this work times a rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..settings import Settings
from .architectures import ARCHITECTURES
from .backbone import RECOMPUTE_PIXELS
from .device import pick_device, pick_precision
from .low_rank import ranks
from .recipe import Scale
from .strokes import MAX_PLACES

__all__ = ["ScaleCost", "scale_costs", "total_work"]

# What a step does for a pixel beside the network (statistics, optimiser, filter) takes as long as
# so many of the network's multiplications.
BESIDE_NETWORK = 60_000
# Beside its pixels a step costs a fixed time, as much as this many pixels: small layers and the
# launching of operations (measured on two cores of an AMD EPYC). Launching takes longer than
# computing on a GPU; its number is assumed, not measured.
OVERHEAD_PIXELS = {torch.bfloat16: 88 * 88, torch.float32: 72 * 72}
GPU_OVERHEAD_PIXELS = 500 * 500
# A step whose activations are computed twice, in strips (9.5 s at 2048 px for 1.25 at 1024 px in
# bfloat16, 18.0 for 2.4 in float32); on a GPU, which makes no strips, not measured.
RECOMPUTED = 1.9
# Setting up a scale takes as long as this many of its steps without recomputation for the photo,
# and as many for each style: each goes through the network once.
SETUP_STEPS = 0.55
# Beside that a style's brush strokes cost so much for a pixel, and for each two positions that are
# compared (both in multiplications; 64 pixels have one position).
STROKES, COMPARISON, POSITION_PIXELS = 47_000, 355, 64


@dataclass(frozen=True)
class ScaleCost:
    """Work of one scale, in multiplications: of its setup, and of each of its steps."""

    setup: float
    step: float


def scale_costs(
    scales: Sequence[Scale], settings: Settings, *, shape: float = 1.0, styles: int = 1,
    lent_gpu: bool = False,
) -> list[ScaleCost]:
    """The cost of each scale.

    Args:
        shape: of the photo, its shorter side in longer ones.
        styles: how many there are.
        lent_gpu: whether a GPU computes that is not here yet, whatever the settings say.

    Raises:
        UserError: settings that ask for a GPU where there is none.
    """
    overhead = GPU_OVERHEAD_PIXELS
    if not lent_gpu and (device := pick_device(settings.device)).type == "cpu":
        overhead = OVERHEAD_PIXELS[pick_precision(settings.precision, device)]
    return [_cost(scale, settings, overhead, shape, styles) for scale in scales]


def total_work(scales: Sequence[Scale], costs: Sequence[ScaleCost]) -> float:
    """The work of all scales with their steps."""
    return sum(cost.setup + scale.steps * cost.step
               for scale, cost in zip(scales, costs, strict=True))


def _cost(
    scale: Scale, settings: Settings, overhead: int, shape: float, styles: int
) -> ScaleCost:
    pixels = shape * scale.size**2
    network = ARCHITECTURES[settings.backbone].multiplications(
        {*scale.style, *scale.content}, ranks(settings))
    once = (pixels + overhead) * (network + BESIDE_NETWORK)
    positions = pixels / POSITION_PIXELS
    strokes = STROKES * pixels + COMPARISON * positions * min(positions, MAX_PLACES)
    return ScaleCost(SETUP_STEPS * (1 + styles) * once + styles * strokes,
                     once * (RECOMPUTED if pixels > RECOMPUTE_PIXELS else 1))
