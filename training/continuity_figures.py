"""The figures of :mod:`training.continuity` among all others."""

from training.continuity import PAIRS, Continuity, PathLength, Steepness
from training.estimate import Estimate
from training.measured import POINTS, Measure

_NAMES = (
    "steepness",
    "steepness_by_sigma",
    "steepness_p95",
    "steepness_p95_by_sigma",
    "cliffs",
    "on_steepest",
    "path",
    "path_by_sigma",
)


def continuity_measures(found: Continuity) -> list[Measure]:
    """Over the prior, over the pictures' posteriors, and how much longer straight ways are."""
    return [
        *_over("prior", found.prior, found.prior_paths),
        *_over("posterior", found.posterior, found.posterior_paths),
        Measure("detour", found.detour, PAIRS),
    ]


def no_continuity(why: str) -> list[Measure]:
    """Where none of it can be measured."""
    names = [f"{over}_{name}" for over in ("prior", "posterior") for name in _NAMES]
    return [Measure.missing(name, why) for name in (*names, "detour")]


def _over(over: str, steep: Steepness, paths: PathLength) -> list[Measure]:
    estimates = (
        steep.median,
        steep.median_by_sigma,
        steep.p95,
        steep.p95_by_sigma,
        steep.cliffs,
        steep.on_steepest,
        paths.whole,
        paths.by_sigma,
    )
    counts = [paths.paths if name.startswith("path") else steep.samples for name in _NAMES]
    rows = zip(_NAMES, estimates, counts, strict=True)
    return [_measure(f"{over}_{name}", estimate, count) for name, estimate, count in rows]


def _measure(name: str, estimate: Estimate | None, count: int) -> Measure:
    return Measure.missing(name, POINTS) if estimate is None else Measure(name, estimate, count)
