import math

import numpy as np
import pytest

from training.backend import tf
from training.objective import (
    bernoulli_nll,
    gaussian_nll,
    kl_parts,
    kl_terms,
    logistic_nll,
    logistic_spread,
    squared_error,
)


@pytest.fixture
def random():
    return np.random.default_rng(3)


@pytest.fixture
def posteriors(random):
    """μ and ln σ², float64 [5, 3] each."""
    return random.normal(0, 1.5, (5, 3)), random.normal(-1, 1, (5, 3))


def test_the_kl_parts_are_their_closed_forms_and_add_up_to_the_textbook(posteriors):
    mean, log_variance = posteriors
    mean_term, variance_term = (term.numpy() for term in kl_terms(*posteriors))
    variance = np.exp(log_variance)
    np.testing.assert_allclose(mean_term, (mean**2).sum(1) / 2, rtol=1e-12)
    np.testing.assert_allclose(variance_term, (variance - np.log(variance) - 1).sum(1) / 2, rtol=1e-12)
    textbook = -0.5 * (1 + log_variance - mean**2 - variance)
    np.testing.assert_allclose(mean_term + variance_term, textbook.sum(1), rtol=1e-12)
    np.testing.assert_allclose(sum(part.numpy() for part in kl_parts(*posteriors)), textbook, rtol=1e-12)


def test_the_kl_is_the_integral_that_defines_it():
    """∫ q(z) ln(q(z) / p(z)) dz on a fine grid, for one latent number."""
    z = np.linspace(-30, 30, 600_001)
    for mean, sigma in ((0.0, 1.0), (1.7, 0.3), (-2.0, 2.5)):
        log_q = -0.5 * ((z - mean) / sigma) ** 2 - math.log(sigma)
        log_p = -0.5 * z**2
        density = np.exp(log_q) / math.sqrt(2 * math.pi)
        integral = np.trapezoid(density * (log_q - log_p), z)
        parts = kl_terms(tf.constant([[mean]], tf.float64), tf.constant([[2 * math.log(sigma)]], tf.float64))
        assert sum(float(part[0]) for part in parts) == pytest.approx(integral, abs=1e-9)


def test_the_kl_is_the_mean_log_ratio_of_samples(posteriors, random):
    mean, log_variance = posteriors
    sigma = np.exp(log_variance / 2)
    z = mean + sigma * random.normal(size=(200_000, *mean.shape))
    ratios = (-0.5 * ((z - mean) / sigma) ** 2 - np.log(sigma) + 0.5 * z**2).sum(2)
    error = ratios.std(0) / math.sqrt(len(z))
    estimate = ratios.mean(0)
    assert (np.abs(sum(term.numpy() for term in kl_terms(*posteriors)) - estimate) < 5 * error).all()


def test_the_kl_is_zero_at_the_prior_alone(random):
    zero = np.zeros((2, 4))
    assert [term.numpy().tolist() for term in kl_terms(zero, zero)] == [[0, 0], [0, 0]]
    for _ in range(20):
        mean, log_variance = random.normal(0, 0.1, (2, 1, 4))
        assert all(float(term[0]) > 0 for term in kl_terms(mean, log_variance))


@pytest.fixture
def pictures(random):
    """Pixels in [0, 1] and logits, float64 [3, 4, 4, 2] each; black and white pixels are among them."""
    pixels = random.random((3, 4, 4, 2))
    pixels[0, 0] = 0
    pixels[1, 1] = 1
    return pixels, random.normal(0, 3, (3, 4, 4, 2))


def test_the_bernoulli_term_is_the_summed_cross_entropy(pictures):
    pixels, logits = pictures
    chance = 1 / (1 + np.exp(-logits))
    wanted = -(pixels * np.log(chance) + (1 - pixels) * np.log(1 - chance)).sum((1, 2, 3))
    np.testing.assert_allclose(bernoulli_nll(pixels, logits).numpy(), wanted, rtol=1e-12)


def test_the_bernoulli_term_stays_finite_for_very_certain_decoders():
    pixels = np.array([0.0, 1.0], np.float32).reshape(1, 1, 2, 1)
    certain = np.array([-200.0, 200.0], np.float32).reshape(1, 1, 2, 1)
    assert float(bernoulli_nll(pixels, certain)[0]) == 0
    assert float(bernoulli_nll(pixels, -certain)[0]) == pytest.approx(400)


