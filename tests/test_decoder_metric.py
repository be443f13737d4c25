"""The decoder's metric, against closed forms and differences."""

import numpy as np
import pytest

from training.backend import tf
from training.config import ModelConfig
from training.decoder_metric import DecoderMetric, Stopped, in_sigmas, magnification, steepest, unrounded
from training.events import Control
from training.latent import LatentModel

SHAPE = (4, 4, 3)
NUMBERS = 48


def weights(dim, seed=0):
    return np.random.default_rng(seed).normal(size=(dim, NUMBERS))


def linear(matrix):
    """z ↦ z W, W being [d, D]."""
    return lambda points: tf.reshape(points @ tf.constant(matrix, tf.float32), (-1, *SHAPE))


def points(dim, n=5):
    return np.random.default_rng(1).normal(size=(n, dim))


def test_of_a_linear_decoder_it_is_its_matrix_squared():
    found = DecoderMetric(linear(weights(3)), 3).at(points(3))
    expected = weights(3) @ weights(3).T / NUMBERS
    np.testing.assert_allclose(found, np.tile(expected, (5, 1, 1)), rtol=1e-5, atol=1e-6)
    singular = np.linalg.svd(weights(3))[1]
    np.testing.assert_allclose(steepest(found), singular[0] / np.sqrt(NUMBERS), rtol=1e-5)
    np.testing.assert_allclose(magnification(found), np.prod(singular) / NUMBERS**1.5, rtol=1e-5)


def test_the_sigmoids_slope_counts():
    at = points(2)
    found = DecoderMetric(lambda z: tf.sigmoid(linear(weights(2))(z)), 2).at(at)
    drawn = 1 / (1 + np.exp(-at @ weights(2)))
    jacobians = (drawn * (1 - drawn))[:, None] * weights(2)
    np.testing.assert_allclose(found, jacobians @ jacobians.swapaxes(1, 2) / NUMBERS, rtol=1e-4)


def test_it_is_restricted_to_directions():
    turned = np.linalg.qr(np.random.default_rng(2).normal(size=(4, 4)))[0][:2]
    along = DecoderMetric(linear(weights(4)), 4).at(points(4), turned)
    on_plane = turned @ weights(4)
    np.testing.assert_allclose(along[0], on_plane @ on_plane.T / NUMBERS, rtol=1e-5, atol=1e-6)


def test_by_sigma_it_is_as_if_each_axis_were_measured_by_its_own():
    sigmas = np.array([0.1, 2.0])
    found = in_sigmas(DecoderMetric(linear(weights(2)), 2).at(points(2)), sigmas)
    stretched = sigmas[:, None] * weights(2)
    np.testing.assert_allclose(found[0], stretched @ stretched.T / NUMBERS, rtol=1e-5)


@pytest.mark.parametrize("config", [ModelConfig(32, 1, 2), ModelConfig(32, 3, 3, "gaussian")])
def test_forward_mode_leads_through_our_networks(config):
    """Against central differences; dense and convolutional networks, as initialised."""
    model = LatentModel(config)
    decode, at, step = unrounded(model), points(config.latent_dim, 3).astype(np.float32), np.float32(2e-3)
    found = DecoderMetric(decode, config.latent_dim).at(at)
    moves = step * np.eye(config.latent_dim, dtype=np.float32)
    slopes = [(decode(at + move) - decode(at - move)).numpy().reshape(3, -1) / (2 * step) for move in moves]
    jacobians = np.stack(slopes, axis=1)
    expected = jacobians @ jacobians.swapaxes(1, 2) / jacobians.shape[-1]
    assert abs(found - expected).max() < 0.02 * expected.max()
    rounded = model.decode(at) / 255
    assert abs(decode(at).numpy() - rounded).max() < 0.5 / 255 + 1e-6


def test_a_decoder_that_ignores_the_points_has_no_metric_but_zero():
    found = DecoderMetric(lambda z: tf.zeros((tf.shape(z)[0], *SHAPE)), 2).at(points(2))
    np.testing.assert_array_equal(found, np.zeros((5, 2, 2)))


def test_it_tells_how_far_it_is_and_stops():
    control, done = Control(), []

    def stop_after_the_first(count):
        done.append(count)
        control.stop()

    with pytest.raises(Stopped):
        DecoderMetric(linear(weights(2)), 2).at(points(2, 200), control=control, on_done=stop_after_the_first)
    assert done == [64]
