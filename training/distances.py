"""Distances between rows of numbers: all of them, or to the nearest row, without having all in memory."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 2**22  # distances in memory

Rows = NDArray[np.floating]
Floats = NDArray[np.float64]


def squared_distances(ones: Rows, others: Rows) -> Floats:
    """|x − y|² for each row x of [n, d] and y of [m, d], [n, m]; never negative.

    By |x|² + |y|² − 2 xy about the middle of all, so that little cancels; of equal rows it may be some 10⁻¹⁵
    of the others.
    """
    middle = np.concatenate([ones, others]).mean(axis=0, dtype=np.float64)
    x, y = ones - middle, others - middle
    squares: Floats = -2.0 * (x @ y.T)
    squares += np.square(x).sum(axis=1)[:, None]
    squares += np.square(y).sum(axis=1)
    return np.maximum(squares, 0.0, out=squares)


def in_chunks(count: int, width: int) -> Iterator[slice]:
    """Slices of ``count`` rows of as many numbers, a bounded number of these at once."""
    step = max(_AT_ONCE // max(width, 1), 1)
    return (slice(start, min(start + step, count)) for start in range(0, count, step))


def nearest(queries: Rows, rows: Rows, rank: int = 1) -> tuple[Floats, NDArray[np.int64]]:
    """Of each query [n, d] the distance to the nearest of some rows [m, d], and which one it is, [n] each.

    Args:
        rank: 1 for the nearest, 2 for the next one, as where the queries are the rows themselves; at most m.
    """
    distances, which = np.zeros(len(queries)), np.zeros(len(queries), np.int64)
    for part in in_chunks(len(queries), len(rows)):
        squares = squared_distances(queries[part], rows)
        which[part] = np.argpartition(squares, rank - 1, axis=1)[:, rank - 1]
        distances[part] = np.sqrt(np.take_along_axis(squares, which[part][:, None], axis=1)[:, 0])
    return distances, which
