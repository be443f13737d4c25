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
    on_plane,
    plane_axes,
    quantile_grid,
    reconstruction_sheet,
    save_image,
    save_walk,
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


def test_the_plane_lies_along_the_two_numbers_that_differ_most(posteriors):
    axes = plane_axes(posteriors.means)
    assert axes == (0, 2)
    points = on_plane(np.array([[1.0, 2.0], [3.0, 4.0]]), axes, 3)
    assert points.tolist() == [[1, 0, 2], [3, 0, 4]]


def test_one_latent_number_makes_no_plane():
    with pytest.raises(VaeError, match="at least two"):
        plane_axes(np.zeros((5, 1), np.float32))


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
            assert below == pytest.approx(drawn[number, 15:18, 15:18].mean(axis=(0, 1)), abs=25)
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
