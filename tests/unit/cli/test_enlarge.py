"""``python -m nst enlarge``: a finished picture becomes larger and stays alike."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nst.cli.main import main
from nst.pictures.cover import Cover
from nst.pictures.metadata import with_cover
from nst.pictures.writing import save_png
from tests.command import mistake


def paint(photo, out, *more) -> None:
    assert main(["stylize", str(photo), "--style", "van-gogh-starry-night", "-o", str(out),
                 "--precision", "float32", *more]) == 0


@pytest.mark.slow
def test_an_enlarged_picture_is_the_same_picture_with_finer_strokes(astronaut, tmp_path):
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    paint(astronaut, small, "--size", "128", "--steps", "12")
    assert main(["enlarge", str(small), str(astronaut), "--size", "256", "-o", str(large)]) == 0
    with Image.open(small) as before, Image.open(large) as after:
        assert after.size == (256, 256)
        old = np.asarray(before.convert("RGB"), float)
        again = np.asarray(after.convert("RGB").resize(before.size, Image.Resampling.BOX), float)
        plain = before.convert("RGB").resize(after.size, Image.Resampling.BICUBIC)
        finer = np.abs(np.asarray(after.convert("RGB"), float) - np.asarray(plain, float)).mean()
    assert np.corrcoef(old.ravel(), again.ravel())[0, 1] > 0.85
    assert finer > 5


@pytest.mark.slow
def test_what_cannot_be_enlarged_is_one_sentence(astronaut, tmp_path, capsys):
    small = tmp_path / "small.png"
    paint(astronaut, small, "--size", "128", "--steps", "2")
    other = tmp_path / "other.png"
    Image.new("RGB", (200, 90), "teal").save(other)
    capsys.readouterr()
    with Image.open(small) as picture:
        save_png(picture, softer := tmp_path / "softer.png", with_cover(picture.info, Cover(0.5)))
    assert "as it was before" in mistake(capsys, "enlarge", softer, astronaut, "--size", "256")
    assert "larger size" in mistake(capsys, "enlarge", small, astronaut, "--size", "128",
                                    "-o", tmp_path / "x.png")
    assert "another shape" in mistake(capsys, "enlarge", small, other, "--size", "256",
                                      "-o", tmp_path / "x.png")
    assert "size is 99" in mistake(capsys, "enlarge", small, astronaut, "--size", "99")
