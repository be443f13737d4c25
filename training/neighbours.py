"""Which of the pictures are nearest to a picture, pixel by pixel: found exactly, looking at few of them.

The distance is the root mean square difference over all pixels and channels, from 0 to 1. Every picture x
has a few *features*: its coordinates P(x − c) along the orthonormal rows of P, the principal directions of
some of the pictures around their middle c, and the length r of what is left of x − c off these directions.
With g = (P(x − c), r), for any two pictures

    |x − y|² = |P(x − y)|² + |R(x − y)|² ≥ |P(x − y)|² + (r_x − r_y)² = |g_x − g_y|²

where R projects onto what P does not see: the equality is Pythagoras', the inequality the triangle's. So
features are never farther apart than their pictures (the lower-bounding lemma: Faloutsos, Ranganathan,
Manolopoulos 1994, *Fast Subsequence Matching in Time-Series Databases*, section 3). One product of the table
of features with those of a query bounds all distances from below. The pictures with the smallest bounds are
compared themselves, in whole numbers, until every bound that is left is larger than the worst of the
distances to be told: what is found is what a comparison with all pictures finds, for any query, and features
only decide how long it takes.

A decoding is smooth: there is little of it off the directions, the bound is almost the distance, and some
hundreds of a million pictures are compared. Noise is mostly what the features do not see: one in twenty is
compared then. Where all pictures are noise, all of them are, which takes as long as reading them (a second or
two for a million); a search can be told to stop within milliseconds.

Features are kept as float32. With u = 2⁻²⁴, A the longest |g| of the table and Y that of the query, rounding
moves two features by at most u(A + Y), and a sum of m products is off by at most γ_m Σ|products| ≤
γ_m (A + Y)², where γ_m = mu/(1 − mu) (Higham 2002, *Accuracy and Stability of Numerical Algorithms*, section
3.1). Every picture is granted twice of both, which is more than the doubles of P and c lose.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.pixel_store import PixelStore

CHUNK_NUMBERS = 2**20
"""As many pixels and channels are worked on at once."""

_FIRST = 64  # pictures compared before any is ruled out
_EXACT = 256  # squares of bytes add up exactly in float32: 256 · 255² < 2²⁴; and S² is a multiple of it
_UNIT = 2.0**-24


@dataclass(frozen=True)
class Neighbour:
    """A picture by number, and its distance: the root mean square difference of pixels, 0 to 1."""

    number: int
    distance: float


@dataclass(frozen=True, eq=False)
class Features:
    """What bounds the distances of pictures.

    Attributes:
        middle: float64 [D], the mean of some of the pictures, D = S · S · C numbers from 0 to 255.
        directions: float64 [k, D], orthonormal.
        table: float32 [n, k + 2]: g of each picture, and ½|g|².
        gaps: float64 [m], ascending: of evenly chosen pictures the distances to the nearest one that is not
            the same, 0 to 1; empty where all are the same.
    """

    middle: NDArray[np.float64]
    directions: NDArray[np.float64]
    table: NDArray[np.float32]
    gaps: NDArray[np.float64]

    def of(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Rows of the table for pictures, uint8 [n, …]; float32 [n, k + 2]."""
        off_middle = pixels.reshape(len(pixels), -1) - self.middle
        along = off_middle @ self.directions.T
        squares = np.einsum("nd,nd->n", off_middle, off_middle) - np.einsum("nk,nk->n", along, along)
        seen = np.column_stack([along, np.sqrt(np.maximum(squares, 0.0))]).astype(np.float32)
        halves = 0.5 * np.square(seen, dtype=np.float64).sum(axis=1, keepdims=True)
        return np.concatenate([seen, halves.astype(np.float32)], axis=1)


