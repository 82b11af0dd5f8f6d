"""The command as a shell meets it: exit status, one line for a mistake, help at once."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.command import command
from tests.conftest import EXAMPLES


def test_the_real_command_makes_one_line_of_a_mistake(tmp_path):
    done = command("styles", "--styles", "missing", cwd=tmp_path)  # quicker than one with torch
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "'missing' cannot be read" in done.stderr
    assert not os.listdir(tmp_path)


def test_help_and_the_list_of_styles_do_not_load_torch():
    for argv in (["--help"], ["styles"]):
        code = ("import sys; from nst.cli.main import main\n"
                f"try: main({argv})\nexcept SystemExit: pass\n"
                "sys.exit('torch' in sys.modules)")
        assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL,
                              cwd=EXAMPLES.parent).returncode == 0, argv
