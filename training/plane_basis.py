"""The plane through the latent space that is looked at: from its coordinates to latent numbers and back."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr
from training.posteriors import Posteriors

Floats = NDArray[np.float64]

ENOUGH_PICTURES = 4_000  # tell the principal directions; more would not turn them
DRIFTED_SHARE = 0.8  # a plane that shows less than this of what the best one would is out of date
DRIFTED_MIDDLE = 0.5  # so is one whose middle is off by more than this, in root mean square distances from it
_SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True, eq=False)
class PlaneSlice:
    """One plane in the latent space.

    Attributes:
        middle: the latent point, [d], that is (0, 0) on the plane.
        directions: [2, d], orthonormal: rightwards and upwards.
    """

    middle: Floats
    directions: Floats

    def latent(self, points: NDArray[np.floating]) -> Floats:
        """Points of the plane, [n, 2], as latent points [n, d]."""
        latent: Floats = self.middle + points @ self.directions
        return latent

    def is_close(self, other: "PlaneSlice | None") -> bool:
        """Whether both show the same but for rounding."""
        return (
            other is not None
            and self.middle.shape == other.middle.shape
            and np.allclose(self.middle, other.middle, atol=1e-6)
            and np.allclose(self.directions, other.directions, atol=1e-6)
        )


@dataclass(frozen=True, eq=False)
class PlaneBasis:
    """Coordinates of the latent space along orthonormal directions: two on the plane, the others off it.

    Attributes:
        middle: the latent point, [d], with all coordinates 0. Off the plane it is the middle of the pictures.
        directions: [d, d], one a row; those off the plane by how much the pictures differ, most first.
        spreads: [d], the pictures' standard deviation along each direction, positive.
        numbers: which latent number each direction is, counted from 0; None for principal directions.
    """

    middle: Floats
    directions: Floats
    spreads: Floats
    numbers: tuple[int, ...] | None

    @classmethod
    def first(cls, means: NDArray[np.floating]) -> Self:
        """What to show of means [n, d] unless asked otherwise: the principal directions where d > 2.

        Raises:
            VaeError: d is 1.
        """
        return cls.of_numbers(means, 0, 1) if means.shape[1] == 2 else cls.principal(means)

    @classmethod
    def of_numbers(cls, means: NDArray[np.floating], across: int, up: int) -> Self:
        """The plane of two latent numbers, counted from 0, for pictures with means [n, d].

        Its coordinates are these numbers: (0, 0) is the prior's mean.

        Raises:
            VaeError: there are no two such numbers.
        """
        latent_dim = means.shape[1]
        require_plane(latent_dim)
        if across == up or not (0 <= across < latent_dim and 0 <= up < latent_dim):
            raise VaeError(
                tr("A plane needs two different numbers from 1 to {latent_dim}.", latent_dim=latent_dim)
            )
        middle, covariance = _moments(means)
        by_spread = np.argsort(-np.diag(covariance), kind="stable")
        numbers = (across, up, *(int(number) for number in by_spread if number not in {across, up}))
        middle[[across, up]] = 0.0
        directions = np.eye(latent_dim)[list(numbers)]
        return cls(middle, directions, _spreads(directions, covariance), numbers)

    @classmethod
    def principal(cls, means: NDArray[np.floating], previous: Self | None = None) -> Self:
        """The principal directions of means [n, d], those along which they differ most first.

        Signs and, within the plane, angles are arbitrary. With ``previous`` they are chosen to be closest to
        it, so that the plane neither flips nor spins (orthogonal Procrustes, Schönemann 1966); without, the
        largest component of every direction is positive.

        Raises:
            VaeError: d is 1.
        """
        require_plane(means.shape[1])
        middle, covariance = _moments(means)
        directions = np.linalg.eigh(covariance)[1].T[::-1]
        if previous is None:
            largest = np.abs(directions).argmax(axis=1)[:, None]
            directions = directions * _signs(np.take_along_axis(directions, largest, axis=1))
        else:
            left, _, right = np.linalg.svd(previous.directions[:2] @ directions[:2].T)
            alike = (directions[2:] * previous.directions[2:]).sum(axis=1, keepdims=True)
            directions = np.concatenate([left @ right @ directions[:2], directions[2:] * _signs(alike)])
        return cls(middle, directions, _spreads(directions, covariance), None)

    @property
    def latent_dim(self) -> int:
        """How many latent numbers there are."""
        return len(self.directions)

    @property
    def names(self) -> tuple[str, str]:
        """What the plane's two coordinates are called."""
        if self.numbers is None:
            return tr("direction 1"), tr("direction 2")
        return f"z{self.numbers[0] + 1}", f"z{self.numbers[1] + 1}"

    @property
    def prior_mean(self) -> tuple[float, float]:
        """Where the prior's mean is seen on the plane; its rings are circles around it on any plane."""
        across, up = (self.directions[:2] @ -self.middle).tolist()
        return across, up

    def coordinates(self, latent: Floats) -> Floats:
        """A latent point, [d], along the directions: two on the plane, then those off it."""
        return self.directions @ (latent - self.middle)

    def slice_through(self, latent: Floats) -> PlaneSlice:
        """The plane through a latent point, [d]."""
        on_plane = self.directions[:2]
        return PlaneSlice(latent - self.coordinates(latent)[:2] @ on_plane, on_plane)

    def on_plane(self, means: NDArray[np.float32]) -> NDArray[np.float32]:
        """Latent points [n, d] seen on the plane, [n, 2]."""
        seen: NDArray[np.float32] = means @ self.directions[:2].T.astype(np.float32)
        return seen + np.array(self.prior_mean, np.float32)

    def ellipses(self, posteriors: Posteriors) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """How posteriors look on the plane: normal, but tilted to the axes.

        Their covariance there is B Σ Bᵀ for the plane's directions B, and an ellipse's axes its eigenvectors.

        Returns:
            The standard deviations along the ellipse's axes, [n, 2], and by how much these are turned against
            the plane's, [n]: radians, counter-clockwise, at most π/4, so that the first stays rightwards.
        """
        right, up = self.directions[:2]
        products = np.stack([right * right, up * up, right * up], axis=1).astype(np.float32)
        across, along, mixed = (np.square(posteriors.sigmas) @ products).T
        if posteriors.correlations is not None:
            i, j = np.triu_indices(self.latent_dim, 1)
            shared = posteriors.correlations * posteriors.sigmas[:, i] * posteriors.sigmas[:, j]
            pairs = [2 * right[i] * right[j], 2 * up[i] * up[j], right[i] * up[j] + right[j] * up[i]]
            more = (shared @ np.stack(pairs, axis=1).astype(np.float32)).T
            across, along, mixed = across + more[0], along + more[1], mixed + more[2]
        difference = across - along
        rightwards = np.copysign(1, difference)
        angles = 0.5 * np.arctan2(2 * mixed * rightwards, abs(difference))
        centre, half = (across + along) / 2, np.hypot(difference / 2, mixed) * rightwards
        axes = np.sqrt(np.maximum(np.stack([centre + half, centre - half], axis=1), 0))
        return axes.astype(np.float32), angles.astype(np.float32)

    def share_on_plane(self, means: NDArray[np.floating]) -> float:
        """How much of the pictures' spread (the variance of means [n, d]) the plane shows, 0 to 1."""
        _, covariance = _moments(means)
        total = float(np.trace(covariance))
        return self._variance_on_plane(covariance) / total if total > 0 else 1.0

    def has_drifted(self, means: NDArray[np.floating]) -> bool:
        """Whether principal directions no longer show what differs most between the means [n, d]."""
        if self.numbers is not None:
            return False
        middle, covariance = _moments(means)
        distance = float(np.linalg.norm(middle - self.middle))
        best = float(np.linalg.eigvalsh(covariance)[-2:].sum())
        return (
            distance > DRIFTED_MIDDLE * float(np.sqrt(np.trace(covariance)))
            or self._variance_on_plane(covariance) < DRIFTED_SHARE * best
        )

    def _variance_on_plane(self, covariance: Floats) -> float:
        on_plane = self.directions[:2]
        return float(np.trace(on_plane @ covariance @ on_plane.T))


