"""The one model of what a run costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nst.engine.architectures import ARCHITECTURES
from nst.engine.recipe import plan
from nst.engine.time_left import RECOMPUTED, scale_costs, work
from nst.errors import UserError
from nst.settings import Settings


def costs(shape: float = 1.0, styles: int = 1, lent_gpu: bool = False, **settings):
    settings = Settings(**{"precision": "float32"} | settings)
    return scale_costs(plan(settings).scales, settings, shape=shape, styles=styles,
                       lent_gpu=lent_gpu)


@pytest.mark.parametrize("layers, thousands", [
    (["conv1_1"], 1.728), (["conv3_1"], 112.32), (["conv1_1", "conv4_1"], 241.344),
    (["conv4_2"], 278.208)])
def test_a_layer_takes_the_multiplications_of_those_before_it(layers, thousands):
    assert ARCHITECTURES["vgg19"].multiplications(layers) == pytest.approx(1000 * thousands)


def test_a_convolution_of_a_rank_takes_the_multiplications_of_two():
    vgg19 = ARCHITECTURES["vgg19"]
    first = 64 * 3 * 3 * 3
    assert vgg19.multiplications(["conv1_2"], {"conv1_2": 32}) == first + 32 * 64 * 9 + 64 * 32
    exact, reduced = (costs(size=512, convolutions=kind)[-1] for kind in ("exact", "low-rank"))
    assert 0.5 < reduced.step / exact.step < 0.7


def test_strides_and_pools_leave_fewer_positions():
    alexnet = ARCHITECTURES["alexnet"]
    first = 64 * 3 * 11 * 11 / 16
    assert alexnet.multiplications(["conv1"]) == first
    assert alexnet.multiplications(["conv2"]) == first + 192 * 64 * 5 * 5 / 16 / 4
    with pytest.raises(KeyError, match="conv9"):
        alexnet.multiplications(["conv1", "conv9"])


def test_a_step_costs_by_its_pixels_and_a_fixed_time():
    coarse, *_, fine = costs(size=512)
    assert 15 < fine.step / coarse.step < 64  # 64 times the pixels
    fast = costs(size=512, precision="bfloat16")  # multiplied faster, not launched faster
    assert fast[-1].step / fast[0].step < fine.step / coarse.step
    wide = costs(size=512, shape=0.5)
    assert wide[-1].step == pytest.approx(fine.step / 2, rel=0.05)
    assert wide[0].step > 0.6 * coarse.step
    assert costs(size=512, backbone="alexnet")[-1].step < fine.step / 2


def test_large_pictures_compute_their_steps_again_but_not_their_setup():
    *_, thousand, two_thousand = costs(size=2048)
    assert two_thousand.step / thousand.step == pytest.approx(4 * RECOMPUTED, rel=0.02)
    assert two_thousand.setup / thousand.setup < two_thousand.step / thousand.step
    *_, narrow = costs(size=2048, shape=0.3)  # 1.26 million pixels
    assert narrow.step == pytest.approx(0.3 * two_thousand.step / RECOMPUTED, rel=0.02)


def test_a_setup_looks_at_every_style_and_compares_no_more_places_than_there_are():
    one, two, three = (costs(size=512, styles=count)[-1] for count in (1, 2, 3))
    assert 1.2 < one.setup / one.step < 1.5  # measured: 1.25 in float32, 1.47 in bfloat16
    assert 1.5 < two.setup / one.setup < 1.8
    assert three.setup - two.setup == pytest.approx(two.setup - one.setup)
    *_, two_thousand, four_thousand = costs(size=4096)
    assert four_thousand.setup / two_thousand.setup == pytest.approx(4, rel=0.01)


def test_on_a_gpu_small_scales_cost_nearly_the_same():
    first, second, *_ = costs(size=512, lent_gpu=True)
    assert second.step < 1.1 * first.step


def test_the_work_of_a_run_is_that_of_its_setups_and_steps():
    scales, found = plan(Settings(size=128)).scales, costs(size=128)
    by_hand = sum(cost.setup + scale.steps * cost.step
                  for scale, cost in zip(scales, found, strict=True))
    settings = Settings(size=128, precision="float32")
    assert work(settings) == by_hand
    larger = replace(settings, size=256)
    assert work(larger, above=128) + by_hand == pytest.approx(work(larger), rel=0.15)
    with pytest.raises(UserError, match="larger size"):
        work(settings, above=128)
