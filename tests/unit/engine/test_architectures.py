"""The networks' layers: how much work they are, and a plan of losses for every size."""

from __future__ import annotations

import pytest

from nst.engine.architectures import ARCHITECTURES


@pytest.mark.parametrize("layers, thousands", [
    (["conv1_1"], 1.728), (["conv3_1"], 112.32), (["conv1_1", "conv4_1"], 241.344),
    (["conv4_2"], 278.208)])
def test_a_layer_takes_the_multiplications_of_those_before_it(layers, thousands):
    assert ARCHITECTURES["vgg19"].multiplications(layers) == pytest.approx(1000 * thousands)


def test_strides_and_pools_leave_fewer_positions():
    alexnet = ARCHITECTURES["alexnet"]
    first = 64 * 3 * 11 * 11 / 16
    assert alexnet.multiplications(["conv1"]) == first
    assert alexnet.multiplications(["conv2"]) == first + 192 * 64 * 5 * 5 / 16 / 4
    with pytest.raises(KeyError, match="conv9"):
        alexnet.multiplications(["conv1", "conv9"])
