"""The two networks: the encoder, from pictures to posteriors, and the decoder, from points to pictures.

Small pictures are learnt by dense layers alone, larger ones by convolutions over patches. Both were chosen by
held-out ELBO after equal time (`benchmarks/quality.py`), and so was what is not there: residual blocks and
normalised feature maps made a step dearer than they made it better. What is normalised are single vectors, by
their root mean square (Zhang & Sennrich 2019), which costs next to nothing.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from training.backend import keras, layers, tf
from training.config import ModelConfig

DENSE_UP_TO = 1024  # numbers that a picture has; dense layers learn such pictures several times as fast
PATCH = 4  # a convolutional network works on patches of 4 × 4 pixels
COARSEST = 8  # side of the feature map at which convolutions give way to dense layers
NARROWEST, WIDEST = 32, 64
FREQUENCIES = 64


def is_dense(config: ModelConfig) -> bool:
    """Whether pictures are so small that dense layers alone learn them."""
    return int(np.prod(config.shape)) <= DENSE_UP_TO


def width_at(side: int) -> int:
    """Channels of a feature map: more of them the smaller it is, in steps that processors like.

    Sides such as 15, of 240 pixels, cannot be halved to the coarsest side: with fewer channels there the
    dense layers beside them, most of the weights, are no larger than those of other sizes.
    """
    if side > COARSEST and side % 2:
        return max(COARSEST**2 * WIDEST // side**2 // 16 * 16, 16)
    return min(max(1024 // side // 16 * 16, NARROWEST), WIDEST)


def resolutions(size: int) -> list[int]:
    """Sides of the feature maps from fine to coarse; 64 → [16, 8]."""
    sides = [size // PATCH]
    while sides[-1] > COARSEST and sides[-1] % 2 == 0:
        sides.append(sides[-1] // 2)
    return sides


class FourierFeatures(layers.Layer):
    """z → (z, sin Wz, cos Wz) with learnt frequencies W (Tancik et al. 2020).

    Two numbers say little to a dense layer; with waves of them it soon tells apart what lies close together.
    The first frequencies are so low that the plane stays smooth: about one wave within ±3 standard deviations
    of the prior.
    """

    def __init__(self, seed: int, name: str) -> None:
        super().__init__(name=name)
        self.seed = seed

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the frequencies for points [n, d]."""
        spread = keras.initializers.RandomNormal(stddev=(2.0 / (shape[-1] or 1)) ** 0.5, seed=self.seed)
        self.kernel = self.add_weight(shape=(shape[-1], FREQUENCIES), initializer=spread, name="kernel")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """[n, d] → [n, d + 2 · FREQUENCIES]."""
        waves = tf.matmul(inputs, self.kernel)
        return tf.concat([inputs, tf.sin(waves), tf.cos(waves)], axis=1)


class Dense(layers.Dense):
    """Keras' dense layer, trained by TensorFlow's batched product (of a batch of one).

    The gradient for its inputs is had in less than half the time where the weights are many and the pictures
    few: for the plain product, oneDNN first copies the transposed weights, at each step. A single point is
    decoded faster by the plain one.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """[n, inputs] → [n, units]."""
        if not training:
            return super().call(inputs, training=training)
        weights, bias = tf.convert_to_tensor(self.kernel), tf.convert_to_tensor(self.bias)
        product = tf.squeeze(tf.matmul(tf.expand_dims(inputs, 0), tf.expand_dims(weights, 0)), 0)
        return self.activation(product + bias)  # whose gradient is a sum, and faster than that of bias_add


class DepthToSpace(layers.Layer):
    """Sub-pixel output (Shi et al. 2016): channels become patches of PATCH × PATCH pixels."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """[n, h, w, PATCH² · c] → [n, PATCH · h, PATCH · w, c]."""
        _, height, width, depth = inputs.shape
        colours = depth // PATCH**2
        # TensorFlow's own kernel for this is a slow loop; these three take half its time.
        patches = tf.reshape(inputs, (-1, height, width, PATCH, PATCH, colours))
        rows = tf.transpose(patches, (0, 1, 3, 2, 4, 5))
        return tf.reshape(rows, (-1, PATCH * height, PATCH * width, colours))


class SmoothUpsampling(keras.initializers.Initializer):
    """Transposed 4 × 4 kernels of stride 2 that start as bilinear interpolation of randomly mixed channels.

    So that no checkerboard has to be unlearnt (Odena et al. 2016).
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> tf.Tensor:
        """[4, 4, out, in]."""
        taps = np.array([0.25, 0.75, 0.75, 0.25])
        mixing = np.random.default_rng(self.seed).normal(0.0, np.sqrt(2.0 / shape[3]), shape[2:])
        return tf.constant(np.outer(taps, taps)[:, :, None, None] * mixing, dtype or tf.float32)