def widest_numbers(means: NDArray[np.floating]) -> tuple[int, int]:
    """The two latent numbers, counted from 0, in which means [n, d], d ≥ 2, differ most, ascending."""
    _, covariance = _moments(means)
    first, second = sorted(np.argsort(-np.diag(covariance), kind="stable")[:2].tolist())
    return first, second


def require_plane(latent_dim: int) -> None:
    """Raise :class:`VaeError` unless there are numbers enough for a plane."""
    if latent_dim < 2:
        raise VaeError(tr("A map needs at least two latent numbers."), advice=tr("Train again with two."))


def _moments(means: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Mean and covariance of some of the finite means [n, d]; the prior's where there are none."""
    some = means[:: max(-(-len(means) // ENOUGH_PICTURES), 1)].astype(np.float64)
    some = some[np.isfinite(some).all(axis=1)]
    if len(some) == 0:
        return np.zeros(means.shape[1]), np.eye(means.shape[1])
    middle = some.mean(axis=0)
    return middle, (some - middle).T @ (some - middle) / len(some)


def _spreads(directions: Floats, covariance: Floats) -> Floats:
    variances = np.einsum("kd,de,ke->k", directions, covariance, directions, optimize=True)
    spreads: Floats = np.sqrt(np.maximum(variances, _SMALLEST_SPREAD**2))
    return spreads


def _signs(values: Floats) -> Floats:
    return np.where(values < 0, -1.0, 1.0)
