"""How pictures are distributions: what their posteriors cost, use and tell apart."""

import math
from collections.abc import Callable

import numpy as np

from training.aggregate_posterior import SMALLEST_SIGMA, Mixture, are_points, prior_log_density
from training.distances import Floats
from training.estimate import Estimate, bootstrap, drawn_means, of_mean
from training.measured import POINTS, AxisMeasures, Measure, SigmaLaw
from training.posteriors import Posteriors

ACTIVE_VARIANCE = 0.01
"""An axis along which the means vary by more is active (Burda, Grosse & Salakhutdinov 2016)."""

LAW_DOTS = 2_000  # of the scatter plot that are kept
_COUNT_DRAWS = 200
_FEW_AXES = 8
_QUANTILES = (0.025, 0.975)
_NEAR_BOUND = 1.0  # nats below ln N, from which on the information may as well be larger


def kl_by_axis(posteriors: Posteriors) -> tuple[Floats, Floats]:
    """The KL mean term ½μ² and the KL variance term ½(σ² − ln σ² − 1) of each axis, [n, d] each, nats.

    Kingma & Welling 2014, appendix B. Points, which have no σ, have a variance term of 0; of tilted ellipses
    :func:`tilt_kl` comes to it.
    """
    mean_terms: Floats = 0.5 * np.square(posteriors.means, dtype=np.float64)
    if are_points(posteriors):
        return mean_terms, np.zeros_like(mean_terms)
    variances = _variances(posteriors)
    return mean_terms, 0.5 * (variances - np.log(variances) - 1.0)


def _variances(posteriors: Posteriors) -> Floats:
    variances: Floats = np.square(np.maximum(posteriors.sigmas, SMALLEST_SIGMA), dtype=np.float64)
    return variances


def tilt_kl(posteriors: Posteriors) -> Floats:
    """What tilted ellipses cost beyond their axes, −½ ln det R of their correlations R, [n], nats."""
    if posteriors.correlations is None:
        return np.zeros(len(posteriors))
    cost: Floats = -0.5 * np.linalg.slogdet(posteriors.correlation_matrices())[1]
    return cost


def axis_measures(posteriors: Posteriors) -> list[AxisMeasures]:
    """What each axis does, by the posteriors of pictures."""
    mean_terms, variance_terms = kl_by_axis(posteriors)
    off_middle = posteriors.means - posteriors.means.mean(axis=0, dtype=np.float64)
    columns = np.concatenate([mean_terms, variance_terms, off_middle, np.square(off_middle)], axis=1)
    drawn = drawn_means(columns, np.random.default_rng(0))
    d = off_middle.shape[1]
    kl_mean, kl_variance, first, second = (drawn[:, start : start + d] for start in range(0, 4 * d, d))
    activity = second - np.square(first)
    return [
        AxisMeasures(
            _between(float(mean_terms[:, axis].mean()), kl_mean[:, axis]),
            _between(float(variance_terms[:, axis].mean()), kl_variance[:, axis]),
            _between(float(np.square(off_middle[:, axis]).mean()), activity[:, axis]),
        )
        for axis in range(d)
    ]


def _between(value: float, drawn: Floats) -> Estimate:
    low, high = np.quantile(drawn, _QUANTILES)
    return Estimate(value, min(float(low), value), max(float(high), value))


def kl_measures(posteriors: Posteriors) -> list[Measure]:
    """KL by term, summed over the axes, and how many of these are active."""
    mean_terms, variance_terms = kl_by_axis(posteriors)
    n, d = mean_terms.shape
    variance_term = of_mean(variance_terms.sum(axis=1) + tilt_kl(posteriors))
    activity = posteriors.means.var(axis=0, dtype=np.float64)
    # With many axes only of those that are active, since one at rest seldom wakes in a draw.
    means = posteriors.means if d <= _FEW_AXES else posteriors.means[:, activity > ACTIVE_VARIANCE]
    drawn = bootstrap(means, lambda some: np.sum(some.var(axis=0) > ACTIVE_VARIANCE), draws=_COUNT_DRAWS)
    return [
        Measure("kl_mean", of_mean(mean_terms.sum(axis=1)), n),
        Measure("kl_variance", variance_term, n, POINTS if are_points(posteriors) else ""),
        Measure("active_axes", drawn, n),
    ]


