"""The networks and the variational autoencoder, with its own training and test step."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import keras, layers, tf
from training.config import ModelConfig
from training.objective import bernoulli_nll, gaussian_nll, kl_terms, squared_error

WIDEST, NARROWEST = 128, 32
RESIDUAL_UP_TO = 16  # residual blocks only where a feature map is at most this wide: depth is cheap there
VARIANCE_SMOOTHING = 0.05
LEAST_VARIANCE = 1 / (12 * 255**2)  # of rounding to bytes; below it a decoder has nothing left to learn


def width_at(resolution: int) -> int:
    """Channels of a feature map: twice as many each time the resolution halves."""
    return min(max(512 // resolution, NARROWEST), WIDEST)


def resolutions(size: int) -> list[int]:
    """Sides of the feature maps from fine to coarse; 64 → [32, 16, 8, 4]."""
    sides = [size // 2]
    while sides[-1] > 5 and sides[-1] % 2 == 0:
        sides.append(sides[-1] // 2)
    return sides


class SpaceToDepth(layers.Layer):
    """2 × 2 pixels become channels, so that the first convolution works on a quarter of the positions."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """[n, 2h, 2w, c] → [n, h, w, 4c]."""
        return tf.nn.space_to_depth(inputs, 2)


class DepthToSpace(layers.Layer):
    """Sub-pixel output (Shi et al. 2016): the inverse of :class:`SpaceToDepth`."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """[n, h, w, 4c] → [n, 2h, 2w, c]."""
        return tf.nn.depth_to_space(inputs, 2)


class ResidualBlock(layers.Layer):
    """x + conv(relu(conv(relu(x)))), starting as the identity.

    The second kernel starts at zero, which trains without normalisation (De & Smith 2020); normalisation
    is slow on CPUs and makes a picture depend on its neighbours' statistics.
    """

    def __init__(self, width: int, seed: int, name: str) -> None:
        super().__init__(name=name)
        self.first = layers.Conv2D(width, 3, padding="same", kernel_initializer=_he(seed), name="first")
        self.second = layers.Conv2D(width, 3, padding="same", kernel_initializer="zeros", name="second")

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the kernels for [n, h, w, width]."""
        self.first.build(shape)
        self.second.build(shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """[n, h, w, width] → the same."""
        return inputs + self.second(tf.nn.relu(self.first(tf.nn.relu(inputs))))


class SmoothUpsampling(keras.initializers.Initializer):
    """Kernels that start by enlarging smoothly, so that no checkerboard has to be unlearnt.

    Transposed 4 × 4 kernels of stride 2 start as bilinear interpolation of randomly mixed channels; kernels
    before a sub-pixel output start alike for its 2 × 2 pixels (ICNR, Aitken et al. 2017).
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> tf.Tensor:
        """[4, 4, out, in] of a transposed convolution, or [3, 3, in, 4 · out] before a sub-pixel output."""
        random = np.random.default_rng(self.seed)
        if shape[0] == 4:
            taps = np.array([0.25, 0.75, 0.75, 0.25])
            mixing = random.normal(0.0, np.sqrt(2.0 / shape[3]), shape[2:])
            kernel = np.outer(taps, taps)[:, :, None, None] * mixing
        else:
            one = random.normal(0.0, np.sqrt(2.0 / np.prod(shape[:3])), (*shape[:3], shape[3] // 4))
            kernel = np.tile(one, 4)
        return tf.constant(kernel, dtype or tf.float32)


def _he(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.HeNormal(seed=seed)


def _seeds(seed: int) -> Iterator[int]:
    random = np.random.default_rng(seed)
    while True:
        yield int(random.integers(2**31))


def build_encoder(config: ModelConfig, seed: int) -> keras.Model:
    """Pictures [n, S, S, C] in [0, 1] → [n, 2 · latent_dim]: μ, then ln σ²."""
    seeds = _seeds(seed)
    sides = resolutions(config.size)
    pixels = features = layers.Input((config.size, config.size, config.channels))
    features = SpaceToDepth(name="space_to_depth")(features)
    features = layers.Conv2D(
        width_at(sides[0]), 3, padding="same", kernel_initializer=_he(next(seeds)), name="stem"
    )(features)
    for side in sides[1:]:
        features = layers.ReLU()(features)
        features = layers.Conv2D(
            width_at(side), 4, 2, "same", kernel_initializer=_he(next(seeds)), name=f"down_{side}"
        )(features)
        if side <= RESIDUAL_UP_TO:
            features = ResidualBlock(width_at(side), next(seeds), f"residual_{side}")(features)
    features = layers.Flatten()(layers.ReLU()(features))
    features = layers.Dense(256, activation="silu", kernel_initializer=_he(next(seeds)), name="summary")(
        features
    )
    small = keras.initializers.RandomNormal(stddev=0.01, seed=next(seeds))
    posterior = layers.Dense(2 * config.latent_dim, kernel_initializer=small, name="posterior")(features)
    return keras.Model(pixels, posterior, name="encoder")


def build_decoder(config: ModelConfig, seed: int) -> keras.Model:
    """Points [n, latent_dim] → pixel logits [n, S, S, C]; the picture is their sigmoid.

    A smooth (SiLU) head folds the plane before the convolutions draw: with two latent numbers that is where
    the capacity is needed.
    """
    seeds = _seeds(seed + 1)
    sides = resolutions(config.size)[::-1]
    points = features = layers.Input((config.latent_dim,))
    # Random first biases: with zeros the origin, the middle of the plane, would start as a singular point.
    spread = keras.initializers.RandomNormal(stddev=1.0, seed=next(seeds))
    for number, (width, bias) in enumerate(((256, spread), (512, "zeros"))):
        features = layers.Dense(
            width,
            activation="silu",
            kernel_initializer=_he(next(seeds)),
            bias_initializer=bias,
            name=f"head_{number}",
        )(features)
    side, width = sides[0], width_at(sides[0])
    features = layers.Dense(side * side * width, kernel_initializer=_he(next(seeds)), name="unfold")(features)
    features = layers.Reshape((side, side, width))(features)
    for side in sides:
        if side != sides[0]:
            features = layers.ReLU()(features)
            features = layers.Conv2DTranspose(
                width_at(side),
                4,
                2,
                "same",
                kernel_initializer=SmoothUpsampling(next(seeds)),
                name=f"up_{side}",
            )(features)
        if side <= RESIDUAL_UP_TO:
            features = ResidualBlock(width_at(side), next(seeds), f"residual_{side}")(features)
    smooth = SmoothUpsampling(next(seeds))
    features = layers.Conv2D(4 * config.channels, 3, padding="same", kernel_initializer=smooth, name="draw")(
        layers.ReLU()(features)
    )
    return keras.Model(points, DepthToSpace(name="depth_to_space")(features), name="decoder")


class VAE(keras.Model):
    """A variational autoencoder (Kingma & Welling 2014).

    Every picture is encoded as a normal distribution, its posterior; a sample of it is decoded, and the
    negative ELBO (reconstruction term + KL mean term + KL variance term) is minimised.

    Args:
        config: what fixes the networks.
        seed: of the weights and of the noise.
    """

    def __init__(self, config: ModelConfig, seed: int = 0) -> None:
        super().__init__(name="vae")
        self.config = config
        self.encoder = build_encoder(config, seed)
        self.decoder = build_decoder(config, seed)
        self.noise = keras.random.SeedGenerator(seed)
        self.kl_weight = self._scalar("kl_weight", 1.0)  # below 1 only while the KL is warmed up
        self.pixel_variance = self._scalar("pixel_variance", 0.1)  # σ² of the Gaussian likelihood
        self.least_variance = self._scalar("least_variance", LEAST_VARIANCE)  # which it does not fall below
        self.loss_mean = keras.metrics.Mean("loss")
        self.reconstruction_mean = keras.metrics.Mean("reconstruction")
        self.kl_mean_mean = keras.metrics.Mean("kl_mean")
        self.kl_variance_mean = keras.metrics.Mean("kl_variance")
        self.error_mean = keras.metrics.Mean("squared_error")
        self.built = True

    def _scalar(self, name: str, value: float) -> Any:
        constant = keras.initializers.Constant(value)
        return self.add_weight(shape=(), initializer=constant, trainable=False, name=name)

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Running means over the epoch: loss (with the warmed-up KL), the ELBO's terms, error of a pixel."""
        terms = [self.reconstruction_mean, self.kl_mean_mean, self.kl_variance_mean]
        return [self.loss_mean, *terms, self.error_mean]

    def named_weights(self) -> dict[str, Any]:
        """The variables that make up what was learnt, by a stable name."""
        networks = (self.encoder, self.decoder)
        named = {f"{net.name}/{v.path}": v for net in networks for v in net.trainable_variables}
        return named | {"pixel_variance": self.pixel_variance}

    def posterior(self, pixels: tf.Tensor, training: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
        """μ and ln σ² of pictures, [n, latent_dim] each."""
        mean, log_variance = tf.split(self.encoder(pixels, training=training), 2, axis=1)
        return mean, log_variance

    def call(self, pixels: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The reconstruction through the posterior's mean, [n, S, S, C] in [0, 1]."""
        mean, _ = self.posterior(pixels, training)
        return tf.sigmoid(self.decoder(mean, training=training))

    def elbo_terms(self, pixels: tf.Tensor, training: bool) -> tuple[tf.Tensor, ...]:
        """The negative ELBO's parts with one posterior sample a picture.

        Returns:
            Reconstruction term, KL mean term, KL variance term, squared error; [n] each.
        """
        mean, log_variance = self.posterior(pixels, training)
        noise = keras.random.normal(tf.shape(mean), seed=self.noise)
        logits = self.decoder(mean + tf.exp(0.5 * log_variance) * noise, training=training)
        if self.config.likelihood == "bernoulli":
            reconstruction = bernoulli_nll(pixels, logits)
        else:
            reconstruction = gaussian_nll(pixels, logits, tf.convert_to_tensor(self.pixel_variance))
        return reconstruction, *kl_terms(mean, log_variance), squared_error(pixels, logits)

    def train_step(self, data: tf.Tensor) -> dict[str, tf.Tensor]:
        """One step on a batch; a step whose loss or gradient is not finite is not taken.

        The weights thus stay finite whatever happens, and ``loss`` in the result turns NaN to tell.
        """
        with tf.GradientTape() as tape:
            reconstruction, kl_mean, kl_variance, error = self.elbo_terms(data, training=True)
            loss = tf.reduce_mean(reconstruction + self.kl_weight * (kl_mean + kl_variance))
        weights = self.trainable_variables
        gradients = tape.gradient(loss, weights)
        finite = tf.math.is_finite(loss + tf.linalg.global_norm(gradients))

        def take() -> None:
            self.optimizer.apply_gradients(zip(gradients, weights, strict=True))
            # σ²'s maximum-likelihood value is the mean squared error (Rybkin et al. 2021, eq. 5); held-out
            # pictures bound it, see judge_variance.
            best = tf.maximum(tf.reduce_mean(self._per_pixel(error)), self.least_variance)
            self.pixel_variance.assign_add(VARIANCE_SMOOTHING * (best - self.pixel_variance))

        tf.cond(finite, take, lambda: None)
        self.loss_mean.update_state(tf.where(finite, loss, np.nan))
        return self._track(reconstruction, kl_mean, kl_variance)

    def test_step(self, data: tf.Tensor) -> dict[str, tf.Tensor]:
        """The ELBO of a batch of held-out pictures, without learning."""
        reconstruction, kl_mean, kl_variance, error = self.elbo_terms(data, training=False)
        self.loss_mean.update_state(reconstruction + kl_mean + kl_variance)
        self.error_mean.update_state(self._per_pixel(error))
        return self._track(reconstruction, kl_mean, kl_variance)

    def judge_variance(self, held_out_error: float) -> None:
        """Keep σ² from falling below the squared error of a held-out pixel.

        A decoder that memorises drives its own error, and with it σ², towards zero; the reconstruction term
        then outweighs the KL ever more, which lets it memorise more. The error on held-out pictures is the
        maximum-likelihood σ² for pictures that it does not know.
        """
        if math.isfinite(held_out_error):
            self.least_variance.assign(max(held_out_error, LEAST_VARIANCE))

    def _per_pixel(self, error: tf.Tensor) -> tf.Tensor:
        return error / float(np.prod(self.config.shape))

    def _track(
        self, reconstruction: tf.Tensor, kl_mean: tf.Tensor, kl_variance: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        self.reconstruction_mean.update_state(reconstruction)
        self.kl_mean_mean.update_state(kl_mean)
        self.kl_variance_mean.update_state(kl_variance)
        return {metric.name: metric.result() for metric in self.metrics}


def initial_pixel_variance(pixels: NDArray[np.uint8]) -> float:
    """Where the Gaussian likelihood's σ² starts: where two latent axes are worth their KL from the start.

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
