"""What the encoder tells of pictures while they are learnt: their posteriors, and their KL's two terms."""

import math
from typing import NamedTuple

import numpy as np

from training.backend import tf
from training.config import ModelConfig
from training.objective import kl_parts
from training.objectives import Encoding

USUAL_LOG_VARIANCE = 2.0  # which no posterior exceeds but one that a step threw far off


class Posterior(NamedTuple):
    """Normal distributions N(μ, Σ) with Σ = L Lᵀ and L = diag(s) (I + T), T strictly lower triangular.

    So ln det Σ = Σᵢ ln sᵢ², whatever T is. Where Σ is diagonal, T = 0 and s = σ.

    Attributes:
        mean: μ, [n, d].
        log_scale: ln s², [n, d].
        tilt: T, its numbers row by row, [n, d (d − 1) / 2]; [n, 0] where Σ is diagonal.
        encoding: what the distributions are; points have σ = POINT_SIGMA, and no KL variance term.
    """

    mean: tf.Tensor
    log_scale: tf.Tensor
    tilt: tf.Tensor
    encoding: Encoding = "diagonal"

    @classmethod
    def of(cls, numbers: tf.Tensor, config: ModelConfig) -> "Posterior":
        """From what the encoder tells, [n, posterior_numbers]: μ; ln s² where it is learnt; T of a full Σ."""
        latent_dim, encoding = config.latent_dim, config.parts.encoding
        mean = numbers[:, :latent_dim]
        if (sigma := config.fixed_sigma) is not None:
            log_scale = tf.fill(tf.shape(mean), tf.constant(2.0 * math.log(sigma), mean.dtype))
        else:
            log_scale = _bounded(numbers[:, latent_dim : 2 * latent_dim])
        return cls(mean, log_scale, numbers[:, 2 * latent_dim :], encoding)

    @property
    def _has_tilt(self) -> bool:
        return self.encoding == "full" and self.mean.shape[1] > 1

    def _rows(self) -> tf.Tensor:
        """I + T, [n, d, d]."""
        latent_dim = self.mean.shape[1]
        row, column = np.tril_indices(latent_dim, -1)
        places = np.zeros((len(row), latent_dim**2), np.float32)
        places[np.arange(len(row)), row * latent_dim + column] = 1.0
        lower = tf.reshape(tf.matmul(self.tilt, places), (-1, latent_dim, latent_dim))
        return lower + np.eye(latent_dim, dtype=np.float32)

    def _row_squares(self) -> tf.Tensor:
        """How much wider a distribution is along each axis than s², [n, d]: Σᵢᵢ = sᵢ² (1 + Σⱼ Tᵢⱼ²)."""
        return tf.reduce_sum(tf.square(self._rows()), axis=2)

    def log_variance(self) -> tf.Tensor:
        """ln σ² of each latent number, [n, d]: the logarithm of Σ's diagonal."""
        return self.log_scale + tf.math.log(self._row_squares()) if self._has_tilt else self.log_scale

    def correlation(self) -> tf.Tensor:
        """Of each two latent numbers, [n, d (d − 1) / 2], as :class:`training.posteriors.Posteriors` has it.

        [n, 0] where Σ is diagonal.
        """
        if not self._has_tilt:
            return self.tilt
        rows = self._rows() / tf.sqrt(self._row_squares())[:, :, None]  # s has no part in it
        correlations = tf.matmul(rows, rows, transpose_b=True)
        latent_dim = self.mean.shape[1]
        first, second = np.triu_indices(latent_dim, 1)
        flat = tf.reshape(correlations, (-1, latent_dim**2))
        return tf.gather(flat, first * latent_dim + second, axis=1)

    def sample(self, noise: tf.Tensor) -> tf.Tensor:
        """z = μ + L ε for standard normal noise ε, [n, d]; of a point the point itself."""
        if self.encoding == "point":
            return self.mean
        if self._has_tilt:
            noise = tf.linalg.matvec(self._rows(), noise)
        return self.mean + tf.exp(0.5 * self.log_scale) * noise

    def kl_terms(self) -> tuple[tf.Tensor, tf.Tensor]:
        """The KL mean term ½ μᵀμ and the KL variance term ½ (tr Σ − ln det Σ − d), [n] each."""
        mean_part, variance_part = self._kl_parts()
        return tf.reduce_sum(mean_part, axis=1), tf.reduce_sum(variance_part, axis=1)

    def axis_kl(self) -> tf.Tensor:
        """What each latent axis adds to the KL divergence from the prior, both terms together, [n, d]."""
        mean_part, variance_part = self._kl_parts()
        return mean_part + variance_part

    def _kl_parts(self) -> tuple[tf.Tensor, tf.Tensor]:
        widening = self._row_squares() if self._has_tilt else 1.0
        mean_part, variance_part = kl_parts(self.mean, self.log_scale, widening)
        return mean_part, tf.zeros_like(mean_part) if self.encoding == "point" else variance_part


def _bounded(log_variance: tf.Tensor) -> tf.Tensor:
    # No picture gains by a posterior much wider than the prior. From there on σ² grows in proportion and not
    # exponentially: else a single picture that a large step throws far off costs more than all others, drives
    # the weights further, and soon makes the loss infinite.
    excess = tf.nn.relu(log_variance - USUAL_LOG_VARIANCE)
    return tf.minimum(log_variance, USUAL_LOG_VARIANCE) + tf.math.log1p(excess)
