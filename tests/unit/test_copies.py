"""The bench's measure of copied pieces finds one that was pasted, and none in what is like it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tests.bench.copies import largest_copy


@pytest.fixture
def texture():
    random = np.random.default_rng(3)
    pixels = random.integers(0, 255, (64, 64, 3), np.uint8)
    return Image.fromarray(pixels).resize((256, 256), Image.Resampling.BICUBIC)


@pytest.mark.slow
def test_a_pasted_piece_counts_with_its_area(texture):
    other = texture.transpose(Image.Transpose.ROTATE_90)
    assert largest_copy(other, texture) < 0.01
    other.paste(texture.crop((40, 30, 168, 158)), (100, 90))
    assert largest_copy(other, texture) == pytest.approx(1 / 4, abs=0.05)


def test_flat_areas_are_no_copies():
    flat = Image.new("RGB", (256, 200), "white")
    assert largest_copy(flat, flat) == 0
