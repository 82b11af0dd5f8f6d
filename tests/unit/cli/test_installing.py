"""What is installed for what: the command line alone, with films, or with the page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from PIL import Image

from tests.command import SMALL, STARRY
from tests.conftest import EXAMPLES

ROOT = EXAMPLES.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOT_INSTALLED = ("gradio", "gradio_client", "av", "pandas", "fastapi")

WITHOUT_EXTRAS = f"""
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {NOT_INSTALLED}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NotInstalled())
from nst import stylize
from nst.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def without_extras(*argv, cwd: Path) -> subprocess.CompletedProcess:
    """The command line where only the package's own dependencies are installed."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", WITHOUT_EXTRAS, *map(str, argv)], cwd=cwd, env=env,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_picture_is_painted_without_gradio_av_pandas_and_fastapi(tmp_path, astronaut):
    done = without_extras("stylize", astronaut, *STARRY, *SMALL, "-o", "out.png", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "out.png") as out:
        assert out.size == (128, 128)


@pytest.mark.slow
def test_a_film_without_av_is_a_mistake_that_says_what_to_install(tmp_path, astronaut):
    done = without_extras("stylize", astronaut, *STARRY, *SMALL, "-o", "out.png", "--film",
                          "film.mp4", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pip install 'neural-style-studio[film]'" in done.stderr
    assert not os.listdir(tmp_path)


def requirements(lines: list[str]) -> dict[str, Requirement]:
    """By name, with the extras of this package resolved."""
    wanted = {}
    for requirement in map(Requirement, lines):
        if requirement.name == PROJECT["name"]:
            for extra in requirement.extras:
                wanted |= requirements(PROJECT["optional-dependencies"][extra])
        else:
            wanted[requirement.name] = requirement
    return wanted


def test_requirements_txt_is_everything_with_one_gradio():
    everything = requirements([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["all"]])
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    app = requirements([line for line in lines if line and not line.startswith("#")])
    [pin] = app.pop("gradio").specifier
    allowed = everything.pop("gradio").specifier
    assert pin.operator == "==" and allowed.contains(pin.version)
    assert not any(specifier.operator == "==" for specifier in allowed)
    assert {name: str(line) for name, line in app.items()} == {
        name: str(line) for name, line in everything.items()}


def test_every_extra_brings_only_its_own():
    core, extras = requirements(PROJECT["dependencies"]), PROJECT["optional-dependencies"]
    assert not {"gradio", "av", "pandas", "fastapi", "filelock"} & core.keys()
    assert requirements(extras["film"]).keys() == {"av"}
    assert requirements(extras["all"]).keys() == requirements(extras["web"]).keys()


@pytest.mark.slow
def test_nobody_imports_ray_unless_a_cluster_is_asked_for(tmp_path):
    code = "import sys, app, nst.cli.stylize, nst.cli.video; sys.exit('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {"ray"} == requirements(PROJECT["optional-dependencies"]["cluster"]).keys()
    assert "ray" not in requirements(PROJECT["optional-dependencies"]["all"])


def test_github_tests_the_oldest_python_and_newer_ones_with_files_that_are_there():
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))
    unit = workflow["jobs"]["unit"]
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert unit["strategy"]["matrix"]["python"][0] == oldest
    assert len(unit["strategy"]["matrix"]["os"]) == 3
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            words = f"{step.get('run', '')} {step.get('with', {})}".replace("\\n", " ")
            files = re.findall(r"[\w/]*requirements\.txt|tests/unit", words)
            assert all((ROOT / file).exists() for file in files)
