"""The process as a whole: settings that our programs make when they start, its age and memory.

The library makes no such settings; of a process that forks it sees to its own threads alone.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import logging
import math
import os
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

__all__ = ["KEPT_PRIMITIVES", "SPIN_COUNT", "end_process", "is_out_of_memory", "peak_rss_mb",
           "prepare_process", "process_start", "share_cores", "survive_forks", "usable_cores"]

log = logging.getLogger(__name__)

# How often a thread of OpenMP's looks for work before it sleeps. By default it looks for 4 ms, in
# which it holds a core that another thread or program needs: with 5000, one step on two AVX2 cores
# fell from 0.16 to 0.09 s at 128 px and from 0.30 to 0.22 s at 256 px, as NNPACK's threads had to
# wait; beside two busy programs a draft of 256 px from 19 to 10 s. See tests.bench.load.
SPIN_COUNT = "5000"
# Of the machine code that oneDNN makes for each shape that it multiplies, and keeps: 1024 pieces by
# default. In a clip a face that moves had ever new shapes, which grew the process by 7 % from 48
# pictures to 240, with this by 5 (carphone, 128 px); it has few since (statistics.py). At 512 px a
# picture makes 428 pieces for 398; with 64 it would make most of them at every step.
KEPT_PRIMITIVES = "128"
_OMP_PAUSE_SOFT = 1  # omp_pause_soft of OpenMP's omp.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # mallopt(3)


def prepare_process() -> None:
    """Call it once when a program starts, before big allocations and before there are threads."""
    # Pillow warns on stderr of large pictures, which nst.pictures.reading refuses with a sentence,
    # and of broken EXIF, which does no harm.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    share_cores()
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", KEPT_PRIMITIVES)
    _keep_memory()


def share_cores() -> None:
    """Let OpenMP take the cores that this process may use, and leave them soon when it waits.

    OpenMP reads both variables when torch is imported, so call it before. What the user has set
    stays: GOMP_SPINCOUNT or OMP_WAIT_POLICY, and an OMP_NUM_THREADS that is a number of cores here.
    Linux only; elsewhere it does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPIN_COUNT)
    cores, allowed = len(os.sched_getaffinity(0)), usable_cores()
    if not _is_sane(os.environ.get("OMP_NUM_THREADS", ""), cores):
        if allowed < cores:
            os.environ["OMP_NUM_THREADS"] = str(allowed)
        else:
            os.environ.pop("OMP_NUM_THREADS", None)  # as many as there are


def usable_cores(groups: Path = Path("/proc/self/cgroup"),
                 mount: Path = Path("/sys/fs/cgroup")) -> int:
    """How many threads this process can keep busy: its cores, or fewer under a CPU quota; from 1.

    In a container with a quota (docker --cpus, Kubernetes' limits) all of the machine's cores are
    visible. A thread on each uses the quota up in a fraction of each tenth of a second, and all of
    them stand still for the rest. Linux only.

    Args:
        groups: the process's control groups, as cgroups(7) describes the file.
        mount: where their files are, of version 1 or 2.
    """
    cores = len(os.sched_getaffinity(0))
    quotas = list(_cpu_quotas(groups, mount))
    return max(1, min([cores, *(math.ceil(quota) for quota in quotas)]))


def _cpu_quotas(groups: Path, mount: Path) -> Iterator[float]:
    """The quotas, in cores, of the process's control groups and of those above them."""
    try:
        lines = groups.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, line = line.partition(":")
        controllers, _, path = line.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        # Version 2 has one tree, version 1 one for each group of controllers.
        bases = [mount / controllers, mount / "cpu"] if controllers else [mount]
        parts = [part for part in path.split("/") if part]
        if ".." in parts:  # outside of what this container sees
            parts = []
        for base in bases:
            for depth in range(len(parts) + 1):
                quota = _quota(base.joinpath(*parts[:depth]), version=1 if controllers else 2)
                if quota:
                    yield quota


