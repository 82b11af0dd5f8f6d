"""A folder and a clip with --cluster: in parallel, with deaths, and the same bytes as here."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nst.cli.main import main
from nst.cluster.driver import AGAIN
from nst.run import Pause
from tests.command import SMALL, STARRY

pytestmark = pytest.mark.slow
PICTURES, DONE_FIRST = 12, 2
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
    assert main(["stylize", str(photos / "05.png"), *STARRY, *SMALL, "--precision", "float32",
                 "-o", str(one)]) == 0
    assert one.read_bytes() == (out / "05.png").read_bytes()


def test_a_clips_scenes_are_painted_by_all_machines_though_a_painter_dies(
        ray, cluster, photo, tmp_path, monkeypatch, capsys, one_thread):
    whole = photo.resize((96, 96))
    other = Image.fromarray(255 - np.asarray(whole)[::-1])
    first, *rest = [scene.crop((n, 0, n + 80, 80)) for scene in (whole, other) for n in range(4)]
    first.save(tmp_path / "clip.png", save_all=True, append_images=rest, duration=100)
    machines, killed, pauses, video = [], [], Counter(), cluster.video

    def watched(*clip, told, **named):
        def tell(machine):
            machines.append(machine)
            told(machine)

        with contextlib.closing(video(*clip, told=tell, **named)) as frames:
            for frame in frames:
                if isinstance(frame, Pause):
                    pauses[frame.why] += 1
                elif not killed:
                    killed.append(machines[-1])
                    ray.kill_painter(killed[0])
                yield frame

    monkeypatch.setattr(cluster, "video", watched)
    monkeypatch.setattr("nst.cluster.link.Cluster", lambda *_: contextlib.nullcontext(cluster))
    argv = ["video", str(tmp_path / "clip.png"), *STARRY, *SMALL, "--precision", "float32", "-o"]
    assert main([*argv, str(tmp_path / "a.mp4"), "--cluster", ray.address]) == 0
    assert set(machines) == {"ada", "bob"} and pauses[AGAIN] == 1
    said = capsys.readouterr().err
    assert "pictures 1 to 4 painted by" in said and "pictures 5 to 8 painted by" in said
    assert main([*argv, str(tmp_path / "b.mp4")]) == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
