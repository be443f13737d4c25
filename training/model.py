"""The variational autoencoder, with its own training and test step."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import keras, tf
from training.config import ModelConfig
from training.networks import build_decoder, build_encoder
from training.objective import bernoulli_nll, gaussian_nll, logistic_nll, logistic_spread, squared_error
from training.posterior import Posterior
from training.precision import compute_in_bfloat16

VARIANCE_SMOOTHING = 0.05
STEEPEST = 4.0  # times the usual norm of the gradient; a longer one is shortened to this
NORM_SMOOTHING = 0.01
LEAST_VARIANCE = 1 / (12 * 255**2)  # of rounding to bytes; below it a decoder has nothing left to learn


class VectorMean(keras.metrics.Metric):
    """Running mean of vectors, [n, size] → [size]; zeros before any came."""

    def __init__(self, size: int, name: str) -> None:
        super().__init__(name=name)
        self.total = self.add_variable((size,), "zeros", name="total")
        self.count = self.add_variable((), "zeros", name="count")

    def update_state(self, values: tf.Tensor) -> None:
        """Add vectors, [n, size]."""
        self.total.assign_add(tf.reduce_sum(values, axis=0))
        self.count.assign_add(tf.cast(tf.shape(values)[0], self.count.dtype))

    def result(self) -> tf.Tensor:
        """[size]."""
        return tf.math.divide_no_nan(tf.convert_to_tensor(self.total), tf.convert_to_tensor(self.count))


class VAE(keras.Model):
    """A variational autoencoder (Kingma & Welling 2014).

    Every picture is encoded as a normal distribution, its posterior; a sample of it is decoded, and the
    negative ELBO (reconstruction term + KL mean term + KL variance term) is minimised. Other objectives leave
    something of this out, see :mod:`training.objectives`.

    Args:
        config: what fixes the networks and the objective.
        seed: of the weights and of the noise.
        precision: of the feature maps, float32 or bfloat16; all else is float32.
    """

    def __init__(self, config: ModelConfig, seed: int = 0, precision: str = "float32") -> None:
        super().__init__(name="vae")
        self.config = config
        self.encoder = build_encoder(config, seed)
        self.decoder = build_decoder(config, seed)
        if precision == "bfloat16":
            for network in (self.encoder, self.decoder):
                compute_in_bfloat16(network)
        self.noise = keras.random.SeedGenerator(seed)
        self.kl_weight = self._scalar("kl_weight", 1.0)  # below 1 only while the KL is warmed up
        self.pixel_variance = self._scalar("pixel_variance", 0.1)  # of the likelihood: σ²
        self.least_variance = self._scalar("least_variance", LEAST_VARIANCE)  # which it does not fall below
        self.usual_norm = self._scalar("usual_norm", 0.0)  # of the gradient; 0 before the first step
        self.loss_mean = keras.metrics.Mean("loss")
        self.reconstruction_mean = keras.metrics.Mean("reconstruction")
        self.kl_mean_mean = keras.metrics.Mean("kl_mean")
        self.kl_variance_mean = keras.metrics.Mean("kl_variance")
        self.spread_mean = keras.metrics.Mean("spread")
        self.axis_kl_mean = VectorMean(config.latent_dim, "axis_kl")
        self.built = True

    def _scalar(self, name: str, value: float) -> Any:
        constant = keras.initializers.Constant(value)
        return self.add_weight(shape=(), initializer=constant, trainable=False, name=name)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Running means over the epoch.

        Loss (with the warmed-up KL), the ELBO's terms, spread of a pixel, and the KL of each latent axis.
        """
        terms = [self.reconstruction_mean, self.kl_mean_mean, self.kl_variance_mean]
        return [self.loss_mean, *terms, self.spread_mean, self.axis_kl_mean]

    def named_weights(self) -> dict[str, Any]:
        """The variables that make up what was learnt, by a stable name."""
        networks = (self.encoder, self.decoder)
        named = {f"{net.name}/{v.path}": v for net in networks for v in net.trainable_variables}
        return named | {"pixel_variance": self.pixel_variance}

    def posterior(self, pixels: tf.Tensor, training: bool = False) -> Posterior:
        """The posteriors of pictures, [n, S, S, C] in [0, 1]."""
        return Posterior.of(self.encoder(pixels, training=training), self.config)

    def call(self, pixels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The reconstruction through the posterior's mean, [n, S, S, C] in [0, 1]."""
        return tf.sigmoid(self.decoder(self.posterior(pixels, training).mean, training=training))

    def elbo_terms(
        self, pixels: tf.Tensor, training: bool, noise: tf.Tensor | None = None
    ) -> tuple[tf.Tensor, ...]:
        """The negative ELBO's parts with one posterior sample a picture.

        Args:
            pixels: [n, S, S, C], bytes or numbers in [0, 1].
            noise: of the samples, [n, latent_dim]; None draws it.

        Returns:
            Reconstruction term, KL mean term, KL variance term, spread (the pixels' own variance about what
            is drawn, summed over them), [n] each; the KL of each latent axis, [n, latent_dim].
        """
        if pixels.dtype == tf.uint8:
            pixels = tf.cast(pixels, tf.float32) / 255.0
        posterior = self.posterior(pixels, training)
        if noise is None:
            noise = keras.random.normal(tf.shape(posterior.mean), seed=self.noise)
        logits = self.decoder(posterior.sample(noise), training=training)
        reconstruction, spread = self._reconstruction(pixels, logits)
        return reconstruction, *posterior.kl_terms(), spread, posterior.axis_kl()

    def _weighted(self, kl_mean: tf.Tensor, kl_variance: tf.Tensor) -> tf.Tensor:
        """What the objective counts of the KL's terms; those that it leaves out may be infinite."""
        weighted = zip(self.config.kl_weights, (kl_mean, kl_variance), strict=True)
        return sum((weight * term for weight, term in weighted if weight > 0.0), tf.zeros_like(kl_mean))

    def _reconstruction(self, pixels: tf.Tensor, logits: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """The reconstruction term and the spread, [n] each."""
        variance = tf.convert_to_tensor(self.pixel_variance)
        if self.config.likelihood == "logistic":
            return logistic_nll(pixels, logits, variance), logistic_spread(pixels, logits, variance)
        if self.config.likelihood == "gaussian":
            return gaussian_nll(pixels, logits, variance), squared_error(pixels, logits)
        return bernoulli_nll(pixels, logits), squared_error(pixels, logits)

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """One step on a batch, of which each replica of the current strategy has an equal part.

        A step whose loss or gradient is not finite is not taken, by any of the replicas. The weights thus
        stay finite whatever happens, and ``loss`` in the result turns NaN to tell. A gradient that is much
        longer than usual is shortened, see ``_shortening``.
        """
        strategy = tf.distribute.get_strategy()
        seed = tf.identity(self.noise.state)
        shared = strategy.run(self._gradients, (data, seed))
        of_any = tf.nest.map_structure(lambda value: strategy.experimental_local_results(value)[0], shared)
        loss, gradients, (reconstruction, kl_mean, kl_variance, spread, by_axis) = of_any
        norm = tf.linalg.global_norm(gradients)
        finite = tf.math.is_finite(loss + norm)
        with tf.control_dependencies([finite]):  # a step that a lost replica cuts short changes nothing
            self.noise.next()

        def take() -> None:
            strategy.run(self._apply, (shared[1], self._shortening(norm)))
            # σ²'s maximum-likelihood value is the mean spread, of a Gaussian the mean squared error (Rybkin
            # et al. 2021, eq. 5); held-out pictures bound it, see judge_variance.
            best = tf.maximum(self._per_pixel(spread), self.least_variance)
            self.pixel_variance.assign_add(VARIANCE_SMOOTHING * (best - self.pixel_variance))

        tf.cond(finite, take, lambda: None)
        self.loss_mean.update_state(tf.where(finite, loss, np.nan))
        self.axis_kl_mean.update_state(by_axis[None])
        return self._track(reconstruction, kl_mean, kl_variance)

    def _gradients(
        self, pixels: tf.Tensor, seed: tf.Tensor
    ) -> tuple[tf.Tensor, list[tf.Tensor], list[tf.Tensor]]:
        """Loss, gradients and means of the ELBO's parts over a batch, from a replica's part of it."""
        replica = tf.distribute.get_replica_context()
        count = tf.shape(pixels)[0]
        # All draw the noise of the whole batch, so that it is the same however many share it.
        shape = (replica.num_replicas_in_sync * count, self.config.latent_dim)
        noise = tf.random.stateless_normal(shape, tf.cast(seed, tf.int32))
        first = replica.replica_id_in_sync_group * count
        with tf.GradientTape() as tape:
            parts = self.elbo_terms(pixels, training=True, noise=noise[first : first + count])
            means = [tf.reduce_mean(part, axis=0) for part in parts]
            reconstruction, kl_mean, kl_variance = means[:3]
            loss = reconstruction + self.kl_weight * self._weighted(kl_mean, kl_variance)
        gradients = tape.gradient(loss, self.trainable_variables)
        found = (loss, gradients, means)
        if replica.num_replicas_in_sync == 1:
            # TensorFlow registers a gradient for every reduction of a graph, for as long as a process lives,
            # which would keep the graph and the weights of each training.
            return found
        of_all: tuple[tf.Tensor, list[tf.Tensor], list[tf.Tensor]]
        of_all = replica.all_reduce(tf.distribute.ReduceOp.MEAN, found)
        return of_all

    def _shortening(self, norm: tf.Tensor) -> tf.Tensor:
        """What to multiply a gradient of such a norm by; 1 but for one much longer than usual.

        Adam remembers a gradient for about ten steps and its square for a thousand. One that is a hundred
        times as long as those before it moves all weights together, for ten steps, by several times the
        learning rate each, and small batches come to that: the loss then rose by half and did not come back.
        The usual norm is a running mean, as no fixed one would suit pictures of all sizes and likelihoods
        (Seetharaman et al. 2020 take a percentile of all norms so far instead).
        """
        longest = tf.where(self.usual_norm > 0.0, STEEPEST * self.usual_norm, norm)
        shortened = tf.minimum(norm, longest)
        smoothing = tf.where(self.usual_norm > 0.0, NORM_SMOOTHING, 1.0)
        self.usual_norm.assign_add(smoothing * (shortened - self.usual_norm))
        return tf.math.divide_no_nan(shortened, norm)

    def _apply(self, gradients: list[tf.Tensor], factor: tf.Tensor) -> None:
        # Nearly always by 1, which would be a pass over all gradients for nothing.
        used = tf.cond(factor < 1.0, lambda: [factor * gradient for gradient in gradients], lambda: gradients)
        self.optimizer.apply_gradients(zip(used, self.trainable_variables, strict=True))

    def test_step(self, data: tf.Tensor) -> dict[str, tf.Tensor]:
        """The objective on a batch of held-out pictures, without learning."""
        reconstruction, kl_mean, kl_variance, spread, by_axis = self.elbo_terms(data, training=False)
        self.loss_mean.update_state(reconstruction + self._weighted(kl_mean, kl_variance))
        self.spread_mean.update_state(self._per_pixel(spread))
        self.axis_kl_mean.update_state(by_axis)
        return self._track(reconstruction, kl_mean, kl_variance)

    def judge_variance(self, held_out_spread: float) -> None:
        """Keep σ² from falling below the spread of held-out pixels.

        A decoder that memorises drives its own error, and with it σ², towards zero; the reconstruction term
        then outweighs the KL ever more, which lets it memorise more. The spread of held-out pixels is the
        maximum-likelihood σ² for pictures that it does not know.
        """
        if math.isfinite(held_out_spread):
            self.least_variance.assign(max(held_out_spread, LEAST_VARIANCE))

    def _per_pixel(self, spread: tf.Tensor) -> tf.Tensor:
        return spread / float(np.prod(self.config.shape))

    def _track(
        self, reconstruction: tf.Tensor, kl_mean: tf.Tensor, kl_variance: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        self.reconstruction_mean.update_state(reconstruction)
        self.kl_mean_mean.update_state(kl_mean)
        self.kl_variance_mean.update_state(kl_variance)
        return {metric.name: metric.result() for metric in self.metrics}


def initial_pixel_variance(pixels: NDArray[np.uint8]) -> float:
    """Where a likelihood's σ² starts: where two latent axes are worth their KL from the start.

    A linear VAE keeps an axis only while σ² is below that axis' eigenvalue of the data's covariance
    (Lucas et al. 2019), so σ² starts at most at half the second one, and never above the plain variance.

    Args:
        pixels: a sample, uint8 [n, S, S, C].
    """
    flat = pixels.reshape(len(pixels), -1).astype(np.float32) / 255.0
    flat -= flat.mean(axis=0)
    eigenvalues = np.linalg.eigvalsh(flat @ flat.T / len(flat))
    second = float(eigenvalues[-2]) if len(eigenvalues) > 1 else 0.0
    return float(np.clip(min(float(np.mean(flat**2)), 0.5 * second), 1e-4, 1.0))
