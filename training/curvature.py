"""How much the likelihood of a picture tells of the point that it is drawn from: its Fisher information.

The local curvature of the reconstruction term, F = Σ_p w_p ∂l_p ∂l_pᵀ (nats per squared latent unit) over
pixels p with logits l: the Gauss-Newton part of its Hessian, which is the Hessian's expectation over pictures
that the decoder itself would give (Martens 2020, "New insights and perspectives on the natural gradient
method"). With g = 1/(1 + e^−l):

- Bernoulli: −ln p(x|z) = Σ (softplus(l) − x l) has the second derivative w = g (1 − g) by l, whatever x is;
- Gaussian of variance γ: w = (g (1 − g))² / γ, so that F = Σ ∂g ∂gᵀ / γ;
- discretised logistic of variance v = s²π²/3: the information 1/(3s²) = π²/(9v) of a logistic on its middle m
  (its rounding to bytes left out), and w = (dm/dl)² π²/(9v).
"""

import math

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.decoder_metric import batches, forward_mode
from training.events import Control
from training.model import VAE
from training.objective import BEYOND, NEARLY_BLACK

_NUMBERS = 2**22  # of a Jacobian in memory
_MOST_AT_ONCE = 64  # points


def fisher_information(
    vae: VAE, points: NDArray[np.floating], control: Control | None = None
) -> NDArray[np.float64]:
    """Information about the latent point at points [n, d], [n, d, d], by exact derivatives.

    Args:
        vae: the network, with weights that hold still.
        points: [n, d].
        control: holds or ends it between two batches.

    Raises:
        Stopped: it was told to, see :mod:`training.decoder_metric`.
    """
    latent_dim = points.shape[1]
    push = forward_mode(lambda some: vae.decoder(some, training=False), latent_dim)
    at_once = int(np.clip(_NUMBERS // (np.prod(vae.config.shape) * latent_dim), 1, _MOST_AT_ONCE))
    found = [np.zeros((0, latent_dim, latent_dim))]
    for some in batches(points, at_once, control):
        axes = np.eye(latent_dim, dtype=np.float32)
        pushed = [push(some, np.tile(axis, (len(some), 1))) for axis in axes]
        weights = tf.reshape(_weights(vae, pushed[0][0]), (len(some), 1, -1))
        jacobian = tf.reshape(tf.stack([slopes for _, slopes in pushed], axis=1), (len(some), latent_dim, -1))
        found.append(tf.matmul(jacobian * weights, jacobian, transpose_b=True).numpy().astype(np.float64))
    return np.concatenate(found)


def _weights(vae: VAE, logits: tf.Tensor) -> tf.Tensor:
    """w of each pixel."""
    slope = tf.sigmoid(logits) * tf.sigmoid(-logits)
    if vae.config.likelihood == "bernoulli":
        return slope
    variance = tf.convert_to_tensor(vae.pixel_variance)
    if vae.config.likelihood == "gaussian":
        return tf.square(slope) / variance
    slope += BEYOND * (tf.sigmoid(logits + NEARLY_BLACK) + tf.sigmoid(NEARLY_BLACK - logits))
    return tf.square(slope) * math.pi**2 / (9.0 * variance)
