"""Features that no training has touched: what they tell apart, and what not."""

import os
import subprocess
import sys

import numpy as np
import pytest

from training.backend import tf
from training.errors import VaeError
from training.random_features import DIMENSIONS, PIXEL_PCA, RANDOM_CONVOLUTIONS, PictureFeatures


def drawings(n, size=32, channels=3, seed=0):
    """Grainy pictures of discs and squares of many sizes, left of the middle; and which are squares."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] / size
    centres, radii = random.uniform(0.3, 0.45, (n, 2)), random.uniform(0.1, 0.2, n)
    down, across = (
        abs(place - centre[:, None, None]) for place, centre in zip((rows, columns), centres.T, strict=True)
    )
    squares = np.arange(n) % 2 == 1
    distance = np.where(squares[:, None, None], np.maximum(down, across), np.hypot(down, across))
    ink = random.uniform(120, 255, (n, 1, 1, channels))
    pictures = np.where((distance < radii[:, None, None])[..., None], ink, 30)
    return with_noise(pictures, 6.0, random), squares


def with_noise(pictures, spread, random):
    return np.clip(pictures + random.normal(0, spread, pictures.shape), 0, 255).astype(np.uint8)


def distances(one, other):
    return np.linalg.norm(one - other, axis=1)


@pytest.fixture(scope="module", params=[RANDOM_CONVOLUTIONS, PIXEL_PCA])
def features(request):
    return PictureFeatures.fitted_on(drawings(300)[0], request.param)


def test_two_real_pictures_are_one_apart_in_root_mean_square(features):
    found = features.of(drawings(300)[0])
    assert found.shape == (300, DIMENSIONS)
    assert found.dtype == np.float32
    apart = found[:, None].astype(np.float64) - found
    assert np.sqrt(np.square(apart).sum(axis=2).mean()) == pytest.approx(1.0, abs=1e-4)


def test_a_little_noise_moves_a_picture_little_and_a_mirror_or_another_class_farther(features):
    pictures, is_square = drawings(200, seed=1)
    noisy = with_noise(pictures, 4.0, np.random.default_rng(2))
    of_these = features.of(pictures)
    moved = distances(features.of(noisy), of_these)
    mirrored = distances(features.of(pictures[:, :, ::-1]), of_these)
    others = distances(of_these[~is_square], of_these[is_square])
    assert np.median(moved) < 0.2
    assert np.quantile(moved, 0.95) < np.quantile(mirrored, 0.05)
    assert np.quantile(moved, 0.95) < np.quantile(others, 0.05)


def test_all_pictures_differ(features):
    found = features.of(drawings(100, seed=3)[0])
    apart = np.linalg.norm(found[:, None] - found, axis=2) + np.eye(100)
    assert apart.min() > 1e-3


def test_a_picture_has_the_same_features_alone_and_among_others(features):
    pictures = drawings(300, seed=4)[0]
    np.testing.assert_allclose(features.of(pictures[130:131])[0], features.of(pictures)[130], atol=1e-6)
    assert features.of(pictures[:0]).shape == (0, DIMENSIONS)


def test_the_graph_that_can_be_differentiated_makes_the_same(features):
    pictures = drawings(20, seed=5)[0]
    floats = tf.constant(pictures.astype(np.float32) / 255)
    np.testing.assert_allclose(features.of_floats(floats).numpy(), features.of(pictures), atol=1e-5)


def test_the_nearest_picture_is_mostly_of_the_same_class(features):
    pictures, is_square = drawings(300, seed=6)
    found = features.of(pictures)
    apart = np.linalg.norm(found[:, None] - found, axis=2) + 9 * np.eye(300)
    assert (is_square[apart.argmin(axis=1)] == is_square).mean() > 0.7  # 0.5 by chance


@pytest.mark.parametrize(("size", "channels"), [(48, 1), (128, 3)])
def test_all_sizes_and_colours_have_features(size, channels):
    pictures = drawings(12, size, channels)[0]
    found = PictureFeatures.fitted_on(pictures).of(pictures)
    assert np.isfinite(found).all()
    assert 1 < found.shape[1] <= 11


ELSEWHERE = """
import sys, numpy as np
from training.random_features import PictureFeatures
pictures = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 1), np.uint8)
np.save(sys.argv[1], PictureFeatures.fitted_on(pictures).of(pictures))
"""


def test_another_process_finds_the_same(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (40, 32, 32, 1), np.uint8)
    here = PictureFeatures.fitted_on(pictures).of(pictures)
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", ELSEWHERE, tmp_path / "there.npy"], check=True, env=environment)
    there = np.load(tmp_path / "there.npy", allow_pickle=False)
    np.testing.assert_allclose(there, here, atol=1e-6)


def test_pictures_that_cannot_be_compared_are_refused(features):
    same = np.full((5, 32, 32, 1), 7, np.uint8)
    for pictures in (same, same[:1], same[0]):
        for kind in (RANDOM_CONVOLUTIONS, PIXEL_PCA):
            with pytest.raises(VaeError):
                PictureFeatures.fitted_on(pictures, kind)
    with pytest.raises(VaeError):
        features.of(same)
