"""How long a small picture takes beside busy programs, for each patience of OpenMP's threads.

    python -m tests.bench.load                      about 15 minutes on two cores
    python -m tests.bench.load --runs 1 --size 128 --steps 2 --spins 5000 --beside 0

Whole processes of the command line, loading included: a draft of 256 px alone and beside busy
loops, for each value of GOMP_SPINCOUNT (300000 is libgomp's own; "passive": OMP_WAIT_POLICY=passive
instead). The values take turns, so that a machine that gets slower slows all of them. nst.process
sets SPIN_COUNT.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from nst.process import SPIN_COUNT

EXAMPLES = Path(__file__).parents[2] / "examples"
STYLE = "van-gogh-starry-night"
SPINS = ("passive", "0", "500", "5000", "50000", "300000")
FLAGS = ("amx_bf16", "avx512_bf16", "avx512f", "avx2", "fma")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spins", nargs="+", default=SPINS, metavar="COUNT",
                        help="values of GOMP_SPINCOUNT, or passive")
    parser.add_argument("--beside", nargs="+", type=int, default=[0, 2, 5], metavar="N",
                        help="busy loops beside")
    parser.add_argument("--runs", type=int, default=3, help="of each; the median counts")
    parser.add_argument("--size", type=int, default=256, help="px of the picture's longer side")
    parser.add_argument("--steps", type=int, help="of the optimiser; as the draft has, by default")
    options = parser.parse_args()
    print(f"{len(os.sched_getaffinity(0))} cores: {' '.join(cpu_flags())}; nst.process sets "
          f"{SPIN_COUNT}\n")
    seconds: dict[tuple[str, int], list[float]] = {}
    for loops in options.beside:
        with busy_loops(loops):
            for _ in range(options.runs):
                for spin in options.spins:
                    seconds.setdefault((spin, loops), []).append(
                        whole_process(spin, options.size, options.steps))
    print("| GOMP_SPINCOUNT | " + " | ".join(
        "alone, s" if loops == 0 else f"beside {loops}, s" for loops in options.beside) + " |")
    print("|---" * (1 + len(options.beside)) + "|")
    for spin in options.spins:
        print(f"| {spin} | " + " | ".join(
            f"{statistics.median(seconds[spin, loops]):.1f}" for loops in options.beside) + " |")


def whole_process(spin: str, size: int, steps: int | None) -> float:
    """Seconds from the start of the command line to its end."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS")}
    if spin == "passive":
        environment["OMP_WAIT_POLICY"] = "passive"
    else:
        environment["GOMP_SPINCOUNT"] = spin
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "nst", "stylize", str(EXAMPLES / "astronaut.jpg"),
                   "--style", STYLE, "--size", str(size), "--quality", "draft",
                   "-o", str(Path(folder) / "out.png")]
        if steps:
            command += ["--steps", str(steps)]
        start = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return time.monotonic() - start


@contextlib.contextmanager
def busy_loops(count: int) -> Iterator[None]:
    """So many processes that do nothing but compute."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def cpu_flags() -> list[str]:
    """Those of the CPU's flags that decide how the network is computed."""
    text = Path("/proc/cpuinfo").read_text(errors="replace")
    has = text.split("flags", 1)[-1].split("\n", 1)[0].split()
    return [flag for flag in FLAGS if flag in has] + [
        f"{name}={os.environ[name]}" for name in ("ONEDNN_MAX_CPU_ISA",) if name in os.environ]


if __name__ == "__main__":
    main()
