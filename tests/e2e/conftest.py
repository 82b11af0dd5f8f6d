"""A real server with the real engine, and a real browser looking at it."""

from __future__ import annotations

import colorsys
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = os.environ.get("NST_CHROMIUM", "/usr/bin/chromium")
# The same without a window: it opens the page in two thirds of the time.
SHELL = f"{CHROMIUM}-headless-shell"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")
PATIENCE = 120  # seconds; a busy machine is slow, not wrong


@dataclass(frozen=True)
class Server:
    """A running studio: where it answers, where its uploads are, what it logged."""

    url: str
    folder: Path
    log: Path
    process: subprocess.Popen


@contextlib.contextmanager
def running(folder: Path, *arguments: str, url_host: str = "127.0.0.1", previews: bool = False,
            **variables: str) -> Iterator[Server]:
    """``python app.py`` in a process of its own, with more environment ``variables``.

    ``url_host``: where it is visited. ``previews``: with them a tap on a style paints, and each
    photo takes the server a second; only their own tests want that.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, uploads = folder / "server.log", folder / "uploads"
    # The folder is no child of the temporary directory's own "gradio", so that a test can tell
    # what was uploaded from what merely lies on the machine.
    # One thread: small pictures gain nothing from two, and on a busy machine two wait for each
    # other most of the time.
    environment = os.environ | {"GRADIO_TEMP_DIR": str(uploads), "OMP_NUM_THREADS": "1"} | variables
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port),
             *([] if previews else ["--no-previews"]), *arguments],
            cwd=ROOT, stdout=out, stderr=subprocess.STDOUT, env=environment)
    url = f"http://{url_host}:{port}"
    try:
        deadline = time.monotonic() + PATIENCE
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            with contextlib.suppress(OSError):
                urllib.request.urlopen(url, timeout=5).close()
                break
            time.sleep(0.3)
        [own] = uploads.glob("neural-style-studio-*")  # what was uploaded lies in it
        yield Server(url, own, log, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    # Whoever has left a page waits for nobody's patience.
    with running(tmp_path_factory.mktemp("studio"), "--away-seconds", "3") as server:
        yield server


ARTISTS = ("ada-miller", "bo-weaver", "cy-tanner")
TITLES = 20  # of each


def more_styles(folder: Path) -> Path:
    """60 pictures of one colour each: 40 Impressionist, 20 of a movement of their own."""
    for i, artist in enumerate(ARTISTS):
        movement = folder / ("Impressionism" if i < 2 else "Night_Watch")
        movement.mkdir(parents=True, exist_ok=True)
        for number in range(TITLES):
            hue = colorsys.hsv_to_rgb((i * TITLES + number) / 60, 0.6, 0.8)
            colour = tuple(round(255 * part) for part in hue)
            Image.new("RGB", (48, 64 - number), colour).save(
                movement / f"{artist}_field-{number:02}-18{number + 60}.png")
    return folder


@pytest.fixture(scope="session")
def gallery(tmp_path_factory) -> Iterator[Server]:
    """A studio with more_styles(), so that its gallery has several pages; it paints small."""
    folder = tmp_path_factory.mktemp("gallery")
    with running(folder, "--styles", str(more_styles(folder / "styles")), "--max-size", "128",
                 NST_CACHE=str(folder / "cache")) as server:
        yield server


@pytest.fixture(scope="package")
def playwright():
    """What starts browsers, or a skip with a reason; NST_REQUIRE_BROWSER=1 makes that a failure."""
    missing = None
    if not Path(CHROMIUM).exists():
        missing = f"there is no Chromium at {CHROMIUM} (Debian: apt-get install chromium)"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = "playwright is not installed (pip install -r tests/requirements.txt)"
    if missing:
        if os.environ.get("NST_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        yield playwright


@contextlib.contextmanager
def chromium(playwright, *flags: str, profile: Path | None = None):
    """A browser.

    ``profile``: a folder with a user's own preferences; a context of that user's then.
    """
    args = [*FLAGS, *flags]
    if profile is not None:  # the shell takes no notice of preferences
        browser = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=args)
    else:
        browser = playwright.chromium.launch(
            executable_path=SHELL if Path(SHELL).exists() else CHROMIUM, args=args)
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture(scope="package")
def browser(playwright):
    with chromium(playwright) as browser:
        yield browser


@pytest.fixture(scope="session")
def shots(tmp_path_factory) -> Path:
    """Where screenshots go: NST_SCREENSHOTS, or a temporary folder."""
    named = os.environ.get("NST_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def portrait(tmp_path_factory) -> Path:
    """A portrait as a phone saves it, with a position in its EXIF."""
    file = tmp_path_factory.mktemp("photos") / "selfie.jpg"
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    exif.get_ifd(0x8825)[1] = "N"
    with Image.open(ROOT / "examples" / "astronaut.jpg") as image:
        image.crop((100, 0, 484, 512)).resize((240, 320)).save(file, exif=exif)
    return file


@pytest.fixture
def example(tmp_path) -> Path:
    return Path(shutil.copy(ROOT / "examples" / "grace-hopper.jpg", tmp_path / "portrait.jpg"))
