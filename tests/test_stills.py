"""Pictures laid side by side, enlarged and written."""

import numpy as np
import pytest
from PIL import Image

from training.errors import VaeError
from training.stills import MOST_PIXELS, enlarged, save_image, tile, to_image


def test_tiles_stand_row_by_row():
    pictures = np.zeros((3, 8, 8, 1), np.uint8)
    pictures[:, :, :, 0] = np.array([10, 20, 30])[:, None, None]
    sheet = tile(pictures, columns=2, gap=1)
    assert sheet.size == (17, 17)
    assert [sheet.getpixel(at)[0] for at in ((0, 0), (9, 0), (0, 9), (9, 9), (8, 0))] == [
        10,
        20,
        30,
        255,
        255,
    ]
    assert to_image(pictures[0]).mode == "RGB"


@pytest.mark.parametrize("name", ["map.png", "map.JPG", "map.webp"])
def test_pictures_are_written_in_the_format_of_their_name(tmp_path, name):
    save_image(Image.new("RGB", (5, 4), "red"), tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.size == (5, 4)
        assert image.format == {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}[name.lower()[4:]]


@pytest.mark.parametrize("name", ["map", "map.doc", "map.mp4"])
def test_a_name_that_is_no_pictures_is_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(VaeError, match="cannot be written"):
        save_image(Image.new("RGB", (5, 4)), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_squares_stay_squares_and_smooth_is_smooth():
    pixels = np.array([[[0], [200]], [[100], [50]]], np.uint8)
    square = enlarged(pixels, 4, smooth=False)
    assert square.shape == (8, 8, 1)
    for row in range(8):
        for column in range(8):
            assert square[row, column] == pixels[row // 4, column // 4]
    smooth = enlarged(np.repeat(pixels, 3, axis=2), 4, smooth=True)
    assert smooth.shape == (8, 8, 3)
    assert len(np.unique(smooth)) > 4
    assert enlarged(pixels, 1, smooth=True) is pixels


def test_captions_stand_below_pictures_that_are_wide_enough():
    pictures = np.full((3, 32, 32, 3), 200, np.uint8)
    plain, captioned = tile(pictures, 2, 2), tile(pictures, 2, 2, ["1", "2", "3"])
    assert captioned.width == plain.width
    assert captioned.height > plain.height
    assert (np.asarray(captioned)[34:44, :32] < 128).any()
    tiny = np.full((3, 8, 8, 3), 200, np.uint8)
    assert tile(tiny, 2, 2, ["1", "2", "3"]).size == tile(tiny, 2, 2).size


def test_absurd_sizes_are_refused_before_memory_is_taken():
    wide = np.broadcast_to(np.uint8(0), (1, 1, MOST_PIXELS + 1, 1))
    with pytest.raises(VaeError, match="too large to be made"):
        tile(wide, 1)
