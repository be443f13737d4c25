"""How completely the prior is filled: whether what it draws is like pictures, and whether all kinds are
drawn.

Features are rows of numbers of pictures, see :mod:`training.random_features`; latent points are in the
plane's units, σ of the prior.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.aggregate_posterior import Mixture, are_points, prior_log_density
from training.distances import Floats, Rows, in_chunks, nearest, squared_distances
from training.estimate import bootstrap, of_mean, of_share
from training.measured import FEWEST_REAL, POINTS, Measure, too_few
from training.pixel_store import evenly
from training.plane_basis import PlaneBasis
from training.plane_map import PlaneMap, nodes_of, square_grid
from training.posteriors import Posteriors

NEIGHBOURS = 5  # k of density and coverage, as Naeem et al. choose
NEAR_QUANTILE = 0.95
HOLE_RATIO = 0.1
"""A hole is where the aggregate posterior has less than this of the prior's density."""

HOLE_BLUR = 0.1  # latent units; all posteriors are blurred by it, so that points and distributions compare
HOLE_REACH = 2.0  # σ of the prior, beyond which nothing is called a hole
MAP_REACH = 3.0
HOLE_SIDE, NEAR_SIDE = 96, 32  # nodes of the maps
_BLOCK, _BLOCKS = 50, 40  # samples of a block of the MMD at most, and how many blocks there are at least
_LIKENESS = ("density", "density_ceiling", "coverage", "coverage_ceiling")
_POOLED = 500  # samples that tell the median distance


def density_and_coverage(real: Rows, drawn: Rows, k: int = NEIGHBOURS) -> tuple[Floats, NDArray[np.bool_]]:
    """Density and coverage before they are averaged.

    Naeem, Oh, Uh, Choi & Yoo 2020, "Reliable fidelity and diversity metrics for generative models": every
    real picture has a ball that reaches to its k-th nearest real one. Density is in how many
    balls a drawn picture lies, over k: fidelity, above 1 where drawn pictures are in the midst of real ones.
    Coverage is the share of the balls with a drawn picture in them: diversity.

    Args:
        real: [n, D], n > k.
        drawn: [m, D].

    Returns:
        Each drawn picture's part of the density, [m], and whether each real one's ball is met, [n].
    """
    radii, _ = nearest(real, real, rank=k + 1)
    balls, is_met = np.zeros(len(drawn)), np.zeros(len(real), np.bool_)
    for part in in_chunks(len(drawn), len(real)):
        is_inside = squared_distances(drawn[part], real) <= np.square(radii)
        balls[part] = is_inside.sum(axis=1)
        is_met |= is_inside.any(axis=0)
    return balls / k, is_met


def likeness_measures(space: str, held_out: Rows, learnt: Rows, drawn: Rows) -> list[Measure]:
    """Density and coverage in a feature space, with what real pictures come to in place of drawn ones.

    Args:
        space: the beginning of the figures' names.
        held_out: features of pictures that were never learnt from, [n, D].
        learnt: of pictures that were, [m, D].
        drawn: of decodings of samples of the prior, [l, D].

    As many of each of the latter are used as there are of both: coverage rises with their number.
    """
    if len(held_out) < FEWEST_REAL:
        return [Measure.missing(f"{space}_{name}", too_few(len(held_out))) for name in _LIKENESS]
    count = min(len(learnt), len(drawn), len(held_out))
    (balls, is_met), (real_balls, is_really_met) = (
        # Evenly: pictures come folder by folder, thus often kind by kind.
        density_and_coverage(held_out, features[evenly(len(features), count)])
        for features in (drawn, learnt)
    )
    estimates = of_mean(balls), of_mean(real_balls), of_share(is_met), of_share(is_really_met)
    rows = zip(_LIKENESS, estimates, strict=True)
    return [Measure(f"{space}_{name}", found, count) for name, found in rows]


def no_likeness(space: str, why: str) -> list[Measure]:
    """Where nothing of it can be measured in a feature space."""
    return [Measure.missing(f"{space}_{name}", why) for name in (*_LIKENESS, "near")]


def near_distance(held_out: Rows, learnt: Rows) -> float:
    """The 95th percentile of the distances from real pictures to the nearest held-out one."""
    distances, _ = nearest(learnt, held_out)
    return float(np.quantile(distances, NEAR_QUANTILE))


def near_measure(name: str, held_out: Rows, learnt: Rows, drawn: Rows) -> Measure:
    """The share of the prior's mass that is drawn as near to a held-out picture as 95 % of real ones are."""
    if len(held_out) < FEWEST_REAL:
        return Measure.missing(name, too_few(len(held_out)))
    distances, _ = nearest(drawn, held_out)
    return Measure(name, of_share(distances <= near_distance(held_out, learnt)), len(drawn))


def near_map(
    basis: PlaneBasis, features_at: Callable[[Floats], Rows], held_out: Rows, learnt: Rows
) -> PlaneMap:
    """The plane by the distance of what is drawn to the nearest held-out picture, 1 for the 95th percentile.

    Args:
        features_at: features [n, D] of what is drawn at latent points [n, d].
    """
    low, step = _grid(basis.prior_mean, NEAR_SIDE)
    shown = basis.slice_through(basis.middle)
    distances, _ = nearest(features_at(shown.latent(nodes_of(low, step, NEAR_SIDE, NEAR_SIDE))), held_out)
    values = (distances / max(near_distance(held_out, learnt), 1e-12)).reshape(NEAR_SIDE, NEAR_SIDE)
    return PlaneMap("nearness", values.astype(np.float32), low, step)


