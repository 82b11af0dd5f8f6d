"""Pictures as tensors, and which device and number format the settings choose."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from nst.engine.tensors import (
    pick_device,
    pick_precision,
    resampled,
    to_image,
    to_tensor,
    window_mean,
)
from nst.errors import UserError


@pytest.mark.parametrize("reach", [1, 4, 9])
def test_the_mean_of_a_window_is_that_of_the_square(reach):
    picture = torch.rand((1, 2, 23, 31), generator=torch.Generator().manual_seed(2))
    square = F.avg_pool2d(picture, 2 * reach + 1, 1, reach, count_include_pad=False)
    torch.testing.assert_close(window_mean(picture, reach), square)

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


def gpu(monkeypatch, present: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: present)


@pytest.mark.parametrize(("present", "wanted", "device"), [
    (False, "auto", CPU), (False, "cpu", CPU), (True, "auto", CUDA), (True, "cuda", CUDA),
    (True, "cpu", CPU),
])
def test_the_device_that_is_asked_for_or_the_fastest_there_is(
        monkeypatch, present, wanted, device):
    gpu(monkeypatch, present)
    assert pick_device(wanted) == device


def test_a_gpu_that_is_not_there_is_one_sentence(monkeypatch):
    gpu(monkeypatch, False)
    with pytest.raises(UserError, match="no CUDA GPU here"):
        pick_device("cuda")


@pytest.mark.parametrize("device", [CPU, CUDA])
def test_a_precision_that_is_named_is_taken(device):
    assert pick_precision("float32", device) == torch.float32
    assert pick_precision("bfloat16", device) == torch.bfloat16


@pytest.mark.parametrize(("avx512", "amx", "precision"), [
    (False, False, torch.float32), (True, False, torch.bfloat16), (False, True, torch.bfloat16),
])
def test_auto_is_bfloat16_only_on_a_cpu_that_multiplies_it(monkeypatch, avx512, amx, precision):
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert pick_precision("auto", CPU) == precision


@pytest.mark.parametrize(("isa", "precision"), [
    ("AVX2", torch.float32), ("AVX512_CORE", torch.float32), ("AVX512_CORE_BF16", torch.bfloat16),
    ("default", torch.bfloat16),
])
def test_an_older_cpu_is_imitated(monkeypatch, isa, precision):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", isa)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert pick_precision("auto", CPU) == precision


@pytest.mark.parametrize("fast", [True, False])
def test_auto_is_bfloat16_only_on_a_gpu_that_multiplies_it(monkeypatch, fast):
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: fast)
    assert pick_precision("auto", CUDA) == (torch.bfloat16 if fast else torch.float32)


def test_a_picture_comes_back_from_its_tensor_pixel_by_pixel():
    pixels = np.random.default_rng(1).integers(0, 256, (9, 14, 3), dtype=np.uint8)
    tensor = to_tensor(Image.fromarray(pixels))
    assert tensor.shape == (1, 3, 9, 14) and tensor.dtype == torch.float32
    assert tensor[0, 1, 2, 3] == pixels[2, 3, 1] / np.float32(255)
    assert tensor.is_contiguous()
    for again in tensor, tensor[0], tensor.double():
        assert np.array_equal(np.asarray(to_image(again)), pixels)
    assert to_tensor(Image.fromarray(pixels).convert("L")).shape == (1, 3, 9, 14)


def test_what_leaves_the_range_is_clamped_and_halves_are_rounded():
    values = torch.tensor([-0.2, 1.3, 100.4 / 255, 100.6 / 255]).view(1, 1, 1, 4)
    image = to_image(values.expand(1, 3, 1, 4).requires_grad_())
    assert image.mode == "RGB" and np.asarray(image)[0, :, 0].tolist() == [0, 255, 100, 101]


def test_resampling_shrinks_without_aliasing_and_enlarges_smoothly():
    stripes = torch.zeros(1, 3, 32, 32)
    stripes[..., ::2] = 1
    assert resampled(stripes, (32, 8))[..., 2:-2].std() < 0.01
    ramp = torch.linspace(0, 1, 16).expand(1, 3, 16, 16)
    larger = resampled(ramp, (16, 64))[..., 8:-8]
    torch.testing.assert_close(larger.diff(dim=3).mean(), torch.tensor(1 / 60))
    assert larger.diff(dim=3).std() < 1e-3 and larger.shape == (1, 3, 16, 48)
