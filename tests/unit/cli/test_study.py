"""``nst study``: every combination once, on a sheet and in a table; a second run resumes."""

from __future__ import annotations

import csv
import io
import os
import signal
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import nst.engine.stylize
from nst.cli.main import main
from nst.cli.study import parse_axis
from nst.errors import UserError
from nst.pictures.contact_sheet import BACKGROUND
from nst.pictures.metadata import recall
from tests.command import SMALL, STARRY, Engine, mistake


def study(astronaut, out, *vary, style=STARRY) -> int:
    axes = [arg for text in vary for arg in ("--vary", text)]
    return main(["study", str(astronaut), *style, *axes, "-o", str(out), *SMALL])


def table(out) -> list[dict[str, str]]:
    with open(out / "study.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def drawn(sheet) -> int:
    """How many pixels of a sheet are not its background."""
    return int((np.asarray(Image.open(sheet)) != BACKGROUND).any(axis=2).sum())


def test_every_combination_is_painted_with_its_settings(tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    assert study(astronaut, tmp_path / "out", "pooling=average,max", "seed=1,2,3") == 0
    assert [(call[2].pooling, call[2].seed) for call in engine.calls] == [
        (pooling, seed) for pooling in ("average", "max") for seed in (1, 2, 3)]
    rows = table(tmp_path / "out")
    assert [(row["set_pooling"], row["set_seed"]) for row in rows][3] == ("max", "1")
    for row in rows:
        assert (row["state"], row["style"], row["content"]) == ("painted", "0.25", "0.5")
        assert float(row["seconds"]) >= 0
        settings = recall(tmp_path / "out" / "cells" / row["file"]).settings
        assert settings.pooling == row["set_pooling"] and settings.seed == int(row["set_seed"])
    sheet = Image.open(tmp_path / "out" / "sheet.png")
    assert sheet.width > 3 * 256 and sheet.height > 3 * 256  # two rows below photo and painting


@pytest.mark.slow
def test_the_photo_of_a_study_comes_in_on_stdin(tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(astronaut.read_bytes())))
    assert study("-", tmp_path / "out", "seed=1,2") == 0
    with Image.open(astronaut) as photo:
        assert [call[0].size for call in engine.calls] == [photo.size] * 2


@pytest.mark.slow
def test_cells_that_cannot_be_painted_are_named_and_the_rest_goes_on(
        tmp_path, capsys, monkeypatch, astronaut):
    def load(backbone, weights):
        if backbone == "vgg16":
            raise UserError("The weights of vgg16 are out of reach; try later.")
        return real(backbone, weights)

    real = nst.engine.stylize.load
    monkeypatch.setattr(nst.engine.stylize, "load", load)
    nst.engine.stylize._backbone.cache_clear()
    out = tmp_path / "out"
    assert study(astronaut, out, "backbone=vgg16,vgg19", "content_layers=conv4_2,conv5_9") == 1
    rows = table(out)
    assert [row["state"] for row in rows] == ["not run", "not run", "painted", "not run"]
    assert "out of reach" in rows[0]["note"] and "conv5_9" in rows[3]["note"]
    assert float(rows[2]["style"]) > 0 and os.listdir(out / "cells") == [rows[2]["file"]]
    assert "not run" in capsys.readouterr().err
    monkeypatch.undo()


def test_a_stopped_study_is_taken_up(tmp_path, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    frames = engine.frames

    def third_is_interrupted(photo, settings):
        first, last = frames(photo, settings)
        yield first
        if len(engine.calls) == 3:
            signal.raise_signal(signal.SIGINT)
            yield first
        yield last

    engine.frames = third_is_interrupted
    out, vary = tmp_path / "out", "seed=1,2,3,4"
    assert study(astronaut, out, vary) == 130
    assert [row["state"] for row in table(out)] == ["painted", "painted", "", ""]
    before, half = table(out)[:2], drawn(out / "sheet.png")
    assert study(astronaut, out, vary) == 0
    assert [call[2].seed for call in engine.calls] == [1, 2, 3, 3, 4]
    assert table(out)[:2] == before
    assert drawn(out / "sheet.png") > 1.3 * half  # four cells, photo and style instead of two


def test_another_photo_painting_or_setting_is_painted_anew(
        tmp_path, monkeypatch, astronaut, photo):
    engine = Engine.instead(monkeypatch)
    photo.rotate(180).save(tmp_path / "other.png")
    for number, (picture, style, vary) in enumerate((
            (astronaut, STARRY, "seed=1"), (tmp_path / "other.png", STARRY, "seed=1"),
            (astronaut, ("--style", "munch-the-scream"), "seed=1"),
            (astronaut, STARRY, "seed=2")), 1):
        assert study(picture, tmp_path / "out", vary, style=style) == 0
        assert len(engine.calls) == number


def test_values_that_hold_commas_are_separated_by_semicolons():
    knob, values = parse_axis("style-layers=conv1_1:2,conv2_1; conv1_1;")
    assert (knob.name, values) == ("style_layers", ("conv1_1:2,conv2_1", "conv1_1", ""))
    assert parse_axis("content_layer=conv4_2,conv5_2")[0].name == "content_layers"
    assert parse_axis("exposure=yes,no")[1] == (True, False)


@pytest.mark.parametrize(("vary", "words"), [
    ("brush=1,2", "names no setting"), ("seed", "names no setting"),
    ("size=12,512", "128 to 4096"), ("pooling=median", "average, max")])
def test_mistakes_are_one_sentence(tmp_path, capsys, astronaut, vary, words):
    out = tmp_path / "out"
    assert words in mistake(capsys, "study", astronaut, *STARRY, "--vary", vary, "-o", out)
    assert not out.exists()


def test_a_cell_that_does_not_fit_into_memory_is_named_and_the_rest_goes_on(
        tmp_path, capsys, monkeypatch, astronaut):
    engine = Engine.instead(monkeypatch)
    frames = engine.frames

    def first_fails(photo, settings):
        yield next(frames(photo, settings))
        if len(engine.calls) == 1:
            raise MemoryError
        yield from frames(photo, settings)

    engine.frames = first_fails
    assert study(astronaut, tmp_path / "out", "seed=1,2") == 1
    assert [row["state"] for row in table(tmp_path / "out")] == ["not run", "painted"]
    assert "memory" in table(tmp_path / "out")[0]["note"]
