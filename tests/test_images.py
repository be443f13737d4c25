import io
import threading
from pathlib import Path

import numpy as np
import pytest
from pictures import (
    encoded,
    four_corners,
    png_that_claims,
    profile_with_red_and_blue_swapped,
    write_nasty,
    write_pictures,
)
from PIL import Image, features

from training import skipping
from training.errors import VaeError
from training.image_format import ImageFormat
from training.images import read_picture
from training.skipping import SkippedPicture

COLOUR = ImageFormat(32, 3)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def corners(pixels):
    """The colours of the four quarters, from the top left clockwise."""
    low, high = pixels.shape[0] // 4, 3 * pixels.shape[0] // 4
    return [tuple(map(int, pixels[y, x])) for y, x in ((low, low), (low, high), (high, high), (high, low))]


def read(tmp_path, content, image_format=COLOUR, name="picture"):
    path = tmp_path / name
    path.write_bytes(content)
    return read_picture(path, image_format)


def test_every_nasty_file_is_used_or_skipped_for_the_right_reason(tmp_path):
    expected = write_nasty(tmp_path / "nasty")
    found = {}
    for path in expected:
        try:
            pixels = read_picture(path, COLOUR)
        except SkippedPicture as skipped:
            found[path] = skipped.reason
        else:
            assert pixels.shape == (32, 32, 3)
            assert pixels.dtype == np.uint8
            found[path] = None
    assert found == expected


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(tmp_path, orientation, file_format):
    if file_format in ("WEBP", "AVIF") and not features.check(file_format.lower()):
        pytest.skip("Pillow was built without this format")
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)  # Image.Transpose, the other way
    stored = four_corners() if inverse is None else four_corners().transpose(Image.Transpose(inverse))
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(stored, file_format, exif=exif)
    for got, wanted in zip(corners(read(tmp_path, content)), (RED, GREEN, BLUE, WHITE), strict=True):
        assert np.abs(np.subtract(got, wanted)).max() < 20


def test_a_colour_profile_is_applied(tmp_path):
    content = encoded(four_corners(), "PNG", icc_profile=profile_with_red_and_blue_swapped())
    red, green, blue, _ = corners(read(tmp_path, content))
    assert red[2] - red[0] > 100
    assert blue[0] - blue[2] > 100
    assert green[1] > 200


def test_a_colour_profile_leaves_transparency_alone(tmp_path):
    picture = four_corners().convert("RGBA")
    picture.putalpha(0)
    content = encoded(picture, "PNG", icc_profile=profile_with_red_and_blue_swapped())
    assert corners(read(tmp_path, content)) == [WHITE] * 4


def test_a_broken_profile_changes_nothing(tmp_path):
    broken = encoded(four_corners(), "PNG", icc_profile=b"nonsense" * 40)
    assert corners(read(tmp_path, broken)) == [RED, GREEN, BLUE, WHITE]


def test_what_is_transparent_becomes_white(tmp_path):
    picture = Image.new("RGBA", (32, 32), (255, 0, 0, 128))
    picture.paste((0, 0, 0, 0), (0, 0, 16, 32))
    pixels = read(tmp_path, encoded(picture, "PNG"))
    assert tuple(pixels[16, 4]) == WHITE
    assert tuple(pixels[16, 28]) == (255, 127, 127)


def test_a_transparent_colour_of_a_palette_becomes_white(tmp_path):
    picture = Image.new("P", (32, 32), 0)
    picture.putpalette([10, 20, 30, 255, 0, 0])
    picture.paste(1, (16, 0, 32, 32))
    pixels = read(tmp_path, encoded(picture, "PNG", transparency=0))
    assert tuple(pixels[16, 4]) == WHITE
    assert tuple(pixels[16, 28]) == RED


def test_only_the_first_frame_counts(tmp_path):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    for file_format in ("GIF", "PNG", "WEBP", "TIFF"):
        content = encoded(frames[0], file_format, save_all=True, append_images=frames[1:])
        red = read(tmp_path, content)[16, 16]
        assert red[0] > 240, file_format
        assert red[2] < 15, file_format


def test_cmyk_looks_as_it_did(tmp_path):
    pixels = read(tmp_path, encoded(four_corners().convert("CMYK"), "JPEG", quality=95))
    for got, wanted in zip(corners(pixels), (RED, GREEN, BLUE, WHITE), strict=True):
        assert np.abs(np.subtract(got, wanted)).max() < 20


def test_sixteen_bits_of_a_png_keep_their_brightness(tmp_path):
    ramp = np.tile(np.linspace(0, 32768, 32).astype(np.uint16), (32, 1))
    pixels = read(tmp_path, encoded(Image.fromarray(ramp), "PNG"), ImageFormat(32, 1))
    assert pixels[0, 0, 0] == 0
    assert 126 <= pixels[0, -1, 0] <= 128


@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_an_instruments_tiff_fills_the_range_from_black_to_white(tmp_path, kind):
    twelve_bits = np.tile(np.linspace(100, 4000, 32).astype(kind), (32, 1))
    pixels = read(tmp_path, encoded(Image.fromarray(twelve_bits), "TIFF"), ImageFormat(32, 1))
    assert pixels.min() < 5
    assert pixels.max() > 250
    assert np.all(np.diff(pixels[0, :, 0].astype(int)) > 0)


