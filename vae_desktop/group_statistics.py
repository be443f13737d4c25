"""Means of groups of pictures in the latent space, and how far apart two of them are."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.language import tr

Floats = NDArray[np.float64]

_QUANTILE_95 = 1.6449  # of the standard normal distribution


@dataclass(frozen=True, eq=False)
class GroupMean:
    """Where a group lies on average.

    Attributes:
        n: of how many pictures.
        mean: [d].
        covariance: [d, d] of its pictures' places; noughts of fewer than two.
    """

    n: int
    mean: Floats
    covariance: Floats

    @classmethod
    def of(cls, means: NDArray[np.floating]) -> "GroupMean | None":
        """Of pictures at places [n, d]; None of none."""
        n, latent_dim = means.shape
        if n == 0:
            return None
        values = means.astype(np.float64)
        middle = values.mean(axis=0)
        off = values - middle
        covariance = off.T @ off / (n - 1) if n > 1 else np.zeros((latent_dim, latent_dim))
        return cls(n, middle, covariance)


@dataclass(frozen=True, eq=False)
class Difference:
    """From the mean of one group to that of another.

    Attributes:
        vector: [d].
        length: of it.
        error: the standard error of the length, along the vector; of few pictures no more than a guess.
        is_clear: whether chance alone would hardly bring about such a length.
    """

    vector: Floats
    length: float
    error: float
    is_clear: bool

    @classmethod
    def between(cls, first: GroupMean, second: GroupMean) -> "Difference":
        """From the first to the second.

        The error is that of a difference of independent means (Welch 1947) along the vector. As the vector
        was chosen after looking, its length counts as clear when it exceeds what Scheffé's bound (1953) lets
        chance alone do in all directions in 95 of 100 cases.
        """
        vector = second.mean - first.mean
        length = float(np.linalg.norm(vector))
        spread = first.covariance / first.n + second.covariance / second.n
        along = vector / length if length > 0 else np.zeros_like(vector)
        error = math.sqrt(max(float(along @ spread @ along), 0.0))
        enough = min(first.n, second.n) > 1
        is_clear = enough and length > 0 and length > error * math.sqrt(_chi_square_95(len(vector)))
        return cls(vector, length, error, is_clear)

    @property
    def words(self) -> str:
        """How far apart they are, and what that is worth."""
        values = {"length": self.length, "error": self.error}
        if self.is_clear:
            return tr("The means are {length:.2f} apart, ± {error:.2f}.", **values)
        return tr(
            "The means are {length:.2f} apart, ± {error:.2f}: hardly more than chance. What is drawn"
            " along it may mean little.",
            **values,
        )


def _chi_square_95(degrees: int) -> float:
    """The 95 % quantile of χ² (Wilson & Hilferty 1931), within 3 % for one degree, better for more."""
    part = 2.0 / (9.0 * degrees)
    return float(degrees * (1.0 - part + _QUANTILE_95 * math.sqrt(part)) ** 3)
