"""What a painter needs and what it refuses, and the flags that say so; imports no torch."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

__all__ = ["PainterNeeds", "WireLimits", "add_cluster", "painter_needs"]


@dataclass(frozen=True)
class PainterNeeds:
    """What a machine has to have for one painter: whole cores, and GPUs (a part is enough)."""

    cpus: int = 2
    gpus: float = 0.0


@dataclass(frozen=True)
class WireLimits:
    """What a painter refuses, whoever asks: pixels on the longer side, seconds of painting."""

    size: int = 4096
    seconds: float = float("inf")


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """``--cluster`` and what one of its painters needs."""
    parser.add_argument("--cluster", metavar="ADDRESS",
                        help="paint on the machines of a Ray cluster: HOST:PORT of its head, or "
                        "local to start one here (docs/deploy.md)")
    parser.add_argument("--painter-cpus", type=_cores, default=PainterNeeds.cpus, metavar="N",
                        help="cores of each painter of the cluster (default: %(default)s)")
    parser.add_argument("--painter-gpus", type=_gpus, default=PainterNeeds.gpus, metavar="X",
                        help="GPUs of each, or a part of one (default: %(default)g)")


def painter_needs(args: argparse.Namespace) -> PainterNeeds:
    """What the flags say."""
    return PainterNeeds(args.painter_cpus, args.painter_gpus)


def _cores(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1024):
        raise argparse.ArgumentTypeError("give a whole number from 1 to 1024")
    return int(text)


def _gpus(text: str) -> float:
    try:
        gpus = float(text)
    except ValueError:
        gpus = -1.0
    if not (0 <= gpus <= 1 or gpus in range(2, 65)):  # Ray gives one GPU in parts, no more
        raise argparse.ArgumentTypeError("give a part of 1, or a whole number up to 64")
    return gpus
