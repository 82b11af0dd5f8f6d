"""Between pictures and tensors."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from nst.engine.tensors import window_mean


@pytest.mark.parametrize("reach", [1, 4, 9])
def test_the_mean_of_a_window_is_that_of_the_square(reach):
    picture = torch.rand((1, 2, 23, 31), generator=torch.Generator().manual_seed(2))
    square = F.avg_pool2d(picture, 2 * reach + 1, 1, reach, count_include_pad=False)
    torch.testing.assert_close(window_mean(picture, reach), square)
