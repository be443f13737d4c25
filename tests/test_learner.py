import gc
import weakref

import numpy as np
import pytest

from training.backend import keras, tf
from training.config import ModelConfig
from training.learner import AVERAGE_DECAY, Learner


@pytest.fixture
def batch():
    """Eight grey pictures as bytes."""
    return tf.constant(np.random.default_rng(0).integers(0, 256, (8, 32, 32, 1), np.uint8))


def values(vae):
    return np.concatenate([v.numpy().ravel() for v in vae.named_weights().values()])


@pytest.mark.parametrize("first", [0, 200, 2000])
def test_the_average_is_that_of_all_steps(first, batch):
    """Taken after every step, in NumPy; from some step on, the learner takes it after every fourth."""
    learner = Learner(ModelConfig(32, 1), seed=0)
    learner.vae.optimizer.iterations.assign(first)
    begun = average = values(learner.average)
    for step in range(first + 1, first + 33):
        learner.take_step(batch)
        decay = min(AVERAGE_DECAY, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * values(learner.vae)
    found = values(learner.average)
    assert np.linalg.norm(average - begun) > 0
    tolerance = 1e-4 if first == 0 else 0.1
    assert np.linalg.norm(found - average) < tolerance * np.linalg.norm(average - begun)


def test_bytes_are_learnt_as_the_numbers_that_they_stand_for(batch):
    as_numbers = tf.cast(batch, tf.float32) / 255.0
    losses = [float(Learner(ModelConfig(32, 1), 0).take_step(each)["loss"]) for each in (batch, as_numbers)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_steps_are_those_of_keras_adam(batch):
    """The same weights from the same gradients, moments included, over some steps."""
    learner = Learner(ModelConfig(32, 1), seed=0)
    variables = learner.vae.trainable_variables
    reference = [keras.Variable(variable.value) for variable in variables]
    adam = keras.optimizers.Adam(float(learner.vae.optimizer.learning_rate))
    random = np.random.default_rng(1)
    for _ in range(3):
        gradients = [tf.constant(random.normal(size=v.shape), tf.float32) for v in variables]
        learner.vae.optimizer.apply_gradients(zip(gradients, variables, strict=True))
        adam.apply(gradients, reference)
    for ours, theirs in zip(variables, reference, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-6)


def test_nothing_of_a_training_outlives_it(batch):
    """TensorFlow keeps for life what registers a gradient, and with it the graph and its weights."""
    learner = Learner(ModelConfig(32, 1), 0)
    learner.take_step(batch)
    learner.test_step(batch)
    gone = weakref.ref(learner.vae.decoder.get_layer("head_0").kernel)
    del learner
    gc.collect()
    assert gone() is None
    assert not [
        each for each in gc.get_objects() if type(each).__name__ == "FuncGraph" and each.name == "_step"
    ]
