"""What a VAE minimises, as pure functions: reconstruction terms and the two parts of the KL term.

All sums run over pixels and latent numbers and never average, so that the parts keep their relative
weight (Kingma & Welling 2014, eq. 10). Values are in nats per picture.
"""

import math

from training.backend import tf

HALF_A_LEVEL = 0.5 / 255.0  # a byte stands for the pixels that are rounded to it
NEARLY_BLACK = -5.0  # logits from which on, and from its negative, the logistic goes on beyond the picture
BEYOND = 0.02  # by so much a logit


def kl_parts(
    mean: tf.Tensor, log_scale: tf.Tensor, widening: float | tf.Tensor = 1.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """What each latent axis adds to the KL divergence of N(μ, Σ) from the standard normal prior: two parts.

    ½μ² and ½(σ² − ln s² − 1) (Kingma & Welling 2014, appendix B), for Σ = L Lᵀ whose Cholesky factor L has
    the diagonal s: ln det Σ is the sum of ln s².

    Args:
        mean: μ, [n, d].
        log_scale: ln s², [n, d]; ln σ² where Σ is diagonal.
        widening: σ² / s², [n, d]; 1 where Σ is diagonal.

    Returns:
        Both parts, [n, d] each. Their sums over the axes are not negative.
    """
    return 0.5 * tf.square(mean), 0.5 * (tf.exp(log_scale) * widening - log_scale - 1.0)


def kl_terms(mean: tf.Tensor, log_variance: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """The KL mean term ½Σμ² and the KL variance term ½Σ(σ² − ln σ² − 1) of N(μ, σ²), [n] each.

    Args:
        mean: μ, [n, d].
        log_variance: ln σ², [n, d].
    """
    mean_part, variance_part = kl_parts(mean, log_variance)
    return tf.reduce_sum(mean_part, axis=1), tf.reduce_sum(variance_part, axis=1)


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


def logistic_nll(pixels: tf.Tensor, logits: tf.Tensor, variance: tf.Tensor) -> tf.Tensor:
    """Negative log-probability of a picture's bytes under a discretised logistic with one shared variance.

    A byte has the probability of all that is rounded to it, and black and white that of all beyond, too
    (Salimans et al. 2017, "PixelCNN++", eq. 2). The logistic's tails are heavier than the Gaussian's: a few
    pixels that are far off weigh less. For the variance v its scale is s = √(3v)/π.

    Args:
        pixels: [n, S, S, C], whole multiples of 1/255.
        logits: the decoder's output, of the same shape.
        variance: of a pixel, scalar.

    Returns:
        [n]; never below 0.
    """
    above, below, width, is_dark, is_bright = _edges(pixels, logits, variance)
    # σ(a) − σ(b) = σ(a) σ(−b) (1 − e^(b − a)), which does not cancel.
    middle = tf.where(is_dark | is_bright, 0.0, tf.math.log(-tf.math.expm1(-width)))
    from_above = tf.where(is_bright, 0.0, tf.nn.softplus(-above))
    from_below = tf.where(is_dark, 0.0, tf.nn.softplus(below))
    return tf.reduce_sum(from_above + from_below - middle, axis=(1, 2, 3))


def logistic_spread(pixels: tf.Tensor, logits: tf.Tensor, variance: tf.Tensor) -> tf.Tensor:
    """Towards which variance :func:`logistic_nll` falls, summed over pixels, [n].

    v · (1 − 2 ∂NLL/∂ln v) for each pixel: of a Gaussian that is its squared error whatever v is, and here,
    too, its mean is v only where v is the maximum-likelihood variance.

    Args:
        pixels: as in :func:`logistic_nll`, as are the others.
    """
    above, below, width, is_dark, is_bright = _edges(pixels, logits, variance)
    # Both edges and their distance go with 1/s, hence as v^(−1/2).
    slope = tf.where(is_dark | is_bright, 0.0, width / tf.math.expm1(width))
    slope += tf.where(is_bright, 0.0, above * tf.sigmoid(-above))
    slope -= tf.where(is_dark, 0.0, below * tf.sigmoid(below))
    return tf.reduce_sum(variance * (1.0 - slope), axis=(1, 2, 3))


def _edges(pixels: tf.Tensor, logits: tf.Tensor, variance: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Each byte's upper and lower edge and their distance in scales of the logistic; what is black, white.

    The logistic's middle is the drawn pixel, but goes on beyond black and white: else either would remain
    half likely at best, however certain the decoder is.
    """
    beyond = tf.nn.softplus(logits + NEARLY_BLACK) - tf.nn.softplus(NEARLY_BLACK - logits)
    scale = tf.sqrt(3.0 * variance) / math.pi
    distance = pixels - tf.sigmoid(logits) - BEYOND * beyond
    half = HALF_A_LEVEL
    above, below = (distance + half) / scale, (distance - half) / scale
    return above, below, 2.0 * half / scale, pixels < half, pixels > 1.0 - half


def squared_error(pixels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Squared distance of a picture from its reconstruction, summed over pixels, [n]."""
    return tf.reduce_sum(tf.math.squared_difference(pixels, tf.sigmoid(logits)), axis=(1, 2, 3))
