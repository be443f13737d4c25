"""What a picture's distribution costs, and how the pictures' distributions lie to each other; without Qt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.pixel_store import evenly
from training.plane_basis import PlaneBasis
from training.posteriors import POINT_SIGMA, Posteriors

MOST = 10_000  # pictures that are looked at, so that it takes no longer than a blink
ASKED = 200  # pictures whose ellipses are compared with those of all others
RINGS = (1.0, 2.0, 3.0)  # σ of the prior

_NEAREST = 32  # are looked at first: one overlap is enough
_WEIGHTS = np.linspace(0.02, 0.98, 49)


@dataclass(frozen=True, eq=False)
class KlCosts:
    """What a picture's distribution adds to the KL divergence from the prior, nats.

    ½μ² and ½(σ² − ln σ² − 1) of each axis (Kingma & Welling 2014, appendix B); a tilt adds −½ ln det R for
    the matrix R of correlations, as ln det Σ = Σ ln σ² + ln det R.

    Attributes:
        mean, variance: [d], of each axis.
        tilt: of all together; 0 where Σ is diagonal.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    tilt: float = 0.0

    @classmethod
    def of(cls, posterior: Posteriors) -> "KlCosts":
        """Of one picture's, a row of posteriors. A point has no KL variance term: it is 0 then."""
        mean = 0.5 * np.square(posterior.means[0].astype(np.float64))
        if is_point(posterior):
            return cls(mean, np.zeros_like(mean))
        squares = np.square(posterior.sigmas[0].astype(np.float64))
        variance = 0.5 * (squares - np.log(squares) - 1.0)
        if posterior.correlations is None:
            return cls(mean, variance)
        _sign, determinant = np.linalg.slogdet(posterior.correlation_matrices()[0])
        return cls(mean, variance, -0.5 * float(determinant))

    @property
    def mean_term(self) -> float:
        """The KL mean term."""
        return float(self.mean.sum())

    @property
    def variance_term(self) -> float:
        """The KL variance term."""
        return float(self.variance.sum()) + self.tilt


@dataclass(frozen=True)
class PlaneFigures:
    """What is told of all pictures that are seen.

    Attributes:
        total: how many there are.
        count: how many of them were looked at, evenly spread.
        different: how many different distributions, or points.
        smallest, largest: σ of any latent number; None where pictures are points.
        asked, overlapping: of how many pictures the 1 σ ellipse was compared with all others, and how many of
            these overlap with at least one.
        within: which share lies within 1, 2 and 3 σ of the prior on the plane.
    """

    total: int = 0
    count: int = 0
    different: int = 0
    smallest: float | None = None
    largest: float | None = None
    asked: int = 0
    overlapping: int = 0
    within: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @classmethod
    def of(cls, posteriors: Posteriors, basis: PlaneBasis) -> "PlaneFigures":
        """Of posteriors seen on a plane."""
        posteriors = posteriors[posteriors.are_finite]
        total = len(posteriors)
        if not total:
            return cls()
        posteriors = posteriors[evenly(total, MOST)]
        count = len(posteriors)
        places = basis.on_plane(posteriors.means)
        off = np.linalg.norm(places - np.array(basis.prior_mean, np.float32), axis=1)
        first, second, third = (float(np.mean(off <= ring)) for ring in RINGS)
        different = len(np.unique(np.hstack([posteriors.means, posteriors.sigmas]), axis=0))
        if is_point(posteriors):
            return cls(total, count, different, within=(first, second, third))
        rows = evenly(count, ASKED)
        touching = overlapping(places, *basis.ellipses(posteriors), rows)
        return cls(
            total,
            count,
            different,
            float(posteriors.sigmas.min()),
            float(posteriors.sigmas.max()),
            len(rows),
            int(touching.sum()),
            (first, second, third),
        )


def is_point(posteriors: Posteriors) -> bool:
    """Whether pictures are encoded as points, without σ."""
    return bool((posteriors.sigmas <= 10 * POINT_SIGMA).all())


def overlapping(
    places: NDArray[np.float32],
    axes: NDArray[np.float32],
    angles: NDArray[np.float32],
    rows: NDArray[np.integer],
) -> NDArray[np.bool_]:
    """Whether the 1 σ ellipses of some pictures overlap with any other picture's.

    Two ellipses overlap where max over λ in (0, 1) of λ(1 − λ) Δᵀ [(1 − λ)Σ₁ + λΣ₂]⁻¹ Δ is at most 1 for the
    difference Δ of their middles (Perram & Wertheim 1985, "Statistical mechanics of hard ellipsoids. I").

    Args:
        places: [n, 2], the middles.
        axes: [n, 2], σ along the axes of each.
        angles: [n], by which these are turned, radians counter-clockwise.
        rows: [k], which are asked about.

    Returns:
        [k].
    """
    middles, shapes = places.astype(np.float64), _covariances(axes, angles)
    reach = axes.max(axis=1).astype(np.float64)
    found = np.zeros(len(rows), bool)
    for number, row in enumerate(rows.tolist()):
        off = middles - middles[row]
        distances = np.hypot(off[:, 0], off[:, 1])
        distances[row] = np.inf
        (near,) = np.nonzero(distances <= reach + reach[row])
        near = near[np.argsort(distances[near])]
        parts = near[:_NEAREST], near[_NEAREST:]
        found[number] = any(bool(_touch(off[part], shapes[row], shapes[part]).any()) for part in parts)
    return found


def _covariances(axes: NDArray[np.float32], angles: NDArray[np.float32]) -> NDArray[np.float64]:
    """Σ's three numbers, [n, 3]: Σ₁₁, Σ₂₂, Σ₁₂."""
    first, second = np.square(axes.astype(np.float64)).T
    cos, sin = np.cos(angles.astype(np.float64)), np.sin(angles.astype(np.float64))
    return np.stack(
        [first * cos**2 + second * sin**2, first * sin**2 + second * cos**2, (first - second) * cos * sin],
        axis=1,
    )


def _touch(
    off: NDArray[np.float64], one: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether ellipses overlap with one, which is ``off`` [k, 2] away: [k]."""
    weights = _WEIGHTS[:, None]
    xx, yy, xy = (
        (1.0 - weights) * part + weights * of_others
        for part, of_others in zip(one.tolist(), others.T, strict=True)
    )
    across, up = off.T
    squares = (yy * across**2 - 2 * xy * across * up + xx * up**2) / np.maximum(xx * yy - xy**2, 1e-300)
    return np.asarray((weights * (1.0 - weights) * squares).max(axis=0) <= 1.0)
