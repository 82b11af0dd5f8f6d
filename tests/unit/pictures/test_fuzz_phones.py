"""2,000 damaged files of each format that phones and scanners bring: a picture, or one sentence."""

from __future__ import annotations

import io
import random
import resource
import subprocess
import sys
import time

import pytest

from nst.errors import UserError
from nst.pictures.reading import open_picture
from tests.conftest import EXAMPLES
from tests.unit.pictures.test_reading import display_p3, gradient, mutated

FILES = 2000
SECONDS = 60.0  # of processor time for all of them; they took 5 to 15
MEGABYTES = 600

VARIANTS = {
    "HEIF": [("RGB", {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0", "icc_profile": display_p3()}),
             ("RGBA", {}), ("L", {})],
    "AVIF": [("RGB", {"icc_profile": display_p3()}), ("RGBA", {}), ("L", {})],
    "TIFF": [("RGB", {}), ("RGBA", {"compression": "tiff_lzw"}), ("L", {"compression": "packbits"}),
             ("RGB", {"compression": "jpeg"}), ("1", {"compression": "group4"}), ("I;16", {}),
             ("RGB", {"compression": "tiff_adobe_deflate", "icc_profile": display_p3()}),
             ("CMYK", {}), ("F", {"compression": "tiff_lzw"}), ("P", {})],
}


def seeds(form: str) -> list[bytes]:
    files = []
    for mode, options in VARIANTS[form]:
        file = io.BytesIO()
        picture = gradient(64, 48)
        picture = (picture.convert("L").convert("I;16") if mode == "I;16"
                   else picture.convert(mode))
        picture.save(file, form, **options)
        files.append(file.getvalue())
    return files


def fuzz(form: str) -> None:
    """Runs in a process of its own: a decoder that dies takes no other test along."""
    files, chance, opened = seeds(form), random.Random(form), 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(FILES):
        data = mutated(files[number % len(files)], chance)
        try:
            picture = open_picture(data, max_side=chance.choice((None, 32)))
        except UserError as error:
            assert str(error).endswith(".")
        else:
            assert picture.mode == "RGB" and not picture.info
            opened += 1
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(opened, round(megabytes), round(time.process_time(), 1))
    assert 0.02 * FILES < opened < 0.95 * FILES  # the mutations neither all kill nor all miss
    assert megabytes < MEGABYTES and time.process_time() < SECONDS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="measures memory in KiB")
@pytest.mark.parametrize("form", VARIANTS)
def test_fuzz_gives_a_picture_or_a_sentence(form):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c",
         f"from tests.unit.pictures.test_fuzz_phones import fuzz; fuzz({form!r})"],
        cwd=EXAMPLES.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]

