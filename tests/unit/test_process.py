"""What a program sets for its whole process, and what it knows about it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nst.process
from nst.process import (
    KEPT_PRIMITIVES,
    SPIN_COUNT,
    peak_rss_mb,
    prepare_process,
    process_start,
    share_cores,
    usable_cores,
)
from tests.conftest import EXAMPLES

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sets OpenMP on Linux")


@pytest.fixture
def machine(monkeypatch):
    """A machine of eight cores on which nothing is set; gives its environment."""
    environment: dict[str, str] = {}
    monkeypatch.setattr(os, "environ", environment)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(nst.process, "usable_cores", lambda: 3)
    return environment


@pytest.mark.parametrize("asked", [None, "7"])
def test_one_dnn_keeps_little_code_unless_the_user_asks(machine, monkeypatch, asked):
    """Each shape of a moving face has its own, and a long clip would fill the memory with it."""
    monkeypatch.setattr(nst.process, "_keep_memory", lambda: None)
    name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
    if asked:
        machine[name] = asked
    prepare_process()
    assert machine[name] == (asked or KEPT_PRIMITIVES)


@LINUX
def test_openmp_waits_a_short_while_on_every_cpu(machine):
    share_cores()
    assert machine["GOMP_SPINCOUNT"] == SPIN_COUNT


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


@LINUX
@pytest.mark.parametrize(("name", "value"), [
    ("GOMP_SPINCOUNT", "7"), ("OMP_WAIT_POLICY", "active")])
def test_what_the_user_has_set_stays(machine, name, value):
    machine[name] = value
    share_cores()
    assert machine[name] == value
    assert name == "GOMP_SPINCOUNT" or "GOMP_SPINCOUNT" not in machine


@LINUX
@pytest.mark.parametrize(("given", "threads"), [
    (None, "3"), ("", "3"), ("0", "3"), ("-2", "3"), ("many", "3"), ("64", "3"),  # not sane
    ("1", "1"), ("6", "6"), ("2,4", "2,4"), (" 4 ", " 4 ")])
def test_a_quota_gives_the_number_of_threads_unless_the_user_does(machine, given, threads):
    if given is not None:
        machine["OMP_NUM_THREADS"] = given
    share_cores()
    assert machine["OMP_NUM_THREADS"] == threads


@LINUX
def test_without_a_quota_openmp_counts_the_cores_itself(machine, monkeypatch):
    monkeypatch.setattr(nst.process, "usable_cores", lambda: 8)
    for given in (None, "nonsense"):
        if given:
            machine["OMP_NUM_THREADS"] = given
        share_cores()
        assert "OMP_NUM_THREADS" not in machine


def cgroups(folder: Path, listed: str, files: dict[str, str]) -> tuple[Path, Path]:
    """A process's list of control groups, and their files under a mount point."""
    mount = folder / "cgroup"
    for name, text in files.items():
        (mount / name).parent.mkdir(parents=True, exist_ok=True)
        (mount / name).write_text(text)
    (folder / "self").write_text(listed)
    return folder / "self", mount


V1 = "12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n"
QUOTAS = {
    "version 2 in a container": ("0::/\n", {"cpu.max": "250000 100000\n"}, 3),
    "version 2, none": ("0::/\n", {"cpu.max": "max 100000\n"}, 8),
    "version 2, the strictest above": ("0::/a/b/c\n", {
        "a/cpu.max": "400000 100000", "a/b/cpu.max": "150000 100000",
        "a/b/c/cpu.max": "max 100000"}, 2),
    "version 2, more than the cores": ("0::/\n", {"cpu.max": "6400000 100000"}, 8),
    "version 2, less than one": ("0::/\n", {"cpu.max": "10000 100000"}, 1),
    "version 2, outside": ("0::/../../x\n", {"cpu.max": "200000 100000"}, 2),
    "version 1 on the host": (V1, {
        "cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "450000\n",
        "cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n"}, 5),
    "version 1 in a container": (V1, {"cpu/cpu.cfs_quota_us": "200000",
                                      "cpu/cpu.cfs_period_us": "100000"}, 2),
    "version 1, none": (V1, {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 8),
    "nonsense": ("0::/\nx\n\n", {"cpu.max": "a b c"}, 8), "zero": ("0::/", {"cpu.max": "5 0"}, 8),
    "no files": ("0::/gone\n", {}, 8),
}


@LINUX
@pytest.mark.parametrize("case", QUOTAS)
def test_a_cpu_quota_is_found(tmp_path, monkeypatch, case):
    listed, files, cores = QUOTAS[case]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert usable_cores(*cgroups(tmp_path, listed, files)) == cores


@LINUX
def test_where_no_groups_are_told_all_cores_count(tmp_path):
    assert usable_cores(tmp_path / "missing", tmp_path) == len(os.sched_getaffinity(0))
    assert 1 <= usable_cores() <= len(os.sched_getaffinity(0))


FORK = """
import multiprocessing, sys
import torch
{before}
def work():
    torch.ones(1 << 22).mul_(2)
    {paint}
    print("painted", torch.get_num_threads(), flush=True)
torch.ones(1 << 22).mul_(2)  # the parent's threads
{paint}
child = multiprocessing.get_context("fork").Process(target=work)
child.start()
child.join({seconds})
ended = child.exitcode == 0
child.kill()
if ended:
    torch.ones(1 << 22).mul_(2)  # the parent goes on too
    {paint}
sys.exit(0 if ended else 9)
"""
PAINT = ("list(nst.stylize(Image.new('RGB', (64, 64), 'teal'), [(Image.linear_gradient('L'), 1.0)],"
         " nst.Settings(size=128, steps=4)))")


def forked(before: str, paint: str, seconds: int) -> subprocess.CompletedProcess:
    script = FORK.format(before=before, paint=paint, seconds=seconds)
    environment = os.environ | {"OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": "0"}
    return subprocess.run([sys.executable, "-c", script], cwd=EXAMPLES.parent, timeout=150,
                          capture_output=True, text=True, env=environment)


@pytest.mark.slow
@LINUX
def test_a_forked_child_computes_on_all_threads():
    done = forked("import nst.process; nst.process.survive_forks()", "", 20)
    assert (done.returncode, done.stdout) == (0, "painted 2\n"), done.stderr


@LINUX
@pytest.mark.slow
def test_a_forked_child_paints_once_its_parent_has_painted():
    done = forked("import nst; from PIL import Image", PAINT, 60)
    assert (done.returncode, done.stdout) == (0, "painted 2\n"), done.stderr


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
