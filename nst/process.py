"""The process as a whole: settings that our programs make when they start, its age and memory.

The library makes no such settings.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import NoReturn

__all__ = ["end_process", "is_out_of_memory", "peak_rss_mb", "prepare_process", "process_start"]

log = logging.getLogger(__name__)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # mallopt(3)


def prepare_process() -> None:
    """Call it once when a program starts, before big allocations and before there are threads."""
    # Pillow warns on stderr of large pictures, which nst.pictures.reading refuses with a sentence,
    # and of broken EXIF, which does no harm.
    warnings.filterwarnings("ignore", module=r"PIL\.")
    share_cores()
    _keep_memory()


def share_cores() -> None:
    """Let OpenMP's threads wait a short while for work in a loop, before they sleep.

    By default they wait for 4 ms, in which they hold the cores that NNPACK's threads need. A
    shorter wait takes one step on two AVX2 cores from 0.16 to 0.09 s at 128 px and from 0.30 to
    0.22 s at 256 px. Where the CPU multiplies bfloat16, NNPACK is not used and a long wait does no
    harm. OpenMP reads the variable when torch is imported.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        flags = Path("/proc/cpuinfo").read_text(errors="replace")
    except OSError:  # some sandboxes have no /proc; a short wait suits most machines
        flags = ""
    bfloat16 = "avx512_bf16" in flags or "amx_bf16" in flags
    # ONEDNN_MAX_CPU_ISA makes oneDNN behave as on an older CPU.
    if not bfloat16 or "ONEDNN_MAX_CPU_ISA" in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "5000")


@functools.cache
def _keep_memory() -> None:
    """Let glibc keep big blocks instead of giving each back to the kernel and faulting it in again.

    One step at 512 px fell from 0.65 to 0.53 s (measured on two AVX-512 cores). Only blocks under
    256 MiB are kept: larger ones, as at 2048 px and more, do not fit into the gaps that others
    leave (2048 px, standard, before strips.py: 5.2 GB instead of 6.4, for 6 % more time). All
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
