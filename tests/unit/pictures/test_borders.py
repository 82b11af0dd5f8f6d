"""A style's plain frame is left out and it is told; plain edges that the painter meant stay."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nst.gallery.library import load_presets
from nst.pictures.borders import find_border, without_border
from nst.pictures.notices import NOTICE
from nst.pictures.reading import open_picture, open_style
from nst.settings import Settings
from tests.conftest import EXAMPLES

SOURCES = EXAMPLES.parent / "styles"
# Pixels at left, top, right and bottom.
EVEN, CAPTION, BARS = (60, 60, 60, 60), (40, 25, 40, 90), (90, 0, 90, 0)


@pytest.fixture(scope="module")
def painting():
    return open_picture(SOURCES / "Post-Impressionism" / "van-gogh-starry-night.jpg", max_side=600)


def framed(painting, ground, sides, words=""):
    """The painting on a ground: a colour, or grained and falling light on a wall."""
    left, top, right, bottom = sides
    size = (painting.width + left + right, painting.height + top + bottom)
    if ground == "wall":
        down, across = np.mgrid[0:size[1], 0:size[0]] / np.array(size[::-1])[:, None, None]
        grain = np.random.default_rng(1).normal(0, 4, down.shape)
        grey = 220 - 70 * down - 30 * across + grain
        image = Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    else:
        image = Image.new("RGB", size, ground)
    image.paste(painting, (left, top))
    ImageDraw.Draw(image).text((left + 100, size[1] - bottom // 2), words, fill="black")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return Image.open(file).convert("RGB")


@pytest.mark.parametrize(("ground", "sides", "words"), [
    ("white", EVEN, ""), ("black", EVEN, ""), ("#e8e2d2", CAPTION, "Fig. 12. The night, 1889"),
    ("wall", EVEN, ""), ("white", BARS, ""), ("black", BARS, ""), ("black", (0, 90, 0, 90), "")])
def test_a_plain_frame_is_found(painting, ground, sides, words):
    image = framed(painting, ground, sides, words)
    box = find_border(image)
    true = (sides[0], sides[1], image.width - sides[2], image.height - sides[3])
    assert np.abs(np.subtract(box, true)).max() <= 6  # of 700: 1 %
    left = np.asarray(image.crop(box).convert("L"), float)
    edges = left[:, 0], left[0], left[:, -1], left[-1]
    assert all(edge.std() > 10 for edge in edges)  # no line of the frame is left


def test_the_margin_of_an_old_print(painting):
    print_ = Image.open(SOURCES / "Ukiyo-e" / "hokusai-woman-holding-a-fan.jpg").convert("RGB")
    left, top, right, bottom = find_border(print_)
    assert 5 < left < 12 and 5 < top < 15 and 10 < print_.width - right < 20
    assert 15 < print_.height - bottom < 30


def test_no_painting_of_the_gallery_is_cut():
    for preset in load_presets():
        assert find_border(preset.open()) is None, preset.name


def drawn(ground, draw):
    image = Image.new("RGB", (600, 500), ground)
    draw(ImageDraw.Draw(image))
    return image


def noise(*size):
    values = np.random.default_rng(2).integers(0, 255, (size[1], size[0], 3))
    return Image.fromarray(values.astype(np.uint8))


def sky_and_sea():
    image = Image.new("RGB", (600, 500), "#a8c4e0")
    image.paste(noise(600, 300), (0, 200))
    return image


def squares():
    def draw(on):
        on.rectangle((60, 60, 540, 440), fill="#d0a020")
        on.rectangle((150, 150, 450, 400), fill="#c06010")
    return drawn("#e0c040", draw)


def figure():
    """A person on a plain ground, whom the lower edge cuts off."""
    image, mask = Image.new("RGB", (600, 500), "#303030"), Image.new("L", (600, 500))
    on = ImageDraw.Draw(mask)
    on.ellipse((220, 60, 380, 270), fill=255)
    on.ellipse((120, 250, 480, 700), fill=255)
    image.paste(noise(600, 500), mask=mask)
    return image


def tondo():
    image, mask = Image.new("RGB", (500, 500), "white"), Image.new("L", (500, 500))
    ImageDraw.Draw(mask).ellipse((20, 20, 480, 480), fill=255)
    image.paste(noise(500, 500), mask=mask)
    return image


def small_thing():
    image = Image.new("RGB", (600, 500), "white")
    image.paste(noise(150, 150), (220, 170))
    return image


def stripes():
    image = Image.new("RGB", (600, 500), "#d02020")
    image.paste(noise(200, 500), (200, 0))  # bars, but neither black nor white
    return image


@pytest.mark.parametrize("made", [
    sky_and_sea, squares, figure, tondo, small_thing, stripes,
    lambda: Image.new("RGB", (600, 500), "white"), lambda: Image.new("RGB", (16, 16)),
    lambda: noise(600, 500)])
def test_plain_edges_on_purpose_stay(made):
    image = made()
    assert find_border(image) is None
    assert without_border(image, "it") is image


def test_it_is_told_and_can_be_kept(painting, tmp_path, caplog):
    file = tmp_path / "scan.png"
    framed(painting, "white", EVEN).save(file)
    cut = open_style(file, Settings(size=128))
    assert "The plain border of scan.png is left out" in cut.info[NOTICE] == caplog.messages[-1]
    kept = open_style(file, Settings(size=128, keep_border=True))
    assert not kept.info and kept.width > cut.width * 1.1


def test_in_a_folder_of_styles_too(painting, tmp_path):
    (tmp_path / "Scans").mkdir()
    framed(painting, "white", EVEN).save(tmp_path / "Scans" / "scan.png")
    preset, = (found for found in load_presets([tmp_path]) if found.name == "scan")
    cut, kept = preset.open(max_side=320), preset.open(max_side=320, keep_border=True)
    assert "The plain border of scan" in cut.info[NOTICE] and not kept.info
    assert kept.getpixel((3, 3)) == (255, 255, 255) != cut.getpixel((3, 3))
    with Image.open(Path(preset.thumbnail())) as small:
        assert small.convert("L").getpixel((1, 1)) < 200  # as it is painted after
