"""Between pictures and the tensors that the engine works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

__all__ = ["resampled", "to_image", "to_tensor", "window_mean"]


def to_tensor(image: Image.Image) -> torch.Tensor:
    """An RGB picture as (1, 3, H, W), float32 in 0..1, channels_last."""
    pixels = torch.from_numpy(np.array(image.convert("RGB")))
    return pixels.permute(2, 0, 1)[None].float().div_(255)


def to_image(tensor: torch.Tensor) -> Image.Image:
    """(1, 3, H, W) or (3, H, W), any float type, as an RGB picture: clamped to 0..1, rounded."""
    pixels = tensor.detach().reshape(tensor.shape[-3:]).permute(1, 2, 0)
    pixels = pixels.float().clamp(0, 1).mul(255).round().to("cpu", torch.uint8)
    return Image.fromarray(pixels.contiguous().numpy())


def resampled(picture: torch.Tensor, size: Sequence[int]) -> torch.Tensor:
    """A picture (1, 3, H, W) at another (height, width), bicubic; it may leave 0..1 a little."""
    return F.interpolate(picture, size=tuple(size), mode="bicubic", antialias=True)


def window_mean(picture: torch.Tensor, reach: int) -> torch.Tensor:
    """Mean of a picture (1, C, H, W) over squares of 2 ``reach`` + 1 pixels, only what is inside.

    Down, then across: at 1024 px the square itself would take seconds.
    """
    side = 2 * reach + 1
    down = F.avg_pool2d(picture, (side, 1), 1, (reach, 0), count_include_pad=False)
    return F.avg_pool2d(down, (1, side), 1, (0, reach), count_include_pad=False)
