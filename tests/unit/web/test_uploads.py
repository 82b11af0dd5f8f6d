"""The folder of uploads: private, tidied, and deleted however its process ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nst import UserError
from nst.web.uploads import STATIC, tidy, uploads

HOLD = ("import sys; from nst.web.uploads import uploads\n"
        "with uploads(sys.argv[1]) as folder:\n"
        "    (folder / 'face.jpg').touch(); print(folder, flush=True); sys.stdin.read()\n")


def held(parent: Path) -> tuple[subprocess.Popen, Path]:
    """Another process with a folder of its own in ``parent``."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(parent)], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    return process, Path(process.stdout.readline().strip())


def test_the_folder_is_private_and_deleted_with_everything_in_it(tmp_path):
    threads = threading.active_count()
    with uploads(tmp_path / "new" / "parent") as folder:
        assert folder.stat().st_mode & 0o077 == 0
        (folder / "deep").mkdir()
        (folder / "deep" / "face.jpg").write_text("a face")
    assert list((tmp_path / "new" / "parent").iterdir()) == []
    assert threading.active_count() <= threads + 1  # the sweeper may be about to end


@pytest.mark.slow
def test_the_folder_of_a_killed_process_is_deleted_and_that_of_a_running_one_kept(tmp_path):
    dead, left = held(tmp_path)
    living, kept = held(tmp_path)
    dead.kill()
    dead.wait()
    assert left.exists()
    with uploads(tmp_path) as own:
        assert not left.exists()
        assert (kept / "face.jpg").exists() and own.exists()
    living.communicate()
    assert list(tmp_path.iterdir()) == []
    assert -dead.returncode == signal.SIGKILL and living.returncode == 0


def test_old_files_and_empty_folders_are_deleted_except_the_servers_own(tmp_path):
    for name in (f"{STATIC}/example.jpg", "hash/face.jpg", "nst-x/painting.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    (tmp_path / "nst-empty").mkdir()
    tidy(tmp_path)  # all of it is new
    assert len(list(tmp_path.rglob("*"))) == 7
    tidy(tmp_path, new_seconds=-1)
    assert not (tmp_path / "nst-empty").exists() and (tmp_path / "hash" / "face.jpg").exists()
    tidy(tmp_path, kept_seconds=-1, new_seconds=-1)
    assert [path.name for path in tmp_path.rglob("*")] == [STATIC, "example.jpg"]
    tidy(tmp_path / "no such folder")


def test_a_parent_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="GRADIO_TEMP_DIR"), uploads(tmp_path / "file"):
        pass