def _quota(group: Path, version: int) -> float | None:
    """A control group's quota in cores; None: it has none.

    https://docs.kernel.org/scheduler/sched-bwc.html and admin-guide/cgroup-v2.html, cpu.max.
    """
    try:
        if version == 2:
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii")
                             for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 and int(period) > 0 else None
    except (OSError, ValueError):  # no such file, or "max"
        return None


def _is_sane(threads: str, cores: int) -> bool:
    """Whether OMP_NUM_THREADS ("4" or "4,2": for nested loops) asks for cores that are there."""
    first = threads.split(",")[0].strip()
    return first.isascii() and first.isdigit() and 1 <= int(first) <= cores


@functools.cache
def survive_forks() -> None:
    """Let a child that is forked from now on compute: call it once torch has been imported.

    GNU's OpenMP keeps its threads from one loop to the next. A forked child has their bookkeeping
    but not the threads, and its first loop waits for them for ever; multiprocessing forks on Linux
    by default, up to Python 3.13. So the thread that forks ends its OpenMP threads before (0.1 to
    2 ms), and parent and child start new ones when they next need them: OpenMP 5.0's
    omp_pause_resource_all, in libgomp from GCC 9 on. Other OpenMP libraries see to it themselves.
    """
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:  # no Linux: no libgomp either
        return
    libraries = {line.split(maxsplit=5)[5] for line in maps.splitlines() if "libgomp" in line}
    for library in sorted(libraries):
        try:
            pause = ctypes.CDLL(library).omp_pause_resource_all
        except (OSError, AttributeError):
            log.debug("%s cannot end its threads before a fork", library)
        else:
            os.register_at_fork(before=functools.partial(pause, _OMP_PAUSE_SOFT))


@functools.cache
def _keep_memory() -> None:
    """Let glibc keep big blocks instead of giving each back to the kernel and faulting it in again.

    One step at 512 px fell from 0.65 to 0.53 s (measured on two AVX-512 cores). Only blocks under
    256 MiB are kept: larger ones, as at 2048 px and more, do not fit into the gaps that others
    leave (2048 px, standard, before strips: 5.2 GB instead of 6.4, for 6 % more time). All
    threads share one arena: a server paints in one thread after the other, and each would keep its
    own (598 MB resident instead of 679 after 20 small pictures). Call it before the first big
    allocation and before there are threads. Linux with glibc only; elsewhere it does nothing.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        log.debug("no glibc here: the allocator stays as it is")
        return
    mallopt(_M_MMAP_THRESHOLD, 256 << 20)
    mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)
    mallopt(_M_ARENA_MAX, 1)


def end_process(status: int) -> NoReturn:
    """End this process with an exit status, without taking the interpreter down first.

    That would take .6 s once torch has painted, of the 10 of a picture (mypy ends so too). What is
    registered with atexit is run, and what was printed is written.
    """
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except OSError:
        sys.exit(status)  # the interpreter tells of it
    os._exit(status)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out; torch, oneDNN and OpenCV share no class for it."""
    return isinstance(error, MemoryError) or any(
        words in str(error).lower() for words in (
            "allocate memory", "out of memory", "insufficient memory", "bad_alloc", "bad alloc",
            "could not create a primitive"))


def process_start() -> float:
    """When this process began, on time.monotonic()'s clock; now, where it is unknown (no Linux)."""
    now = time.monotonic()
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            # proc(5): field 22, counted behind the name in parentheses, in ticks since boot.
            ticks = int(file.read().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (AttributeError, IndexError, OSError, ValueError):
        return now
    return now - age if 0 <= age < 3600 else now  # some sandboxes give a wrong figure


def peak_rss_mb() -> float | None:
    """The most memory this process has held at once, in MiB; None where it is not known.

    That is on Windows, and on Linux without /proc, where getrusage(2) would count what the parent
    held when it started this process.
    """
    try:
        if sys.platform.startswith("linux"):
            status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
            return round(int(status.split("VmHWM:")[1].split()[0]) / 2**10, 1)  # in KiB
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
    except (ImportError, IndexError, OSError, ValueError):
        return None
