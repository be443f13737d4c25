"""What pictures lie around a point of the latent space, and whether any does."""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from training.pixel_store import evenly

ASKED = 200  # pictures whose own nearest neighbours tell the usual spacing
USUAL = 0.95  # of the spacings are no larger than the usual one
PAIRS = 200  # of pictures, whose half-way points are looked at: a share of them is known to ±0.07
FEWEST_PAIRED, MOST_PAIRED = 10, 1000  # pictures; fewer say nothing, more take long
SIGMAS = 3.0
"""On a plane, a posterior reaches as far as this many of its standard deviations, and so does the prior."""

_ROUNDING = 2.0**-22  # of a float32 number, twice over for two that are compared, and then some
_AT_ONCE = 2**16


class Surroundings:
    """Posteriors, and what lies where among them.

    Args:
        means, sigmas: float32 [n, d]; not changed afterwards.
    """

    def __init__(self, means: NDArray[np.float32], sigmas: NDArray[np.float32]) -> None:
        self._means, self._sigmas = means, sigmas
        self._half_squares = 0.5 * np.einsum("nd,nd->n", means, means)
        self._longest = math.sqrt(2.0 * self._half_squares.max(initial=0.0))

    def nearest(self, point: NDArray[np.floating], *, but: int = -1) -> tuple[int, float] | None:
        """The row of the mean nearest to a point [d], and how far it is: exactly; None where there is none.

        Args:
            but: a row to leave out.
        """
        # Half of |m − z|² but for |z|²: one pass over the means, which keeps up with a drag over a million.
        halves = self._half_squares - self._means @ point.astype(np.float32)
        if 0 <= but < len(halves):
            halves[but] = np.inf
        if len(halves) == 0 or not np.isfinite(least := halves.min()):
            return None
        # Rounding may have turned round those that are as near as this (Higham 2002, section 3.1).
        length = self._longest + float(np.linalg.norm(point))
        (rows,) = np.nonzero(halves <= least + _ROUNDING * (len(point) + 4) * length**2)
        distances = np.linalg.norm(self._means[rows] - point.astype(np.float64), axis=1)
        best = int(distances.argmin())
        return int(rows[best]), float(distances[best])

    @cached_property
    def usual_spacing(self) -> float:
        """How far most pictures are at most from the one nearest to them; 0 with fewer than two."""
        rows = evenly(len(self._means), ASKED).tolist() if len(self._means) else []
        found = [self.nearest(self._means[row], but=row) for row in rows]
        spacings = [each[1] for each in found if each is not None]
        return float(np.quantile(spacings, USUAL)) if spacings else 0.0

    def is_empty_at(self, point: NDArray[np.floating]) -> bool:
        """Whether no picture lies near a point, so that a decoder has never learnt what is there.

        That is so where the nearest picture is farther than the usual spacing and no posterior reaches, be it
        within the prior or beyond; and without pictures beyond what the prior reaches.
        """
        reach = reach_of(len(point))
        found = self.nearest(point)
        if found is None:
            return bool(np.linalg.norm(point) > reach)
        if found[1] <= self.usual_spacing:
            return False
        at = point.astype(np.float32)
        for start in range(0, len(self._means), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            off = (self._means[part] - at) / np.maximum(self._sigmas[part], np.finfo(np.float32).tiny)
            if (np.einsum("nd,nd->n", off, off) <= reach**2).any():
                return False
        return True

    def holes_half_way(self) -> float | None:
        """How often it is empty half-way between two pictures, 0 to 1; None with too few to tell.

        Of pairs drawn by chance, always the same ones, out of at most :data:`MOST_PAIRED` pictures, which
        have a usual spacing of their own.
        """
        if len(self._means) < FEWEST_PAIRED:
            return None
        rows = evenly(len(self._means), MOST_PAIRED)
        paired = (
            self if len(rows) == len(self._means) else Surroundings(self._means[rows], self._sigmas[rows])
        )
        chance = np.random.default_rng(0)
        first = chance.integers(len(rows), size=PAIRS)
        second = (first + chance.integers(1, len(rows), size=PAIRS)) % len(rows)
        half_way = 0.5 * (paired._means[first].astype(np.float64) + paired._means[second])
        return sum(map(paired.is_empty_at, half_way)) / PAIRS


def reach_of(dimensions: int) -> float:
    """How many standard deviations hold as much of a normal distribution as :data:`SIGMAS` do on a plane.

    By Wilson and Hilferty's approximation of the χ² distribution (1931), which is off by less than 1 %.
    """
    if dimensions == 2:
        return SIGMAS
    normal = 2.2866  # the standard normal's quantile at 1 − exp(−3² / 2), the share within 3 σ on a plane
    ninth = 2.0 / (9.0 * dimensions)
    return math.sqrt(dimensions * (1.0 - ninth + normal * math.sqrt(ninth)) ** 3)
