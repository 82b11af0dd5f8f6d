"""The weights that are not embedded: fetched once, then kept.

What is trusted, and why:

- The hub is asked for one revision. ``vgg16`` is pinned to a commit and to the sha256 of the
  whole file, as published projects pin them; the hub must state that hash before anything is
  read. For ``vgg19-imagenet`` no commit is known here for sure, so the first fetch takes
  ``main``; NST_VGG19_IMAGENET_REVISION (NST_VGG16_REVISION) names another revision of either.
- Only the convolutions are read from the hub (80 of 575 MB), so the whole file's hash cannot be
  recomputed: for the parts the hub's TLS is trusted, and types and shapes must be the network's.
- A whole file in huggingface_hub's own cache is hashed before it is used.
- AlexNet is fetched whole, and torchvision's hash (in the file's name) is checked.
- What was fetched once is trusted from then on: it is kept under the sha256 of its values, which
  is compared at every load. A damaged copy is fetched again, and must then have that hash.
"""

from __future__ import annotations

import glob
import hashlib
import logging
import os
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import quote

import torch.hub
import torch.library

from .. import hub
from ..errors import UserError
from . import checkpoints
from .checkpoints import Convs

__all__ = ["fetched"]

logger = logging.getLogger(__name__)

_FILE = "model.safetensors"
# Repository, revision, sha256 of the whole file ("": not known here).
_HUB = {
    "vgg19-imagenet": ("timm/vgg19.tv_in1k", "main", ""),
    "vgg16": ("timm/vgg16.tv_in1k", "b8d8aa2dd860af9233c8c67385a8097fd6c35d3f",
              "57b026918159a6bf9faf8405c3a551903768e7138989d9c6224a14227203fad8"),
}


def fetched(backbone: str, *, cache_dir: str | Path | None, deadline: float) -> tuple[Convs, str]:
    """A backbone's convolutions in torchvision's convention, and their source in words: from
    this machine if they were fetched before. Raises UserError."""
    from huggingface_hub import constants

    root = Path(cache_dir or constants.HF_HUB_CACHE)
    repo, revision, sha256 = _HUB.get(backbone, ("torchvision", "IMAGENET1K_V1", ""))
    other = os.environ.get(f"NST_{backbone.upper().replace('-', '_')}_REVISION")
    if other and backbone in _HUB:
        revision, sha256 = other, ""
    stem = f"{backbone}@{quote(revision, safe='')}"
    kept = sorted((root / "nst").glob(f"{glob.escape(stem)}.*.safetensors"))
    expected = ""
    if kept:
        expected = kept[0].name.split(".")[-2]
        try:
            convs, source = checkpoints.read(kept[0], backbone)
            if checkpoints.digest(convs) == expected:
                return convs, source
        except ValueError as error:
            logger.info("%s: %s", kept[0], error)
        logger.warning("%s is damaged; fetching it again", kept[0])

    try:
        if backbone == "alexnet":
            began = time.monotonic()
            url = _alexnet_url()
            # Importing torchvision takes seconds; they count towards the promise to the user.
            left = max(deadline - (time.monotonic() - began), deadline / 4)
            convs = hub.within(left, lambda beat: _alexnet(url, beat, 2 * left))
            source = f"{backbone} of torchvision, {Path(url).stem}"
        else:
            convs = _cached(root, backbone, repo, revision, sha256)
            source = f"{backbone} of {repo} at {revision}"
            if convs is None:
                logger.info("fetching the convolutions of %s", repo)
                tensors, commit = hub.within(deadline, lambda beat: hub.read_tensors(
                    repo, _FILE, revision, checkpoints.keys(backbone), beat=beat,
                    timeout=2 * deadline, sha256=sha256))
                convs = checkpoints.pick(tensors, backbone)
                source = f"{backbone} of {repo} at {commit}"
    except (hub.HubError, ValueError) as error:
        raise UserError(
            f"The weights of {backbone} are not on this machine and could not be fetched because "
            f"{error}; try again with a network, give a local file with weights, or choose vgg19, "
            "which is embedded.") from error

    found = checkpoints.digest(convs)
    if expected and found != expected:
        raise UserError(f"The weights of {backbone} are not those that were fetched before; "
                        f"delete {kept[0]} if you trust the new ones.")
    try:
        checkpoints.write(root / "nst" / f"{stem}.{found}.safetensors", convs, backbone, source)
    except OSError as error:
        logger.warning("%s cannot be kept in %s: %s", backbone, root, error)
    return convs, source


def _cached(root: Path, backbone: str, repo: str, revision: str, sha256: str) -> Convs | None:
    """From the whole file in huggingface_hub's cache, if it is there and undamaged."""
    from huggingface_hub import try_to_load_from_cache

    path = try_to_load_from_cache(repo, _FILE, cache_dir=root, revision=revision)
    if not isinstance(path, str):
        return None
    # The cache keeps large files under their sha256, and links to them.
    blob = Path(path).resolve().name
    wanted = sha256 or (blob if re.fullmatch("[0-9a-f]{64}", blob) else "")
    try:
        with open(path, "rb") as file:
            if wanted and hashlib.file_digest(file, "sha256").hexdigest() != wanted:
                raise ValueError("its hash is wrong")
        return checkpoints.read(Path(path), backbone)[0]
    except (OSError, ValueError) as error:
        logger.warning("%s is left aside: %s", path, error)
        return None


def _alexnet(url: str, beat: Callable[[], None], timeout: float) -> Convs:
    """From torchvision's whole file, which is never kept: 10 of its 244 MB are convolutions."""
    name = Path(url).name
    try:
        with Path(torch.hub.get_dir(), "checkpoints", name).open("rb") as file:
            return _checked_alexnet(file, name)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        logger.warning("torch.hub's copy is left aside: %s", error)
    with tempfile.TemporaryFile() as file:
        hub.download(url, file, beat=beat, timeout=timeout)
        beat()
        file.seek(0)
        return _checked_alexnet(file, name)


def _checked_alexnet(file: IO[bytes], name: str) -> Convs:
    # torchvision's convention: the file's name ends in the start of its sha256.
    start = re.search(r"-([0-9a-f]{8,})\.pth$", name)
    if not start or not hashlib.file_digest(file, "sha256").hexdigest().startswith(start[1]):
        raise ValueError(f"the hash of {name} is wrong")
    return checkpoints.pick(checkpoints.read_torch(file), "alexnet")


def _alexnet_url() -> str:
    try:
        _import_torchvision()
        from torchvision.models import AlexNet_Weights
    except ImportError as error:
        raise UserError("AlexNet comes with torchvision; run pip install torchvision.") from error
    return AlexNet_Weights.IMAGENET1K_V1.url


_schemas: list = []  # a library's definitions last as long as the object does


def _import_torchvision() -> None:
    """Imports torchvision, also its CUDA build beside a torch without CUDA.

    There its operators do not load, and the import dies where it registers a shape function for
    ``torchvision::nms``. Nothing here calls an operator, so their schemas are enough.
    """
    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        library = torch.library.Library("torchvision", "FRAGMENT")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _schemas.append(library)
        import torchvision  # noqa: F401
