"""What Hugging Face Spaces reads, and the app on ZeroGPU, which tests/zerogpu imitates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from huggingface_hub import RepoCard
from packaging.requirements import Requirement
from PIL import Image

from tests.e2e.conftest import running

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = str(ROOT / "tests" / "zerogpu")
ZEROGPU_TORCH = ("2.8.0", "2.9.1", "2.10.0", "2.11.0")  # Spaces' documentation
LARGEST = 10_000_000  # bytes; the hub takes larger files only through LFS


def required(file: str) -> dict[str, Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines())
    return {wanted.name: wanted for wanted in map(Requirement, filter(None, lines))}


def pinned(wanted: Requirement) -> str:
    [one] = wanted.specifier
    assert one.operator == "=="
    return one.version


@pytest.fixture(scope="module")
def card():
    return RepoCard.load(ROOT / "README.md", ignore_metadata_errors=False).data


def test_the_front_matter_is_what_a_gradio_space_needs(card):
    assert card.sdk == "gradio"
    assert str(card.sdk_version) == pinned(required("requirements.txt")["gradio"])
    assert card.python_version == "3.12"  # a text: YAML would read 3.10 as 3.1
    assert card.license == "mit" and "MIT" in (ROOT / "LICENSE").read_text()
    assert 0 < len(card.short_description) <= 60
    assert (ROOT / card.app_file).is_file()


def test_zerogpu_gets_a_torch_that_it_supports():
    ranges = required("requirements.txt") | required("tests/requirements.txt")
    pins = required("pre-requirements.txt")
    assert set(pins) == {"torch", "torchvision"}
    assert pinned(pins["torch"]) in ZEROGPU_TORCH
    for name, wanted in pins.items():
        assert ranges[name].specifier.contains(pinned(wanted))
    # The two are released together: torch 2.x with torchvision 0.(x + 15).
    torch, vision = (pinned(pins[name]).split(".") for name in ("torch", "torchvision"))
    assert int(vision[1]) == int(torch[1]) + 15


def test_no_file_is_too_large_for_a_plain_push():
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, text=True,
                                capture_output=True).stdout.split("\0")
        files = [ROOT / name for name in listed if name]
    else:  # a copy, as .ci/run makes one: everything but what was installed or made there
        files = [file for part in ("*", "nst/**/*", "styles/**/*", "examples/**/*", "tests/**/*",
                                   "docs/**/*") for file in ROOT.glob(part)]
    assert len(files) > 50
    assert [file for file in files if file.is_file() and file.stat().st_size > LARGEST] == []


def test_on_zerogpu_each_painting_asks_for_a_gpu_for_as_long_as_it_needs(tmp_path):
    """The stand-in fails unless it comes before torch and decorates a generator."""
    loans = tmp_path / "loans.jsonl"
    portrait, wave = ROOT / "examples/astronaut.jpg", ROOT / "styles/Ukiyo-e/hokusai-great-wave.jpg"
    with running(tmp_path, PYTHONPATH=STAND_IN, LOANS=str(loans)) as server:
        client = Client(server.url, verbose=False)

        def stylize(photo, **settings):
            return client.predict(handle_file(str(photo)), **settings, api_name="/stylize")

        _, status, png = stylize(portrait, size=128, steps=8)
        assert "step 8 of 8" in status and Path(png).suffix == ".png"
        with pytest.raises(AppError, match="No face was found in the photo; give a mask"):
            stylize(wave, size=128, steps=2, region="subject")
        _, status, _ = stylize(portrait, size=128, steps=600, seconds=2)
        assert "done in" in status
        assert "fault" not in server.log.read_text() and "Traceback" not in server.log.read_text()
    painted, refused, longer = map(json.loads, loans.read_text().splitlines())
    assert set(painted["yielded"]) == {"Frame"} and not painted["tensors"]
    assert refused["yielded"] == ["UserError"]
    assert 10 < painted["seconds"] < longer["seconds"] <= 60


def test_the_gpu_time_asked_for_grows_with_the_work_and_stays_within_zerogpus_limit():
    from nst.settings import Settings
    from nst.web.zerogpu import MAX_SECONDS, _seconds

    def loan(styles: int = 1, **settings) -> int:
        photo = Image.new("RGB", (400, 300))
        return _seconds(photo, [(photo, 1.0)] * styles, Settings(**settings))

    assert loan(quality="draft") < loan() < loan(quality="fine") < MAX_SECONDS
    assert loan(styles=8, size=2048) > loan(size=2048)
    assert loan(quality="fine", size=512) < loan(quality="fine", size=2048) <= MAX_SECONDS
    assert loan(steps=5000, size=4096) == loan(seconds=3600) == MAX_SECONDS


def test_gpu_time_that_runs_out_ends_with_what_was_painted(tmp_path):
    """ZeroGPU would end the process, and with it the picture."""
    script = """
