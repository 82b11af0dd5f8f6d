"""What travels to a painter and back: pixels, numbers and checked settings, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..engine.stylize import Frame
from ..errors import UserError
from ..people import Box, check_marked
from ..pictures.modes import as_mask, upright_rgb
from ..settings import Settings
from ..video import VideoFrame
from .needs import WireLimits

__all__ = ["MAX_PIXELS", "Task", "check_portable", "packed_clip", "packed_frame", "packed_task",
           "unpacked_frame", "unpacked_task"]

Picture = tuple[Image.Image, float]  # a style and its weight
MAX_PIXELS = 250_000_000  # of the largest photo that nst.pictures.reading opens; of a whole clip
MAX_STYLES = 64  # of one blend; far above what a person mixes


@dataclass(frozen=True)
class Task:
    """The arguments of nst.stylize, as a painter has checked them.

    ``clip``: those of nst.stylize_video, ``photo`` being its first picture; empty for one picture.
    """

    photo: Image.Image
    styles: list[Picture]
    settings: Settings
    mask: Image.Image | None
    marked_faces: tuple[Box, ...]
    start: Image.Image | None
    clip: tuple[Image.Image, ...] = ()
    count: int = 0
    after: tuple[Image.Image, Image.Image] | None = None


def packed_task(photo: Image.Image, styles: Sequence[Picture], settings: Settings, *,
                mask: Image.Image | None = None, marked_faces: Sequence[Box] = (),
                start: Image.Image | None = None) -> dict[str, Any]:
    """The arguments of nst.stylize as arrays (uint8, height x width or x 3) and plain values.

    Metadata stays here: pictures are upright and in RGB before they travel.

    Raises:
        UserError: settings that name a file of this machine.
    """
    check_portable(settings)
    return {
        "photo": np.asarray(upright_rgb(photo)),
        "styles": [(np.asarray(upright_rgb(style)), float(weight)) for style, weight in styles],
        "settings": dataclasses.asdict(settings),
        "mask": None if mask is None else np.asarray(as_mask(mask)),
        "marked_faces": [tuple(map(float, box)) for box in marked_faces],
        "start": None if start is None else np.asarray(upright_rgb(start)),
    }


def packed_clip(photos: Sequence[Image.Image], styles: Sequence[Picture], settings: Settings, *,
                count: int = 0, mask: Image.Image | None = None,
                marked_faces: Sequence[Box] = (),
                after: tuple[Image.Image, Image.Image] | None = None) -> dict[str, Any]:
    """The arguments of nst.stylize_video likewise; there is at least one picture."""
    return packed_task(photos[0], styles, settings, mask=mask, marked_faces=marked_faces) | {
        "clip": [np.asarray(upright_rgb(photo)) for photo in photos], "count": int(count),
        "after": None if after is None else [np.asarray(upright_rgb(one)) for one in after]}


def check_portable(settings: Settings) -> None:
    """Raise UserError for settings that name a file of this machine."""
    if settings.weights:
        raise UserError("weights names a file on this machine, which no painter of a cluster can "
                        "read; leave it out.")


def unpacked_task(task: Mapping[str, Any], limits: WireLimits) -> Task:
    """What packed_task() made, checked once more on the machine that paints.

    Raises:
        UserError: values that Settings refuses, or more than the limits allow.
        ValueError: what no packed_task() makes.
    """
    settings = Settings(**task["settings"])
    if settings.size > limits.size:
        raise UserError(f"size is {settings.size}; this cluster paints up to {limits.size}.")
    if settings.weights:
        raise UserError("weights names a file; leave it empty for a cluster.")
    if not 1 <= len(task["styles"]) <= MAX_STYLES:
        raise ValueError("no styles, or too many")
    clip = tuple(map(_picture, task.get("clip", ())))
    if sum(photo.width * photo.height for photo in clip) > MAX_PIXELS:
        raise ValueError("too long a clip")
    after = None
    if task.get("after") is not None:
        photo, painting = map(_picture, task["after"])
        after = photo, painting
    return Task(
        _picture(task["photo"]), [(_picture(style), float(weight))
                                  for style, weight in task["styles"]],
        settings, None if task["mask"] is None else _picture(task["mask"], "L"),
        check_marked(task["marked_faces"]),
        None if task["start"] is None else _picture(task["start"]),
        clip, int(task.get("count", 0)), after)


def packed_frame(frame: Frame) -> dict[str, Any]:
    """A frame as an array (uint8, height x width x 3) and numbers."""
    fields = {field.name: getattr(frame, field.name) for field in dataclasses.fields(frame)}
    return fields | {"image": np.asarray(frame.image)}


def unpacked_frame(frame: Mapping[str, Any]) -> Frame:
    """The frame of packed_frame(); a VideoFrame where it was one."""
    kind = VideoFrame if "scene" in frame else Frame
    return kind(**{**frame, "image": Image.fromarray(frame["image"])})


def _picture(pixels: np.ndarray, mode: str = "RGB") -> Image.Image:
    colours = () if mode == "L" else (3,)
    if (pixels.dtype != np.uint8 or len(pixels.shape) < 2 or pixels.shape[2:] != colours
            or not 0 < pixels.shape[0] * pixels.shape[1] <= MAX_PIXELS):
        raise ValueError("no picture")
    return Image.fromarray(pixels)
