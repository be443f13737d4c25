"""What pictures look like in numbers, by features that no training has touched.

Distances between pictures judge what a model draws, and the model's own encoder would be a biased judge.
Networks trained on photographs (Inception for the FID, VGG for LPIPS) know little of drawings or digits, and
they are large. Random features are neither, and are known to do nearly as well:

- Naeem, Oh, Uh, Choi & Yoo, "Reliable fidelity and diversity metrics for generative models" (ICML 2020):
  density and coverage with features of a randomly initialised VGG16, which they advise where the pictures are
  unlike those that trained networks know.
- Amir & Weiss, "Understanding and simplifying perceptual distances" (CVPR 2021): distances by a random VGG
  agree with people's judgement nearly as well as those by a trained one.
- Ulyanov, Vedaldi & Lempitsky, "Deep image prior" (CVPR 2018): it is the convolutional structure, before
  anything is learnt, that takes natural pictures for likely.

Figures made with them are not to be called "FID", which means Inception's features.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.errors import VaeError
from training.language import tr
from training.pixel_store import evenly

Kind = Literal["random convolutions", "pixel PCA"]
RANDOM_CONVOLUTIONS: Kind = "random convolutions"
PIXEL_PCA: Kind = "pixel PCA"

DIMENSIONS = 64  # as many as Naeem et al. use of a random VGG
FITTED = 1_024  # pictures that tell the principal directions

_SEED = 20_200_213
_WIDTHS = (32, 64, 96, 128, 128)  # channels of the maps, from fine to coarse
_COARSEST = 4  # side of the last map
_BATCH = 128
_FITTED_NUMBERS = 2**25  # in the pictures that tell the principal directions
_LEAST_SPREAD = 1e-4  # of a feature that is of any use, in the convolutions' units: they are about 1
_ROUNDING = 1e-6  # of the strongest direction's square, what single precision may make of nothing
_Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PictureFeatures:
    """Features of pictures: a fixed function, and principal directions of what it makes of real pictures.

    They are scaled so that the root mean square (Euclidean) distance between two real pictures is 1.

    Attributes:
        kind: random convolutions: of each map of a convolutional network with random weights, each channel's
            mean in each quarter of the picture and its standard deviation, each divided by its own spread
            over real pictures; of these, the first principal directions. Pixel PCA: those of the pixels.
        shape: (S, S, C) of a picture.
        middle: float32 [D], the mean over real pictures.
        directions: float32 [D, k], with all scales in them.
    """

    kind: Kind
    shape: tuple[int, int, int]
    middle: _Array
    directions: _Array

    @classmethod
    def fitted_on(cls, real: NDArray[np.uint8], kind: Kind = RANDOM_CONVOLUTIONS) -> Self:
        """Scaled by, and along the principal directions of, real pictures.

        Args:
            real: [n, S, S, C]; at most :data:`FITTED` of them, evenly chosen, are used.

        Raises:
            VaeError: they are fewer than two, or all the same.
        """
        shape = _shape_of(real)
        some = real[evenly(len(real), min(FITTED, _FITTED_NUMBERS // int(np.prod(shape))))]
        numbers = _numbers(some, kind)
        middle = numbers.mean(axis=0, dtype=np.float64).astype(np.float32)
        off_middle = numbers - middle
        scales = _evening(off_middle) if kind == RANDOM_CONVOLUTIONS else np.ones(len(middle), np.float32)
        off_middle *= scales
        directions = _principal(off_middle)
        # The mean squared distance between two is twice the variance.
        total = 2 * float(np.square(off_middle @ directions, dtype=np.float64).sum()) / len(some)
        if len(some) < 2 or not total > 0:
            raise VaeError(tr("Pictures that are all the same have no features to compare."))
        return cls(kind, shape, middle, scales[:, None] * directions / np.float32(np.sqrt(total)))

    def of(self, pictures: NDArray[np.uint8]) -> _Array:
        """Features float32 [n, k] of pictures uint8 [n, S, S, C].

        Raises:
            VaeError: the pictures have another shape.
        """
        if pictures.shape[1:] != self.shape:
            raise VaeError(tr("These pictures have not the shape of those before."))
        off_middle: _Array = _numbers(pictures, self.kind) - self.middle
        return off_middle @ self.directions

    def of_floats(self, pictures: tf.Tensor) -> tf.Tensor:
        """The same of pictures in [0, 1], float32 [n, S, S, C], as a graph that can be differentiated."""
        return tf.matmul(_look(pictures, self.kind) - self.middle, self.directions)


def _shape_of(pictures: NDArray[np.uint8]) -> tuple[int, int, int]:
    if pictures.ndim != 4 or pictures.dtype != np.uint8 or len(pictures) < 2:
        raise VaeError(tr("Features need at least two pictures to compare."))
    _, height, width, channels = pictures.shape
    return height, width, channels


def _numbers(pictures: NDArray[np.uint8], kind: Kind) -> _Array:
    """[n, D]. On the processor, so that a graphics card's rounding changes nothing."""
    if kind == PIXEL_PCA:
        numbers = int(np.prod(pictures.shape[1:]))
        return pictures.reshape(-1, numbers).astype(np.float32) / np.float32(255)
    with tf.device("CPU:0"):
        network = _network(pictures.shape[1:])
        parts = [network(tf.constant(some)).numpy() for some in _batches(pictures)]
    return np.concatenate(parts)[: len(pictures)]


