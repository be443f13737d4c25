"""Which pictures lie around a point of the latent space."""

import math

import numpy as np
import pytest

from training.surroundings import Surroundings, reach_of


@pytest.mark.parametrize("dimensions", [2, 16])
@pytest.mark.parametrize("middle", [0.0, 300.0])
def test_the_nearest_is_that_of_a_comparison_with_all(dimensions, middle):
    random = np.random.default_rng(0)
    means = (middle + random.normal(size=(5_000, dimensions))).astype(np.float32)
    means[:500] = means[0] + random.normal(scale=1e-4, size=(500, dimensions))  # told apart by rounding only
    around = Surroundings(means, np.full_like(means, 0.1))
    for point in (*(middle + random.normal(size=(20, dimensions))), means[7], means[0] + 5e-5):
        distances = np.linalg.norm(means.astype(np.float64) - point, axis=1)
        assert around.nearest(point) == (distances.argmin(), pytest.approx(distances.min(), rel=1e-9))
        others = np.delete(distances, distances.argmin()).min()
        assert around.nearest(point, but=int(distances.argmin()))[1] == pytest.approx(others, rel=1e-9)


def test_without_pictures_there_is_none():
    around = Surroundings(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))
    assert around.nearest(np.zeros(2)) is None
    assert around.usual_spacing == 0.0
    assert not around.is_empty_at(np.zeros(2))


def test_no_picture_lies_near_beyond_all_of_them_and_in_a_gap_between():
    ring = np.linspace(0, 2 * math.pi, 60, endpoint=False)
    means = (1.5 * np.stack([np.cos(ring), np.sin(ring)], axis=1)).astype(np.float32)
    around = Surroundings(means, np.full_like(means, 0.05))
    assert around.usual_spacing == pytest.approx(2 * 1.5 * math.sin(math.pi / 60), rel=1e-4)
    assert around.is_empty_at(np.array([0.0, 0.0]))
    assert not around.is_empty_at(np.array([1.5, 0.0]))
    assert not around.is_empty_at(np.array([1.5 + 0.14, 0.0])), "within three sigmas of one"
    assert around.is_empty_at(np.array([1.5 + 0.17, 0.0])), "beyond them and the spacing"
    wide = Surroundings(means, np.full_like(means, 0.6))
    assert not wide.is_empty_at(np.array([0.0, 0.0])), "their ellipses reach it"


def test_an_ellipse_reaches_farther_along_its_longer_axis():
    means = np.zeros((2, 2), np.float32)
    around = Surroundings(means, np.array([[0.5, 0.1]] * 2, np.float32))
    assert not around.is_empty_at(np.array([1.4, 0.0]))
    assert around.is_empty_at(np.array([0.0, 1.4]))


def test_a_picture_beyond_what_the_prior_reaches_is_near_all_the_same():
    means = np.array([[3.5, 0.0], [0.0, 0.0]], np.float32)
    around = Surroundings(means, np.full_like(means, 0.1))
    assert not around.is_empty_at(np.array([3.5, 0.0]))
    assert around.is_empty_at(np.array([0.0, 4.0]))


def test_without_pictures_it_is_empty_beyond_what_the_prior_reaches():
    nothing = Surroundings(np.zeros((0, 2), np.float32), np.zeros((0, 2), np.float32))
    assert nothing.is_empty_at(np.array([3.1, 0.0]))
    assert not nothing.is_empty_at(np.array([2.9, 0.0]))


@pytest.mark.parametrize("dimensions", [1, 2, 3, 8, 32])
def test_the_reach_holds_as_much_of_a_normal_distribution_as_three_sigmas_on_a_plane(dimensions):
    random = np.random.default_rng(0)
    lengths = np.linalg.norm(random.normal(size=(200_000, dimensions)), axis=1)
    assert (lengths > reach_of(dimensions)).mean() == pytest.approx(math.exp(-4.5), rel=0.07)


def test_how_often_a_hole_lies_half_way_between_two_pictures():
    random = np.random.default_rng(1)
    clouds = random.normal(scale=0.1, size=(400, 2)).astype(np.float32)
    clouds[200:] += 10.0
    points = np.full_like(clouds, 1e-13)
    # Half of the pairs are of two clouds, with nothing half-way; the others are within one.
    assert Surroundings(clouds, points).holes_half_way() == pytest.approx(0.5, abs=0.11)
    assert Surroundings(clouds[:200], points[:200]).holes_half_way() < 0.05
    assert Surroundings(clouds, np.full_like(clouds, 3.0)).holes_half_way() == 0.0, "distributions fill it"
    assert Surroundings(clouds[:5], points[:5]).holes_half_way() is None
