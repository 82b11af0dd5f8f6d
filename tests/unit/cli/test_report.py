"""The real command paints, and its JSON report says how it went."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from nst.engine.tensors import pick_device, pick_precision
from nst.pictures.metadata import recall
from nst.settings import Settings
from tests.command import SMALL, STARRY, command


@pytest.mark.slow
def test_the_real_command_paints_and_reports(tmp_path, astronaut):
    done = command("stylize", astronaut, *STARRY, "-o", "out.png", "--json", "report.json", *SMALL,
                   cwd=tmp_path)
    assert done.returncode == 0 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert 2 <= len(lines) <= 5 and "step 3 of 3" in lines[-1]
    assert "No face" not in done.stderr
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (128, 128) and out.mode == "RGB"
    record = recall(tmp_path / "out.png")
    assert (record.settings.size, record.settings.steps) == (128, 3)
    assert record.styles == [("van-gogh-starry-night", 1.0)]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["seconds"] > report["painting_seconds"] > 0
    assert report["first_frame_seconds"] >= report["painting_first_frame_seconds"] > 0
    assert report["steps"] == 3 and report["size"] == 128 and report["peak_rss_mb"] > 100
    device = pick_device("auto")
    assert report["device"] == device.type
    assert f"torch.{report['dtype']}" == str(pick_precision("auto", device))
    assert Settings(**report["settings"]) == record.settings
    [face] = report["faces"]
    assert face == pytest.approx([0.347, 0.131, 0.187, 0.21], abs=0.01)
    assert report["losses"][-1]["step"] == 3
    assert report["losses"][-1]["style"] < report["losses"][0]["style"]
