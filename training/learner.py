"""The network that is trained, its slow average, and the compiled functions of both."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import keras, tf
from training.config import ModelConfig
from training.latent import assign_weights
from training.model import VAE, initial_pixel_variance
from training.tensors import Tensors

AVERAGE_DECAY = 0.998


class Learner:
    """What a training changes, and how it is changed; the loop and its clock are :mod:`training.fit`'s.

    Args:
        config: the network.
        seed: of its weights and its noise.

    Attributes:
        vae: is trained.
        average: slowly follows it (an exponential moving average of the weights), and is what is shown,
            judged and kept.
        take_step: trains on a batch, float32 [b, S, S, C] in [0, 1]; answers with the metrics by name.
        test_step: judges the average by such a batch.
        posterior: μ and ln σ² of such a batch under the average.
    """

    def __init__(self, config: ModelConfig, seed: int) -> None:
        self.vae = VAE(config, seed)
        self.average = VAE(config, seed)
        # Keras would number the optimisers of a process, and a checkpoint names what belongs to its own.
        self.vae.compile(optimizer=keras.optimizers.Adam(name="adam"), jit_compile=False)
        self.vae.optimizer.build(self.vae.trainable_variables)
        self.take_step = _compiled(self._step)
        self.test_step = _compiled(self.average.test_step)
        self.posterior = _compiled(self.average.posterior)

    def begin_with_pixels(self, sample: NDArray[np.uint8]) -> None:
        """Choose where the Gaussian likelihood's σ² starts from a sample of pictures, [n, S, S, C]."""
        for vae in (self.vae, self.average):
            vae.pixel_variance.assign(initial_pixel_variance(sample))

    def begin_with_weights(self, weights: Tensors) -> None:
        """Start from weights that were learnt before; raises :class:`VaeError` unless they fit."""
        for vae in (self.vae, self.average):
            assign_weights(vae, weights)

    def _step(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        logs = self.vae.train_step(pixels)
        steps = tf.cast(self.vae.optimizer.iterations, tf.float32)
        decay = tf.minimum(AVERAGE_DECAY, (1.0 + steps) / (10.0 + steps))
        named = self.vae.named_weights()
        for name, average in self.average.named_weights().items():
            average.assign_add((1.0 - decay) * (named[name] - average))
        return logs


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    compiled: Callable[..., Any] = tf.function(function, autograph=False, reduce_retracing=True)
    return compiled
