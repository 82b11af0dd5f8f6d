"""Two replicas behind nginx, with the configuration of docs/deploy.md."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.utils import Status
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.conftest import PATIENCE, ROOT, Server, running
from tests.e2e.studio_page import StudioPage

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
STYLE = "van-gogh-starry-night"
COLOURS = ((200, 40, 40), (40, 160, 40), (40, 60, 200), (200, 180, 40))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def balanced(folder: Path, replicas: Sequence[Server]) -> Iterator[str]:
    """nginx as docs/deploy.md configures it, before these replicas; yields its address."""
    text = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    site = re.search("```nginx\n(.*?)```", text, re.S)[1]
    for documented, replica in zip(("7861", "7862"), replicas, strict=True):
        site = site.replace(documented, replica.url.rpartition(":")[2])
    port = free_port()
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        site = f"{name}_temp_path {folder / name};\n{site}"
    (folder / "nginx.conf").write_text(
        f"pid {folder / 'nginx.pid'};\ndaemon off;\nerror_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{site}}}\n")
    process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"])
    url = f"http://127.0.0.1:{port}/studio/"
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None and time.monotonic() < deadline, (
                folder / "error.log").read_text()
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=5).close()
                break
            time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(10)


class Visitor:
    """Keeps the cookie that the page gave, as a browser does; the photo has a colour of its own."""

    def __init__(self, url: str, folder: Path, colour: tuple[int, int, int]):
        self.url, self.folder, self.colour = url, folder, colour
        self.forget()

    def forget(self) -> None:
        """Come back with a new cookie, and a photo of a new name: the old replica keeps the old."""
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".png", delete=False) as file:
            self.photo = Path(file.name)
        Image.new("RGB", (96, 96), self.colour).save(self.photo)
        self.cookie = urllib.request.urlopen(self.url).headers["Set-Cookie"].partition(";")[0]

    def begin(self, steps: int = 1):
        """A job of the client's that paints."""
        client = Client(self.url, headers={"Cookie": self.cookie}, verbose=False)
        return client.submit(handle_file(str(self.photo)), STYLE, size=128, steps=steps,
                             colors="photo", api_name="/stylize")

    def paints_own(self) -> bool:
        """Whether the result is of this visitor's photo, and not of another's."""
        picture, _, _ = self.begin().result(timeout=PATIENCE)
        with Image.open(picture) as image:
            mean = np.asarray(image.convert("RGB")).mean((0, 1))
        return min(COLOURS, key=lambda colour: np.abs(mean - colour).sum()) == self.colour

    def is_held_by(self, server: Server) -> bool:
        """Whether a replica has this visitor's photo."""
        return any(server.folder.rglob(self.photo.name))


@pytest.mark.slow
@pytest.mark.skipif(not NGINX and not os.environ.get("NST_REQUIRE_BROWSER"),
                    reason="needs nginx (apt-get install nginx)")
def test_visitors_of_two_replicas_get_their_own_results_also_after_one_was_killed(
        tmp_path, browser, shots, portrait):
    folders = [tmp_path / name for name in ("one", "two", "nginx")]
    for folder in folders:
        folder.mkdir()
    with (running(folders[0], GRADIO_ROOT_PATH="/studio") as one,
          running(folders[1], GRADIO_ROOT_PATH="/studio") as two,
          balanced(folders[2], (one, two)) as url,
          StudioPage(browser, url.rstrip("/"), shots, "replicas") as page,
          ThreadPoolExecutor() as pool):
        visitors = [Visitor(url, tmp_path, colour) for colour in COLOURS]
        assert len({visitor.cookie for visitor in visitors}) == len(visitors)
        assert all(pool.map(Visitor.paints_own, visitors))
        assert all(visitor.is_held_by(one) != visitor.is_held_by(two) for visitor in visitors)
        # A cookie's replica is a matter of chance: a visitor comes back until both have somebody.
        for server in (one, two):
            while not any(visitor.is_held_by(server) for visitor in visitors):
                visitors[0].forget()
                assert visitors[0].paints_own()
        page.upload(portrait)
        page.small(steps=2000)
        page.paint()
        page.previews(most=2)
        dying, other = (one, two) if any(one.folder.rglob(portrait.name)) else (two, one)
        lost = [visitor for visitor in visitors if visitor.is_held_by(dying)]

        jobs = [visitor.begin(steps=2000) for visitor in lost]
        end = time.monotonic() + PATIENCE
        while any(job.status().code in (Status.STARTING, Status.JOINING_QUEUE) for job in jobs):
            assert time.monotonic() < end
            time.sleep(0.1)
        dying.process.kill()
        dying.process.wait()
        for job in jobs:  # each is told, and none waits for ever
            assert job.exception(timeout=PATIENCE)
        assert all(pool.map(Visitor.paints_own, visitors))
        assert all(visitor.is_held_by(other) for visitor in visitors)

        # The page is loaded anew by Gradio, from the other replica.
        expect(page.page.locator("#lost-note")).to_be_visible(timeout=PATIENCE * 1000)
        expect(page.page.locator("#lost-note")).to_contain_text(
            "your photo and all that was painted before are gone")
        page.shot("lost")
        page.upload(portrait)
        expect(page.page.locator("#lost-note")).to_be_hidden()
        page.small()
        page.paint()
        page.finish()
