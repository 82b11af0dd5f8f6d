"""Who paints for the page: this process, a GPU that is lent, or the painters of a cluster."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..cluster.link import LOCAL, Cluster
from ..cluster.needs import WireLimits, painter_needs
from .queue import paint_at_once
from .zerogpu import lent_frames, lent_video

__all__ = ["Engines", "engines"]


@dataclass(frozen=True)
class Engines:
    """``frames``: in place of nst.stylize. ``video``: in place of nst.stylize_video.

    ``where``: the visitor's pictures go, in words for him. ``opened``: to be
    called with the page once it has a queue.
    """

    frames: Callable[..., Generator]
    video: Callable[..., Generator]
    where: str = "this server"
    opened: Callable[[gr.Blocks], Any] = lambda demo: None


@contextlib.contextmanager
def engines(args: argparse.Namespace) -> Iterator[Engines]:
    """Those that the flags of options.py ask for, until the end of the block.

    Raises:
        UserError: a cluster is asked for, and Ray is not installed or no cluster answers.
    """
    if args.cluster is None:
        yield Engines(lent_frames(), lent_video())
        return
    with Cluster(args.cluster, painter_needs(args),
                 WireLimits(args.max_size, args.max_seconds)) as cluster:
        def opened(demo: gr.Blocks) -> None:
            # Without painters this machine paints, one picture at a time.
            cluster.follow(lambda painters: paint_at_once(demo, max(1, painters)))

        where = Engines.where if args.cluster == LOCAL else "this studio's machines"
        yield Engines(cluster.frames, cluster.video, where, opened)
