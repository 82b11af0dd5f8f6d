"""A folder painted with --cluster: in parallel, killed, resumed, and the same bytes as here."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from nst.cli.main import main
from tests.command import SMALL, STARRY

pytestmark = pytest.mark.slow
PICTURES, DONE_FIRST = 12, 3
PATIENCE = 120  # seconds; a busy machine is slow, not wrong


@pytest.fixture(scope="module")
def photos(tmp_path_factory, photo) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for number in range(PICTURES):
        photo.resize((64 + number, 64)).save(folder / f"{number:02}.png")
    return folder


def test_a_folder_is_painted_by_all_machines_killed_and_resumed(
        ray, photos, tmp_path, capsys, monkeypatch, request, one_thread):
    out = tmp_path / "out"
    argv = ["stylize", str(photos), *STARRY, *SMALL, "--precision", "float32", "-o", str(out),
            "--cluster", ray.address, "--painter-cpus", "1"]
    process = subprocess.Popen([sys.executable, "-m", "nst", *argv], stderr=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE
    while len(done := list(out.glob("*.png"))) < DONE_FIRST:
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {file: file.stat().st_mtime_ns for file in done}

    # Whose painters are gone then, or there would be no room for these.
    cluster = request.getfixturevalue("cluster")
    monkeypatch.setattr("nst.cluster.link.Cluster", lambda *_: contextlib.nullcontext(cluster))
    assert main(argv) == 0
    said = capsys.readouterr().err
    assert len(os.listdir(out)) == PICTURES
    assert {file: file.stat().st_mtime_ns for file in done} == before
    by = Counter(line.split("painted by ")[1].split()[0]
                 for line in said.splitlines() if "painted by" in line)
    assert set(by) == {"ada", "bob"} and DONE_FIRST <= said.count("painted before")
    assert by.total() + said.count("painted before") == PICTURES

    one = tmp_path / "one.png"
    assert main(["stylize", str(photos / "07.png"), *STARRY, *SMALL, "--precision", "float32",
                 "-o", str(one)]) == 0
    assert one.read_bytes() == (out / "07.png").read_bytes()
