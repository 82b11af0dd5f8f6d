"""A browser's camera whose picture shows whether it was mirrored."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .conftest import ROOT

__all__ = ["SIZE", "camera_flags", "red_side"]

SIZE = (640, 480)  # px


def camera_film(file: Path, frames: int = 10) -> Path:
    """A portrait with a red stripe at its left and a blue one at its right, as YUV4MPEG2."""
    picture = Image.new("RGB", SIZE)
    with Image.open(ROOT / "examples" / "astronaut.jpg") as portrait:
        picture.paste(portrait.resize((480, 480)), (80, 0))
    picture.paste((220, 20, 20), (0, 0, 80, 480))
    picture.paste((20, 20, 220), (560, 0, 640, 480))
    luma, blue, red = picture.convert("YCbCr").split()
    half = (SIZE[0] // 2, SIZE[1] // 2)
    planes = b"".join(plane.tobytes() for plane in (luma, blue.resize(half), red.resize(half)))
    with file.open("wb") as out:
        out.write(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % SIZE)
        out.writelines(b"FRAME\n" + planes for _ in range(frames))
    return file


def camera_flags(folder: Path) -> tuple[str, ...]:
    """What gives Chromium such a camera, which every page may use."""
    return ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={camera_film(folder / 'portrait.y4m')}")


def red_side(image: Image.Image) -> str:
    """On which side the red stripe is."""
    small = image.convert("RGB").resize((16, 12))
    left, right = small.getpixel((0, 6)), small.getpixel((15, 6))
    assert abs(left[0] - right[0]) > 60 and abs(left[2] - right[2]) > 60, (left, right)
    return "left" if left[0] > right[0] else "right"
