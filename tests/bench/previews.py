"""How long it takes until the gallery is turned into a visitor's photo, in this process.

    python -m tests.bench.previews

For each portrait of examples/: seconds from the photo until its last thumbnail is a file, the way
of the page but without net and browser. The first one also reads the networks and sums up the
styles, as the first visitor's does.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import gradio as gr

from nst.gallery.examples import load_portraits
from nst.process import prepare_process
from nst.web.limits import Limits
from nst.web.page import Page
from nst.web.photo import Photo, PhotoFaces, faces_found
from nst.web.previews import Previews
from nst.web.service import Service
from nst.web.style import PAGE_SIZE, Style
from nst.web.wall import Wall


def main() -> None:
    prepare_process()
    with tempfile.TemporaryDirectory() as folder:
        service = Service([], Limits(), folder)
        numbers = [number for number, _ in service.page("", "", 1, PAGE_SIZE)[0]]
        with gr.Blocks() as demo:
            page = Page(service, demo)
            wall = Wall(page)
            previews = Previews(page, Photo(page, wall), Style(page, wall))
        print("| photo | thumbnails | faces found, s | first, s | all, s |\n|---|---|---|---|---|")
        for portrait in load_portraits():
            uploaded = Path(folder, portrait.file.stem)
            uploaded.mkdir()
            photo = shutil.copy(portrait.file, uploaded)
            begun = time.monotonic()
            faces = PhotoFaces(photo, faces_found(photo))
            found = time.monotonic()
            crop = previews.crop(photo, faces)
            ends = []
            for number in numbers:
                assert previews.made(crop, number, "")["file"]
                ends.append(time.monotonic() - found)
            print(f"| {portrait.file.name} | {len(ends)} | {found - begun:.2f} | {ends[0]:.2f} | "
                  f"{ends[-1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