def test_a_float_tiff_between_nought_and_one_is_not_stretched(tmp_path):
    values = np.full((32, 32), 0.5, np.float32)
    values[:16] = 0.25
    values[0, 0] = np.nan
    pixels = read(tmp_path, encoded(Image.fromarray(values), "TIFF"), ImageFormat(32, 1))
    assert {64, 128} <= set(pixels.ravel().tolist()) <= {0, 64, 128, 191, 255}


def test_the_centre_square_is_taken(tmp_path):
    picture = Image.new("RGB", (200, 64), "red")
    picture.paste((0, 0, 255), (68, 0, 132, 64))
    assert corners(read(tmp_path, encoded(picture, "PNG"))) == [BLUE] * 4


def test_a_picture_somewhat_smaller_is_framed_with_its_border_colour(tmp_path):
    picture = Image.new("RGB", (28, 28), "blue")
    picture.paste((255, 0, 0), (10, 10, 18, 18))
    pixels = read(tmp_path, encoded(picture, "PNG"))
    assert np.array_equal(pixels[2:30, 2:30], np.asarray(picture))
    assert tuple(pixels[0, 0]) == tuple(pixels[31, 15]) == BLUE


def test_a_picture_much_smaller_is_enlarged(tmp_path):
    assert corners(read(tmp_path, encoded(four_corners(12, 12), "PNG"))) == [RED, GREEN, BLUE, WHITE]


@pytest.mark.parametrize("side", [64, 65, 127, 1000, 1024])
def test_large_photographs_keep_their_colours_and_places(tmp_path, side):
    pixels = read(tmp_path, encoded(four_corners(side, side), "JPEG", quality=95))
    for got, wanted in zip(corners(pixels), (RED, GREEN, BLUE, WHITE), strict=True):
        assert np.abs(np.subtract(got, wanted)).max() < 6


def test_fine_stripes_become_grey_and_not_a_pattern(tmp_path):
    stripes = np.zeros((640, 640), np.uint8)
    stripes[:, ::2] = 255
    pixels = read(tmp_path, encoded(Image.fromarray(stripes), "PNG"), ImageFormat(32, 1))
    assert np.ptp(pixels[2:-2, 2:-2]) <= 4
    assert 120 <= pixels[16, 16, 0] <= 135


def test_grey_weighs_the_channels_as_the_eye_does(tmp_path):
    pixels = read(tmp_path, encoded(four_corners(), "PNG"), ImageFormat(32, 1))
    red, green, blue, white = (values[0] for values in corners(pixels))
    assert blue < red < green < white == 255


def test_a_missing_file_and_a_folder_are_skipped(tmp_path):
    for path in (tmp_path / "gone.png", tmp_path, Path("nul\0byte.png")):
        with pytest.raises(SkippedPicture) as caught:
            read_picture(path, COLOUR)
        assert caught.value.reason in (skipping.UNREADABLE, skipping.NO_PERMISSION)


def test_a_bomb_inside_an_icon_is_not_unpacked(tmp_path):
    bomb = png_that_claims(60_000, 60_000)
    entry = bytes((48, 48, 0, 0, 1, 0, 32, 0)) + len(bomb).to_bytes(4, "little") + (22).to_bytes(4, "little")
    with pytest.raises(SkippedPicture) as caught:
        read(tmp_path, b"\0\0\1\0\1\0" + entry + bomb)
    assert caught.value.reason == skipping.TOO_LARGE


def test_several_threads_may_read_at_once(tmp_path):
    paths = write_pictures(tmp_path, 24)
    results = {}
    threads = [
        threading.Thread(target=lambda p=path: results.update({p: read_picture(p, COLOUR)})) for path in paths
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(
        np.array_equal(results[path], np.asarray(Image.open(io.BytesIO(path.read_bytes())))) for path in paths
    )


@pytest.mark.parametrize(("size", "channels"), [(16, 3), (40, 3), (272, 3), (64, 2), (64.0, 3), (64, True)])
def test_impossible_formats_are_refused(size, channels):
    with pytest.raises(VaeError):
        ImageFormat(size, channels)


def test_a_format_survives_json_and_damaged_json_is_refused():
    image_format = ImageFormat(96, 1)
    assert ImageFormat.from_json(image_format.to_json()) == image_format
    assert image_format.shape == (96, 96, 1)
    for damaged in (
        None,
        [],
        {"size": 64},
        {"size": 64, "channels": 3, "x": 1},
        {"size": "64", "channels": 3},
    ):
        with pytest.raises(VaeError):
            ImageFormat.from_json(damaged)


def test_write_pictures_makes_pictures_that_differ_smoothly(tmp_path):
    paths = write_pictures(tmp_path, 20, size=48, seed=3)
    pixels = np.stack([read_picture(path, ImageFormat(48, 3)) for path in paths])
    assert len({picture.tobytes() for picture in pixels}) == 20
    assert np.array_equal(
        pixels[0], read_picture(write_pictures(tmp_path / "b", 1, 48, seed=3)[0], ImageFormat(48, 3))
    )
