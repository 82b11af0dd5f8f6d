"""Numbers that are not sRGB's: HDR from phones, PNGs with gAMA, cHRM or cICP, gain maps."""

from __future__ import annotations

import io
import os
import struct

import av
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from nst.pictures.codings import to_srgb
from nst.pictures.modes import upright_rgb
from nst.pictures.reading import open_picture
from nst.pictures.tone import WHITE_NITS, hlg_light, pq_nits, pq_number, tone_mapped

from .made_pictures import close, display_p3, gradient, png_chunk

BT2020, P3, SRGB = 9, 12, 1
PQ, HLG, SRGB_CURVE, LINEAR = 16, 18, 13, 8


def saved(image, form, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def srgb(light):
    """sRGB's numbers 0..255 of linear light."""
    light = np.clip(light, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def hlg_number(light):
    """HLG's number of a grey of that light in WHITE_NITS on a display of 1000 cd/m2 (BT.2100)."""
    scene = (np.asarray(light) * WHITE_NITS / 1000) ** (1 / 1.2)
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene),
                    0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073)


GREYS = np.array([0.02, 0.05, 0.18, 0.4, 1.0, 4.0])  # light; the last is a highlight


def hdr(numbers, levels):
    """A picture of patches 40 px wide, in integers of that many levels: (40, 240, 3)."""
    values = np.rint(np.asarray(numbers) * levels).astype(np.uint16)
    return np.ascontiguousarray(values[None, :, None].repeat(40, 0).repeat(40, 1).repeat(3, 2))


def heic(numbers, primaries, transfer) -> bytes:
    values = hdr(numbers, 65535)
    file = io.BytesIO()
    made = pillow_heif.from_bytes("RGB;16", values.shape[1::-1], values.tobytes())
    made.save(file, quality=95, color_primaries=primaries, transfer_characteristics=transfer,
              matrix_coefficients=9, full_range_flag=1)
    assert Image.open(io.BytesIO(file.getvalue())).info["bit_depth"] == 10  # the test's premise
    return file.getvalue()


def avif(image, primaries, transfer, **options) -> bytes:
    """Pillow writes 8 bits of sRGB; the code points are put into the box that says so."""
    data = saved(image, "AVIF", quality=98, subsampling="4:4:4", **options)
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4:]


def ten_bit_avif(path, numbers, transfer) -> bytes:
    """Written by ffmpeg, as phones' are: 10 bits, with the code points in the stream too."""
    values = hdr(numbers, 65535).repeat(2, 0)
    values = np.ascontiguousarray(values[:64])  # its encoder takes sides from 64 px
    with av.open(str(path), "w", format="avif") as container:
        stream = container.add_stream("libsvtav1", rate=1)
        stream.height, stream.width = values.shape[:2]
        stream.pix_fmt = "yuv420p10le"
        context = stream.codec_context
        context.color_primaries = context.colorspace = BT2020
        context.color_trc, context.color_range = transfer, 2
        frame = av.VideoFrame.from_ndarray(values, format="rgb48le").reformat(
            format="yuv420p10le", dst_colorspace=9, dst_color_range=2)
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    # For root SVT-AV1 makes its caller a real-time thread, and so all that other tests start.
    if hasattr(os, "sched_setscheduler"):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return path.read_bytes()


def png(image, *chunks: tuple[bytes, bytes], **options) -> bytes:
    data = saved(image, "PNG", **options)
    return data[:33] + b"".join(png_chunk(*chunk) for chunk in chunks) + data[33:]


def cicp(primaries, transfer):
    return b"cICP", bytes([primaries, transfer, 0, 1])


def patches(picture):
    return np.asarray(picture).astype(int)[20, 20::40]


FILES = {
    "HEIC PQ": heic(pq_number(GREYS), BT2020, PQ),
    "HEIC HLG": heic(hlg_number(GREYS), BT2020, HLG),
    "AVIF PQ": avif(Image.fromarray(hdr(pq_number(GREYS), 255).astype(np.uint8)), BT2020, PQ),
    "AVIF HLG": avif(Image.fromarray(hdr(hlg_number(GREYS), 255).astype(np.uint8)), BT2020, HLG),
    "PNG PQ": png(Image.fromarray(hdr(pq_number(GREYS), 255).astype(np.uint8)), cicp(BT2020, PQ)),
    "PNG HLG": png(Image.fromarray(hdr(hlg_number(GREYS), 255).astype(np.uint8)),
                   cicp(BT2020, HLG), icc_profile=display_p3()),
}


