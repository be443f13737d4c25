import numpy as np
import pytest

from training.aggregate_posterior import Mixture, are_points, prior_log_density
from training.posteriors import Posteriors


@pytest.fixture
def random():
    return np.random.default_rng(3)


def covariances(sigmas, correlations):
    posteriors = Posteriors(np.zeros_like(sigmas), sigmas, correlations)
    return posteriors.correlation_matrices() * sigmas[:, :, None] * sigmas[:, None, :]


def by_formula(points, means, matrices):
    """ln of a mixture's density straight from the definition of the normal density."""
    found = []
    for point in points:
        terms = []
        for mean, matrix in zip(means, matrices, strict=True):
            off = point - mean
            norm = np.sqrt((2 * np.pi) ** len(off) * np.linalg.det(matrix))
            terms.append(np.exp(-0.5 * off @ np.linalg.inv(matrix) @ off) / norm)
        found.append(np.log(np.mean(terms)))
    return np.array(found)


@pytest.mark.parametrize("tilted", [False, True])
def test_densities_are_those_of_the_definition(random, tilted):
    means, sigmas = random.normal(size=(7, 3)), random.uniform(0.3, 1.0, (7, 3))
    correlations = random.uniform(-0.4, 0.4, (7, 3)) if tilted else None
    matrices = covariances(sigmas, np.zeros((7, 3)) if correlations is None else correlations)
    mixture = Mixture.of(Posteriors(means, sigmas, correlations))
    points = random.normal(size=(5, 3))
    np.testing.assert_allclose(mixture.log_density(points), by_formula(points, means, matrices), rtol=1e-8)
    which = np.array([0, 6, 2, 2, 4])
    own = [by_formula(points[i : i + 1], means[[k]], matrices[[k]])[0] for i, k in enumerate(which)]
    np.testing.assert_allclose(mixture.own_log_density(points, which), own, rtol=1e-8)
    np.testing.assert_allclose(
        prior_log_density(points), by_formula(points, np.zeros((1, 3)), np.eye(3)[None]), rtol=1e-8
    )


def test_what_is_seen_along_directions_is_the_marginal(random):
    means, sigmas, correlations = random.normal(size=(4, 3)), np.full((4, 3), 0.5), np.full((4, 3), 0.3)
    directions = np.linalg.qr(random.normal(size=(3, 3)))[0].T[:2]
    matrices = directions @ covariances(sigmas, correlations) @ directions.T
    points = random.normal(size=(6, 2))
    for mixture, expected in (
        (Mixture.of(Posteriors(means, sigmas, correlations)), matrices),
        (Mixture.of(Posteriors(means, sigmas)), np.tile(0.25 * np.eye(2), (4, 1, 1))),
    ):
        found = mixture.seen_along(directions).log_density(points)
        np.testing.assert_allclose(found, by_formula(points, means @ directions.T, expected), rtol=1e-6)


def test_samples_have_the_moments_of_their_component():
    means, sigmas, correlations = np.array([[1.0, -2.0]]), np.array([[0.5, 0.1]]), np.array([[0.8]])
    points = Mixture.of(Posteriors(means, sigmas, correlations)).draw(
        np.zeros(40_000, int), np.random.default_rng(0)
    )
    np.testing.assert_allclose(points.mean(axis=0), means[0], atol=0.01)
    np.testing.assert_allclose(np.cov(points.T), covariances(sigmas, correlations)[0], atol=0.005)


def test_points_are_blurred_by_scotts_rule(random):
    means, sigmas = random.normal(size=(64, 2)), np.full((64, 2), 1e-13)
    assert are_points(Posteriors(means, sigmas))
    assert not are_points(Posteriors(means, np.full((64, 2), 0.01)))
    expected = means.std(axis=0) / 2.0  # 64^(−1/6)
    np.testing.assert_allclose(Mixture.of(Posteriors(means, sigmas)).factors[0], expected, rtol=1e-12)


def test_a_density_far_narrower_than_its_place_is_exact():
    mixture = Mixture.of(Posteriors(np.array([[30.0]]), np.array([[1e-6]])))
    assert mixture.log_density(np.array([[30.0]]))[0] == pytest.approx(-np.log(1e-6 * np.sqrt(2 * np.pi)))


@pytest.mark.parametrize("tilted", [False, True])
def test_a_blur_is_noise_that_is_added(random, tilted):
    means, sigmas = random.normal(size=(4, 2)), random.uniform(0.1, 0.5, (4, 2))
    correlations = random.uniform(-0.5, 0.5, (4, 1)) if tilted else np.zeros((4, 1))
    matrices = covariances(sigmas, correlations) + 0.3**2 * np.eye(2)
    points = random.normal(size=(5, 2))
    found = Mixture.of(Posteriors(means, sigmas, correlations if tilted else None), 0.3).log_density(points)
    np.testing.assert_allclose(found, by_formula(points, means, matrices), rtol=1e-8)


def test_points_are_blurred_as_wished(random):
    means = random.normal(size=(9, 2))
    found = Mixture.of(Posteriors(means, np.full((9, 2), 1e-13)), 0.1)
    np.testing.assert_allclose(found.factors, 0.1)