def test_the_gaussian_term_is_the_negative_log_density(pictures):
    pixels, logits = pictures
    mean, variance = 1 / (1 + np.exp(-logits)), 0.07
    density = np.exp(-((pixels - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    wanted = -np.log(density).sum((1, 2, 3))
    nll = gaussian_nll(pixels, logits, tf.constant(variance, tf.float64))
    np.testing.assert_allclose(nll.numpy(), wanted, rtol=1e-12)
    np.testing.assert_allclose(
        squared_error(pixels, logits).numpy(), ((pixels - mean) ** 2).sum((1, 2, 3)), rtol=1e-12
    )


def test_the_mean_squared_error_is_the_best_variance(pictures):
    """Rybkin et al. 2021, eq. 5: no other variance gives these pictures a lower Gaussian term."""
    pixels, logits = pictures
    best = float(np.mean(squared_error(pixels, logits).numpy()) / pixels[0].size)

    def mean_nll(variance):
        return float(np.mean(gaussian_nll(pixels, logits, tf.constant(variance, tf.float64)).numpy()))

    others = [mean_nll(best * factor) for factor in (0.2, 0.9, 0.99, 1.01, 1.1, 5)]
    assert mean_nll(best) < min(others)


LEVELS = np.arange(256) / 255.0


def logistic_of_levels(logit, variance):
    """The discretised logistic's nats of all 256 bytes under one logit."""
    pixels = LEVELS.reshape(256, 1, 1, 1)
    logits = np.full_like(pixels, logit)
    return logistic_nll(pixels, logits, tf.constant(variance, tf.float64)).numpy()


@pytest.mark.parametrize("variance", [1e-5, 1e-3, 0.07])
@pytest.mark.parametrize("logit", [-20.0, -5.0, 0.3, 4.0])
def test_the_probabilities_of_all_bytes_add_up_to_one(logit, variance):
    assert np.exp(-logistic_of_levels(logit, variance)).sum() == pytest.approx(1, abs=1e-9)


def test_the_logistic_term_is_the_mass_between_a_bytes_edges():
    """Salimans et al. 2017, eq. 2, by the cumulative distribution itself."""
    logit, variance = 0.4, 0.01
    middle = 1 / (1 + math.exp(-logit))  # what goes on beyond the picture is nothing here but 2e-4

    def below(edge):
        return 1 / (1 + np.exp(-(edge - middle) / (math.sqrt(3 * variance) / math.pi)))

    mass = below(LEVELS + 0.5 / 255) - below(LEVELS - 0.5 / 255)
    mass[0], mass[-1] = below(0.5 / 255), 1 - below(1 - 0.5 / 255)
    np.testing.assert_allclose(logistic_of_levels(logit, variance), -np.log(mass), rtol=2e-3)


def test_black_and_white_become_certain_as_the_decoder_does():
    for logit, level in ((-40.0, 0), (40.0, 255)):
        assert 0 <= logistic_of_levels(logit, 1e-3)[level] < 1e-6


@pytest.mark.parametrize("variance", [1e-6, 0.05])
def test_the_logistic_term_stays_finite_for_decoders_that_are_far_off(variance):
    pixels = np.array([0, 0, 1, 1, 0.2], np.float32).reshape(1, 1, 5, 1)
    logits = tf.constant(np.array([-200, 200, -200, 200, 200], np.float32).reshape(1, 1, 5, 1))
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = logistic_nll(pixels, logits, tf.constant(variance, tf.float32))
    assert np.isfinite(loss.numpy()).all()
    assert np.isfinite(tape.gradient(loss, logits).numpy()).all()


def test_the_spread_is_what_the_logistic_terms_slope_over_the_variance_says(pictures):
    pixels, logits = np.round(255 * pictures[0]) / 255, pictures[1]
    variance = tf.constant(0.03, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(variance)
        total = tf.reduce_sum(logistic_nll(pixels, logits, variance))
    slope = 0.03 * float(tape.gradient(total, variance))  # over ln v
    spread = float(tf.reduce_sum(logistic_spread(pixels, logits, variance)))
    assert spread == pytest.approx(0.03 * (pixels.size - 2 * slope), rel=1e-9)


def test_a_variance_that_follows_the_spread_ends_at_the_best_one(random):
    """Of bytes drawn from a logistic: the mean spread is the variance where the likelihood is highest."""
    logits = np.zeros((1, 100, 100, 1))
    drawn = 0.5 + 0.03 * random.logistic(size=logits.shape)
    pixels = np.round(255 * drawn) / 255
    variance = 0.1
    for _ in range(200):
        spread = logistic_spread(pixels, logits, tf.constant(variance, tf.float64))
        variance += 0.3 * (float(tf.reduce_mean(spread)) / pixels.size - variance)
    assert variance == pytest.approx((0.03 * math.pi) ** 2 / 3, rel=0.05)

    def nll(value):
        return float(logistic_nll(pixels, logits, tf.constant(value, tf.float64))[0])

    assert nll(variance) < min(nll(0.95 * variance), nll(1.05 * variance))