class Neighbours:
    """Finds the nearest of some pictures. Use it from one thread.

    Args:
        store: the pictures.
        features: theirs.
    """

    def __init__(self, store: PixelStore, features: Features) -> None:
        self.features = features
        self._store = store
        self._longest = math.sqrt(2.0 * features.table[:, -1].max(initial=0.0))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(S, S, C) of a picture."""
        return self._store.shape

    def nearest(
        self,
        picture: NDArray[np.uint8],
        count: int = 1,
        *,
        different: bool = False,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> list[Neighbour] | None:
        """The pictures nearest to a picture, uint8 [S, S, C]; of equally near ones the lowest numbers.

        Args:
            count: how many; fewer are found where there are fewer.
            different: leave out those that are the same, pixel for pixel.
            should_stop: asked every few milliseconds.

        Returns:
            The nearest first; None when told to stop.

        Raises:
            VaeError: when a picture has to be compared that cannot be read.
        """
        search = _Search(self.features.of(picture[None])[0], self._longest)
        bounds = search.bounds(self.features.table)
        best = _Best(count, different=different)
        first = np.argpartition(bounds, _FIRST)[:_FIRST] if len(bounds) > _FIRST else np.arange(len(bounds))
        best.add(first, squared_distances(self._store.read(first), picture))
        bounds[first] = np.nan  # compared already: NaN is within no reach
        (rows,) = np.nonzero(bounds <= search.reach(best.worst))
        if len(rows) < len(bounds) // 8:  # else in the order in which they lie on the disk
            rows = rows[np.argsort(bounds[rows])]
        at_once = max(CHUNK_NUMBERS // picture.size, 1)
        for start in range(0, len(rows), at_once):
            if should_stop():
                return None
            part = rows[start : start + at_once]
            part = part[bounds[part] <= search.reach(best.worst)]
            best.add(part, squared_distances(self._store.read(part), picture))
        return [
            Neighbour(int(number), math.sqrt(square / picture.size) / 255.0)
            for number, square in zip(best.numbers, best.squares, strict=True)
        ]

    def gap(self, number: int, should_stop: Callable[[], bool] = lambda: False) -> float | None:
        """How far a picture is from the nearest that is not the same; None if there is none, or stopped."""
        picture = self._store.read([number])[0]
        found = self.nearest(picture, different=True, should_stop=should_stop)
        return found[0].distance if found else None


def squared_distances(pixels: NDArray[np.uint8], picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Sums of squared differences of pictures, uint8 [n, S, S, C], from one, [S, S, C]: exact, [n]."""
    differences = pixels.astype(np.float32)
    differences -= picture.astype(np.float32)
    differences = differences.reshape(len(pixels), picture.size // _EXACT, _EXACT)
    squares: NDArray[np.float64] = np.vecdot(differences, differences).sum(axis=1, dtype=np.float64)
    return squares


class _Search:
    """Bounds for one query, all of them less a constant, halved: half the squared distance of features."""

    def __init__(self, row: NDArray[np.float32], longest: float) -> None:
        self._factors = np.append(-row[:-1], np.float32(1.0))
        self._square = float(np.square(row[:-1], dtype=np.float64).sum())
        lengths = longest + math.sqrt(self._square)
        terms = len(row) + 2
        self._moved = 2.0 * _UNIT * lengths
        self._summed = 2.0 * terms * _UNIT / (1.0 - terms * _UNIT) * lengths**2

    def bounds(self, table: NDArray[np.float32]) -> NDArray[np.float32]:
        """Of all pictures, [n]."""
        bounds: NDArray[np.float32] = table @ self._factors
        return bounds

    def reach(self, square: float) -> float:
        """No picture whose squared distance is at most ``square`` has a larger bound."""
        return 0.5 * ((math.sqrt(square) + self._moved) ** 2 - self._square) + self._summed


class _Best:
    """The nearest pictures so far."""

    def __init__(self, count: int, *, different: bool) -> None:
        self._count, self._different = count, different
        self.numbers, self.squares = np.zeros(0, np.int64), np.zeros(0)

    @property
    def worst(self) -> float:
        """The squared distance that another one must not exceed to be among them."""
        return float(self.squares[-1]) if len(self.squares) == self._count else np.inf

    def add(self, numbers: NDArray[np.integer], squares: NDArray[np.float64]) -> None:
        """Take those that are near enough."""
        wanted = squares <= self.worst
        if self._different:
            wanted &= squares > 0
        all_numbers = np.concatenate([self.numbers, numbers[wanted]])
        all_squares = np.concatenate([self.squares, squares[wanted]])
        order = np.lexsort((all_numbers, all_squares))[: self._count]
        self.numbers, self.squares = all_numbers[order], all_squares[order]
