"""Pictures before they are imported, as an import would make them."""

import numpy as np
import pytest
from pictures import four_corners, write_pictures
from PIL import Image

from training.image_format import ImageFormat
from training.images import read_picture
from training.preview import PREVIEWED, in_format, read_plainly

FORMATS = [
    ImageFormat(64, 3),
    ImageFormat(48, 1),
    ImageFormat(64, 3, "fit"),
    ImageFormat(96, 3, "stretch"),
    ImageFormat(64, 3, "fit", "black"),
]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory):
    """A photo that is turned by its EXIF, one in grey, a sprite with transparent parts."""
    folder = tmp_path_factory.mktemp("kinds")
    turned = Image.Exif()
    turned[274] = 6
    four_corners(900, 600).save(folder / "a.jpg", exif=turned, quality=95)
    four_corners(300, 200).convert("L").save(folder / "b.png")
    sprite = Image.new("RGBA", (80, 100), (0, 0, 0, 0))
    sprite.paste((250, 200, 20, 255), (20, 10, 60, 90))
    sprite.save(folder / "c.png")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("image_format", FORMATS, ids=str)
def test_the_preview_is_what_an_import_makes(kinds, image_format):
    for path, plain in zip(kinds, read_plainly(kinds), strict=True):
        made = read_picture(path, image_format)
        shown = in_format(plain, image_format)
        assert shown.shape == made.shape == image_format.shape
        assert np.abs(shown.astype(int) - made.astype(int)).mean() < 3.0


def test_broken_files_are_passed_by_and_enough_is_enough(tmp_path):
    good = write_pictures(tmp_path, PREVIEWED + 3)
    broken = tmp_path / "broken.png"
    broken.write_bytes(good[0].read_bytes()[:60])
    pictures = read_plainly([broken, tmp_path / "gone.png", *good])
    assert len(pictures) == PREVIEWED
    np.testing.assert_array_equal(pictures[0][..., :3], np.asarray(Image.open(good[0])))


def test_told_to_stop_it_reads_nothing_more(tmp_path):
    assert read_plainly(write_pictures(tmp_path, 3), should_stop=lambda: True) == []
