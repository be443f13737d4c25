"""Whether the pictures that were learnt from are known better than others, or even drawn again."""

import math

import numpy as np

from training.distances import Floats, Rows, nearest
from training.estimate import Estimate, drawn_means, of_share
from training.measured import FEWEST_REAL, Measure, too_few

TERMS = ("elbo", "reconstruction", "kl_mean", "kl_variance")
_SMOOTH = "Drawn pictures are smoother than real ones, thus nearer to all: compare it with other models only."


def gap_measures(learnt: Floats, held_out: Floats) -> list[Measure]:
    """How many nats a held-out picture costs more than one that was learnt from: train − held-out ELBO, by
    term.

    Args:
        learnt, held_out: the negative ELBO's terms of pictures, [n, 3] and [m, 3]: reconstruction, KL mean
            term and KL variance term.
    """
    names = [f"gap_{term}" for term in TERMS]
    if len(held_out) < FEWEST_REAL or len(learnt) < 2:
        return [Measure.missing(name, too_few(len(held_out))) for name in names]
    ones, others = (np.column_stack([terms.sum(axis=1), terms]) for terms in (learnt, held_out))
    gaps = others.mean(axis=0) - ones.mean(axis=0)
    random = np.random.default_rng(0)
    drawn = drawn_means(others, random) - drawn_means(ones, random)
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    count = len(learnt) + len(held_out)
    ends = zip(gaps.tolist(), low.tolist(), high.tolist(), strict=True)
    return [Measure(name, Estimate(*each), count) for name, each in zip(names, ends, strict=True)]


def copying_z(drawn: Floats, held_out: Floats) -> float:
    """Meehan, Chaudhuri & Dasgupta's z of data-copying: below −3 hardly by chance.

    2020, "A non-parametric test to detect data-copying in generative models": the Mann–Whitney U
    test of the distances to the nearest picture that was learnt from. U counts the pairs in which the drawn
    picture is the farther one, ties for half; without copying it is normal with mean mn/2 and variance mn(m +
    n + 1)/12.

    Args:
        drawn: distances of drawn pictures, [m].
        held_out: of pictures that were never learnt from, [n].
    """
    m, n = len(drawn), len(held_out)
    ordered = np.sort(held_out)
    below, up_to = (np.searchsorted(ordered, drawn, side=side) for side in ("left", "right"))
    u = float((below + up_to).sum()) / 2.0
    return (u - m * n / 2.0) / math.sqrt(m * n * (m + n + 1) / 12.0)


def copying_measures(space: str, learnt: Rows, held_out: Rows, drawn: Rows) -> list[Measure]:
    """Whether drawn pictures are copies of those that were learnt from, in a feature space.

    By the z of :func:`copying_z`, and by :func:`copied_share`. A decoding is smoother than pictures and
    thus nearer to all of them, which z takes for copying, and the latter does not.

    Args:
        space: the beginning of the figures' names.
        learnt, held_out, drawn: features, [n, D] each.
    """
    if len(held_out) < FEWEST_REAL:
        return no_copying(space, too_few(len(held_out)))
    z = copying_z(nearest(drawn, learnt)[0], nearest(held_out, learnt)[0])
    # The z of the hypothesis, by which it is scaled, has a standard deviation of 1.
    return [
        Measure(f"{space}_copying_z", Estimate(z, z - 1.96, z + 1.96), len(drawn) + len(held_out), _SMOOTH),
        Measure(f"{space}_copied", copied_share(learnt, held_out, drawn), len(drawn)),
    ]


def no_copying(space: str, why: str) -> list[Measure]:
    """Where it cannot be measured in a feature space."""
    return [Measure.missing(f"{space}_{name}", why) for name in ("copying_z", "copied")]


def copied_share(learnt: Rows, held_out: Rows, drawn: Rows) -> Estimate:
    """How many drawn pictures have one that was learnt from as the nearest of all, over how many by chance.

    Of independent pictures of one kind each is equally likely to be the nearest, so that without copying it
    is n/(n + m) of n that were learnt from and m held-out ones. Drawn pictures with the same nearest one do
    not tell twice: with c of them for each, they tell as (Σc)²/Σc² independent ones do (Kish 1965, *Survey
    Sampling*).

    Args:
        learnt, held_out, drawn: features, [n, D], [m, D] and [l, D].
    """
    (ours, our_rows), (theirs, their_rows) = (nearest(drawn, rows) for rows in (learnt, held_out))
    is_ours = ours < theirs
    _, counts = np.unique(np.where(is_ours, our_rows, len(learnt) + their_rows), return_counts=True)
    share = of_share(is_ours, independent=len(drawn) ** 2 / float(np.square(counts).sum()))
    by_chance = len(learnt) / (len(learnt) + len(held_out))
    return Estimate(share.value / by_chance, share.low / by_chance, share.high / by_chance)
