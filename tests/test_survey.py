import pytest
from pictures import write_pictures
from PIL import Image

from training.errors import VaeError
from training.image_format import ImageFormat
from training.survey import survey


@pytest.mark.parametrize(
    ("side", "found", "size"),
    [(28, 500, 32), (40, 500, 32), (41, 500, 64), (96, 500, 64), (97, 1500, 128), (97, 1501, 64)],
)
def test_survey_chooses_a_size_from_the_pictures_and_their_number(tmp_path, side, found, size):
    survey_ = survey(write_pictures(tmp_path, 3, size=side), found)
    assert survey_.image_format == ImageFormat(size, 3)
    assert f" {side} pixels" in survey_.reason
    assert ("1,501" in survey_.reason) == (found == 1501)


def test_survey_sees_when_the_pictures_are_grey(tmp_path):
    grey = write_pictures(tmp_path / "grey", 60, colour=False)
    for path in grey[::2]:
        with Image.open(path) as picture:
            picture.convert("RGB").save(path, "JPEG", quality=70)
    assert survey(grey, 60).image_format.channels == 1
    colour = write_pictures(tmp_path / "colour", 2)
    assert survey(grey + colour[:1], 61).image_format.channels == 1
    assert survey(grey + colour, 62).image_format.channels == 3


def test_survey_finds_the_few_readable_pictures(tmp_path):
    for number in range(300):
        (tmp_path / f"{number}.txt").touch()
    good = write_pictures(tmp_path / "z", 1, size=90)
    assert survey(sorted(tmp_path.rglob("*.*")), 301).image_format.size == 64
    assert good


def test_survey_without_a_readable_picture_says_so(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).touch()
    with pytest.raises(VaeError, match="None of the 2 files"):
        survey(sorted(tmp_path.rglob("*.*")), 2)


def test_survey_can_be_stopped(tmp_path):
    paths = write_pictures(tmp_path, 12)
    assert survey(paths, 12, should_stop=lambda: True) is None


def test_survey_shows_long_pictures_whole(tmp_path):
    for number in range(5):
        Image.new("RGB", (300, 60 + number), (10 * number, 90, 30)).save(tmp_path / f"{number}.png")
    found = survey([*sorted(tmp_path.iterdir())], 5)
    assert found.image_format == ImageFormat(128, 3, "fit")  # which 300 pixels fill, not 60
    assert "4.8 times as long" in found.reason
    assert "300 pixels on its longer side" in found.reason


def figures(folder, size, colour):
    """Figures cut out of their surroundings, all the same but for where they end."""
    folder.mkdir()
    for number in range(5):
        picture = Image.new("RGBA", size, (0, 0, 0, 0))
        picture.paste((*colour, 255), (3, 3 + number, size[0] - 3, size[1] - 3))
        picture.save(folder / f"{number}.png")
    return [*sorted(folder.iterdir())]


@pytest.mark.parametrize(
    ("colour", "background"),
    [
        ((250, 250, 240), "black"),
        ((20, 30, 20), "white"),
        ((230, 60, 60), "white"),
        ((255, 220, 60), "black"),
    ],
)
def test_survey_puts_light_figures_on_black_and_others_on_white(tmp_path, colour, background):
    found = survey(figures(tmp_path / "figures", (48, 48), colour), 5)
    assert found.image_format == ImageFormat(64, 3, "crop", background)
    assert f"shown on {background}" in found.reason


def test_survey_does_not_cut_figures_off(tmp_path):
    found = survey(figures(tmp_path / "figures", (30, 40), (200, 30, 30)), 5)
    assert found.image_format == ImageFormat(32, 3, "fit")
    assert "shown whole" in found.reason