@functools.lru_cache(maxsize=4)
def _network(shape: tuple[int, int, int]) -> Any:
    wanted = [tf.TensorSpec((_BATCH, *shape), tf.float32)]
    return tf.function(lambda some: _look(some, RANDOM_CONVOLUTIONS), input_signature=wanted, autograph=False)


def _batches(pictures: NDArray[np.uint8]) -> Iterator[_Array]:
    """All of one size, at least one, so that features do not depend on how many pictures there are."""
    for start in range(0, max(len(pictures), 1), _BATCH):
        some = pictures[start : start + _BATCH].astype(np.float32) / np.float32(255)
        yield np.pad(some, ((0, _BATCH - len(some)), (0, 0), (0, 0), (0, 0)))


def _look(pictures: tf.Tensor, kind: Kind) -> tf.Tensor:
    """[n, D] of pictures in [0, 1]."""
    if kind == PIXEL_PCA:
        return tf.reshape(pictures, (-1, int(np.prod(pictures.shape[1:]))))
    features = 2.0 * pictures - 1.0
    found = []
    for kernel in _kernels(int(pictures.shape[1]), int(pictures.shape[3])):
        features = tf.nn.relu(tf.nn.conv2d(features, kernel, strides=2, padding="SAME"))
        found += _pooled(features)
    return tf.concat(found, axis=1)


def _pooled(features: tf.Tensor) -> list[tf.Tensor]:
    """Of maps [n, h, h, c], the means of their quarters [n, 4 c] and the standard deviations [n, c]."""
    half, channels = -(-int(features.shape[1]) // 2), int(features.shape[3])
    quarters = tf.nn.avg_pool2d(features, half, strides=half, padding="SAME")
    variance = tf.math.reduce_variance(features, axis=(1, 2))
    return [tf.reshape(quarters, (-1, 4 * channels)), tf.sqrt(variance + 1e-6)]


def _kernels(size: int, channels: int) -> list[Any]:
    """3 × 3 kernels of stride 2 down to a side of 4, normal of variance 2/inputs (He et al. 2015, eq. 10)."""
    random = np.random.default_rng(_SEED)
    kernels = []
    for width in _WIDTHS:
        if size <= _COARSEST:
            break
        spread = np.sqrt(2.0 / (9 * channels))
        kernels.append(tf.constant(random.normal(0.0, spread, (3, 3, channels, width)), tf.float32))
        size, channels = -(-size // 2), width
    return kernels


def _evening(off_middle: _Array) -> _Array:
    """What to multiply each feature by so that its variance is 1; 0 for one that hardly changes."""
    spreads: _Array = off_middle.std(axis=0)
    return np.where(spreads > _LEAST_SPREAD, 1 / np.maximum(spreads, _LEAST_SPREAD), 0).astype(np.float32)


def _principal(off_middle: _Array) -> _Array:
    """The first principal directions [D, k], by way of the pictures' products: there are few pictures."""
    squares, vectors = np.linalg.eigh((off_middle @ off_middle.T).astype(np.float64))
    # Without those along which the pictures differ by rounding only.
    count = max(min(DIMENSIONS, int((squares > _ROUNDING * squares[-1]).sum())), 1)
    directions = np.linalg.qr(off_middle.T.astype(np.float64) @ vectors[:, : -count - 1 : -1])[0]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None], axis=0)
    return (directions * np.where(largest < 0, -1.0, 1.0)).astype(np.float32)