@pytest.mark.parametrize("kind", [*FILES, "10-bit AVIF PQ", "10-bit AVIF HLG"])
def test_hdr_is_as_bright_as_it_was_meant(tmp_path, kind):
    data = FILES.get(kind)
    if data is None:
        if "libsvtav1" not in av.codecs_available:
            pytest.skip("PyAV without an encoder for AV1")
        pq = kind.endswith("PQ")
        data = ten_bit_avif(tmp_path / "a.avif", (pq_number if pq else hlg_number)(GREYS),
                            PQ if pq else HLG)
    found = patches(open_picture(data))
    assert np.ptp(found, axis=1).max() <= 3  # greys stay grey
    grey = found[:, 1]
    # Up to the middle tones the light is kept; above them room is made for the highlight.
    assert np.abs(grey[:4] - srgb(GREYS[:4])).max() <= 7
    assert 205 <= grey[4] <= 245 and grey[5] >= 252 and (np.diff(grey) > 5).all()


def test_a_picture_of_less_than_papers_white_is_not_compressed():
    light = np.array([0.05, 0.18, 0.4, 0.8, 0.9, 1.0])
    found = patches(open_picture(heic(pq_number(light), BT2020, PQ)))[:, 1]
    assert np.abs(found - srgb(light)).max() <= 4


def test_wide_hdr_colours_keep_their_hue():
    for linear in ((0.5, 0.1, 0.1), (0.1, 0.4, 0.15), (3.0, 1.5, 0.6)):
        # From sRGB's primaries to BT.2020's (BT.2087-0, section 4).
        wide = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114],
                         [0.0164, 0.0880, 0.8956]]) @ linear
        numbers = np.uint8(np.rint(255 * pq_number(wide)))
        data = png(Image.new("RGB", (32, 32), tuple(numbers.tolist())), cicp(BT2020, PQ))
        found = np.array(open_picture(data).getpixel((9, 9)))
        wanted = srgb(np.array(linear) / max(1, *linear))
        assert np.abs(found - wanted).max() <= (6 if max(linear) < 1 else 30)
        assert np.argsort(found).tolist() == np.argsort(wanted).tolist()


def test_the_curve_keeps_the_dark_and_ends_at_white():
    light = np.array([[0.1] * 3, [0.3, 0.1, 0.2], [1.0] * 3, [5.0] * 3])
    mapped = tone_mapped(light, 5.0)
    assert np.allclose(mapped[:1], light[:1], atol=2e-3)
    assert np.allclose(mapped[1] / mapped[1, 0], light[1] / light[1, 0])
    assert 0.5 < mapped[2, 0] < 1 and mapped[3] == pytest.approx(1, abs=1e-3)
    assert tone_mapped(light[:2], 1.0) is not None
    many = tone_mapped(np.linspace(0, 5, 500)[:, None].repeat(3, 1), 5.0)[:, 0]
    assert np.diff(many).min() > -1e-6 and many.max() <= 1.001


def test_the_transfer_functions_are_the_standards():
    # BT.2408-7, table 1: paper's white of 203 cd/m2 is at 58 % of PQ and 75 % of HLG.
    assert pq_number(1.0) == pytest.approx(0.58, abs=0.003)
    assert pq_nits(pq_number(np.array([0.01, 1, 49]))) == pytest.approx([0.01, 1, 49], rel=1e-6)
    assert pq_nits(np.array([1.0]))[0] * WHITE_NITS == pytest.approx(10_000)
    assert hlg_light(np.full((1, 3), 0.75))[0] == pytest.approx([1, 1, 1], abs=0.01)


@pytest.mark.parametrize("make", [
    lambda image: avif(image, P3, SRGB_CURVE), lambda image: png(image, cicp(P3, SRGB_CURVE)),
    lambda image: saved(image, "HEIF", quality=100, color_primaries=P3, chroma=444,
                        transfer_characteristics=SRGB_CURVE, matrix_coefficients=1,
                        full_range_flag=1)], ids=["AVIF", "PNG", "HEIC"])
def test_code_points_of_a_wide_gamut_become_srgb(make):
    red = open_picture(make(Image.new("RGB", (64, 64), (200, 100, 100)))).getpixel((9, 9))
    assert red[0] >= 209 and max(red[1:]) <= 98
    grey = open_picture(make(Image.new("RGB", (64, 64), (128, 128, 128)))).getpixel((9, 9))
    assert grey == pytest.approx((128,) * 3, abs=2)


def test_a_profile_comes_before_code_points_that_are_not_hdr():
    image = Image.new("RGB", (64, 64), (200, 100, 100))
    wanted = open_picture(saved(image, "PNG", icc_profile=display_p3()))
    with_both = avif(image, SRGB, SRGB_CURVE, icc_profile=display_p3()) if (
        b"colrnclx" in saved(image, "AVIF", icc_profile=display_p3())) else None
    if with_both:
        assert close(open_picture(with_both), wanted, 2)
    # In a PNG the code points come first.
    plain = open_picture(png(image, cicp(SRGB, SRGB_CURVE), icc_profile=display_p3()))
    assert plain.getpixel((9, 9)) == (200, 100, 100)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P", "I;16"])
