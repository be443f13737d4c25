from statistics import NormalDist

import numpy as np
import pytest
from PIL import Image

from training.config import ModelConfig
from training.errors import VaeError
from training.latent import LatentModel, Posteriors
from training.model import VAE
from training.sheets import (
    HELD_OUT_COLOUR,
    TRAINING_COLOUR,
    latent_map,
    quantile_grid,
    reconstruction_sheet,
    save_image,
    save_walk,
    sheet_plane,
    tile,
    to_image,
)


@pytest.fixture(scope="module")
def model():
    config = ModelConfig(32, 3, latent_dim=3)
    return LatentModel(config, {name: v.numpy() for name, v in VAE(config, 1).named_weights().items()})


@pytest.fixture
def posteriors():
    """Twelve pictures that differ most along the third latent number, then along the first."""
    means = (np.random.default_rng(0).normal(size=(12, 3)) * (1.0, 0.1, 2.0)).astype(np.float32)
    return Posteriors(means, np.ones_like(means))


def test_the_plane_lies_along_what_differs_most_about_the_middle_of_the_pictures(posteriors):
    means = posteriors.means + np.float32(5.0)
    basis, plane = sheet_plane(means)
    points = plane.latent(basis.on_plane(means))
    np.testing.assert_allclose(points[:, [0, 2]], means[:, [0, 2]], atol=0.5)
    np.testing.assert_allclose(points[:, 1], means[:, 1].mean(), atol=0.5)
    np.testing.assert_allclose(plane.latent(np.zeros((1, 2)))[0], means.mean(axis=0), atol=1e-5)


def test_one_latent_number_makes_no_plane():
    with pytest.raises(VaeError, match="at least two"):
        sheet_plane(np.zeros((5, 1), np.float32))


def test_the_grid_cuts_the_prior_into_equal_shares_with_up_at_the_top():
    grid = quantile_grid(4).reshape(4, 4, 2)
    shares = [NormalDist().cdf(float(z)) for z in grid[0, :, 0]]
    assert shares == pytest.approx([0.125, 0.375, 0.625, 0.875], abs=1e-6)
    assert (np.diff(grid[:, :, 1], axis=0) < 0).all()
    np.testing.assert_allclose(grid[::-1, 0, 1], grid[0, :, 0])


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


def test_the_map_shows_both_kinds_of_pictures(model, posteriors):
    held_out = np.arange(12) % 3 == 0
    sheet = latent_map(model, posteriors, held_out, height=256)
    assert sheet.size == (2 * 256 + 24, 256)
    scatter = np.asarray(sheet)[:220, 280:].astype(int)  # above the legend
    for colour in (TRAINING_COLOUR, HELD_OUT_COLOUR):
        assert (np.abs(scatter - colour).sum(axis=2) < 120).any()
    without = np.asarray(latent_map(model, posteriors, np.zeros(12, bool), height=256))[:220, 280:].astype(
        int
    )
    assert not (np.abs(without - HELD_OUT_COLOUR).sum(axis=2) < 120).any()


@pytest.mark.parametrize("count", [0, 1, 5, 16, 40])
def test_every_picture_stands_above_its_reconstruction(model, count):
    shades = np.linspace(10, 200, count).astype(np.uint8)
    pixels = np.broadcast_to(shades[:, None, None, None], (count, 32, 32, 3))
    sheet = reconstruction_sheet(model, pixels)
    drawn = model.decode(model.encode(pixels).means)
    rows = max(-(-count // 16), 1)
    assert sheet.size == (2 * (16 * 34 - 2), 2 * (2 * rows * 34 - 2))
    for number in range(16 * rows):
        x, y = 2 * (number % 16 * 34 + 16), 2 * (number // 16 * 68 + 16)
        above, below = (sheet.getpixel(at) for at in ((x, y), (x, y + 68)))
        if number < count:
            assert above == (shades[number],) * 3
            enlarged = Image.fromarray(drawn[number]).resize((64, 64), Image.Resampling.BICUBIC)
            assert below == pytest.approx(enlarged.getpixel((32, 32)), abs=2)
        else:
            assert above == below == (255, 255, 255)


def test_a_walk_is_a_film_that_ends_where_it_began(model, posteriors, tmp_path):
    save_walk(model, posteriors, tmp_path / "walk.gif", frames=6)
    with Image.open(tmp_path / "walk.gif") as film:
        assert film.n_frames == 6
        assert film.info["loop"] == 0
        assert film.size == (256, 256)


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
