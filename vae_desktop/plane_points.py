"""The posteriors that the plane shows: kept by picture, found by place."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Means = NDArray[np.float32]

# Knuth's multiplicative hashing (The Art of Computer Programming 3, section 6.4).
_SCATTER, _RANKS = np.uint64(2_654_435_761), np.uint64(2**32)


@dataclass(frozen=True)
class Scattered:
    """Points in the order of their ranks.

    Attributes:
        rows: int [n], of the points in their cloud.
        z1, z2: float32 [n], their coordinates.
    """

    rows: NDArray[np.intp]
    z1: NDArray[np.float32]
    z2: NDArray[np.float32]


@dataclass(frozen=True)
class PointCloud:
    """Posteriors of pictures, sorted by the pictures' index. Points that are not finite are left out.

    Attributes:
        indices: int64 [n], ascending, which pictures of the project these are.
        means: float32 [n, 2].
        sigmas: float32 [n, 2], along the axes of their ellipses; 0 where unknown.
        held_out: bool [n].
        angles: float32 [n], how far the ellipses are turned, radians counter-clockwise.
    """

    indices: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    means: Means = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    sigmas: Means = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    held_out: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    angles: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def n_held_out(self) -> int:
        """How many of the points are held-out pictures."""
        return int(np.count_nonzero(self.held_out))

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """z1_min, z1_max, z2_min, z2_max of the means; None without points."""
        if len(self) == 0:
            return None
        (z1_min, z2_min), (z1_max, z2_max) = self.means.min(axis=0), self.means.max(axis=0)
        return float(z1_min), float(z1_max), float(z2_min), float(z2_max)

    @cached_property
    def _by_z1(self) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """The rows in the order of their first coordinate, and that; found out once."""
        order = np.argsort(self.means[:, 0], kind="stable")
        return order, self.means[order, 0]

    @cached_property
    def scattered(self) -> Scattered:
        """The points in an order that does not follow that of the files; found out once."""
        rows = np.argsort(_ranks(self.indices), kind="stable")
        return Scattered(rows, self.means[rows, 0].copy(), self.means[rows, 1].copy())

    def count_within(self, z1_min: float, z1_max: float, z2_min: float, z2_max: float) -> int:
        """How many of the points lie within a rectangle."""
        z1, z2 = self.scattered.z1, self.scattered.z2
        return int(np.count_nonzero((z1 > z1_min) & (z1 < z1_max) & (z2 > z2_min) & (z2 < z2_max)))

    def row_of(self, index: int) -> int | None:
        """The row of a picture, None when it is not among the points."""
        row = int(np.searchsorted(self.indices, index))
        return row if row < len(self) and self.indices[row] == index else None

    def rows_of(self, indices: NDArray[np.int64]) -> NDArray[np.intp]:
        """The rows of those pictures, ascending, that are among the points."""
        return np.nonzero(np.isin(self.indices, indices, assume_unique=True))[0]

    def nearest(self, z1: float, z2: float, radius: float) -> int | None:
        """The row of the point nearest to a place, None when none lies within ``radius`` latent units."""
        order, sorted_z1 = self._by_z1
        low, high = np.searchsorted(sorted_z1, (z1 - radius, z1 + radius))
        rows = order[low:high]
        if rows.size == 0:
            return None
        distances = np.square(self.means[rows] - np.array((z1, z2), np.float32)).sum(axis=1)
        best = int(distances.argmin())
        return int(rows[best]) if distances[best] <= radius * radius else None

    def one_a_cell(
        self, width: float, extent: tuple[float, float, float, float]
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """A point for each cell of a square grid that has any: that of the lowest rank.

        Ranks are fixed, evenly scattered numbers, so that the choice does not follow the order of the files.

        Args:
            width: of the cells, latent units; they meet at (0, 0).
            extent: z1_min, z1_max, z2_min, z2_max; other cells are left out.

        Returns:
            Rows, [m], and the lower left corners of their cells, [m, 2].
        """
        z1_min, z1_max, z2_min, z2_max = extent
        cells = np.floor(self.means / width)
        low = np.floor(np.array((z1_min, z2_min)) / width)
        high = np.floor(np.array((z1_max, z2_max)) / width)
        (rows,) = np.nonzero(((cells >= low) & (cells <= high)).all(axis=1))
        ranks = _ranks(self.indices[rows])
        rows = rows[np.argsort(ranks, kind="stable")]
        columns = int(high[0] - low[0]) + 1
        numbers = (cells[rows, 1] - low[1]) * columns + (cells[rows, 0] - low[0])
        _, first = np.unique(numbers, return_index=True)
        chosen = rows[first]
        return chosen, cells[chosen].astype(np.float64) * width


def _ranks(indices: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Fixed, evenly scattered numbers, one for each picture."""
    return indices.astype(np.uint64) * _SCATTER % _RANKS


def cloud(
    means: Means,
    sigmas: Means,
    held_out: NDArray[np.bool_],
    indices: NDArray[np.int64],
    angles: NDArray[np.float32] | None = None,
) -> PointCloud:
    """A cloud of the points that are finite; of two with one index, the later one.

    Args:
        means: [n, 2].
        sigmas: [n, 2].
        held_out: [n].
        indices: [n].
        angles: [n]; None for ellipses that are not turned.

    Raises:
        ValueError: the shapes do not belong together.
    """
    n = len(indices)
    angles = np.zeros(n, np.float32) if angles is None else angles
    if means.shape != (n, 2) or sigmas.shape != (n, 2) or held_out.shape != (n,):
        shapes = [list(array.shape) for array in (means, sigmas, held_out, indices)]
        raise ValueError(f"expected [n, 2], [n, 2], [n] and [n], got {shapes}")
    rows = np.arange(n)
    if not (np.diff(indices) > 0).all():
        # The last of equal indices wins: unique() keeps the first, so it looks at them from the back.
        _, from_back = np.unique(indices[::-1], return_index=True)
        rows = n - 1 - from_back
    rows = rows[np.isfinite(means[rows, 0]) & np.isfinite(means[rows, 1])]
    spreads = np.nan_to_num(sigmas[rows], nan=0.0, posinf=0.0, neginf=0.0)
    return PointCloud(
        np.asarray(indices[rows], np.int64),
        np.asarray(means[rows], np.float32),
        np.asarray(np.abs(spreads), np.float32),
        np.asarray(held_out[rows], np.bool_),
        np.nan_to_num(angles[rows], posinf=0.0, neginf=0.0),
    )
