"""The actor that paints on a machine of the cluster; it keeps the network loaded."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..engine.stylize import Frame

__all__ = ["Painter"]

log = logging.getLogger(__name__)

# Beyond what may be asked for: whoever asked ends the picture first, and keeps its last frame.
PATIENCE = 5.0


class Painter:
    """Paints one task at a time; stop() may be called meanwhile, from another thread.

    Tasks are numbered upwards.

    torch is imported when a painter is made, because OpenMP reads its number of threads then.

    Args:
        threads: as many as the cores that the painter has been given.
        size, seconds: what it refuses, as in nst.cluster.wire.WireLimits.
    """

    def __init__(self, threads: int, size: int, seconds: float):
        from ..process import prepare_process

        os.environ["OMP_NUM_THREADS"] = str(threads)
        prepare_process()
        import torch

        from ..engine.stylize import load_backbone
        from ..settings import Settings

        torch.set_num_threads(threads)
        self._size, self._seconds = size, seconds
        self._stopped = -1  # the last task that was stopped, perhaps before it began
        load_backbone(Settings())

    def version(self) -> str:
        """Of the code that paints here; answered once the network is loaded."""
        from ..version import __version__

        return __version__

    def paint(self, number: int, task: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """("frame", packed_frame()) for every frame; or what went wrong, and then nothing more.

        ("mistake", sentence): the user's. ("memory", text): it ran out. ("fault", text): ours.
        """
        from ..errors import UserError
        from ..process import is_out_of_memory

        try:
            yield from self._frames(number, task)
        except UserError as mistake:
            yield "mistake", str(mistake)
        except Exception as error:
            if not is_out_of_memory(error):
                log.exception("a picture failed")
            kind = "memory" if is_out_of_memory(error) else "fault"
            yield kind, f"{type(error).__name__}: {error}"

    def stop(self, number: int) -> None:
        """End this task, and those before it, when the step at hand is done."""
        self._stopped = number

    def _frames(self, number: int, packed: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        from ..paint import stylize
        from ..video import stylize_video
        from .needs import WireLimits
        from .wire import packed_frame, unpacked_task

        task = unpacked_task(packed, WireLimits(self._size, self._seconds))
        ends = time.monotonic() + self._seconds + PATIENCE
        frames: Generator[Frame]
        if task.clip:
            frames = stylize_video(task.clip, task.styles, task.settings, count=task.count,
                                   mask=task.mask, marked_faces=task.marked_faces, after=task.after)
        else:
            frames = stylize(task.photo, task.styles, task.settings, mask=task.mask,
                             marked_faces=task.marked_faces, start=task.start)
        try:
            for frame in frames:
                yield "frame", packed_frame(frame)
                if self._stopped >= number or time.monotonic() > ends:
                    break
        finally:
            frames.close()
