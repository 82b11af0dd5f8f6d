"""Seconds, first preview, memory and arithmetic rate of this engine on this machine.

    python -m tests.bench.speed                 the README's table, about 5 minutes on two cores
    python -m tests.bench.speed --large         2048 and 4096 px too
    python -m tests.bench.speed --gpu           a CUDA GPU's figures instead

Whole processes of the command line, loading included; medians of --runs runs (one run of what takes
longer than a minute).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from nst import Settings, find_preset, stylize
from nst.engine.tensors import pick_device, pick_precision
from nst.pictures.reading import open_picture
from nst.process import prepare_process

EXAMPLES = Path(__file__).parents[2] / "examples"
STYLE = "van-gogh-starry-night"


def painted(photo: Path, folder: Path, *flags: str) -> dict:
    """The report of one run of the command line, with the whole process's time and memory."""
    report = folder / "report.json"
    command = [sys.executable, "-m", "nst", "stylize", str(photo), "--style", STYLE,
               "-o", str(folder / "out.png"), "--json", str(report), *flags]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} failed")
    found = json.loads(report.read_text())
    return found | dict(process_seconds=time.monotonic() - start,
                        process_mb=usage.ru_maxrss / 1024)


def matmul_rate(device: torch.device, dtype: torch.dtype) -> float:
    """GFLOP/s of a 2048 x 2048 matrix product, the best of ten."""
    a, b = (torch.randn(2048, 2048, device=device).to(dtype) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        if device.type == "cuda":
            torch.cuda.synchronize()
        start = time.monotonic()
        a @ b
        if device.type == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.monotonic() - start)
    return 2 * 2048**3 / best / 1e9


def step_rate(size: int, device: torch.device) -> tuple[float, float]:
    """Seconds of one step and GFLOP/s of its convolutions, forward and backward, at one size."""
    from nst.engine.architectures import ARCHITECTURES
    from nst.engine.convolutions import ranks
    from nst.engine.inputs import Inputs
    from nst.engine.objective import build_objective
    from nst.engine.recipe import plan
    from nst.engine.stylize import load_backbone

    settings = Settings(size=size, device=device.type)
    recipe = plan(settings)
    photo = open_picture(EXAMPLES / "astronaut.jpg")
    inputs = Inputs(photo, [(find_preset(STYLE).open(), 1.0)], settings, recipe, device)
    backbone = load_backbone(settings)
    scale = recipe.scales[-1]
    scaled = inputs.at(scale)
    objective = build_objective(backbone, scale, recipe, scaled)
    picture = scaled.content.clone().requires_grad_()
    times = []
    for _ in range(8):
        start = time.monotonic()
        torch.autograd.grad(objective(picture).total, picture)[0].sum().item()
        times.append(time.monotonic() - start)
    seconds = statistics.median(times[3:])
    pixels = picture.shape[2] * picture.shape[3]
    network = ARCHITECTURES[settings.backbone]
    flop = 4 * pixels * network.multiplications(  # 2 each way
        {*scale.style, *scale.content}, ranks(settings))
    return seconds, flop / seconds / 1e9


def warm(quality: str) -> tuple[float, float]:
    """Seconds from the call to the first frame and to the last, in a process that has loaded."""
    photo, painting = open_picture(EXAMPLES / "astronaut.jpg"), find_preset(STYLE).open()
    first, last = [], []
    for _ in range(4):
        start = time.monotonic()
        frames = stylize(photo, [(painting, 1.0)], Settings(quality=quality))
        next(frames)
        first.append(time.monotonic() - start)
        for _ in frames:
            pass
        last.append(time.monotonic() - start)
    return statistics.median(first[1:]), statistics.median(last[1:])


def path(device: torch.device) -> str:
    """How convolutions are computed here, with the CPU's flags and what limits them."""
    if device.type == "cuda":
        return f"path: cuDNN on {torch.cuda.get_device_name()}"
    here = Path("/proc/cpuinfo")
    text = here.read_text() if here.exists() else ""
    flags = text.split("flags", 1)[-1].split("\n", 1)[0].split()
    shown = [flag for flag in flags
             if flag in ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile")]
    limits = [f"{name}={os.environ[name]}" for name in (
        "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "OMP_NUM_THREADS") if name in os.environ]
    return (f"path: low-rank convolutions by oneDNN; CPU {' '.join(shown)}; "
            f"limited by {' '.join(limits) or 'nothing'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="2048 and 4096 px too")
    parser.add_argument("--gpu", action="store_true", help="measure a CUDA GPU")
    options = parser.parse_args()
    prepare_process()  # as the programs do
    device = pick_device("cuda" if options.gpu else "cpu")
    dtype = pick_precision("auto", device)
    print(f"device {device}, {os.cpu_count()} cores, {str(dtype).removeprefix('torch.')}, "
          f"torch {torch.__version__}")
    print(path(device))
    cases = [("256 px, draft", "256", "draft"), ("512 px, draft", "512", "draft"),
             ("512 px, standard", "512", "standard"),
             ("512 px, fine", "512", "fine"), ("1024 px, standard", "1024", "standard")]
    if options.large:
        cases += [("2048 px, standard", "2048", "standard"), ("4096 px, draft", "4096", "draft")]
    print("\n| picture | seconds | process, seconds | start to first preview | peak MB |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, size, quality in cases:
            runs = options.runs if int(size) <= 512 and quality != "fine" else 1
            reports = [painted(EXAMPLES / "astronaut.jpg", Path(folder), "--size", size,
                               "--quality", quality, "--device", device.type)
                       for _ in range(runs)]
            median = {key: statistics.median(report[key] for report in reports)
                      for key in ("seconds", "process_seconds", "first_frame_seconds",
                                  "process_mb")}
            print(f"| {name} | {median['seconds']:.1f} | {median['process_seconds']:.1f} | "
                  f"{median['first_frame_seconds']:.1f} | {median['process_mb']:.0f} |", flush=True)
    seconds, rate = step_rate(512, device)
    peak = matmul_rate(device, dtype)
    print()
    for quality in ("draft", "standard"):
        first, last = warm(quality)
        print(f"{quality} at 512 px in a warm process: first preview {first:.2f} s after the call, "
              f"finished after {last:.1f} s")
    print(f"one step at 512 px: {seconds:.3f} s, {rate:.0f} GFLOP/s in convolutions, "
          f"{100 * rate / peak:.0f} % of the {peak:.0f} GFLOP/s of a matrix product")


if __name__ == "__main__":
    main()
