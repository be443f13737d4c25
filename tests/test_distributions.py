"""The posteriors' figures, on models whose posteriors are known: linear decoders and clusters."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from training.aggregate_posterior import Mixture
from training.backend import tf
from training.curvature import fisher_information
from training.distributions import (
    axis_measures,
    information_measures,
    kl_by_axis,
    kl_measures,
    law_measures,
    law_variances,
    tilt_kl,
)
from training.objective import bernoulli_nll, logistic_nll
from training.posteriors import Posteriors

SHAPE = (4, 4, 1)


def named(measures):
    return {measure.name: measure for measure in measures}


# ---------------------------------------------------------------------- KL


def test_the_kl_by_axis_is_that_of_numerical_integration():
    z = np.linspace(-12, 12, 200_001)
    prior = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
    for mean, sigma in ((0.0, 1.0), (1.5, 0.3), (-0.5, 1.2)):
        density = np.exp(-0.5 * ((z - mean) / sigma) ** 2) / (sigma * math.sqrt(2 * math.pi))
        log_ratio = np.log(np.maximum(density, 1e-300)) - np.log(prior)
        expected = np.trapezoid(density * log_ratio, z)
        mean_term, variance_term = kl_by_axis(Posteriors(np.array([[mean]]), np.array([[sigma]])))
        assert (mean_term + variance_term)[0, 0] == pytest.approx(expected, abs=1e-6)
        assert mean_term[0, 0] == mean**2 / 2


def test_tilted_ellipses_cost_what_their_determinant_says():
    sigmas, rho = np.array([[0.5, 0.2]]), 0.9
    covariance = np.array([[0.25, rho * 0.1], [rho * 0.1, 0.04]])
    expected = 0.5 * (np.trace(covariance) - 2 - np.log(np.linalg.det(covariance)))
    straight = kl_by_axis(Posteriors(np.zeros((1, 2)), sigmas))[1].sum()
    assert straight + tilt_kl(Posteriors(np.zeros((1, 2)), sigmas, np.array([[rho]])))[0] == pytest.approx(
        expected
    )
    assert tilt_kl(Posteriors(np.zeros((1, 2)), sigmas))[0] == 0
    both = kl_measures(Posteriors(np.zeros((9, 2)), np.repeat(sigmas, 9, axis=0), np.full((9, 1), rho)))
    assert named(both)["kl_variance"].estimate.value == pytest.approx(expected)


def test_points_have_no_variance_term():
    found = named(kl_measures(Posteriors(np.ones((20, 2)), np.full((20, 2), 1e-13))))
    assert found["kl_mean"].estimate.value == 1.0
    assert found["kl_variance"].estimate.value == 0.0
    assert "points" in found["kl_variance"].note


def test_axes_are_active_where_the_means_vary():
    random = np.random.default_rng(0)
    means = random.normal(size=(2_000, 3)) * [1.0, 0.5, 0.03]
    axes = axis_measures(Posteriors(means, np.full((2_000, 3), 0.5)))
    for axis, variance in zip(axes, (1.0, 0.25, 0.0009), strict=True):
        assert axis.activity.low < variance < axis.activity.high
        assert axis.kl_mean.low < variance / 2 < axis.kl_mean.high
        assert axis.kl_variance.value == pytest.approx(0.5 * (0.25 - math.log(0.25) - 1))
    count = named(kl_measures(Posteriors(means, np.full((2_000, 3), 0.5))))["active_axes"].estimate
    assert (count.value, count.low, count.high) == (2, 2, 2)


# ---------------------------------------------------------------------- information


def test_clusters_far_apart_tell_as_many_pictures_apart_as_there_are_clusters():
    means = np.repeat(100.0 * np.arange(8.0)[:, None] * [1.0, 0.0], 250, axis=0)
    mixture = Mixture.of(Posteriors(means, np.ones((2_000, 2))))
    found = named(information_measures(mixture, of_points=False, samples=1_000))
    assert found["bits"].estimate.value == pytest.approx(3.0, abs=1e-6)
    assert found["pictures_apart"].estimate.value == pytest.approx(8.0, abs=1e-5)
    assert found["bits"].note == ""


def test_pictures_all_apart_reach_the_bound():
    mixture = Mixture.of(Posteriors(np.arange(500.0)[:, None], np.full((500, 1), 1e-3)))
    found = named(information_measures(mixture, of_points=False, samples=500))
    assert found["pictures_apart"].estimate.value == pytest.approx(500, rel=1e-6)
    assert "bound" in found["bits"].note


def test_the_kl_is_information_and_distance_from_the_prior_together():
    random = np.random.default_rng(1)
    means, sigmas = random.normal(size=(2_000, 2)) * 2.0, np.full((2_000, 2), 0.5)
    found = named(information_measures(Mixture.of(Posteriors(means, sigmas)), of_points=False, samples=4_000))
    nats = found["bits"].estimate.value * math.log(2)
    # q̄ is nearly N(0, 4.25): both in closed form.
    assert nats == pytest.approx(2 * 0.5 * math.log(4.25 / 0.25), abs=0.1)
    to_prior = 2 * 0.5 * (4.25 - math.log(4.25) - 1)
    assert found["kl_to_prior"].estimate.value == pytest.approx(to_prior, abs=0.25)
    whole = sum(terms.sum(axis=1).mean() for terms in kl_by_axis(Posteriors(means, sigmas)))
    assert nats + found["kl_to_prior"].estimate.value == pytest.approx(whole, abs=0.25)


def test_posteriors_that_are_the_prior_tell_nothing():
    mixture = Mixture.of(Posteriors(np.zeros((100, 2)), np.ones((100, 2))))
    found = named(information_measures(mixture, of_points=False, samples=200))
    for name, value in (("bits", 0.0), ("pictures_apart", 1.0), ("kl_to_prior", 0.0)):
        assert found[name].estimate.value == pytest.approx(value, abs=1e-9)


def test_points_have_no_information_that_is_finite():
    points = np.random.default_rng(0).normal(size=(300, 2))
    mixture = Mixture.of(Posteriors(points, np.full((300, 2), 1e-13)))
    found = named(information_measures(mixture, of_points=True, samples=300))
    assert not found["bits"].estimate.is_known
    assert found["kl_to_prior"].estimate.value == pytest.approx(0.0, abs=0.3)
    assert "kernel" in found["kl_to_prior"].note


# ---------------------------------------------------------------------- the σ law


def wide(sigmas):
    """Posteriors about the origin."""
    return Posteriors(np.zeros_like(sigmas), sigmas)


def model_of(decoder, likelihood, variance=1.0, shape=SHAPE):
    """Stands in for a VAE: logits by a function."""
    config = SimpleNamespace(shape=shape, likelihood=likelihood)
    return SimpleNamespace(
        decoder=lambda points, training: tf.reshape(decoder(points), (-1, *shape)),
        config=config,
        pixel_variance=tf.constant(variance, tf.float32),
    )


def linear_gaussian(weights, variance):
    """A decoder g = ½ + W z, by way of its logits."""

    def decoder(points):
        picture = 0.5 + tf.matmul(points, weights.T.astype(np.float32))
        return tf.math.log(picture) - tf.math.log1p(-picture)

    return model_of(decoder, "gaussian", variance)


def test_of_probabilistic_pca_the_law_is_exactly_the_posterior():
    """Tipping & Bishop 1999: x = W z + noise of variance γ has the posterior covariance γ (WᵀW + γ)⁻¹."""
    random = np.random.default_rng(2)
    weights, variance = 0.02 * random.normal(size=(16, 3)), 1e-3
    points = random.normal(size=(40, 3))
    information = fisher_information(linear_gaussian(weights, variance), points)
    np.testing.assert_allclose(information, np.tile(weights.T @ weights / variance, (40, 1, 1)), rtol=2e-3)
    covariance = variance * np.linalg.inv(weights.T @ weights + variance * np.eye(3))
    full = law_variances(information, full=True)
    np.testing.assert_allclose(full, np.tile(np.diag(covariance), (40, 1)), rtol=2e-3)
    # With orthogonal columns the posterior is diagonal, and both forms of the law agree with it.
    orthogonal = np.linalg.qr(weights)[0] * [0.3, 0.1, 0.03]
    information = fisher_information(linear_gaussian(orthogonal, variance), 0.1 * points)
    predicted = law_variances(information)
    np.testing.assert_allclose(predicted, np.tile(1 / (1 + np.array([90, 10, 0.9])), (40, 1)), rtol=2e-3)
    sigmas = np.sqrt(np.diag(variance * np.linalg.inv(orthogonal.T @ orthogonal + variance * np.eye(3))))
    found, law = law_measures(predicted, wide(np.tile(sigmas, (40, 1))))
    found = named(found)
    assert found["sigma_law"].estimate.value == pytest.approx(1.0, abs=1e-4)
    assert found["sigma_law_ratio"].estimate.value == pytest.approx(1.0, rel=2e-3)
    assert len(law.predicted) == len(law.found) == 120


def test_of_bernoulli_the_information_is_the_curvature_of_the_likelihood():
    random = np.random.default_rng(4)
    weights = random.normal(size=(16, 2)).astype(np.float32)
    model = model_of(lambda points: tf.matmul(points, weights.T), "bernoulli")
    point, picture, step = np.array([0.3, -0.7]), random.random(16), 0.01

    def nll(z):
        logits = tf.constant((weights.astype(np.float64) @ z).reshape(1, *SHAPE))
        return float(bernoulli_nll(tf.constant(picture.reshape(1, *SHAPE)), logits)[0])

    (information,) = fisher_information(model, point[None])
    for axis in range(2):
        along = step * np.eye(2)[axis]
        curvature = (nll(point + along) - 2 * nll(point) + nll(point - along)) / step**2
        assert information[axis, axis] == pytest.approx(curvature, rel=1e-3)


def test_of_the_logistic_the_information_is_nearly_that_of_all_bytes():
    """E (∂NLL/∂z)² over all bytes, with their probabilities by the likelihood itself."""
    variance, z, step = 0.01, 0.1, 0.01
    grey = tf.constant(np.arange(256).reshape(256, 1, 1, 1) / 255.0)

    def nll(at):
        return logistic_nll(
            grey, tf.fill((256, 1, 1, 1), tf.constant(at, tf.float64)), tf.constant(variance, tf.float64)
        ).numpy()

    slopes = (nll(z + step) - nll(z - step)) / (2 * step)
    expected = float((np.exp(-nll(z)) * slopes**2).sum())
    model = model_of(lambda points: points, "logistic", variance, shape=(1, 1, 1))
    assert fisher_information(model, np.array([[z]]))[0, 0, 0] == pytest.approx(expected, rel=0.02)


def test_a_weight_of_the_variance_term_widens_the_law():
    information = np.full((1, 1, 1), 12.0)
    assert law_variances(information)[0, 0] == pytest.approx(1 / 13)
    # ½ F σ² + ½ β (σ² − ln σ²) is least where σ² = β/(β + F).
    variances = np.linspace(0.01, 1, 100_000)
    for beta in (0.5, 4.0):
        cost = 0.5 * 12 * variances + 0.5 * beta * (variances - np.log(variances))
        assert law_variances(information, beta)[0, 0] == pytest.approx(variances[cost.argmin()], abs=1e-4)


def test_a_model_that_keeps_the_law_is_told_from_one_that_does_not():
    random = np.random.default_rng(5)
    predicted = np.exp(random.normal(-4, 1, (300, 2)))
    kept, _ = law_measures(predicted, wide(np.sqrt(predicted * np.exp(random.normal(0, 0.3, (300, 2))))))
    broken, _ = law_measures(predicted, wide(np.sqrt(random.permutation(predicted)) * 3))
    kept, broken = named(kept), named(broken)
    assert kept["sigma_law"].estimate.apart_from(broken["sigma_law"].estimate)
    assert kept["sigma_law"].estimate.value == pytest.approx(1 / math.sqrt(1.09), abs=0.02)
    # Four standard errors: 1/√600 of a correlation, 1.25 σ/√600 of the logarithm of a median.
    assert broken["sigma_law"].estimate.value == pytest.approx(0.0, abs=0.17)
    assert kept["sigma_law_ratio"].estimate.value == pytest.approx(1.0, abs=0.07)
    assert broken["sigma_law_ratio"].estimate.value == pytest.approx(9.0, rel=0.3)
    assert kept["sigma_law_ratio"].estimate.apart_from(broken["sigma_law_ratio"].estimate)


def test_constant_sigmas_have_no_correlation_and_points_no_law():
    predicted = np.exp(np.random.default_rng(6).normal(-4, 1, (50, 2)))
    constant = named(law_measures(predicted, wide(np.full((50, 2), 0.05)))[0])
    assert not constant["sigma_law"].estimate.is_known
    assert constant["sigma_law_ratio"].estimate.is_known
    points, law = law_measures(predicted, wide(np.full((50, 2), 1e-13)))
    assert law is None
    assert all("points" in measure.note and not measure.estimate.is_known for measure in points)