def information_measures(mixture: Mixture, *, of_points: bool, samples: int, seed: int = 0) -> list[Measure]:
    """How much a latent point tells of its picture, and how far the aggregate posterior is from the prior.

    E KL(q(z|x) ‖ p) = I(x; z) + KL(q̄ ‖ p) (Hoffman & Johnson 2016, "ELBO surgery"), each part by
    Monte Carlo with samples z of the posteriors and the density of all of them, its own included:

        I = E[ln q(z|xₙ) − ln q̄(z)] ≤ ln N,     KL(q̄ ‖ p) = E[ln q̄(z) − ln p(z)].

    With N pictures I comes out too small on average, and never exceeds ln N (Poole et al. 2019, "On
    variational bounds of mutual information"); KL(q̄ ‖ p) comes out too large by
    as much.

    Args:
        mixture: the posteriors.
        of_points: whether it is a kernel density estimate of points, whose information is without bound.
        samples: how many z.
    """
    n = len(mixture.means)
    random = np.random.default_rng(seed)
    which = random.permutation(n)[:samples] if samples <= n else random.integers(n, size=samples)
    points = mixture.draw(which, random)
    together, prior = mixture.log_density(points), prior_log_density(points)
    to_prior = Measure("kl_to_prior", of_mean(together - prior), len(points))
    if of_points:
        kernel = "The posteriors are points; this is by a kernel density estimate of them."
        missing = [Measure.missing(name, POINTS) for name in ("bits", "pictures_apart")]
        return [*missing, Measure("kl_to_prior", to_prior.estimate, len(points), kernel)]
    nats = of_mean(mixture.own_log_density(points, which) - together)
    is_at_bound = nats.high > math.log(n) - _NEAR_BOUND
    note = f"At the bound that {n:,} pictures set, ln N: it may be more." if is_at_bound else ""
    return [
        Measure("bits", _through(lambda value: value / math.log(2.0), nats), len(points), note),
        Measure("pictures_apart", _through(math.exp, nats), len(points), note),
        to_prior,
    ]


def _through(change: Callable[[float], float], estimate: Estimate) -> Estimate:
    """An estimate after a rising change of its unit."""
    return Estimate(*(change(end) if math.isfinite(end) else end for end in _ends(estimate)))


def _ends(estimate: Estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


def law_variances(information: Floats, beta: float = 1.0, *, full: bool = False) -> Floats:
    """σ² along each axis by the σ law, [n, d].

    Where the decoder is smooth within a posterior, the negative ELBO is ½Σ σᵢ² Fᵢᵢ + ½β Σ(σᵢ² − ln σᵢ²) and
    what does not depend on σ, least at σᵢ² = 1/(1 + Fᵢᵢ/β) with the information F of the pixels on the point:
    for a Gaussian likelihood of variance γ 1/(1 + ‖∂ᵢg‖²/(βγ)) (Rolínek, Zietlow & Martius 2019, "Variational
    autoencoders pursue PCA directions (by accident)"; Dai, Wang, Aston, Hua & Wipf 2018,
    "Connections with robust PCA and the role of emergent sparsity in VAEs"; exact for linear decoders: Lucas,
    Tucker, Grosse & Norouzi 2019, "Don't blame the ELBO!"). A full covariance has its minimum at
    (1 + F/β)⁻¹.

    Args:
        information: F, [n, d, d], see :func:`training.curvature.fisher_information`.
        beta: the weight of the KL variance term.
        full: whether the posteriors' covariance is full.
    """
    if full:
        d = information.shape[1]
        return np.diagonal(np.linalg.inv(np.eye(d) + information / beta), axis1=1, axis2=2).copy()
    return 1.0 / (1.0 + np.diagonal(information, axis1=1, axis2=2) / beta)


def law_measures(predicted: Floats, posteriors: Posteriors) -> tuple[list[Measure], SigmaLaw | None]:
    """How well σ follows the law: the correlation of ln σ² with the predicted one, and their typical ratio.

    Args:
        predicted: σ² by the law, [n, d].
        posteriors: those of the same pictures.
    """
    names = ("sigma_law", "sigma_law_ratio")
    if are_points(posteriors):
        return [Measure.missing(name, POINTS) for name in names], None
    found = _variances(posteriors)
    # A row of the bootstrap is a picture: what its axes say is not independent.
    pairs = np.stack([np.log(predicted), np.log(found)], axis=2)
    ratio = bootstrap(pairs[:, :, 1] - pairs[:, :, 0], np.median)
    measures = [
        Measure(names[0], bootstrap(pairs, _correlation), len(pairs)),
        Measure(names[1], _through(math.exp, ratio), len(pairs)),
    ]
    dots = slice(None, None, max(predicted.size // LAW_DOTS, 1))
    law = SigmaLaw(tuple(predicted.ravel()[dots].tolist()), tuple(found.ravel()[dots].tolist()))
    return measures, law


def _correlation(pairs: Floats) -> float:
    """Pearson's, of pairs [n, d, 2]; NaN where one of both does not vary."""
    x, y = pairs.reshape(-1, 2).T
    x, y = x - x.mean(), y - y.mean()
    length = math.sqrt(float((x @ x) * (y @ y)))
    return float(x @ y) / length if length > 1e-9 * len(x) else math.nan
