"""Formats of picture files: how they lie, their colours, their framing, and what is told besides pixels."""

import io

import numpy as np
import pytest
from heif import SIZE, avif, heic
from pictures import encoded, four_corners
from PIL import Image, ImageCms, ImageDraw, features
from raw_photo import dng

from training import raw_photos, skipping
from training.errors import VaeError
from training.image_format import ImageFormat
from training.images import decode_picture
from training.skipping import SkippedPicture

COLOUR = ImageFormat(32, 3)
RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
ORIENTATIONS = range(1, 9)
# What brings a picture that lies as EXIF's orientations say upright, and what undoes that.
TURNS = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
UNDO = TURNS | {6: 2, 8: 4}
pytestmark = pytest.mark.skipif(
    not (features.check("webp") and features.check("avif")), reason="Pillow was built without WebP or AVIF"
)


def decode(content, image_format=COLOUR, suffix=""):
    return decode_picture(io.BytesIO(content), image_format, suffix)


def transposed(picture, method):
    return picture if method is None else picture.transpose(Image.Transpose(method))


def exif_of(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def photo(seed=0, width=480, height=360):
    """Something that looks a little like a photo: smooth, with all colours."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def assert_close(pixels, expected, tolerance):
    assert np.abs(pixels.astype(int) - expected.astype(int)).max() <= tolerance


# ---------------------------------------------------------------------- orientation


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_picture_is_the_same_however_it_lies_in_the_file(orientation, file_format):
    upright = photo(width=96, height=64)
    stored = transposed(upright, UNDO.get(orientation))
    content = encoded(
        stored,
        file_format,
        exif=exif_of(orientation),
        **({"quality": 95} if file_format in ("JPEG", "WEBP", "AVIF") else {}),
    )
    found, expected = decode(content), decode(encoded(upright, "PNG"))
    assert_close(found.pixels, expected.pixels, 14)
    assert (found.width, found.height) == (96, 64)
    assert (found.likeness ^ expected.likeness).bit_count() <= 3


@pytest.mark.parametrize("stale", [None, 1, 3, 6])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_in_heic_and_avif_the_container_alone_says_how_a_picture_lies(orientation, stale):
    upright = transposed(four_corners(*SIZE), TURNS.get(orientation))
    expected = decode(encoded(upright, "PNG")).pixels
    written = encoded(four_corners(*SIZE), "AVIF", quality=95)
    for content in (heic(orientation, stale), avif(written, SIZE, orientation, stale)):
        found = decode(content)
        assert (found.width, found.height) == upright.size
        inner = np.s_[2:14, 2:14], np.s_[2:14, 18:30], np.s_[18:30, 2:14], np.s_[18:30, 18:30]
        for part in inner:
            assert_close(found.pixels[part], expected[part], 12)


def test_what_xmp_says_of_an_avif_does_not_turn_it():
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="3"/></x:xmpmeta>'
    plain, told = (encoded(four_corners(), "AVIF", **options) for options in ({}, {"xmp": xmp}))
    assert_close(decode(told).pixels, decode(plain).pixels, 2)


# ---------------------------------------------------------------------- formats and colours


def test_a_damaged_heic_is_told_from_one_that_is_none():
    content = heic(1)
    with pytest.raises(SkippedPicture) as caught:
        decode(content[:-120])
    assert caught.value.reason == skipping.DAMAGED


@pytest.mark.parametrize(("file_format", "options"), [
    ("JPEG", {"progressive": True, "quality": 95, "subsampling": 0}),
    ("BMP", {}), ("PPM", {}), ("WEBP", {"lossless": True}),
    ("TIFF", {"compression": "tiff_lzw"}), ("GIF", {}), ("ICO", {"sizes": [(48, 48)]}),
])  # fmt: skip
def test_every_format_shows_the_same_picture(file_format, options):
    picture = four_corners()
    assert_close(
        decode(encoded(picture, file_format, **options)).pixels, decode(encoded(picture, "PNG")).pixels, 6
    )


def test_the_first_page_of_a_document_counts():
    pages = [Image.new("RGB", (40, 40), colour) for colour in ("blue", "red")]
    content = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert tuple(decode(content).pixels[16, 16]) == BLUE


@pytest.mark.parametrize("kind", ["RGBA", "LA"])
def test_transparency_is_kept_when_a_large_picture_is_reduced(kind):
    """Colours that nobody sees, under full transparency, do not bleed into the edge."""
    grey = np.full((2100, 2100), 30, np.uint8)
    alpha = np.zeros_like(grey)
    grey[:, 1050:], alpha[:, 1050:] = 200, 255
    picture = Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]).convert(kind)
    row = decode(encoded(picture, "PNG"), ImageFormat(32, 1)).pixels[16, :, 0]
    assert_close(row[:15], np.array(255), 5)
    assert_close(row[17:], np.array(200), 5)
    assert row.min() >= 195


@pytest.mark.parametrize("byte_order", ["<u2", ">u2"])
def test_large_sixteen_bit_pictures_keep_their_brightness(byte_order):
    values = np.repeat(np.linspace(0, 65535, 1200).astype(byte_order)[None], 1100, axis=0)
    ramp = Image.fromarray(values)
    shown = decode(encoded(ramp, "PNG" if byte_order == "<u2" else "TIFF"), ImageFormat(32, 1, "stretch"))
    expected = (np.arange(32) + 0.5) / 32 * 255
    assert np.abs(shown.pixels[16, :, 0] - expected).max() < 2


def test_lab_colours_become_srgb():
    lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    content = encoded(lab.apply(Image.new("RGB", (40, 40), (200, 80, 40))), "TIFF")
    assert_close(decode(content).pixels[16, 16], np.array((200, 80, 40)), 4)


# sRGB's primaries as Adobe RGB (1998) has them; B. Lindbloom, brucelindbloom.com, gives the same.
@pytest.mark.parametrize(("adobe", "srgb"), [
    ((219, 0, 0), RED), ((144, 255, 60), GREEN), ((0, 0, 250), BLUE), ((128, 128, 128), (128, 128, 128)),
])  # fmt: skip
def test_adobe_rgb_that_only_exif_tells_is_converted(adobe, srgb):
    exif = Image.Exif()
    exif[0x8769] = {0xA001: 65535, 0xA005: {1: "R03"}}
    content = encoded(Image.new("RGB", (40, 40), adobe), "PNG", exif=exif)
    assert_close(decode(content).pixels[16, 16], np.array(srgb), 3)
    exif[0x8769] = {0xA001: 1}
    assert tuple(decode(encoded(Image.new("RGB", (40, 40), adobe), "PNG", exif=exif)).pixels[16, 16]) == adobe


# ---------------------------------------------------------------------- raw photos


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_raw_photo_is_shown_by_its_preview_upright(orientation):
    pytest.importorskip("rawpy")
    upright = four_corners(320, 240)
    preview = transposed(upright, UNDO.get(orientation))
    content = dng(encoded(preview, "JPEG", quality=95), preview.size, orientation)
    found = decode(content, suffix=".DNG")
    assert (found.width, found.height) == (320, 240)
    assert_close(found.pixels[4:12, 4:12], np.full((8, 8, 3), RED), 8)
    assert_close(found.pixels[20:28, 20:28], np.full((8, 8, 3), BLUE), 8)


def test_without_the_extra_a_raw_photo_is_skipped_with_advice(monkeypatch):
    monkeypatch.setattr(raw_photos.importlib.util, "find_spec", lambda _name: None)
    content = dng(encoded(four_corners(), "JPEG"), (48, 48), 1)
    for raw, suffix in (
        (content, ".dng"),
        (b"\0\0\0\x18ftypcrx " + bytes(99), ".cr3"),
        (b"II*\0" + bytes(99), ".nef"),
    ):
        with pytest.raises(SkippedPicture, match="extra") as caught:
            decode(raw, suffix=suffix)
        assert caught.value.reason == skipping.RAW_PHOTO


def test_a_raw_photo_that_cannot_be_read_is_skipped():
    pytest.importorskip("rawpy")
    with pytest.raises(SkippedPicture) as caught:
        decode(b"II*\0" + bytes(999), suffix=".nef")
    assert caught.value.reason == skipping.UNSUPPORTED
    assert decode(encoded(four_corners(), "JPEG"), suffix=".nef").pixels.shape == (
        32,
        32,
        3,
    )  # only called so


# ---------------------------------------------------------------------- framing and background


def test_a_long_picture_is_cropped_shown_whole_or_stretched():
    picture = Image.new("RGB", (300, 100), "green")
    picture.paste(RED, (0, 0, 60, 100))
    content = encoded(picture, "PNG")
    crop, fit, stretch = (
        decode(content, ImageFormat(48, 3, framing)).pixels for framing in ("crop", "fit", "stretch")
    )
    green = (0, 128, 0)
    assert (crop == green).all()
    assert_close(fit[18:30, :8], np.array(RED), 12)  # Lanczos rings beside an edge
    assert_close(fit[18:30, 14:], np.array(green), 2)
    assert (fit[:16] == green).all()  # the median colour of its border
    assert (fit[32:] == green).all()
    assert_close(stretch[:, :8], np.array(RED), 12)
    assert_close(stretch[:, 14:], np.array(green), 2)


@pytest.mark.parametrize(("background", "colour"), [("white", WHITE), ("black", BLACK)])
def test_a_cut_out_figure_stands_on_the_background(background, colour):
    figure = Image.new("RGBA", (40, 120), (9, 99, 199, 0))
    figure.paste((255, 200, 0, 255), (10, 10, 30, 110))
    pixels = decode(encoded(figure, "PNG"), ImageFormat(64, 3, "fit", background)).pixels
    assert tuple(pixels[32, 32]) == (255, 200, 0)
    for y, x in ((0, 0), (32, 2), (32, 23), (63, 63), (1, 32)):
        assert tuple(pixels[y, x]) == colour


def test_an_opaque_picture_is_framed_alike_on_any_background():
    content = encoded(photo().convert("RGBA"), "PNG")
    white, black = (
        decode(content, ImageFormat(48, 3, "fit", background)) for background in ("white", "black")
    )
    assert np.array_equal(white.pixels, black.pixels)


@pytest.mark.parametrize("framing", ["crop", "fit", "stretch"])
@pytest.mark.parametrize("size", [(4001, 9), (9, 4001), (1025, 1023), (33, 31), (8, 8)])
def test_any_shape_of_picture_fills_any_format(size, framing):
    content = encoded(Image.new("RGB", size, (10, 200, 30)), "PNG")
    for side in (32, 64, 256):
        pixels = decode(content, ImageFormat(side, 3, framing)).pixels
        assert pixels.shape == (side, side, 3)
        assert (pixels == (10, 200, 30)).all()


@pytest.mark.parametrize("framing", ["crop", "fit", "stretch"])
def test_a_large_photo_is_decoded_at_a_reduced_scale(framing, monkeypatch):
    content = encoded(photo(width=4096, height=2200), "JPEG")
    loaded = []
    load = Image.Image.load
    monkeypatch.setattr(Image.Image, "load", lambda image: loaded.append(image.size) or load(image))
    decode(content, ImageFormat(256, 3, framing))
    assert max(width for width, _ in loaded) == 1024


def test_wrong_framings_are_refused_and_old_formats_read():
    for wrong in ({"framing": "cover"}, {"background": "red"}, {"background": None}):
        with pytest.raises(VaeError):
            ImageFormat(64, 3, **wrong)
    assert ImageFormat.from_json({"size": 64, "channels": 1}) == ImageFormat(64, 1, "crop", "white")
    chosen = ImageFormat(256, 3, "fit", "black")
    assert ImageFormat.from_json(chosen.to_json()) == chosen
    assert str(chosen) == "256×256 pixels in colour, shown whole, on black"


# ---------------------------------------------------------------------- what is told besides


@pytest.mark.parametrize("file_format", ["JPEG", "PNG"])
def test_the_likeness_is_the_same_at_every_size_and_framing(file_format):
    content = encoded(photo(width=2400, height=1700), file_format)
    found = {
        decode(content, ImageFormat(size, channels, framing)).likeness
        for size, channels, framing in (
            (32, 3, "crop"),
            (64, 1, "fit"),
            (128, 3, "stretch"),
            (256, 3, "crop"),
        )
    }
    assert len(found) == 1
    assert 0 <= found.pop() < 2**64


def test_the_likeness_tells_copies_from_other_pictures():
    original = decode(encoded(photo(), "PNG")).likeness
    smaller = photo().resize((200, 150), Image.Resampling.LANCZOS)
    copies = [
        encoded(smaller, "JPEG", quality=40),
        encoded(photo().convert("L"), "PNG"),
        encoded(photo().point(lambda v: v * 0.8), "WEBP"),
    ]
    assert max((original ^ decode(copy).likeness).bit_count() for copy in copies) <= 4
    others = [decode(encoded(photo(seed), "PNG")).likeness for seed in range(1, 41)]
    differing = [(original ^ other).bit_count() for other in others]
    assert min(differing) > 10
    assert np.mean(differing) == pytest.approx(32, abs=4)  # each bit falls as a coin does


def test_the_likeness_is_the_hash_of_the_differences():
    """A picture whose brightness rises to the right sets all bits, the lower half falling those above."""
    rise = np.tile(np.linspace(0, 255, 90).astype(np.uint8), (80, 1))
    assert decode(encoded(Image.fromarray(rise), "PNG")).likeness == 2**64 - 1
    rise[40:] = rise[40:, ::-1]
    assert decode(encoded(Image.fromarray(rise), "PNG")).likeness == (2**32 - 1) << 32
    assert decode(encoded(Image.new("L", (90, 80), 77), "PNG")).likeness == 0


def test_a_picture_with_hardly_anything_on_it_is_blank():
    page = Image.new("RGB", (500, 500), (250, 248, 245))
    noise = np.random.default_rng(0).normal(page, 8).clip(0, 255).astype(np.uint8)
    dot = page.copy()
    ImageDraw.Draw(dot).rectangle((100, 100, 104, 104), "black")
    for blank in (page, Image.fromarray(noise), dot, Image.new("LA", (50, 50), (0, 0))):
        assert decode(encoded(blank, "PNG")).is_blank
    word = page.copy()
    ImageDraw.Draw(word).rectangle((100, 100, 160, 120), "grey")
    isoluminant = Image.new("RGB", (64, 64), (255, 0, 0))
    isoluminant.paste((0, 130, 0), (0, 0, 32, 64))
    for full in (word, isoluminant, photo(), four_corners()):
        assert not decode(encoded(full, "PNG")).is_blank


def test_the_lightness_of_a_figures_edge():
    figure = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    figure.paste((240, 240, 240, 255), (16, 16, 48, 48))
    figure.paste((20, 20, 20, 255), (24, 24, 40, 40))
    assert decode(encoded(figure, "PNG"), ImageFormat(64, 3)).edge_lightness == 240
    assert decode(encoded(photo(), "PNG")).edge_lightness is None
