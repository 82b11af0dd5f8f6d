"""What a photo may look like in a style, in a tenth of a second: Magenta's two networks.

Ghiasi, Lee, Kudlur, Dumoulin, Shlens: Exploring the structure of a real-time, arbitrary neural
artistic stylization network (BMVC 2017), in Magenta's small version. One network sums a style up
in NUMBERS numbers, the other repaints a photo by them. The first runs in OpenCV as it is; of the
second OpenCV 5 computes something else, so it is written out here for torch.

It has the colours of a style and the grain of its strokes, and is far from a painting: good for
choosing.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file

from .networks import MODELS, classic_engine, one_at_a_time

__all__ = ["NUMBERS", "preview", "style_numbers"]

NUMBERS = 100  # what the networks know of a style
STYLE_SIDE = 256  # px; the first network takes no other size
RESIDUALS = 5  # blocks of two convolutions
EPSILON = 1e-5  # of the normalisation

Weights = dict[str, torch.Tensor]


@one_at_a_time
def style_numbers(style: Image.Image) -> np.ndarray:
    """The middle square of an RGB picture as float32 (NUMBERS,); .04 s on two cores."""
    side = min(style.size)
    left, top = (style.width - side) // 2, (style.height - side) // 2
    square = style.resize((STYLE_SIDE, STYLE_SIDE), Image.Resampling.LANCZOS,
                          (left, top, left + side, top + side))
    network = _style_network()
    network.setInput(np.asarray(square, np.float32)[None] / 255)
    return np.array(network.forward(), np.float32).reshape(NUMBERS)


@one_at_a_time
def preview(photo: Image.Image, numbers: np.ndarray) -> Image.Image:
    """An RGB photo repainted by a style's numbers, of the same size.

    256 x 256 px take .06 s on two cores. The sides have to be multiples of 4.
    """
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        painted = _repainted(pixels, torch.from_numpy(numbers)[None], _weights())
    return Image.fromarray(
        painted[0].mul(255).round().byte().permute(1, 2, 0).contiguous().numpy())


@cache
def _style_network() -> cv2.dnn.Net:
    return cv2.dnn.readNetFromONNX(str(MODELS / "arbitrary_predict.onnx"), *classic_engine())


@cache
def _weights() -> Weights:
    file = MODELS / "arbitrary_transform.safetensors"
    return {name: weight.float() for name, weight in load_file(file).items()}


def _repainted(x: torch.Tensor, numbers: torch.Tensor, weights: Weights) -> torch.Tensor:
    """(1, 3, H, W) in 0..1 to the same; ``numbers``: (1, NUMBERS)."""
    x = F.relu(_convolved(x, weights, "contract.conv1"))
    for name in ("contract.conv2", "contract.conv3"):
        x = F.relu(_convolved(x, weights, name, stride=2))
    for block in range(1, RESIDUALS + 1):
        y = F.relu(_styled(x, numbers, weights, f"residual{block}.conv1"))
        x = x + _styled(y, numbers, weights, f"residual{block}.conv2")
    for name in ("expand.conv1", "expand.conv2"):
        x = F.relu(_styled(F.interpolate(x, scale_factor=2), numbers, weights, name))
    return torch.sigmoid(_styled(x, numbers, weights, "expand.conv3"))


def _styled(x: torch.Tensor, numbers: torch.Tensor, weights: Weights, name: str) -> torch.Tensor:
    """A convolution whose channels get the mean and the deviation that the style asks for."""
    x = _convolved(x, weights, name)
    scale, shift = (F.linear(numbers, weights[f"{name}.{what}.weight"],
                             weights[f"{name}.{what}.bias"])[..., None, None]
                    for what in ("scale", "shift"))
    return F.instance_norm(x, eps=EPSILON) * scale + shift


def _convolved(x: torch.Tensor, weights: Weights, name: str, stride: int = 1) -> torch.Tensor:
    kernel = weights[f"{name}.weight"]
    around = [kernel.shape[-1] // 2] * 4
    return F.conv2d(F.pad(x, around, mode="reflect"), kernel, weights[f"{name}.bias"],
                    stride=stride)
