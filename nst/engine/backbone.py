"""A network as a frozen feature extractor, its layers addressed by name.

A layer's name (``conv4_2``; AlexNet: ``conv3``) means the activation after that convolution's
ReLU, as in Gatys et al. 2016.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils._pytree import tree_flatten, tree_unflatten

from .architectures import ARCHITECTURES, Conv, Pool
from .convolutions import Convolution, LowRankConvolution, Projection, low_rank_kernels
from .tensors import Rows, Strip, rows_of, strips
from .weights import Weights

__all__ = ["Backbone", "Tap"]

# What is wanted of a layer: called on its activation, (1, C, h, w) after the ReLU in the backbone's
# dtype, or on some rows of it, and which these are. Returns tensors, also in tuples and lists.
Tap = Callable[[torch.Tensor, Rows], Any]

# From this many pixels on, activations are computed again in the backward pass instead of kept: the
# same result for a second forward pass, in a fraction of the memory (Chen et al. 2016).
RECOMPUTE_PIXELS = 1_500_000
# Of such a picture, that go through the first two blocks at a time; a multiple of 4.
STRIP_ROWS = 128


class Backbone:
    """A frozen network, run no further than the layers asked for.

    Args:
        name: a backbone's name in Settings.
        weights: its convolutions (nst.engine.weights.load).
        pooling: ``"max"``, the networks' own, or ``"average"``, as Gatys et al. 2016 chose: every
            pixel takes part in the gradient, where max passes it on to one of four.
        device, dtype: where and in which number format the features are computed.
        low_rank: projections of the convolutions that are computed as two
            thinner ones, by name.
    """

    def __init__(
        self, name: str, weights: Weights, *, pooling: str = "max",
        device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32,
        low_rank: Mapping[str, Projection] | None = None,
    ):
        self.name = name
        self.dtype = dtype
        self.device = torch.device(device)
        self._architecture = ARCHITECTURES[name]
        self._pool = _max_pool if pooling == "max" else _average_pool
        self._mean = torch.tensor(weights.mean, device=device).view(1, 3, 1, 1)
        self._weights = weights.convs
        self._low_rank = low_rank or {}
        # Those that were needed so far.
        self._convs: dict[str, Convolution | LowRankConvolution] = {}

    def to_float32(self) -> Backbone:
        """The same network in float32 (itself, if it is)."""
        if self.dtype == torch.float32:
            return self
        other = copy.copy(self)
        other.dtype, other._convs = torch.float32, {}
        return other

    def features(self, picture: torch.Tensor, layers: Iterable[str]) -> dict[str, torch.Tensor]:
        """Activations (1, C, h, w) of the named layers, as :meth:`__call__`, without gradient."""
        with torch.no_grad():
            found = self(picture, dict.fromkeys(layers, lambda activation, rows: activation))
        return {layer: torch.cat(strips, 2) for layer, strips in found.items()}

    def __call__(self, picture: torch.Tensor, taps: Mapping[str, Tap]) -> dict[str, list[Any]]:
        """What each tap returns for its layer, by the layer's name: for each of its strips.

        Most layers are one strip. Of a picture of more than RECOMPUTE_PIXELS only the activations
        between the blocks are kept for the backward pass, and on a CPU the first two blocks, whose
        maps are the largest, are computed in strips of rows.

        Args:
            picture: (1, 3, H, W), RGB in 0..1.
            taps: by the layer's name; the network is run no further than the deepest.
        """
        results: dict[str, list[Any]] = {}
        x = (picture - self._mean).to(self.dtype)
        large = x.shape[2] * x.shape[3] > RECOMPUTE_PIXELS
        blocks = self._blocks(taps)
        dense = self._architecture.first_block[0].stride == 1
        if large and dense and x.is_cpu and len(blocks) > 2:
            x, results = self._in_strips([*blocks[0], *blocks[1], blocks[2].pop(0)], taps, x)
            del blocks[:2]
        for block in blocks:
            run = functools.partial(self._run, block, taps)
            x, found = _recomputed(run, x) if large else run(x)
            results |= {layer: [value] for layer, value in found.items()}
        return results

    def _in_strips(
        self, layers: Sequence[Conv | Pool], taps: Mapping[str, Tap], x: torch.Tensor
    ) -> tuple[torch.Tensor, dict[str, list[Any]]]:
        """VGG's layers up to the second pool."""
        margin, apart = 0, 1  # rows that the result sees beyond its own; between two of its own
        for layer in layers:
            if isinstance(layer, Pool):
                apart *= 2
            else:
                margin += apart
        margin = math.ceil(margin / apart) * apart
        made: list[torch.Tensor] = []
        results: dict[str, list[Any]] = {}
        for strip in strips(x.shape[2], STRIP_ROWS, margin, least=apart):
            run = functools.partial(self._run, layers, taps, strip=strip)
            y, found = _recomputed(run, strip.seen.cut(x))
            made.append(y)
            for layer, value in found.items():
                results.setdefault(layer, []).append(value)
        return torch.cat(made, 2), results

    def _convolution(self, layer: Conv) -> Convolution | LowRankConvolution:
        if layer.name not in self._convs:
            self._convs[layer.name] = self._made(layer)
        return self._convs[layer.name]

    def _made(self, layer: Conv) -> Convolution | LowRankConvolution:
        kernel, bias = self._weights[layer.name]
        # The first block's maps are large, with few channels: torch's own is as fast there.
        winograd = layer not in self._architecture.first_block
        if projection := self._low_rank.get(layer.name):
            thin, wide = low_rank_kernels(kernel, projection)
            parts = (part.to(self.device, self.dtype) for part in (thin, wide, projection.bias))
            return LowRankConvolution(*parts, winograd=winograd)
        # The first convolution's padding is made in _run.
        pad = 0 if layer is self._architecture.layers[0] else layer.pad
        return Convolution(kernel.to(self.device, self.dtype), bias.to(self.device, self.dtype),
                           layer.stride, pad, winograd=winograd)

    def _blocks(self, layers: Iterable[str]) -> list[list[Conv | Pool]]:
        """The layers up to the deepest of those named, in blocks that begin with a pool."""
        blocks: list[list[Conv | Pool]] = [[]]
        for layer in self._architecture.up_to(layers):
            if isinstance(layer, Pool):
                blocks.append([])
            blocks[-1].append(layer)
        return blocks

    def _run(
        self, layers: Sequence[Conv | Pool], taps: Mapping[str, Tap], x: torch.Tensor,
        strip: Strip | None = None,
    ) -> tuple[torch.Tensor, dict[str, Any]]:
        """What these layers make of x, or of what a strip sees, and what the taps found."""
        found = {}
        for layer in layers:
            if isinstance(layer, Pool):
                x = self._pool(x, layer.size)
                strip = strip and strip.halved()
                continue
            if layer is self._architecture.layers[0]:
                # Zero padding there shows as a dark frame: the border's first features see an
                # edge that the photo does not have. Repeating the border's pixels removes it.
                x = F.pad(x, (layer.pad,) * 4, mode="replicate")
            x = self._convolution(layer)(x)
            if tap := taps.get(layer.name):
                found[layer.name] = (tap(strip.cut_wanted(x), strip.wanted) if strip
                                     else tap(x, rows_of(x)))
        return strip.cut_wanted(x) if strip else x, found


