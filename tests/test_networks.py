"""The networks: what they are for each size of picture, and how they start."""

import numpy as np
import pytest

from training.backend import tf
from training.config import ModelConfig
from training.learner import Learner
from training.networks import (
    PATCH,
    DepthToSpace,
    FourierFeatures,
    SmoothUpsampling,
    build_decoder,
    build_encoder,
    is_dense,
)


def kinds(network):
    return {type(layer).__name__ for layer in network.layers}


@pytest.mark.parametrize(("size", "channels", "dense"), [(32, 1, True), (32, 3, False), (48, 1, False)])
def test_only_small_grey_pictures_do_without_convolutions(size, channels, dense):
    config = ModelConfig(size, channels)
    assert is_dense(config) == dense
    assert ("Conv2D" in kinds(build_encoder(config, 0))) != dense
    assert ("Conv2D" in kinds(build_decoder(config, 0))) != dense


@pytest.mark.parametrize("dimensions", [2, 128])
def test_waves_are_those_of_their_frequencies_and_start_slow(dimensions):
    layer = FourierFeatures(seed=1, name="waves")
    points = np.random.default_rng(0).normal(size=(200, dimensions)).astype(np.float32)
    found = layer(tf.constant(points)).numpy()
    angles = points @ layer.kernel.numpy()
    np.testing.assert_allclose(
        found, np.concatenate([points, np.sin(angles), np.cos(angles)], axis=1), atol=1e-5
    )
    # However many numbers a point has, it is turned by about √2 radians: W ~ N(0, 2/d), z ~ N(0, I_d).
    assert np.std(angles) == pytest.approx(np.sqrt(2.0), rel=0.2)


def test_enlarging_starts_smooth():
    """A constant map stays constant inside, and no pixel of a 2 × 2 block is favoured: no checkerboard."""
    kernel = SmoothUpsampling(3)((4, 4, 5, 7))
    enlarged = tf.nn.conv2d_transpose(tf.ones((1, 6, 6, 7)), kernel, (1, 12, 12, 5), 2).numpy()[0, 1:-1, 1:-1]
    np.testing.assert_allclose(enlarged, np.broadcast_to(enlarged[:1, :1], enlarged.shape), atol=1e-5)


def test_depth_becomes_space_as_in_tensorflow():
    maps = np.random.default_rng(0).normal(size=(2, 3, 5, PATCH**2 * 3)).astype(np.float32)
    found = DepthToSpace()(tf.constant(maps)).numpy()
    np.testing.assert_array_equal(found, tf.nn.depth_to_space(maps, PATCH).numpy())


@pytest.mark.parametrize("size", [240, 256])
def test_the_largest_pictures_are_learnt_and_drawn(size):
    learner = Learner(ModelConfig(size, 3, likelihood="gaussian"), seed=0)
    pixels = tf.random.stateless_uniform((4, size, size, 3), (0, 1))
    losses = [float(learner.take_step(pixels)["loss"]) for _ in range(8)]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0]
    assert learner.vae.decoder(tf.zeros((2, 2))).shape == (2, size, size, 3)


def test_no_size_needs_much_more_weights_than_another():
    weights = [
        build_encoder(config, 0).count_params() + build_decoder(config, 0).count_params()
        for config in (ModelConfig(size, 3, 128, "gaussian") for size in range(32, 257, 16))
    ]
    assert 4 * max(weights) < 16e6  # bytes; a `.vae` file may hold 40 MB