def test_a_pngs_gamma_is_applied(mode):
    """gAMA of 1: linear light, as renderers write it."""
    half = Image.fromarray(np.full((32, 32), 32896, np.uint16)) if mode == "I;16" else Image.new(
        "L", (32, 32), 128).convert(mode)
    gamma = b"gAMA", (100_000).to_bytes(4, "big")
    assert open_picture(png(half, gamma)).getpixel((9, 9)) == (188,) * 3
    assert open_picture(png(half, gamma), max_side=20).getpixel((9, 9)) == (188,) * 3
    with Image.open(io.BytesIO(png(half, gamma))) as image:
        assert upright_rgb(image).getpixel((9, 9)) == (188,) * 3
    # What says that it is sRGB is left alone: by its chunk, its profile, or an exponent of 2.2.
    for chunks, options in (
            ([gamma, (b"sRGB", b"\0")], {}), ([(b"gAMA", (45455).to_bytes(4, "big"))], {}),
            ([gamma, cicp(SRGB, SRGB_CURVE)], {})):
        found = open_picture(png(half, *chunks, **options)).getpixel((9, 9))
        assert found == (128,) * 3


def test_a_pngs_chromaticities_are_applied():
    values = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)  # Display P3's
    chunk = b"cHRM", struct.pack(">8I", *values)
    red = open_picture(png(Image.new("RGB", (32, 32), (200, 100, 100)), chunk)).getpixel((9, 9))
    assert red[0] >= 212 and max(red[1:]) <= 97
    own = b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    assert close(open_picture(png(gradient(), own)), gradient(), 0)


@pytest.mark.parametrize("chunk", [
    (b"gAMA", bytes(4)), (b"gAMA", b"\xff" * 4), (b"cHRM", bytes(32)),
    (b"cHRM", struct.pack(">8I", *[50_000] * 8)), (b"cICP", b"\xff" * 4), (b"cICP", b"\2\2\0\1"),
    (b"cICP", b"\1")])
def test_nonsense_is_ignored(chunk):
    assert close(open_picture(png(gradient(), chunk)), gradient(), 0)


def test_of_an_ultra_hdr_jpeg_the_base_picture_is_used(tmp_path):
    """A JPEG of SDR with its gain map behind it, as Android 14 makes them (Ultra HDR 1.1)."""
    xmp = (b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-'
           b'rdf-syntax-ns#"><rdf:Description xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
           b'hdrgm:Version="1.0"/></rdf:RDF></x:xmpmeta>')
    gain = Image.linear_gradient("L").resize((60, 40)).convert("RGB")
    gradient(240, 160).save(tmp_path / "a.jpg", "MPO", quality=95, save_all=True,
                            append_images=[gain], xmp=xmp)
    picture = open_picture(tmp_path / "a.jpg")
    assert picture.size == (240, 160) and close(picture, gradient(240, 160), 4)
    assert not picture.info


def test_of_an_avif_with_a_gain_map_the_base_picture_is_used():
    """The gain map's item has HDR's code points; those of the primary item count."""
    data = avif(gradient(200, 150), SRGB, SRGB_CURVE)
    assert close(open_picture(data), gradient(200, 150), 4)
    hdr_first = data.index(b"ipco") + 4
    other = struct.pack(">I", 19) + b"colrnclx" + struct.pack(">HHHB", BT2020, PQ, 9, 128)
    made = bytearray(data[:hdr_first] + other + data[hdr_first:])
    for box in (b"ipco", b"iprp", b"meta"):
        at = made.index(box) - 4
        made[at:at + 4] = (int.from_bytes(made[at:at + 4], "big") + len(other)).to_bytes(4, "big")
    ipma = made.index(b"ipma") + 4
    count = made[ipma + 10]
    for i in range(count):  # every property stands one later
        made[ipma + 11 + i] += 1
    iloc = made.index(b"iloc")
    start = data.index(b"mdat") + 4
    at = made.index(start.to_bytes(4, "big"), iloc)
    made[at:at + 4] = (start + len(other)).to_bytes(4, "big")
    assert close(open_picture(bytes(made)), gradient(200, 150), 4)


@pytest.mark.slow
def test_a_large_hdr_picture_takes_seconds_at_most():
    import time
    values = np.random.default_rng(0).integers(0, 200, (3000, 4000, 3), dtype=np.uint8)
    from nst.pictures.codings import Coding
    begun = time.process_time()
    to_srgb(Image.fromarray(values), Coding(transfer=PQ))
    assert time.process_time() - begun < 6