def _recomputed(run: Callable, x: torch.Tensor) -> Any:
    """run(x), whose activations are computed again in the backward pass instead of kept."""
    if not (torch.is_grad_enabled() and x.requires_grad):
        return run(x)
    specs: list = []
    return tree_unflatten(_Recomputed.apply(x, run, specs), specs[0])


class _Recomputed(torch.autograd.Function):
    """The tensors in what ``run`` returns; how they lie in it is added to ``specs``.

    torch.utils.checkpoint does the same, but its first call imports torch's compiler.
    """

    @staticmethod
    def forward(ctx, x, run, specs):
        ctx.run = run
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        leaves, spec = tree_flatten(run(x))
        specs.append(spec)
        return tuple(leaf.detach() for leaf in leaves)

    @staticmethod
    def backward(ctx, *gradients):
        x = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            leaves, _ = tree_flatten(ctx.run(x))
        wanted = [(leaf, gradient) for leaf, gradient in zip(leaves, gradients, strict=True)
                  if gradient is not None and leaf.requires_grad]
        made, slopes = zip(*wanted, strict=True)
        return *torch.autograd.grad(made, x, slopes), None, None


def _max_pool(x: torch.Tensor, size: int) -> torch.Tensor:
    return F.max_pool2d(x, size, stride=2)


def _average_pool(x: torch.Tensor, size: int) -> torch.Tensor:
    return _AveragePool2x2.apply(x) if size == 2 else F.avg_pool2d(x, size, stride=2)


class _AveragePool2x2(torch.autograd.Function):
    """Average pooling, 2 by 2: (1, C, H, W) to (1, C, H // 2, W // 2).

    torch's own gradient of it runs on one core for a single picture (measured at 512 px: 18 ms
    against 5 ms), and so does the pooling itself of what is not channels_last (18 ms against 5).
    """

    @staticmethod
    def forward(ctx, x):
        ctx.odd = x.shape[3] % 2, x.shape[2] % 2
        ctx.layout = torch.contiguous_format if x.is_contiguous() else torch.channels_last
        if ctx.layout == torch.channels_last:
            return F.avg_pool2d(x, 2)
        x = x[..., :x.shape[2] - ctx.odd[1], :x.shape[3] - ctx.odd[0]]
        rows = x[..., ::2, :] + x[..., 1::2, :]
        return (rows[..., ::2] + rows[..., 1::2]).mul_(0.25)

    @staticmethod
    def backward(ctx, gradient):
        # In the layout of what was pooled: after the spreading it would be four times as large.
        quarter = gradient.contiguous(memory_format=ctx.layout) / 4
        if ctx.layout == torch.contiguous_format:
            wide = torch.stack((quarter, quarter), -1).flatten(3)
            spread = torch.stack((wide, wide), 3).flatten(2, 3)
        else:
            spread = F.interpolate(quarter, scale_factor=2, mode="nearest")
        if any(ctx.odd):  # the last row or column took no part
            spread = F.pad(spread, (0, ctx.odd[0], 0, ctx.odd[1]))
        return spread
