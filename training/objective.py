"""What a VAE minimises, as pure functions: reconstruction terms and the two parts of the KL term.

All sums run over pixels and latent numbers and never average, so that the parts keep their relative
weight (Kingma & Welling 2014, eq. 10). Values are in nats per picture.
"""

import math

from training.backend import tf


def kl_terms(mean: tf.Tensor, log_variance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """KL divergence of N(μ, σ²) from the standard normal prior, in its two parts.

    The KL mean term ½Σμ² and the KL variance term ½Σ(σ² − ln σ² − 1) (Kingma & Welling 2014, appendix B).

    Args:
        mean: μ, [n, d].
        log_variance: ln σ², [n, d].

    Returns:
        Both terms, [n] each; neither is negative.
    """
    mean_term = 0.5 * tf.reduce_sum(tf.square(mean), axis=1)
    variance_term = 0.5 * tf.reduce_sum(tf.exp(log_variance) - log_variance - 1.0, axis=1)
    return mean_term, variance_term


def axis_kl(mean: tf.Tensor, log_variance: tf.Tensor) -> tf.Tensor:
    """What each latent axis adds to the KL divergence of N(μ, σ²) from the prior, [n, d] → [n, d].

    Both parts of :func:`kl_terms` together, before they are summed over the axes.
    """
    return 0.5 * (tf.square(mean) + tf.exp(log_variance) - log_variance - 1.0)


def bernoulli_nll(pixels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Negative log-likelihood of pixels in [0, 1] as soft Bernoulli targets: the summed cross-entropy.

    Args:
        pixels: [n, S, S, C] in [0, 1].
        logits: the decoder's output, of the same shape.

    Returns:
        [n].
    """
    return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(pixels, logits), axis=(1, 2, 3))


def gaussian_nll(pixels: tf.Tensor, logits: tf.Tensor, variance: tf.Tensor) -> tf.Tensor:
    """Negative log-density of pixels under N(sigmoid(logits), variance) with one shared variance.

    σ-VAE (Rybkin, Daniilidis & Levine 2021, eq. 3). A density: below zero where the fit is tight.

    Args:
        pixels: [n, S, S, C] in [0, 1].
        logits: the decoder's output, of the same shape.
        variance: σ² of a pixel, scalar.

    Returns:
        [n].
    """
    squares = squared_error(pixels, logits)
    count = tf.cast(tf.reduce_prod(tf.shape(pixels)[1:]), squares.dtype)
    return 0.5 * (squares / variance + count * tf.math.log(2.0 * math.pi * variance))


def squared_error(pixels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Squared distance of a picture from its reconstruction, summed over pixels, [n]."""
    return tf.reduce_sum(tf.math.squared_difference(pixels, tf.sigmoid(logits)), axis=(1, 2, 3))
