"""The network that is trained, its slow average, and the compiled functions of both."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import keras, tf
from training.cluster import Cluster
from training.config import ModelConfig
from training.latent import assign_weights
from training.model import VAE, initial_pixel_variance
from training.tensors import Tensors

AVERAGE_DECAY = 0.998  # a step
# It soon follows so slowly (by a ninth of the steps so far) that every fourth step will do;
# going through all weights takes half as long as Adam's step.
AVERAGE_EVERY, EVERY_STEP_UNTIL = 4, 200


class _Adam(keras.optimizers.Adam):
    """Adam (Kingma & Ba 2015) in a single pass, by gradients that are those of the whole batch already.

    Keras computes a step in a dozen passes over all weights, which for wide dense layers takes as long as
    their gradients; TensorFlow has one kernel for the same. And Keras would sum the gradients over the
    replicas within the branch that takes a step. Done before it, all replicas see by the same gradients
    whether the step is to be taken, and one that is lost amid them harms nothing.
    """

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Change a variable and its moments in place."""
        at = self._get_variable_index(variable)
        kind = variable.dtype
        step = tf.cast(self.iterations + 1, kind)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[at].value.handle,
            v=self._velocities[at].value.handle,
            beta1_power=tf.pow(tf.cast(self.beta_1, kind), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, kind), step),
            lr=tf.cast(learning_rate, kind),
            beta1=tf.cast(self.beta_1, kind),
            beta2=tf.cast(self.beta_2, kind),
            epsilon=tf.cast(self.epsilon, kind),
            grad=tf.cast(gradient, kind),
        )

    def _all_reduce_sum_gradients(self, grads_and_vars: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
        return grads_and_vars


class Learner:
    """What a training changes, and how it is changed; the loop and its clock are :mod:`training.fit`'s.

    Args:
        config: the network.
        seed: of its weights and its noise.
        precision: in which it is trained; the average is always judged in float32.
        cluster: the devices that share its steps; the average is judged on one of them.

    Attributes:
        vae: is trained.
        average: slowly follows it (an exponential moving average of the weights), and is what is shown,
            judged and kept.
        test_step: judges the average by such a batch.
        posterior: μ and ln σ² of such a batch under the average.
    """

    def __init__(
        self, config: ModelConfig, seed: int, precision: str = "float32", cluster: Cluster | None = None
    ) -> None:
        self.cluster = cluster or Cluster.of_one_device()
        scope = self.cluster.strategy.scope()
        with self.cluster.telling_losses(), scope, tf.variable_creator_scope(_alike_on_replicas):
            self.vae = VAE(config, seed, precision)
            # Keras would number the optimisers of a process, and a checkpoint names what belongs to its own.
            self.vae.compile(optimizer=_Adam(name="adam"), jit_compile=False)
            self.vae.optimizer.build(self.vae.trainable_variables)
        self.average = VAE(config, seed)
        self._steps = {xla: _compiled(self._step, jit_compile=xla) for xla in (False, True)}
        self._taken_step = self._steps[False]
        self.test_step = _compiled(self.average.test_step)
        self.posterior = _compiled(self.average.posterior)

    def use_xla(self, xla: bool) -> None:
        """Take steps that are compiled with XLA from now on, or such that are not.

        Steps that several devices share never are: XLA cannot compile what passes between them.
        """
        self._taken_step = self._steps[xla and self.cluster.replicas == 1]

    def take_step(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """Train on a batch, [b, S, S, C], or on this worker's part of it: bytes, or numbers in [0, 1].

        Returns:
            The metrics of the whole batch and those before it in the epoch, by name.

        Raises:
            WorkerLostError: another worker is gone; the step was not taken.
        """
        with self.cluster.telling_losses():
            logs: dict[str, tf.Tensor] = self._taken_step(self.cluster.spread(pixels))
            return logs

    def begin_with_pixels(self, sample: NDArray[np.uint8]) -> None:
        """Choose where the likelihood's σ² starts from a sample of pictures, [n, S, S, C]."""
        for vae in (self.vae, self.average):
            vae.pixel_variance.assign(initial_pixel_variance(sample))

    def begin_with_weights(self, weights: Tensors) -> None:
        """Start from weights that were learnt before; raises :class:`VaeError` unless they fit."""
        for vae in (self.vae, self.average):
            assign_weights(vae, weights)

    def _step(self, pixels: Any) -> dict[str, tf.Tensor]:
        with self.cluster.strategy.scope():
            logs = self.vae.train_step(pixels)
        steps = tf.cast(self.vae.optimizer.iterations, tf.int32)
        is_early = steps < EVERY_STEP_UNTIL
        is_due = is_early | (steps % AVERAGE_EVERY == 0)
        tf.cond(is_due, lambda: self._follow(steps, tf.where(is_early, 1, AVERAGE_EVERY)), lambda: None)
        return logs

    def _follow(self, steps: tf.Tensor, since: tf.Tensor) -> None:
        """Move the average, for the steps since the last time."""
        taken = tf.cast(steps, tf.float32)
        decay = tf.minimum(AVERAGE_DECAY, (1.0 + taken) / (10.0 + taken)) ** tf.cast(since, tf.float32)
        named = self.vae.named_weights()
        for name, average in self.average.named_weights().items():
            average.assign_add((1.0 - decay) * (named[name] - average))


def _alike_on_replicas(create: Callable[..., Any], **options: Any) -> Any:
    # Metrics would be summed over the replicas when they are read, at which one worker would wait for others.
    return create(**{**options, "synchronization": tf.VariableSynchronization.ON_WRITE})


def _compiled(function: Callable[..., Any], *, jit_compile: bool = False) -> Callable[..., Any]:
    compiled: Callable[..., Any] = tf.function(
        function, autograph=False, reduce_retracing=True, jit_compile=jit_compile
    )
    return compiled