def posterior_numbers(config: ModelConfig) -> int:
    """How many numbers the encoder tells: μ; ln σ² where it is learnt; what tilts a full covariance."""
    latent_dim = config.latent_dim
    more = {"point": 0, "constant": 0, "diagonal": latent_dim, "full": latent_dim * (latent_dim + 1) // 2}
    return latent_dim + more[config.parts.encoding]


def build_encoder(config: ModelConfig, seed: int) -> keras.Model:
    """Pictures [n, S, S, C] in [0, 1] → [n, posterior_numbers]: see :meth:`training.model.VAE.posterior`."""
    seeds = _seeds(seed)
    pixels = features = layers.Input(config.shape)
    if is_dense(config):
        features = layers.Flatten()(features)
        for number in range(2):
            features = _dense(512, f"look_{number}", next(seeds))(features)
    else:
        sides = resolutions(config.size)
        stem = _conv(width_at(sides[0]), 2 * PATCH, PATCH, "stem", next(seeds))
        features = layers.ReLU()(stem(features))
        for side in sides[1:]:
            features = layers.ReLU()(_conv(width_at(side), 4, 2, f"down_{side}", next(seeds))(features))
        features = layers.Flatten()(features)
    features = _dense(256, "summary", next(seeds))(features)
    # Evened out, no picture's features are so large that it is thrown far off the others, as single ones
    # were now and then: it is drawn so wrongly there that it outweighs all others.
    features = layers.RMSNormalization(name="even")(features)
    # Not much smaller: the pictures are to lie apart on the plane from the first seconds on.
    small = keras.initializers.RandomNormal(stddev=0.05, seed=next(seeds))
    posterior = Dense(posterior_numbers(config), kernel_initializer=small, name="posterior")(features)
    return keras.Model(pixels, posterior, name="encoder")


def build_decoder(config: ModelConfig, seed: int) -> keras.Model:
    """Points [n, latent_dim] → pixel logits [n, S, S, C]; the picture is their sigmoid.

    A smooth (SiLU) head folds the plane before anything is drawn: with two latent numbers that is where the
    capacity is needed.
    """
    seeds = _seeds(seed + 1)
    points = features = layers.Input((config.latent_dim,))
    waves = FourierFeatures(next(seeds), "waves")
    if is_dense(config):  # where convolutions draw, waves only let pictures stray far from the prior
        features = waves(points)
    # Random first biases: with zeros the origin, the middle of the plane, would start as a singular point.
    spread = keras.initializers.RandomNormal(stddev=1.0, seed=next(seeds))
    widths = (512, 1024) if is_dense(config) else (256, 512)
    for number, (width, bias) in enumerate(zip(widths, (spread, "zeros"), strict=True)):
        features = _dense(width, f"head_{number}", next(seeds), bias)(features)
    if is_dense(config):
        numbers = int(np.prod(config.shape))
        drawn = Dense(numbers, kernel_initializer=_faint(next(seeds)), name="draw")
        return keras.Model(points, layers.Reshape(config.shape)(drawn(features)), name="decoder")
    features = layers.RMSNormalization(name="even")(features)
    sides = resolutions(config.size)[::-1]
    side, width = sides[0], width_at(sides[0])
    features = Dense(side * side * width, kernel_initializer=_he(next(seeds)), name="unfold")(features)
    features = layers.ReLU()(layers.Reshape((side, side, width))(features))
    for side in sides[1:]:
        features = layers.ReLU()(_enlarging(width_at(side), f"up_{side}", next(seeds))(features))
    drawn = layers.Conv2D(
        PATCH**2 * config.channels, 3, padding="same", kernel_initializer=_faint(next(seeds)), name="draw"
    )
    return keras.Model(points, DepthToSpace(name="depth_to_space")(drawn(features)), name="decoder")


def silu(inputs: tf.Tensor) -> tf.Tensor:
    """x σ(x) (Hendrycks & Gimpel 2016).

    Not TensorFlow's own, which registers a gradient for each graph that it is in, for as long as the process
    lives: that would keep the graph and the weights of each training, 60 MB of them and more.
    """
    return inputs * tf.sigmoid(inputs)


def _dense(width: int, name: str, seed: int, bias: Any = "zeros") -> layers.Layer:
    return Dense(width, activation=silu, kernel_initializer=_he(seed), bias_initializer=bias, name=name)


def _conv(width: int, kernel: int, stride: int, name: str, seed: int) -> layers.Layer:
    return layers.Conv2D(width, kernel, stride, padding="same", kernel_initializer=_he(seed), name=name)


def _enlarging(width: int, name: str, seed: int) -> layers.Layer:
    return layers.Conv2DTranspose(
        width, 4, 2, padding="same", kernel_initializer=SmoothUpsampling(seed), name=name
    )


def _he(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.HeNormal(seed=seed)


def _faint(seed: int) -> keras.initializers.Initializer:
    # The first pictures are nearly even grey rather than noise.
    return keras.initializers.VarianceScaling(0.02, seed=seed)


def _seeds(seed: int) -> Iterator[int]:
    random = np.random.default_rng(seed)
    while True:
        yield int(random.integers(2**31))