def _grid(middle: tuple[float, float], side: int) -> tuple[Floats, float]:
    around = np.array(middle)
    return square_grid(around - MAP_REACH, around + MAP_REACH, side)


# ---------------------------------------------------------------------- the prior and the aggregate posterior


def hole_map(basis: PlaneBasis, mixture: Mixture) -> PlaneMap:
    """ln q̄/p on the plane, nats; of more than two latent numbers both are seen on it (marginal densities).

    Args:
        mixture: the aggregate posterior, blurred by :data:`HOLE_BLUR`.
    """
    low, step = _grid(basis.prior_mean, HOLE_SIDE)
    nodes = nodes_of(low, step, HOLE_SIDE, HOLE_SIDE)
    seen = mixture.seen_along(basis.directions[:2])
    middle = np.array(basis.prior_mean)
    # The mixture is in coordinates about the prior's mean, the plane's about its own middle.
    ratio = seen.log_density(nodes - middle) - prior_log_density(nodes, middle)
    return PlaneMap("log_ratio", ratio.reshape(HOLE_SIDE, HOLE_SIDE).astype(np.float32), low, step)


def hole_measure(directions: Floats, mixture: Mixture, samples: int, seed: int = 0) -> Measure:
    """The share of the prior's mass in holes: within 2 σ of the prior, and less than a tenth of its density
    in q̄.

    Of the mass within these 2 σ (86 % of all on a plane), by samples of the prior.

    Args:
        directions: [k, d], k ≤ 2, those of the plane.
        mixture: the aggregate posterior, blurred by :data:`HOLE_BLUR`: without, points would be all holes.
        samples: how many, those beyond 2 σ included.
    """
    points = np.random.default_rng(seed).standard_normal((samples, len(directions)))
    points = points[np.square(points).sum(axis=1) <= HOLE_REACH**2]
    ratio = mixture.seen_along(directions).log_density(points) - prior_log_density(points)
    return Measure("holes", of_share(ratio < math.log(HOLE_RATIO)), len(points))


def mmd_blocks(ones: Rows, others: Rows) -> Floats:
    """The squared maximum mean discrepancy of two samples, without bias, in blocks of up to 50: [blocks].

    Gretton, Borgwardt, Rasch, Schölkopf & Smola 2012, "A kernel two-sample test", eq. 3, with the kernel
    exp(−|x − y|²/2s²) where s is the median distance of both samples together. Over all samples
    its distribution is not normal where both are the same; of the mean of many blocks it nearly is (Zaremba,
    Gretton & Blaschko 2013, "B-tests"), so that its interval holds there, too: of 4,000 samples it misses 0
    in some 5 % of trials, of 1,000 in some 8 %. Below 0 is as good as 0.

    Args:
        ones, others: [n, d] each; those beyond the last whole block are left out.
    """
    n = min(len(ones), len(others))
    size = min(_BLOCK, max(n // _BLOCKS, 2))
    some = np.concatenate([ones[:_POOLED], others[:_POOLED]])
    apart = squared_distances(some, some)[np.triu_indices(len(some), 1)]
    twice_square = 2.0 * max(float(np.median(apart)), 1e-300)
    blocks = []
    for start in range(0, n - size + 1, size):
        x, y = ones[start : start + size], others[start : start + size]
        within_x, within_y, between = (
            np.exp(-squared_distances(a, b) / twice_square) for a, b in ((x, x), (y, y), (x, y))
        )
        pairs = size * (size - 1)
        within = (within_x.sum() - np.trace(within_x) + within_y.sum() - np.trace(within_y)) / pairs
        blocks.append(float(within - 2.0 * between.mean()))
    return np.array(blocks)


def mmd_measure(posteriors: Posteriors, samples: int, seed: int = 0) -> Measure:
    """How far samples of the aggregate posterior, one a picture, are from samples of the prior."""
    random = np.random.default_rng(seed)
    which = random.permutation(len(posteriors))[:samples]
    if len(which) < 4:
        return Measure.missing("mmd", "This needs 4 pictures.")
    noise, prior = random.standard_normal((2, len(which), posteriors.means.shape[1]))
    blocks = mmd_blocks(posteriors[which].samples(noise), prior)
    return Measure("mmd", of_mean(blocks), len(which))


def cycle_measures(points: Floats, encoded: Posteriors) -> list[Measure]:
    """Whether what is drawn at a point is encoded there: ‖μ(g(z)) − z‖ for samples z of the prior.

    In latent units, and as the root mean square over the axes of (μᵢ − zᵢ)/σᵢ, which stretching the latent
    space
    does not change: at 1 the encoder is off by as much as it claims to be unsure.

    Args:
        points: z, [n, d].
        encoded: the posteriors of what is drawn there.
    """
    off = encoded.means - points
    lengths = np.linalg.norm(off, axis=1)
    found = [
        Measure("cycle", bootstrap(lengths, np.median), len(points)),
        Measure("cycle_p95", bootstrap(lengths, lambda some: np.quantile(some, 0.95)), len(points)),
    ]
    if are_points(encoded):
        return [*found, Measure.missing("cycle_sigmas", POINTS)]
    scaled = np.sqrt(np.square(off / encoded.sigmas).mean(axis=1))
    return [*found, Measure("cycle_sigmas", bootstrap(scaled, np.median), len(points))]
