"""What Hugging Face Spaces reads: the README's front matter and the requirements' files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from huggingface_hub import RepoCard
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
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
    for named in (card.app_file, card.thumbnail):
        assert (ROOT / named).is_file()


def test_zerogpu_gets_a_torch_that_it_supports():
    ranges, pins = required("requirements.txt"), required("pre-requirements.txt")
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
