"""What a program sets for its whole process, and what it knows about it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nst.process import peak_rss_mb, prepare_process, process_start, share_cores
from tests.conftest import EXAMPLES


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/cpuinfo")
@pytest.mark.parametrize(("flags", "imitated", "wanted"), [
    ("avx2", False, "5000"), ("avx2 avx512_bf16", False, None), ("avx2 amx_bf16", False, None),
    ("avx2 avx512_bf16", True, "5000")])
def test_openmp_waits_a_short_while_where_nnpack_shares_its_cores(
        monkeypatch, flags, imitated, wanted):
    monkeypatch.setattr(os, "environ", {"ONEDNN_MAX_CPU_ISA": "AVX2"} if imitated else {})
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: flags)
    share_cores()
    assert os.environ.get("GOMP_SPINCOUNT") == wanted


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is no /proc")
def test_without_proc_the_process_begins_now_and_its_memory_is_not_known(monkeypatch):
    def missing(*_, **__):
        raise FileNotFoundError("/proc")

    monkeypatch.setattr(Path, "read_text", missing)
    monkeypatch.setattr("builtins.open", missing)
    monkeypatch.setattr(os, "environ", {})
    before = time.monotonic()
    prepare_process()
    assert before <= process_start() <= time.monotonic()
    assert peak_rss_mb() is None


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    share_cores()
    assert os.environ["GOMP_SPINCOUNT"] == "7"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc/self/status")
def test_the_peak_of_memory_counts_what_was_freed_and_nothing_of_the_parents():
    script = ("from nst.process import peak_rss_mb\n"
              "before = peak_rss_mb()\n"
              "held = b'x' * (200 << 20)\n"
              "del held\n"
              "print(before, peak_rss_mb())")
    held = b"x" * (300 << 20)
    done = subprocess.run([sys.executable, "-c", script], cwd=EXAMPLES.parent, check=True,
                          capture_output=True, text=True)
    before, after = map(float, done.stdout.split())
    assert before < 250 < len(held) >> 20
    assert 190 < after - before < 210


def test_a_process_ends_at_once_and_loses_nothing():
    script = ("import atexit\n"
              "from nst.process import end_process\n"
              "atexit.register(print, 'tidied', end='')\n"
              "class Slow:\n"
              "    def __del__(self): print('taken down')\n"
              "kept = Slow()\n"
              "print('printed', end=' ')\n"
              "end_process(3)")
    done = subprocess.run([sys.executable, "-c", script], cwd=EXAMPLES.parent,
                          capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, "printed tidied", "")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="has /dev/full")
def test_a_full_disk_behind_stdout_is_told():
    script = "from nst.process import end_process\nprint('lost')\nend_process(0)"
    with open("/dev/full", "w") as full:
        done = subprocess.run([sys.executable, "-c", script], cwd=EXAMPLES.parent, stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode and "No space left" in done.stderr