import sys; sys.path[:0] = sys.argv[1:]
import spaces
from PIL import Image
from nst.web import zerogpu
from nst import Settings
zerogpu.START_SECONDS = zerogpu.SECONDS_PER_WORK = 0
photo = Image.radial_gradient("L").convert("RGB")
frames = list(zerogpu.lent_frames()(photo, [(photo, 1.0)], Settings(size=256, steps=2000)))
print(len(frames), frames[-1].finished)
"""
    done = subprocess.run([sys.executable, "-c", script, str(ROOT), STAND_IN], check=True,
                          timeout=120, stdout=subprocess.PIPE, text=True,
                          env=os.environ | {"LOANS": str(tmp_path / "loans.jsonl")})
    frames, finished = done.stdout.split()
    assert int(frames) >= 1 and finished == "False"


def test_a_clip_is_painted_in_a_loan_of_its_own(tmp_path):
    script = """
import sys; sys.path[:0] = sys.argv[1:]
import spaces
from PIL import Image
from nst.web import zerogpu
from nst import Settings, UserError
photo = Image.radial_gradient("L").convert("RGB")
video = zerogpu.lent_video()
more = dict(count=2, after=(photo, photo.rotate(90)))
frames = list(video(iter([photo.rotate(3), photo.rotate(6)]), [(photo, 1.0)], Settings(size=128),
                    **more))
print(len(frames), frames[-1].image.size)
try:
    list(video(iter([photo]), [(photo, 1.0)], Settings(size=128, seconds=5), **more))
except UserError as error:
    print(error)
"""
    loans = tmp_path / "loans.jsonl"
    done = subprocess.run([sys.executable, "-c", script, str(ROOT), STAND_IN], check=True,
                          timeout=120, stdout=subprocess.PIPE, text=True,
                          env=os.environ | {"LOANS": str(loans)})
    painted, refused = done.stdout.splitlines()
    assert painted == "2 (128, 128)" and "leave seconds at 0" in refused
    loan, _ = map(json.loads, loans.read_text().splitlines())
    assert loan["yielded"] == ["VideoFrame"] * 2 and not loan["tensors"]
    assert 20 <= loan["seconds"] <= 30


def test_faces_are_found_in_a_process_forked_while_others_are_looked_for():
    script = """
import os, sys, threading; sys.path.insert(0, sys.argv[1])
from PIL import Image
from nst.portrait.faces import find_faces
photo = Image.open(sys.argv[1] + "/examples/astronaut.jpg").convert("RGB")
enough = threading.Event()
def look():
    while not enough.is_set():
        find_faces(photo)
looking = [threading.Thread(target=look) for _ in range(2)]
for thread in looking:
    thread.start()
find_faces(photo)
for _ in range(4):
    child = os.fork()
    if not child:
        os._exit(len(find_faces(photo)))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
enough.set()
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script, str(ROOT)], check=True,
                          timeout=60, stdout=subprocess.PIPE, text=True)
    assert done.stdout.split() == ["1"] * 4  # how many faces each of them found
