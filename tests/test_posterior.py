import math

import numpy as np
import pytest

from training.backend import tf
from training.config import ModelConfig
from training.networks import posterior_numbers
from training.objectives import OBJECTIVE_NAMES
from training.posterior import Posterior
from training.posteriors import POINT_SIGMA, Posteriors

DIMENSIONS = (1, 2, 3, 5)


def told(objective, latent_dim, seed=0, count=6, **settings):
    """Posteriors of what an encoder may tell."""
    config = ModelConfig(32, 1, latent_dim, objective=objective, **settings)
    numbers = np.random.default_rng(seed).normal(0, 0.8, (count, posterior_numbers(config)))
    return Posterior.of(tf.constant(numbers, tf.float32), config)


def covariances_of(posterior):
    """Σ from what is kept of posteriors, float64 [n, d, d]."""
    sigmas = np.exp(0.5 * posterior.log_variance().numpy().astype(np.float64))
    correlations = posterior.correlation().numpy() if posterior.correlation().shape[1] else None
    kept = Posteriors(posterior.mean.numpy(), sigmas.astype(np.float32), correlations)
    return kept.correlation_matrices() * sigmas[:, :, None] * sigmas[:, None, :]


@pytest.mark.parametrize("latent_dim", DIMENSIONS)
@pytest.mark.parametrize("objective", ["vae", "full-covariance", "constant-variance"])
def test_the_kl_is_that_of_the_normal_distribution_that_is_kept(objective, latent_dim):
    posterior = told(objective, latent_dim)
    mean, covariances = posterior.mean.numpy(), covariances_of(posterior)
    kl_mean, kl_variance = (term.numpy() for term in posterior.kl_terms())
    np.testing.assert_allclose(kl_mean, 0.5 * (mean**2).sum(axis=1), rtol=1e-5)
    traces = np.trace(covariances, axis1=1, axis2=2)
    expected = 0.5 * (traces - np.linalg.slogdet(covariances)[1] - latent_dim)
    np.testing.assert_allclose(kl_variance, expected, rtol=1e-4)
    np.testing.assert_allclose(posterior.axis_kl().numpy().sum(axis=1), kl_mean + kl_variance, rtol=1e-5)


@pytest.mark.parametrize("latent_dim", DIMENSIONS)
def test_samples_have_the_covariance_that_is_kept(latent_dim):
    posterior = told("full-covariance", latent_dim, count=1)
    count = 40_000
    noise = np.random.default_rng(1).normal(size=(count, latent_dim)).astype(np.float32)
    many = Posterior(*(tf.repeat(part, count, axis=0) for part in posterior[:3]), posterior.encoding)
    drawn = many.sample(noise).numpy()
    expected = covariances_of(posterior)[0]
    spread = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert (
        np.abs(np.cov(drawn.T).reshape(expected.shape) - expected) < 5 * spread * math.sqrt(2 / count)
    ).all()
    np.testing.assert_allclose(
        drawn.mean(axis=0), posterior.mean[0], atol=5 * float(spread.max()) / math.sqrt(count)
    )


def test_without_tilt_a_full_covariance_is_a_diagonal_one():
    diagonal = told("vae", 3)
    full = Posterior(diagonal.mean, diagonal.log_scale, tf.zeros((6, 3)), "full")
    noise = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    for of in (lambda p: p.sample(noise), lambda p: p.log_variance(), lambda p: p.axis_kl()):
        np.testing.assert_allclose(of(full).numpy(), of(diagonal).numpy(), rtol=1e-6)
    assert not full.correlation().numpy().any()


@pytest.mark.parametrize("objective", ["autoencoder", "autoencoder-mean"])
def test_a_point_is_decoded_as_it_is_and_has_no_kl_variance_term(objective):
    posterior = told(objective, 2)
    noise = tf.constant(np.random.default_rng(1).normal(size=(6, 2)), tf.float32)
    np.testing.assert_array_equal(posterior.sample(noise), posterior.mean)
    assert not posterior.kl_terms()[1].numpy().any()
    np.testing.assert_allclose(np.exp(0.5 * posterior.log_variance().numpy()), POINT_SIGMA, rtol=1e-4)


def test_a_constant_variance_is_the_one_that_was_chosen():
    posterior = told("constant-variance", 2, constant_sigma=0.25)
    np.testing.assert_allclose(np.exp(0.5 * posterior.log_variance().numpy()), 0.25, rtol=1e-6)


@pytest.mark.parametrize("objective", OBJECTIVE_NAMES)
def test_an_encoder_tells_no_more_than_its_objective_needs(objective):
    posterior = told(objective, 4)
    tilts = 6 if objective == "full-covariance" else 0
    assert posterior.tilt.shape == posterior.correlation().shape == (6, tilts)
    assert posterior.mean.shape == posterior.log_variance().shape == (6, 4)


def test_samples_of_kept_posteriors_have_their_covariance():
    posterior = told("full-covariance", 3, count=2)
    kept = Posteriors(
        posterior.mean.numpy(),
        np.exp(0.5 * posterior.log_variance().numpy()),
        posterior.correlation().numpy(),
    )
    noise = np.random.default_rng(2).normal(size=(40_000, 3))
    for row, expected in enumerate(covariances_of(posterior)):
        drawn = kept.samples_of(row, noise)
        spread = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
        assert (np.abs(np.cov(drawn.T) - expected) < 5 * spread * math.sqrt(2 / len(noise))).all()
    each = kept.samples(noise[:2])
    np.testing.assert_allclose(each[1], kept.samples_of(1, noise[1:2])[0])
