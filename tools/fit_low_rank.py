"""Find the subspaces of nst/engine/convolutions.py (``python -m tools.fit_low_rank`` writes them).

From the first convolution on, each gets the projection of rank r that takes the responses of the
network reduced so far nearest to the exact network's (least squares: reduced-rank regression,
Izenman 1975), over all of the gallery's styles and portraits at two sizes. The errors of the layers
before are so made up for as well as can be. Takes a minute on two cores.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

from nst import load_presets
from nst.engine.architectures import ARCHITECTURES, Conv, Pool
from nst.engine.backbone import Backbone
from nst.engine.convolutions import (
    LOW_RANK_FILE,
    RANKS,
    LowRankConvolution,
    Projection,
    low_rank_kernels,
)
from nst.engine.tensors import to_tensor
from nst.engine.weights import load
from nst.gallery.examples import load_portraits
from nst.pictures.reading import open_picture
from nst.pictures.writing import writing

SIZES = 256, 128  # px, longer side


def fit(pictures: list[torch.Tensor]) -> dict[str, Projection]:
    """A projection for each convolution of RANKS, from pictures (1, 3, H, W)."""
    weights = load("vgg19")
    first, *others = ARCHITECTURES["vgg19"].up_to(RANKS)
    assert isinstance(first, Conv)
    network = Backbone("vgg19", weights)
    exact = reduced = [network.features(picture, [first.name])[first.name] for picture in pictures]
    found: dict[str, Projection] = {}
    for layer in others:
        if isinstance(layer, Pool):
            exact, reduced = ([F.avg_pool2d(x, 2) for x in maps] for maps in (exact, reduced))
            continue
        kernel, bias = weights.convs[layer.name]
        exact = [F.conv2d(x, kernel, bias, padding=1) for x in exact]
        responses = [F.conv2d(x, kernel, None, padding=1) for x in reduced]
        projection = regression(_columns(exact), _columns(responses), RANKS[layer.name])
        found[layer.name] = projection
        thin, wide = low_rank_kernels(kernel, projection)
        convolution = LowRankConvolution(thin, wide, projection.bias, winograd=False)
        reduced = [convolution(x) for x in reduced]
        exact = [x.relu_() for x in exact]
        error = torch.stack([(a - b).norm() / (b - b.mean((2, 3), keepdim=True)).norm()
                             for a, b in zip(reduced, exact, strict=True)]).mean()
        print(f"{layer.name} rank {RANKS[layer.name]:3} error {error:.3f}", flush=True)
    return found


def regression(wanted: torch.Tensor, given: torch.Tensor, rank: int) -> Projection:
    """The projection of ``given`` (C, N), of a rank, that is nearest to ``wanted`` (C, N)."""
    wanted, given = wanted.double(), given.double()
    wanted_mean, given_mean = wanted.mean(1, keepdim=True), given.mean(1, keepdim=True)
    wanted, given = wanted - wanted_mean, given - given_mean
    square = given @ given.T
    square += 1e-6 * square.diagonal().mean() * torch.eye(len(square))
    linear = torch.linalg.solve(square, given @ wanted.T).T  # of any rank
    _, vectors = torch.linalg.eigh(linear @ square @ linear.T)
    outer = vectors[:, -rank:]
    inner = outer.T @ linear
    bias = wanted_mean - outer @ (inner @ given_mean)
    return Projection(outer.float(), inner.float(), bias.flatten().float())


def _columns(maps: list[torch.Tensor]) -> torch.Tensor:
    return torch.cat([x[0].flatten(1) for x in maps], 1)


def main() -> None:
    pictures = [preset.open() for preset in load_presets()]
    pictures += [open_picture(portrait.file) for portrait in load_portraits()]
    inputs = []
    for size in SIZES:
        for picture in pictures:
            small = picture.convert("RGB")
            # Not nst.geometry.resized: its rounding would give other subspaces than the file's.
            small.thumbnail((size, size), Image.Resampling.LANCZOS)
            inputs.append(to_tensor(small))
    with torch.no_grad():
        found = fit(inputs)
    with writing(LOW_RANK_FILE) as part:
        save_file({f"{name}.{field}": matrix.half().contiguous()
                   for name, projection in found.items()
                   for field, matrix in zip(Projection._fields, projection, strict=True)}, part)
    print(LOW_RANK_FILE.name, LOW_RANK_FILE.stat().st_size // 1000, "kB")


if __name__ == "__main__":
    main()
