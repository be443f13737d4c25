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
    sheet_plane,
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
