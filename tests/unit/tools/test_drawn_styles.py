"""The drawn styles in styles/ are the ones that tools/drawn_styles draws."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from tools.drawn_styles import __main__ as drawn_styles

KEPT = drawn_styles.STYLES


def test_every_drawn_style_is_kept_at_gallery_size():
    for name in drawn_styles.DRAWN_STYLES:
        path = KEPT / f"{name}.jpg"
        assert max(Image.open(path).size) >= 1024, name
        assert path.stat().st_size < 500_000, name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Fauvism/study-portrait-in-a-hat", "De-Stijl/study-composition"])
def test_redrawing_gives_the_kept_picture(name, tmp_path):
    drawn_styles.main(["--out", str(tmp_path), name])
    kept = np.asarray(Image.open(KEPT / f"{name}.jpg"), np.int16)
    again = np.asarray(Image.open(tmp_path / f"{name}.jpg"), np.int16)
    difference = np.abs(kept - again)
    # rounding in the last bit of a float may tip a pixel; JPEG spreads that over its block
    assert difference.mean() < 0.5
    assert (difference > 24).mean() < 0.002


def test_an_unknown_name_is_refused_with_the_choices(capsys):
    with pytest.raises(SystemExit, match="2"):
        drawn_styles.main(["Cubism/none"])
    assert "Cubism/study-mandolin-player" in capsys.readouterr().err
